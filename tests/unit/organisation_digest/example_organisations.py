"""The e-mails and the JSON of an organization that docs/examples shows.

To write them again: `PYTHONPATH=.:functions .venv/bin/python -m
tests.unit.organisation_digest.example_organisations`.
"""

import json
from datetime import timedelta
from pathlib import Path

from key_rotation.domain.model import Reason
from key_rotation.domain.organisation.accounts import Coverage
from key_rotation.reporting.organisation.digest import compose
from key_rotation.reporting.organisation.report import (
    AccountReport,
    OrganisationReport,
    SettingsNews,
)
from key_rotation.reporting.organisation.stopped_message import stopped_message
from key_rotation.reporting.outcome import Outcome, Section
from key_rotation.reporting.sns_message import Message
from tests.unit.builders import NOW, TODAY, an_outcome, days_ago, used
from tests.unit.digest_builders import ORDINARY_DAY, ordinary_outcome
from tests.unit.organisation_digest.organisation_builders import (
    EXECUTION,
    ORGANIZATION,
    a_change,
    an_account,
    data_of,
    in_report_mode,
    missing,
    organisation,
    registered,
)

FOLDER = Path(__file__).parents[3] / "docs" / "examples"
USERS = ("alice", "build-server-07", "carol@example.com", "deploy", "erin", "reporting-job")
REASONS = {
    Section.DEACTIVATED: Reason.NOTICE_OVER,
    Section.NOTICED: Reason.STALE,
    Section.UPCOMING: Reason.NOTICE_RUNNING,
    Section.DEFERRED: Reason.OVER_LIMIT,
}


def quiet_but_failing() -> OrganisationReport:
    """One account, in which nothing could be looked at."""
    return organisation(not_looked_at=(missing(1),))


def eight_accounts() -> OrganisationReport:
    """Eight accounts on a day with news of every kind."""
    return organisation(
        *(an_account(n, *ORDINARY_DAY[n - 1 :: 4], users=10 * n) for n in range(1, 5)),
        an_account(5, complete=False),
        in_report_mode(6, ordinary_outcome(Section.NOTICED, "peggy", Reason.STALE, age=400, due=7)),
        not_looked_at=(missing(7), missing(8, new=True, first_seen=days_ago(0))),
        joined=(registered(8),),
        left=(registered(10, Coverage.LEFT, open_watches=3, name="merged-company"),),
        left_out=(
            registered(
                11,
                Coverage.LEFT_OUT,
                left_out_reason="migration, ask Anna",
                left_out_until=TODAY + timedelta(days=37),
            ),
            registered(12, Coverage.LEFT_OUT, left_out_reason="no IAM users"),
        ),
        newly_left_out=frozenset({registered(11).account.account_id}),
        not_covered=(registered(13, is_management=True, name="management"),),
        not_active=2,
        outside_targets=12,
        settings=_settings(),
    )


def _settings() -> SettingsNews:
    return SettingsNews(
        changes=(
            a_change("max-age-days", was="90", now="60", reach=5),
            a_change("ous/ou-ab12-11111111/mode", was=None, now="enforce", reach=2, editor=None),
            a_change(
                "accounts/111122223004/exemptions",
                was="olivia until 2026-12-31 # moves to a role",
                now="olivia until 2026-12-31 # moves to a role\npat # on leave",
                reach=1,
            ),
            a_change("ous/ou-ab12-99999999/grace-days", was="45", now=None, reach=0),
        ),
        unread={
            "max-age": "The parameter /key-rotation/max-age is not read: no parameter is named "
            "'max-age'; 'max-age-days' is similar."
        },
        unread_is_new=True,
        ended=("ivan until 2026-11-23 # on leave",),
        unmatched=("build-sever-* # the build servers",),
    )


def thousand_accounts() -> OrganisationReport:
    """A thousand accounts, with more due changes than the organization's limit."""
    accounts = [_account(number) for number in range(1, 999)]
    return organisation(
        *accounts,
        not_looked_at=(missing(999, since=2), missing(1000, reason="no answer")),
        run={"change_limit": 25, "due_changes": 40},
        not_active=14,
        outside_targets=120,
    )


def _account(number: int) -> AccountReport:
    """Return an account that has some news, if its number is small."""
    outcomes: list[Outcome] = []
    if number <= 25:
        outcomes.append(_outcome(number, Section.DEACTIVATED, due=30))
    if number <= 47:
        outcomes += [_outcome(number * 10 + n, Section.NOTICED, due=7) for n in range(5)]
    if 30 < number <= 45:
        outcomes.append(_outcome(number, Section.DEFERRED, due=7))
    if number % 100 == 0:
        outcomes.append(_outcome(number, Section.UPCOMING, due=5))
    return an_account(number, *outcomes, users=12)


def _outcome(number: int, section: Section, due: int) -> Outcome:
    return an_outcome(
        section,
        user=USERS[number % len(USERS)],
        key_id=f"AKIAEXAMPLE{section[0].upper()}{number:08}",
        age=400 - number % 300,
        reason=REASONS[section],
        detail="not deactivated yet" if section is Section.DEFERRED else None,
        triggers_digest=section is not Section.UPCOMING,
        due=None if section is Section.DEFERRED else due,
        last_use=used(days_ago(number % 40 + 1)),
    )


def example_organisations() -> dict[str, str]:
    """The text of each example, by the name of its file."""
    reports = {
        "1": quiet_but_failing(),
        "8": eight_accounts(),
        "1000": thousand_accounts(),
    }
    examples = {}
    for count, report in reports.items():
        [(message, _)] = compose(report)
        examples[f"organization-{count}.txt"] = _as_text(message)
        if count == "8":
            examples["organization-8.json"] = json.dumps(data_of(message), indent=2) + "\n"
    why = "The topic has no confirmed subscription. Nothing was changed."
    stopped = stopped_message("NoListenerError", why, ORGANIZATION, EXECUTION, NOW)
    return examples | {"organization-stopped.txt": _as_text(stopped)}


def _as_text(message: Message) -> str:
    return f"Subject: {message.subject}\n\n{message.variants['email']}"


if __name__ == "__main__":
    for name, text in example_organisations().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
