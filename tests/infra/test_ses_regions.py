"""Mail to owners is refused in a Region without SES, before anything is changed."""

import boto3
import pytest

from infra.context_value import ContextError
from infra.ses_regions import REGIONS_WITHOUT_SES
from tests.infra.conftest import OWNER_MAIL
from tests.infra.template import Synthesise, Template

_CONTEXT = {key.replace("-", "_"): value for key, value in OWNER_MAIL.items()}


def test_these_are_the_regions_without_ses_that_the_aws_sdk_knows() -> None:
    """It knows a Region by its endpoint of Lambda, without which there is nothing to deploy."""
    session = boto3.Session()
    without = {
        region
        for partition in session.get_available_partitions()
        for region in (
            set(session.get_available_regions("lambda", partition))
            - set(session.get_available_regions("sesv2", partition))
        )
    }
    assert set(REGIONS_WITHOUT_SES) == without
    assert {"ap-east-1", "cn-north-1", "cn-northwest-1"} < without


@pytest.mark.parametrize("region", REGIONS_WITHOUT_SES)
def test_synthesis_for_a_region_without_ses_is_refused(synthesise: Synthesise, region: str) -> None:
    with pytest.raises(ContextError) as refused:
        synthesise(region, **_CONTEXT)
    assert str(refused.value) == (
        f"context 'owner-mail-from' is 'key-rotation@mail.example.com', but the Region {region} has"
        " no Amazon SES: omit 'owner-mail-from', or deploy to another Region; nothing was deployed"
    )


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "eusc-de-east-1"])
def test_synthesis_for_a_region_with_ses_works(synthesise: Synthesise, region: str) -> None:
    assert synthesise(region, **_CONTEXT).resources("AWS::SES::ConfigurationSet")


def test_a_template_for_any_region_has_a_rule_that_cloudformation_checks_first(
    mailing: Template, template: Template
) -> None:
    (added,) = mailing.body["Rules"].keys() - template.body["Rules"].keys()
    region = {"Ref": "AWS::Region"}
    assert mailing.body["Rules"][added] == {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Contains": [[*REGIONS_WITHOUT_SES], region]}]},
                "AssertDescription": "This Region has no Amazon SES: omit the context"
                " owner-mail-from, or deploy to another Region; nothing was changed.",
            }
        ]
    }
