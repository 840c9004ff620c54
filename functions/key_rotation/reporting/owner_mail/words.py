"""The words that the mails share: days, last uses, accounts, and whom to ask."""

from datetime import date, datetime

from key_rotation.domain.model import LastUse
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.owner import OwnerSource
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation.reporting.owner_mail.blocks import Line, strong, word
from key_rotation.reporting.owner_mail.terms import MailTerms, Reading

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PARTITIONS = {"aws-cn": "AWS China", "aws-us-gov": "AWS GovCloud (US)"}
MAX_CONTACT = 200


def number_word(number: int) -> str:
    """Write a small number as a word, and others in digits."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"


def relative(day: date, today: date) -> str:
    """Write how far away a day is: `tomorrow`, `in seven days`, `two days ago`."""
    days = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return near[days]
    return f"in {number_word(days)} days" if days > 0 else f"{number_word(-days)} days ago"


def strong_day(day: date) -> Line:
    """Write a day so that it stands out."""
    return (strong(format_date(day)),)


def use_of(last_use: LastUse) -> Line:
    """Write for which service and in which Region a key was used, after when; empty if unknown."""
    service = (" to call ", word(last_use.service, 40)) if last_use.service else ()
    region = (" in ", word(last_use.region, 40)) if last_use.region else ()
    return service + region


def last_use_sentence(last_use: LastUse | None, reading: Reading) -> Line:
    """Write when something last used a key."""
    if last_use is None:
        return ("When this key was last used is not known.",)
    if last_use.at is None:
        return ("Nothing has ever used this key, as far as IAM knows.",)
    day = reading.day(last_use.at)
    when = f"{relative(day, reading.today)}, on {format_date(day)},"
    return ("Something used this key ", strong(when), *_after_comma(use_of(last_use)), ".")


def _after_comma(use: Line) -> Line:
    return use or (" for a service that is not known",)


def short_use(last_use: LastUse | None, today: date, at: date | None) -> Line:
    """Write a last use in a few words; `at` is its day."""
    if last_use is None:
        return ("last use not known",)
    if at is None:
        return ("never used",)
    return (f"used {relative(at, today)}", *use_of(last_use))


def use_of_other(last_use: LastUse | None, reading: Reading) -> Line:
    """Write the last use of another key of the user in a few words."""
    at: datetime | None = last_use.at if last_use else None
    return short_use(last_use, reading.today, reading.day(at) if at else None)


def account_text(mail: OwnerMail, partition: str) -> Line:
    """Write an account with its alias, which others chose, and its partition."""
    alias = sanitize_line(mail.account_alias, 63)
    account = sanitize_line(mail.account_id, 20)
    where = PARTITIONS.get(partition)
    name = f"{alias} ({account})" if alias else account
    return (f"{name}, {where}" if where else name,)


def ask(terms: MailTerms) -> Line:
    """Write whom to ask, after a comma."""
    if terms.contact:
        how = "ask at " if "://" in terms.contact else "ask "
        return (how, word(terms.contact, MAX_CONTACT))
    if terms.reply_to:
        return ("answer this mail, or write to ", word(terms.reply_to, MAX_CONTACT))
    return ("ask the team that runs key rotation",)


def why(mail: OwnerMail) -> Line:
    """Write why the mail came to its reader."""
    user, account = word(mail.user_name), word(mail.account_id)
    match mail.owner.source:
        case OwnerSource.TAG:
            tag = word(mail.owner.tag or "", 128)
            return ("The tag ", tag, " of the user ", user, " in account ", account, _NAMES)
        case OwnerSource.USER_NAME:
            return ("The name of the user ", user, " in account ", account, " is your address.")
        case OwnerSource.FALLBACK | OwnerSource.NONE:
            return (
                *("Your address gets the mails about keys of account ", account),
                *(" for which no other address can be used, such as those of ", user, "."),
            )


_NAMES = " has your address."
