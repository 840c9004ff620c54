"""SNS: what is refused, and the outbox."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.emulator.clock import Clock
from local.emulator.innards import Untyped, checked
from local.emulator.journal import Journal
from local.emulator.outbox import mail, refusal
from local.emulator.patches.replacing import Params, replace

_REFUSED = "InvalidParameter"


def refuse_bad_publications() -> None:
    """Refuse a subject, a structure or an attribute that SNS refuses.

    ministack takes everything. On AWS such a message is an error at each run, and nobody is told.
    """

    def make(original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def publish(topic: str, message: str, subject: str = "", **options: Untyped) -> Untyped:
            structure = options.get("message_structure", "")
            attributes = options.get("message_attributes") or {}
            if why := refusal(subject, message, structure, attributes):
                raise checked("services.sns", "SnsPublishError")(_REFUSED, why)
            return original(topic, message, subject, **options)

        return publish

    replace("services.sns", "publish_internal", make)


def keep_mails(clock: Clock, journal: Journal) -> None:
    """Keep each message, with what its subscribers read.

    ministack logs a line for an e-mail, and delivers to queues and functions, which it still does.
    """

    def make(original: Callable[..., None]) -> Callable[..., None]:
        def fan_out(topic: str, *publication: Untyped, **fifo: str) -> None:
            _message_id, message, subject, structure, attributes = publication
            record = mail(
                at=clock.now(),
                topic=topic,
                subject=subject,
                message=message,
                structure=structure,
                attributes=attributes,
                subscriptions=_listening(topic, message, structure, attributes),
                render=checked("services.sns", "_resolve_message_for_protocol"),
            )
            journal.mails.append(record)
            original(topic, *publication, **fifo)

        return fan_out

    replace("services.sns", "_fanout", make)


def _listening(
    topic: str, message: str, structure: str, attributes: Params
) -> Iterable[Mapping[str, Any]]:
    render = checked("services.sns", "_resolve_message_for_protocol")
    matches = checked("services.sns", "_matches_filter_policy")
    for each in checked("services.sns", "_topics")[topic]["subscriptions"]:
        body = render(message, structure, each["protocol"])
        if each["confirmed"] and matches(each, attributes, body):
            yield each
