"""The context values of a deployment: defaults, accepted values, and one-line errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.context import KEYS, Context
from infra.context_value import ContextError

_ROOT = Path(__file__).parents[2]


def _read(**context: object) -> Context:
    values = {"email": "none"} | {key.replace("_", "-"): v for key, v in context.items()}
    return Context.read(values)


def _refusal(values: dict[str, object]) -> str:
    with pytest.raises(ContextError) as refused:
        Context.read(values)
    message = str(refused.value)
    assert "\n" not in message
    assert message.endswith("; nothing was deployed")
    return message


def test_every_context_key_but_email_has_a_default() -> None:
    assert _read() == Context(
        emails=(),
        schedule="cron(0 9 * * ? *)",
        timezone="UTC",
        longest_gap_hours=24,
        silence_hours=26,
        alarm_topic=None,
        reserved_concurrency=None,
        viewer_policy=False,
        chat=None,
        organisation=None,
        owner_mail=None,
    )


def test_a_deployment_without_an_email_is_refused_and_told_what_is_accepted() -> None:
    message = _refusal({})
    assert message.startswith("context 'email' is missing; it accepts one e-mail address, several")
    assert "or none to subscribe nobody" in message
    assert "cdk.json" in message


def test_email_addresses_are_separated_by_commas_and_duplicates_are_dropped() -> None:
    context = _read(email="a@example.com, b+c@mail.example.co.uk,a@example.com")
    assert context.emails == ("a@example.com", "b+c@mail.example.co.uk")


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_iana_time_zone_names_are_accepted(timezone: str) -> None:
    assert _read(timezone=timezone).timezone == timezone


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sns:eu-central-1:123456789012:on-call",
        "arn:aws-cn:sns:cn-north-1:123456789012:On_Call",
        "arn:aws-us-gov:sns:us-gov-west-1:123456789012:on-call",
        "arn:aws-iso-b:sns:us-isob-east-1:123456789012:on-call",
    ],
)
def test_a_topic_for_the_alarms_is_accepted_in_any_partition(arn: str) -> None:
    assert _read(alarm_topic=arn).alarm_topic == arn


@pytest.mark.parametrize("one", [1, "1"])
def test_a_reserved_concurrency_of_1_is_accepted(one: object) -> None:
    assert _read(reserved_concurrency=one).reserved_concurrency == 1


@pytest.mark.parametrize(
    "key",
    ["@aws-cdk/core:checkSecretUsage", "aws:cdk:bundling-stacks", "availability-zones:account=1"],
)
def test_a_key_of_the_cdk_itself_is_left_alone(key: str) -> None:
    assert Context.read({"email": "none", key: True}) == _read()


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("e-mail", "did you mean 'email'? "),
        ("Email", "did you mean 'email'? "),
        ("timzone", "did you mean 'timezone'? "),
        ("silence_hours", "did you mean 'silence-hours'? "),
        ("alarmtopic", "did you mean 'alarm-topic'? "),
        ("zzz", ""),
        ("", ""),
        ("mode", "after the deployment, set the SSM parameter /key-rotation/mode; "),
        (
            "max-age-days",
            "after the deployment, set the SSM parameter /key-rotation/max-age-days; ",
        ),
    ],
)
def test_a_key_that_the_app_does_not_know_is_refused_with_the_nearest_and_all_known_keys(
    key: str, advice: str
) -> None:
    message = _refusal({"email": "none", key: "report"})
    known = ", ".join(KEYS)
    assert message.startswith(f"context {key!r} is not known: {advice}the known keys are {known};")


_REFUSED: dict[str, list[object]] = {
    "email": [
        "",
        " ",
        "nobody",
        "None",
        "none,a@example.com",
        "a@b",
        "a@example.com;b@example.com",
        "a@example.com,",
        "a@example.com b@example.com",
        "mailto:a@example.com",
        "Security <a@example.com>",
        "a@exa\nmple.com",
        "é@example.com",
        "@a.b",
        7,
        ["a@example.com"],
    ],
    "timezone": ["", "Berlin", "europe/berlin", "CEST", "+01:00", "../etc/passwd", "localtime", 1],
    "alarm-topic": [
        "",
        "on-call",
        "arn:aws:sqs:eu-central-1:123456789012:on-call",
        "arn:aws:sns:eu-central-1:1234:on-call",
        "arn:aws:sns:eu-central-1:123456789012:on call",
        "arn:aws:sns:eu-central-1:123456789012:on-call.fifo",
        "arn:aws:sns:eu-central-1:123456789012:on-call:12345678-1234-1234-1234-123456789012",
        "arn:aws:sns:eu-central-1:123456789012:on-call\n",
        1,
    ],
    "reserved-concurrency": ["", "0", "2", 0, True, "one"],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in _REFUSED.items() for value in values]
)
def test_the_error_for_a_bad_value_names_the_key_the_value_and_what_is_accepted(
    key: str, value: object
) -> None:
    message = _refusal({"email": "none", key: value})
    assert message.startswith(f"context {key!r} is {value!r}; it accepts ")


def test_a_bad_context_ends_synthesis_with_one_line_and_exit_code_1(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=_ROOT,
        env={"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": "{}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("key-rotation: context 'email' is missing; it accepts ")
    assert run.stderr.endswith("; nothing was deployed\n")
    assert run.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
