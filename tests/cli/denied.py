"""An account that denies one operation to whoever calls it."""

from typing import Any

import pytest
from botocore.client import BaseClient

from tests.aws.faults import client_error


def deny(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """Deny an operation, such as `ListUsers`, for the rest of a test.

    A command builds its clients itself, so there is no client to hand in.
    """
    call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001  # the one place that every call passes

    def refuse(self: BaseClient, name: str, parameters: Any) -> Any:
        if name == operation:
            raise client_error(operation, "AccessDenied")
        return call(self, name, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
