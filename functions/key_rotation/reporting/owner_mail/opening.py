"""How a mail about one key begins: what happened, and what it means for the reader."""

from key_rotation.domain.model import Reason
from key_rotation.domain.owners.mail import Coming, MailKind, OwnerMail
from key_rotation.reporting.formatting import format_date, pluralize
from key_rotation.reporting.owner_mail.blocks import Line, Tone, word
from key_rotation.reporting.owner_mail.terms import Reading

TONES = {
    MailKind.NOTICE: Tone.ACTION,
    MailKind.REMINDER: Tone.ACTION,
    MailKind.DEACTIVATED: Tone.BROKEN,
    MailKind.EXTENDED: Tone.ACTION,
    MailKind.WITHDRAWN: Tone.CALM,
    MailKind.DELETED: Tone.CALM,
}


def tone(mail: OwnerMail) -> Tone:
    """Return how urgent a mail is."""
    return TONES[mail.kind]


def title(mail: OwnerMail) -> str:
    """Write what happens, or what happened, in one line."""
    key = f"n AWS access key of {word(mail.user_name).text}"
    on = f" on {format_date(mail.due)}" if mail.due else ""
    what = "is deleted" if mail.comes is Coming.DELETION else "stops working"
    match mail.kind:
        case MailKind.NOTICE:
            return f"A{key} {what}{on}"
        case MailKind.REMINDER:
            return f"Reminder: a{key} {what}{on}"
        case MailKind.DEACTIVATED:
            return f"A{key} no longer works"
        case MailKind.EXTENDED:
            return f"A{key} is deleted later,{on}" if on else f"A{key} is not deleted"
        case MailKind.WITHDRAWN:
            return f"No action needed any more: a{key} keeps working"
        case MailKind.DELETED:
            return f"A{key} was deleted"


def lead(reading: Reading) -> Line:
    """Write what a mail means for its reader."""
    mail = reading.mail
    match mail.kind:
        case MailKind.NOTICE:
            return (f"{_rule(mail)}. This one is due: please replace it before its day.",)
        case MailKind.REMINDER if mail.comes is Coming.DELETION:
            return (f"It is deactivated, and its deletion cannot be undone. {_DO_NOTHING}",)
        case MailKind.REMINDER:
            still = "It is still active, and its day is near"
            return (f"{still}. Please replace it; if that is done, only the last step is left.",)
        case MailKind.DEACTIVATED:
            before = f" before {format_date(mail.due)}" if mail.due else ""
            undo = f"It can be turned on again{before}"
            return (f"{_rule(mail)}. AWS refuses this one now. {undo}. {_DO_NOTHING}",)
        case MailKind.EXTENDED:
            return (_USED if mail.reason is Reason.USED_IN_WINDOW else _INTERRUPTED,)
        case MailKind.WITHDRAWN:
            again = f"{_rule(mail)}; before that, you get a new notice."
            return (f"Its notice no longer applies, and you need to do nothing. {again}",)
        case MailKind.DELETED:
            days = pluralize(mail.grace_days, "day")
            return (f"It was inactive, and unused for {days}. It cannot be restored.",)


_DO_NOTHING = "If nothing needs it any more, do nothing."
_USED = (
    "It was used after its deactivation, so its time until deletion starts again. Find out what"
    " still needs it."
)
_INTERRUPTED = (
    "Its time until deletion was interrupted, so it starts again. If nothing needs the key any"
    " more, do nothing."
)


def _rule(mail: OwnerMail) -> str:
    return f"Access keys are replaced here at an age of {pluralize(mail.max_age_days, 'day')}"
