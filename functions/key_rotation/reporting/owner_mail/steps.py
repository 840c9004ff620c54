"""The steps with which a reader replaces a key, or turns it on again, with their commands.

AWS's own order (IAM User Guide, "Update access keys"): create, use, check, deactivate. The commands
contain those of `replacement_commands`, in its order.
"""

from key_rotation.domain.key_details import KeyToDelete, NewerKey
from key_rotation.domain.model import Status
from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.reporting.commands import (
    create_command,
    deactivate_command,
    delete_command,
    last_used_command,
    restore_command,
)
from key_rotation.reporting.formatting import format_date, sanitize_line
from key_rotation.reporting.owner_mail.blocks import Line, Step, Steps, word
from key_rotation.reporting.owner_mail.terms import Reading
from key_rotation.reporting.owner_mail.words import number_word, use_of_other

ONCE = "AWS shows its secret access key only once: store it where the old one is stored."
ONCE_ALONE = "AWS shows its secret access key only once: store it where it is used."
CHECK = "After a day, check that nothing uses the old key: its last use stays the same."
WHERE = "in programs, pipelines, servers, and files such as ~/.aws/credentials."


def replacement_steps(reading: Reading) -> Steps:
    """Return the four steps that replace a key that still works."""
    mail = reading.mail
    first = mail.to_delete
    if first and first.access_key_id == mail.access_key_id:
        return _replace_in_place(mail, first)
    if first:
        return Steps((_make_room(reading, first), _create(mail), _use_and_check(mail), _end(mail)))
    if mail.newer:
        begin = _newer(reading, mail.newer)
        use: Line = ("Use the newer key in place of ", word(mail.access_key_id), f" {WHERE}")
    else:
        begin = _create(mail)
        use = ("Use the new key in place of ", word(mail.access_key_id), f" {WHERE}")
    return Steps((begin, Step(use), _check(mail), _end(mail)))


def restore_steps(reading: Reading) -> Steps:
    """Return the steps for a key whose deactivation stopped something."""
    mail = reading.mail
    until = f", before {format_date(mail.due)}" if mail.due else ", at any time"
    on = f"Turn the key on again{until}. AWS accepts it again shortly after."
    find = "See what uses it: the answer has the service, the Region and the time of its last use."
    return Steps(
        (
            Step((on,), (restore_command(mail.user_name, mail.access_key_id),)),
            Step((find,), (last_used_command(mail.access_key_id),)),
            Step(_other_key(mail)),
            Step(
                ("Turn it off again when nothing uses it any more.",),
                (deactivate_command(mail.user_name, mail.access_key_id),),
            ),
        )
    )


def new_key_steps(mail: OwnerMail) -> Steps:
    """Return the steps for a program whose key was deleted."""
    if mail.newer:
        use: Line = ("Use the newer key of this user, ", word(mail.newer.access_key_id), ".")
        return Steps((Step(use),))
    return Steps((_create(mail), Step((f"Use the new key {WHERE}",))))


def _other_key(mail: OwnerMail) -> Line:
    notice = "The next mail has its new day, and the steps."
    if mail.newer:
        newer = word(mail.newer.access_key_id)
        return ("Use the newer key of this user, ", newer, f", in its place. {notice}")
    return (f"Plan to replace it: it gets a new notice. {notice}",)


def _create(mail: OwnerMail) -> Step:
    line: Line = ("Create a new key for ", word(mail.user_name), f". {ONCE}")
    return Step(line, (create_command(mail.user_name),))


def _newer(reading: Reading, newer: NewerKey) -> Step:
    line: Line = (
        "Take the newer key of ",
        word(reading.mail.user_name),
        ", ",
        word(newer.access_key_id),
        " (active, ",
        *use_of_other(newer.last_use, reading),
        "). Its secret access key is where it was stored when the key was created.",
    )
    return Step(line, (last_used_command(newer.access_key_id),))


def _make_room(reading: Reading, first: KeyToDelete) -> Step:
    mail = reading.mail
    is_off = first.status == Status.INACTIVE
    status = sanitize_line(first.status, 20).lower()
    line: Line = (
        "Make room: ",
        word(mail.user_name),
        f" has {number_word(first.key_count)} keys, and IAM allows no third. The other one is ",
        word(first.access_key_id),
        f" ({status}, ",
        *use_of_other(first.last_use, reading),
        "). Once nothing uses it, delete it."
        if is_off
        else "). Turn it off once nothing uses it, and delete it a day later.",
    )
    off = () if is_off else (deactivate_command(mail.user_name, first.access_key_id),)
    return Step(line, (*off, delete_command(mail.user_name, first.access_key_id)))


def _use_and_check(mail: OwnerMail) -> Step:
    use: Line = ("Use the new key in place of ", word(mail.access_key_id), f" {WHERE} ")
    check = _check(mail)
    return Step((*use, *check.line), check.commands)


def _check(mail: OwnerMail) -> Step:
    return Step((CHECK,), (last_used_command(mail.access_key_id),))


def _end(mail: OwnerMail) -> Step:
    line = (
        "Turn the old key off. If something stops working, the same command turns it on again,"
        " with Active in place of Inactive."
    )
    return Step((line,), (deactivate_command(mail.user_name, mail.access_key_id),))


def _replace_in_place(mail: OwnerMail, first: KeyToDelete) -> Steps:
    """Return the steps for a user whose other key is needed more."""
    user, key = word(mail.user_name), word(mail.access_key_id)
    keys = number_word(first.key_count)
    room = f" has {keys} keys, and IAM allows no third, so this one goes before a new one can come."
    off = "Turn this key off. If something stops working, give it the other key of this user."
    delete: Line = ("A day later, delete ", key, ". It cannot be restored.")
    return Steps(
        (
            Step(
                (user, f"{room} Check that nothing uses it: the answer has its last use."),
                (last_used_command(mail.access_key_id),),
            ),
            Step((off,), (deactivate_command(mail.user_name, mail.access_key_id),)),
            Step(delete, (delete_command(mail.user_name, mail.access_key_id),)),
            Step(
                (f"Create a new key. {ONCE_ALONE}",),
                (create_command(mail.user_name),),
            ),
        )
    )
