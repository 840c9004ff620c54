"""What lasts from run to run, and when a digest last reported it: news once, then now and then.

A failure, a deferral and a hold would otherwise be in a digest of each run.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
MAX_BYTES = 340_000
"""What is remembered at most: an item of DynamoDB takes 400 KB (DynamoDB Developer Guide, "Service
quotas"). The 10,000 keys of 5,000 users, the most that an account can have, fit."""

ReportedDays = Mapping[str, Mapping[str, date]]
"""By user id, and by what lasts of that user, the day on which a digest last reported it. A user
without days is only to be read again."""


def is_news(last: date | None, today: date, interval: timedelta) -> bool:
    """Return whether something is to be reported; `last` is the day on which it was."""
    return last is None or not timedelta(0) <= today - last < interval


def next_reported_days(
    before: ReportedDays,
    lasting: Mapping[str, Collection[str]],
    *,
    read_user_ids: Collection[str],
    listed_user_ids: Collection[str],
    reported_on: date | None,
    other_bytes: int = 0,
) -> ReportedDays:
    """Return what is remembered after a run.

    lasting: what the run found, by user id
    reported_on: the day of the digest that reported it; None if there was none
    other_bytes: what other fields of the run state take of MAX_BYTES

    What a run no longer found of a user whom it read is forgotten, and so is a user who is gone.
    What does not fit into MAX_BYTES is forgotten too, and is news again in the next run.
    """
    after: dict[str, Mapping[str, date]] = {
        user_id: days
        for user_id, days in before.items()
        if user_id in listed_user_ids and user_id not in read_user_ids
    }
    for user_id, found in lasting.items():
        known = before.get(user_id, {})
        days = {what: reported_on or known.get(what) for what in found}
        kept = after.get(user_id, {})
        after[user_id] = {**kept, **{what: day for what, day in days.items() if day}}
    return _bounded(after, MAX_BYTES - other_bytes)


def _bounded(days: ReportedDays, max_bytes: int) -> ReportedDays:
    fitting: dict[str, Mapping[str, date]] = {}
    size = 0
    for user_id, found in days.items():
        size += len(user_id) + 4 + sum(len(what) + 11 for what in found)
        if size > max_bytes:
            break
        fitting[user_id] = found
    return fitting
