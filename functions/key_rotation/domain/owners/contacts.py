"""What a run knows of the owners of keys, before it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from key_rotation.domain.owners.mail import OwnerMail
from key_rotation.domain.owners.notice_mail import NoticeMail
from key_rotation.domain.owners.owner import OwnerPolicy, Unreachable


class MailStep(StrEnum):
    """What can fail for all mails at once."""

    SEND = "send"
    FOLLOW = "follow"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailProblem:
    """Why mails are not sent, or why it is not known what came of them.

    text: in AWS's words
    reported: whether a digest has reported it, so that it is no news any more
    """

    text: str
    reported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerNews:
    """What a digest has to report of the mails to owners.

    unreachable: the addresses of which it is new that they did not accept mail
    problems: why mails are not sent, or not followed; each triggers one digest
    waiting: how many mails wait for a later run
    announcing: those of earlier runs that announce a day: they are sent after the digest
    known_unreachable: how many addresses accept no mail, whether reported or not
    """

    unreachable: tuple[Unreachable, ...] = ()
    problems: Mapping[MailStep, MailProblem] = field(default_factory=dict)
    waiting: int = 0
    announcing: tuple[OwnerMail, ...] = ()
    known_unreachable: int = 0

    @property
    def needs_digest(self) -> bool:
        """Whether it is reported without other news."""
        new = any(not problem.reported for problem in self.problems.values())
        return bool(self.unreachable) or new

    def with_problem(self, step: MailStep, text: str) -> "OwnerNews":
        """Return the news with a problem of one step; an empty text says that it works."""
        others = {kind: problem for kind, problem in self.problems.items() if kind is not step}
        if not text:
            return replace(self, problems=others)
        known = self.problems.get(step)
        same = known is not None and _cause(known.text) == _cause(text)
        found = MailProblem(text=text, reported=bool(known and same and known.reported))
        return replace(self, problems={**others, step: found})


def _cause(text: str) -> list[str]:
    """Return the operation and the code of an error: its words may differ from run to run."""
    return text.split(":")[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerContacts:
    """What a run knows of owners.

    policy: who may get mail; None if owners get none
    notice_mails: of the keys with a mail since their last notice, by access key id
    """

    policy: OwnerPolicy | None = None
    notice_mails: Mapping[str, NoticeMail] = field(default_factory=dict)
    news: OwnerNews = field(default_factory=OwnerNews)


NO_CONTACTS = OwnerContacts()
