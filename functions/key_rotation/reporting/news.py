"""Which outcomes last from run to run, and what identifies each of them in the run state."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from key_rotation.domain.model import Reason
from key_rotation.domain.reported_days import MONTH, WEEK, ReportedDays, is_news
from key_rotation.reporting.outcome import Outcome, Section


def mark_news(
    outcomes: Iterable[Outcome], reported: ReportedDays, today: date, *, paused: bool
) -> tuple[Outcome, ...]:
    """Let what lasts trigger a digest when it is new, and when its interval has passed.

    paused: whether no key is changed, so that the head of the digest reports the deferred keys
    """

    def mark(outcome: Outcome) -> Outcome:
        interval = _interval(outcome)
        if interval is None:
            return outcome
        last = reported.get(outcome.user_id, {}).get(_identity(outcome))
        news = is_news(last, today, interval)
        quiet = paused and outcome.section is Section.DEFERRED
        return replace(outcome, triggers_digest=news and not quiet)

    return tuple(map(mark, outcomes))


def lasting_by_user(outcomes: Iterable[Outcome]) -> Mapping[str, frozenset[str]]:
    """Return what lasts among the outcomes, by user id."""
    found: dict[str, frozenset[str]] = {}
    for outcome in outcomes:
        if outcome.user_id and _repeats(outcome):
            user = outcome.user_id
            found[user] = found.get(user, frozenset()) | {_identity(outcome)}
    return found


def _interval(outcome: Outcome) -> timedelta | None:
    """Return how long an outcome that lasts is no news; None for one that always is what it is."""
    if outcome.happened_at or not _repeats(outcome):
        return None
    if outcome.section is not Section.HELD:
        return WEEK
    return MONTH if outcome.reason in {Reason.STILL_HELD, Reason.STATUS_UNKNOWN} else None


def _repeats(outcome: Outcome) -> bool:
    return outcome.section in {Section.FAILED, Section.DEFERRED, Section.HELD}


def _identity(outcome: Outcome) -> str:
    """Return eight characters for what lasts of a user: the section, the key, and the problem.

    The problem of a failure is its text up to the error of AWS, which may differ in each run.
    """
    problem = ""
    if outcome.section is Section.FAILED:
        problem = re.split(r"[(:0-9]", outcome.detail or "", maxsplit=1)[0]
    elif outcome.reason is Reason.STATUS_UNKNOWN:
        problem = outcome.detail or "unknown"
    text = f"{outcome.section} {outcome.access_key_id} {problem}"
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:6]).decode()
