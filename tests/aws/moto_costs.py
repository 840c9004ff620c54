"""Less processor time for each call to moto, which is most of the time of these tests.

Moto does again at each call what never changes; here it is done once in a process. What it answers
is unchanged. A service that is not in `SERVICES` answers 404.
"""

import json
from base64 import b64decode
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore import UNSIGNED, handlers, xform_name
from botocore import session as botocore_session
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from moto import backend_index
from moto.core import responses, utils
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

SERVICES = (
    "awslambda",
    "cloudformation",
    "dynamodb",
    "iam",
    "organizations",
    "sns",
    "ssm",
    "stepfunctions",
    "sts",
)
"""Those that the product and its tests call, as moto names them."""

MAX_ITEM_SIZE = 405_000
"""Bytes, in moto's LimitedSizeDict."""


def save_moto_repeated_work() -> None:
    """Replace parts of moto and of botocore by parts with the same results."""
    botocore_session.create_loader = cache(create_loader)  # reads each model of a service once
    handlers.BUILTIN_HANDLERS.append(("before-call", answer_without_http, handlers.REGISTER_LAST))
    _remember_names_of_events()
    _keep_url_patterns_in_use()
    _add_up_the_size_of_an_item_once()
    names = cache(utils.method_names_from_class)
    responses.method_names_from_class = names  # type: ignore[attr-defined]
    for picker in (AttributePicker, XFormedAttributePicker):
        _remember_possible_keys(picker)


def sign_nothing(*clients: Any) -> None:
    """Send requests without a signature, which moto does not read."""
    for client in clients:
        client.meta.events.register("choose-signer", lambda **_: UNSIGNED)


def answer_without_http(
    model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any
) -> tuple[Any, dict[str, Any]] | None:
    """Let moto answer a call of DynamoDB without a request and an answer in bytes.

    A call that moto refuses goes the whole way, so that its error is the one of the client. There
    is one table for all, in the account whose credentials the tests have.
    """
    if not botocore_stubber.enabled or model.service_model.service_name != "dynamodb":
        return None
    handler = DynamoHandler()
    handler.current_account, handler.region = DEFAULT_ACCOUNT_ID, context["client_region"]
    handler.body = json.loads(params["body"], object_hook=_with_bytes)
    try:
        result = getattr(handler, xform_name(model.name))().result
    except (HTTPException, ServiceException):
        return None
    members = model.output_shape.members
    given = {k: value for k, value in result.items() if k in members and value is not None}
    metadata = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
    return SimpleNamespace(status_code=200), given | {"ResponseMetadata": metadata}


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Decode a binary attribute of DynamoDB's JSON."""
    content = value.get("B")
    return {"B": b64decode(content)} if isinstance(content, str) else value


def _keep_url_patterns_in_use() -> None:
    """Drop the services that nothing calls.

    Moto compares the URL of each call with the patterns of 200 services in turn, and registers
    seven handlers for each pattern whenever an account is opened.
    """
    patterns = backend_index.backend_url_patterns
    patterns[:] = [(service, url) for service, url in patterns if service in SERVICES]


def _remember_names_of_events() -> None:
    """Remember the names of events for all clients, and not for each of them anew."""
    aliaser: Any = EventAliaser
    compute, known = aliaser._alias_event_name, dict[str, str]()  # noqa: SLF001

    def name_of(self: EventAliaser, event: str) -> str:
        if event not in known:
            known[event] = compute(self, event)
        return known[event]

    aliaser._alias_event_name = name_of  # noqa: SLF001


def _add_up_the_size_of_an_item_once() -> None:
    """Compare the size of a new item with its limit once, and not at each of its attributes."""

    def create(self: Item, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
        self.hash_key, self.range_key, self.attrs = hash_key, range_key, LimitedSizeDict()
        dict.update(self.attrs, {name: DynamoType(value) for name, value in attrs.items()})
        if self.size() > MAX_ITEM_SIZE:
            raise ItemSizeTooLarge

    Item.__init__ = create  # type: ignore[method-assign]


def _remember_possible_keys(picker: type[AttributePicker]) -> None:
    """Remember under which names moto looks for a member of an answer.

    They depend on the shape of the member, on where it is, and on the class of the value only.
    """
    compute = picker.get_possible_keys
    known: dict[Any, tuple[str, ...]] = {}

    def possible_keys(self: AttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
        parent = getattr(context.shape, "parent", None)
        place = (context.shape, parent, type(context.obj), context.key)
        if place not in known:
            known[place] = tuple(compute(self, context))
        return known[place]

    picker.get_possible_keys = possible_keys  # type: ignore[method-assign,assignment]
