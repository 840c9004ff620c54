"""Makes the preview that was asked for, writes it, and decides the exit code."""

from dataclasses import dataclass

from key_rotation_cli import console
from key_rotation_cli.errors import CheckFailedError, CliError
from key_rotation_cli.preview.account_preview import USERS, preview_account
from key_rotation_cli.preview.formats import OF_ONE_ACCOUNT
from key_rotation_cli.preview.organisation import words as org_words
from key_rotation_cli.preview.organisation.formats import OF_ORGANISATION
from key_rotation_cli.preview.organisation.preview_all import preview_all
from key_rotation_cli.preview.output import Output
from key_rotation_cli.preview.preview import Preview
from key_rotation_cli.preview.request import Request, Terms, read_terms
from key_rotation_cli.preview.which import Which
from key_rotation_cli.preview.words import in_use_text
from key_rotation_cli.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What decides the exit code.

    in_use: how many keys in use would stop working, and in_use_text says so
    incomplete: what is missing; empty for nothing
    """

    in_use: int
    in_use_text: str
    incomplete: str


def make_and_write(session: Session, request: Request, which: Which, output: Output) -> Made:
    """Preview what was asked for, and write it; raises CliError where that cannot be read."""
    terms = read_terms(session, request)
    if which.all_accounts:
        every = preview_all(session, terms, which)
        output.write(every, OF_ORGANISATION)
        return Made(
            in_use=every.totals["in_use"],
            in_use_text=org_words.in_use_text(every),
            incomplete="" if every.complete else org_words.incomplete_text(every),
        )
    found = _of_one(session, terms, which)
    output.write(found, OF_ONE_ACCOUNT)
    incomplete = f"The preview is incomplete: {' '.join(found.account.missing)}"
    return Made(
        in_use=len(found.in_use),
        in_use_text=in_use_text(found),
        incomplete="" if found.complete else incomplete,
    )


def require(made: Made, *, fail_on_in_use: bool) -> None:
    """Raise CheckFailedError for the check that was asked for, or CliError if parts are missing."""
    if fail_on_in_use and made.in_use:
        raise CheckFailedError(f"--fail-on-in-use: {made.in_use_text}")
    if made.incomplete:
        raise CliError(made.incomplete)


def _of_one(session: Session, terms: Terms, which: Which) -> Preview:
    account_id = which.account_id or session.account_id
    terms = terms.for_account(account_id, session.account_id)
    if account_id != session.account_id:
        session = which.require_role().assume(session, account_id)
    with console.progress(USERS) as bar:
        [task] = bar.task_ids

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        return preview_account(session, terms, show)
