"""The three functions of the hub: one package, and what each is told."""

from typing import Any

import pytest

from tests.infra.template import Template

_FUNCTIONS = {
    "prepare": "PrepareFunction0E0008CA",
    "account": "EnforcerFunction52B99202",
    "digest": "DigestFunction7BDDFF27",
}
_LOGS = {
    "prepare": "PrepareLogCDAA714E",
    "account": "EnforcerLogB692A62C",
    "digest": "DigestLogDE1102DA",
}
_TOPIC, _ACCOUNT_TOPIC = {"Ref": "NoticesTopic898AF2CD"}, {"Ref": "AccountNoticesTopic36E1DB5F"}
_ALL = {
    "ACCOUNT_ID": {"Ref": "AWS::AccountId"},
    "ORGANIZATION_ID": "o-a1b2c3d4e5",
    "TABLE_NAME": {"Ref": "LedgerTable9343E4AA"},
    "PARAMETER_PATH": "/key-rotation",
    "TIMEZONE": "UTC",
    "LONGEST_GAP_HOURS": "24",
    "POWERTOOLS_SERVICE_NAME": "key-rotation",
    "POWERTOOLS_METRICS_NAMESPACE": "KeyRotation",
}

every_step = pytest.mark.parametrize("step", _FUNCTIONS)


def _properties(hub: Template, step: str) -> dict[str, Any]:
    return dict(hub.resources("AWS::Lambda::Function")[_FUNCTIONS[step]]["Properties"])


def test_these_are_all_functions_of_the_hub(hub: Template) -> None:
    assert hub.resources("AWS::Lambda::Function").keys() == set(_FUNCTIONS.values())


@every_step
def test_a_step_is_a_module_of_the_package_and_may_take_15_minutes(
    hub: Template, step: str
) -> None:
    function = _properties(hub, step)
    assert function["Handler"] == f"key_rotation.organisation.{step}.handler"
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Timeout"] == 15 * 60


def test_all_steps_have_the_same_package(hub: Template) -> None:
    first, *others = (_properties(hub, step)["Code"] for step in _FUNCTIONS)
    assert others == [first, first]


@pytest.mark.parametrize(
    ("step", "megabytes"), [("prepare", 1024), ("account", 256), ("digest", 2048)]
)
def test_the_digest_has_room_for_the_rows_of_all_accounts(
    hub: Template, step: str, megabytes: int
) -> None:
    assert _properties(hub, step)["MemorySize"] == megabytes


@pytest.mark.parametrize(
    ("step", "more"),
    [
        ("prepare", {"TARGETS": "ou-ab12-12345678,r-ab12", "TOPIC_ARN": _TOPIC}),
        (
            "account",
            {
                "PARTITION": {"Ref": "AWS::Partition"},
                "MEMBER_ROLE": "key-rotation/KeyRotationMember",
                "EXTERNAL_ID": "o-a1b2c3d4e5",
            },
        ),
        ("digest", {"TOPIC_ARN": _TOPIC, "ACCOUNT_TOPIC_ARN": _ACCOUNT_TOPIC}),
    ],
)
def test_a_step_is_told_only_what_it_needs(
    hub: Template, step: str, more: dict[str, object]
) -> None:
    assert _properties(hub, step)["Environment"]["Variables"] == _ALL | more


def test_the_variables_have_room_for_fifty_organizational_units_with_the_longest_ids(
    hub: Template,
) -> None:
    """Lambda accepts 4 KB for all variables together. A name that AWS makes has 100 characters."""
    variables = _properties(hub, "prepare")["Environment"]["Variables"]
    targets = len(",".join(["x" * 68] * 50))
    values = [value if isinstance(value, str) else "x" * 100 for value in variables.values()]
    assert len("".join(variables) + "".join(values)) + targets < 4096


@every_step
def test_a_step_writes_into_a_log_group_of_its_own_that_is_kept_for_a_year(
    hub: Template, step: str
) -> None:
    log = hub.resources("AWS::Logs::LogGroup")[_LOGS[step]]
    assert _properties(hub, step)["LoggingConfig"] == {"LogGroup": {"Ref": _LOGS[step]}}
    assert log["Properties"]["RetentionInDays"] == 365


@every_step
def test_a_step_is_created_after_its_permissions(hub: Template, step: str) -> None:
    function = hub.resources("AWS::Lambda::Function")[_FUNCTIONS[step]]
    (role,) = [each for each in function["DependsOn"] if "Policy" not in each]
    assert function["Properties"]["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    (policy,) = [each for each in function["DependsOn"] if "Policy" in each]
    assert hub.body["Resources"][policy]["Properties"]["Roles"] == [{"Ref": role}]


def test_nothing_invokes_a_step_but_the_machine_which_retries_it(hub: Template) -> None:
    assert hub.resources("AWS::Lambda::EventInvokeConfig") == {}
    assert hub.resources("AWS::Lambda::Permission") == {}


_RETAINED = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup"}


def test_only_the_table_its_kms_key_and_the_log_groups_are_kept_when_the_stack_is_deleted(
    hub: Template,
) -> None:
    kept = {
        each["Type"]: each["DeletionPolicy"]
        for each in hub.body["Resources"].values()
        if each.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert kept == dict.fromkeys(_RETAINED, "RetainExceptOnCreate")
