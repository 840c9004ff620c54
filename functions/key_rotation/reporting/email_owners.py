"""What the e-mail says of owners: who gets the mail about a key, and who could not be reached."""

from collections.abc import Iterator

from key_rotation.domain.owners.contacts import MailStep, OwnerNews
from key_rotation.domain.owners.owner import Owner, OwnerSource, Unreachable
from key_rotation.reporting.exemption_news import as_many_as_fit
from key_rotation.reporting.formatting import sanitize_line, wrap, wrap_foreign
from key_rotation.reporting.headings import underlined

HEADING = "OWNERS NOT REACHED"
ADVICE = "For 90 days, or until the tag changes, their mail goes to the fallback, if there is one."
STEPS = {
    MailStep.SEND: "The last mails to owners were not sent",
    MailStep.FOLLOW: "What came of mails to owners is not known",
}


def owner_line(owner: Owner) -> str:
    """Write who gets the mail about a key, and how that is known: foreign text."""
    if not owner.addresses:
        return f"no owner: {sanitize_line(owner.problem or '', 300)}"
    how = f"tag {owner.tag}" if owner.source is OwnerSource.TAG else str(owner.source)
    why = f"; {owner.problem}" if owner.problem else ""
    return sanitize_line(f"owner {', '.join(owner.addresses)} ({how}{why})", 400)


def owners_not_reached(news: OwnerNews) -> Iterator[str]:
    """Write a paragraph each for addresses that did not accept mail, and for mails not sent."""
    if news.unreachable:
        yield "\n".join(_addresses(news.unreachable))
    for step, problem in sorted(news.problems.items()):
        yield "\n".join(wrap_foreign("", f"{STEPS[step]}: {sanitize_line(problem.text, 400)}"))
    if news.waiting:
        wait = (
            "1 mail to owners waits"
            if news.waiting == 1
            else f"{news.waiting:,} mails to owners wait"
        )
        yield "\n".join(wrap("", f"{wait} for a later run."))


def _addresses(unreachable: tuple[Unreachable, ...]) -> Iterator[str]:
    yield underlined(f"{HEADING} ({len(unreachable):,})")
    yield from wrap("  ", ADVICE)
    listed, more = as_many_as_fit(unreachable)
    for found in listed:
        yield ""
        yield f"  {sanitize_line(found.address)}"
        yield from wrap_foreign("    ", f"{sanitize_line(found.user_name)}  {found.access_key_id}")
        yield from wrap_foreign("    ", sanitize_line(found.words, 300))
    if more:
        yield from wrap("  ", f"and {more:,} more")
