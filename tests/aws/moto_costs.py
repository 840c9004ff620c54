"""Less processor time for each call to moto, which is most of the time of these tests.

Moto does again at each call what never changes; here it is done once in a process. What it answers
is unchanged. A service that is not in `SERVICES` answers 404.
"""

from functools import cache
from typing import Any

from botocore import UNSIGNED
from moto import backend_index
from moto.core import responses, utils
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker

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


def save_moto_repeated_work() -> None:
    """Replace three parts of moto by parts with the same results."""
    _keep_url_patterns_in_use()
    names = cache(utils.method_names_from_class)
    responses.method_names_from_class = names  # type: ignore[attr-defined]
    for picker in (AttributePicker, XFormedAttributePicker):
        _remember_possible_keys(picker)


def sign_nothing(*clients: Any) -> None:
    """Send requests without a signature, which moto does not read."""
    for client in clients:
        client.meta.events.register("choose-signer", lambda **_: UNSIGNED)


def _keep_url_patterns_in_use() -> None:
    """Drop the services that nothing calls.

    Moto compares the URL of each call with the patterns of 200 services in turn, and registers
    seven handlers for each pattern whenever an account is opened.
    """
    patterns = backend_index.backend_url_patterns
    patterns[:] = [(service, url) for service, url in patterns if service in SERVICES]


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
