"""What a preview could not read, in sentences. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from key_rotation.domain.model import Failure
from key_rotation.reporting.formatting import pluralize
from key_rotation_cli.preview.account import CountedKey


def missing_sentences(
    report_problem: str | None,
    keys: Iterable[CountedKey],
    failures: Iterable[Failure],
    root_problem: str | None,
) -> tuple[str, ...]:
    """Return what is missing; nothing where other calls read what the report would have had.

    report_problem: why there is no credential report
    root_problem: why it is not known whether the root user has a key
    """
    return tuple(_sentences(report_problem, tuple(keys), tuple(failures), root_problem))


def _sentences(
    report_problem: str | None,
    keys: tuple[CountedKey, ...],
    failures: tuple[Failure, ...],
    root_problem: str | None,
) -> Iterator[str]:
    unknown = sum(key.last_use is None for key in keys)
    users = Counter(failure.text for failure in failures if failure.access_key_id is None)
    for text, count in users.items():
        yield f"The keys of {pluralize(count, 'user')} could not be read. {text}"
    if report_problem and (unknown or users):
        yield f"There is no credential report. {report_problem}"
    uses = Counter(failure.text for failure in failures if failure.access_key_id)
    for text, count in uses.items():
        yield f"The last use of {pluralize(count, 'key')} could not be read. {text}"
    if root_problem:
        yield f"Whether the root user has an access key could not be read. {root_problem}"
