"""The context values of a deployment: defaults, accepted values, and one-line errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.context import Context, ContextError


def _read(**context: object) -> Context:
    return Context.read({key.replace("_", "-"): v for key, v in context.items()}.get)


def test_every_context_key_has_a_default() -> None:
    assert _read() == Context(
        emails=(),
        schedule="cron(0 9 * * ? *)",
        timezone="UTC",
        silence_hours=26,
        reserved_concurrency=None,
    )


def test_email_addresses_are_separated_by_commas_and_duplicates_are_dropped() -> None:
    context = _read(email="a@example.com, b@example.co.uk,a@example.com")
    assert context.emails == ("a@example.com", "b@example.co.uk")


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 9 * * ? *)",
        "cron(30 6 ? * MON-FRI *)",
        "cron(0/15 8-17 ? * 2,4,6 2026-2030)",
        "cron(0 9 1,15 * ? *)",
        "cron(0 9 L * ? *)",
        "cron(0 9 15W JAN,JUL ? *)",
        "cron(0 9 ? * 6L *)",
        "cron(0 9 ? * MON#1 *)",
        "rate(1 day)",
        "rate(12 hours)",
        "rate(30 minutes)",
    ],
)
def test_recurring_schedules_are_accepted(schedule: str) -> None:
    assert _read(schedule=schedule).schedule == schedule


@pytest.mark.parametrize("hours", ["1", "26", "168", 48])
def test_silence_hours_from_1_to_168_are_accepted(hours: object) -> None:
    assert _read(silence_hours=hours).silence_hours == int(str(hours))


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"])
def test_iana_time_zone_names_are_accepted(timezone: str) -> None:
    assert _read(timezone=timezone).timezone == timezone


@pytest.mark.parametrize("one", [1, "1"])
def test_a_reserved_concurrency_of_1_is_accepted(one: object) -> None:
    assert _read(reserved_concurrency=one).reserved_concurrency == 1


_REFUSED: dict[str, list[object]] = {
    "email": ["", "nobody", "a@b", "a@example.com;b@example.com", "a@example.com,", "@a.b", 7],
    "schedule": [
        "",
        "daily",
        "0 9 * * ? *",
        "cron(0 9 * * ?)",
        "cron(0 9 * * ? * *)",
        "cron(0 9 * * * *)",
        "cron(0 9 ? * ? *)",
        "cron(0 9 1 * 2 *)",
        "cron(60 9 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 9 32 * ? *)",
        "cron(0 9 * 13 ? *)",
        "cron(0 9 ? * 8 *)",
        "cron(0 9 ? * MO *)",
        "cron(0 9  * * ? *)",
        "rate(0 days)",
        "rate(1 days)",
        "rate(2 day)",
        "rate(1 week)",
        "rate(-1 days)",
        "at(2027-01-01T09:00:00)",
        ["cron(0 9 * * ? *)"],
    ],
    "timezone": ["", "Berlin", "europe/berlin", "CEST", "+01:00", "../etc/passwd", "localtime", 1],
    "silence-hours": ["", "0", "169", "-1", "26h", "1.5", "٢٦", 0, 169, 26.0, True],
    "reserved-concurrency": ["", "0", "2", 0, True, "one"],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in _REFUSED.items() for value in values]
)
def test_the_error_for_a_bad_value_names_the_key_the_value_and_what_is_accepted(
    key: str, value: object
) -> None:
    with pytest.raises(ContextError) as refused:
        Context.read({key: value}.get)
    message = str(refused.value)
    assert message.startswith(f"context {key!r} is {value!r}; it accepts ")
    assert "\n" not in message


def test_a_bad_value_ends_synthesis_with_one_line_and_exit_code_1(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=root,
        env={"CDK_OUTDIR": str(tmp_path), "CDK_CONTEXT_JSON": json.dumps({"timezone": "Mars"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == (
        "key-rotation: context 'timezone' is 'Mars';"
        " it accepts an IANA time zone, for example Europe/Berlin or UTC\n"
    )
    assert list(tmp_path.iterdir()) == []
