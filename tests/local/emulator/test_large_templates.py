"""A template that is too large for a request is deployed from the bucket of the assets."""

import json
from pathlib import Path

import pytest

from local.emulator.account import ACCOUNT, LocalAccount
from local.emulator.stack_deployer import StackDeployer

STACK = "LargeStack"


def _write(folder: Path, size: int) -> Path:
    """Write an assembly whose template has about this many bytes."""
    name = f"{STACK}.template.json"
    parameter = {"Name": "/large", "Type": "String", "Value": str(size)}
    template = {
        "Metadata": {"Filler": "x" * size},
        "Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}},
        "Outputs": {"Size": {"Value": {"Fn::GetAtt": ["Parameter", "Value"]}}},
    }
    destination = {
        "bucketName": "cdk-large-assets-${AWS::AccountId}-${AWS::Region}",
        "objectKey": f"{size}.json",
    }
    source = {"path": name, "packaging": "file"}
    asset = {"source": source, "destinations": {"current": destination}}
    (folder / name).write_text(json.dumps(template))
    (folder / f"{STACK}.assets.json").write_text(json.dumps({"files": {"template": asset}}))
    return folder


@pytest.mark.parametrize("size", [50_000, 60_000])
def test_a_stack_is_deployed_whatever_the_size_of_its_template(
    account: LocalAccount, tmp_path: Path, size: int
) -> None:
    deployer = StackDeployer(account.root_session(ACCOUNT), account=ACCOUNT)
    assert deployer.deploy(_write(tmp_path, size), STACK) == {"Size": str(size)}
    account.client("cloudformation").delete_stack(StackName=STACK)
    account.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=STACK)
