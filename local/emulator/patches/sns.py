"""SNS: rejected messages, and the outbox."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.emulator.clock import Clock
from local.emulator.event_log import EventLog
from local.emulator.ministack_internals import MinistackValue, private_name
from local.emulator.patches.monkeypatch import Params, replace
from local.emulator.sns_deliveries import published_message, rejection_reason

_ERROR_CODE = "InvalidParameter"


def reject_invalid_messages() -> None:
    """Reject a subject, a structure or an attribute that SNS rejects.

    ministack accepts everything. On AWS, each run with such a message fails, and nobody gets a
    message.
    """

    def make(original: Callable[..., MinistackValue]) -> Callable[..., MinistackValue]:
        def publish(
            topic: str, message: str, subject: str = "", **options: MinistackValue
        ) -> MinistackValue:
            structure = options.get("message_structure", "")
            attributes = options.get("message_attributes") or {}
            if why := rejection_reason(subject, message, structure, attributes):
                raise private_name("services.sns", "SnsPublishError")(_ERROR_CODE, why)
            return original(topic, message, subject, **options)

        return publish

    replace("services.sns", "publish_internal", make)


def record_messages(clock: Clock, event_log: EventLog) -> None:
    """Record each message, with what its subscribers receive.

    ministack logs a line for an e-mail. It delivers to queues and functions, and still does.
    """

    def make(original: Callable[..., None]) -> Callable[..., None]:
        def fan_out(topic: str, *publication: MinistackValue, **fifo: str) -> None:
            _message_id, message, subject, structure, attributes = publication
            record = published_message(
                at=clock.now(),
                topic=topic,
                subject=subject,
                message=message,
                structure=structure,
                attributes=attributes,
                subscriptions=_matching_subscriptions(topic, message, structure, attributes),
                render=private_name("services.sns", "_resolve_message_for_protocol"),
            )
            event_log.messages.append(record)
            original(topic, *publication, **fifo)

        return fan_out

    replace("services.sns", "_fanout", make)


def _matching_subscriptions(
    topic: str, message: str, structure: str, attributes: Params
) -> Iterable[Mapping[str, Any]]:
    render = private_name("services.sns", "_resolve_message_for_protocol")
    matches = private_name("services.sns", "_matches_filter_policy")
    for each in private_name("services.sns", "_topics")[topic]["subscriptions"]:
        body = render(message, structure, each["protocol"])
        if each["confirmed"] and matches(each, attributes, body):
            yield each
