"""boto3 sessions whose clients all go to the emulated account."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import boto3

# Asked for each new client: a role's keys exist only once its function is deployed.
Keys = Callable[[], Mapping[str, str]]


class LocalSession(boto3.Session):
    """A session with an endpoint; to a type checker it is boto3's, with all its overloads."""

    def __init__(self, *, endpoint: str, region: str, keys: Keys) -> None:
        """Take the keys from a function; its names are those of Lambda's environment."""
        super().__init__(region_name=region)
        self._endpoint = endpoint
        self._keys = keys

    if not TYPE_CHECKING:

        def client(self, service_name: str, **options: Any) -> Any:  # noqa: ANN401 - see above
            """Make a client."""
            keys = {name.lower(): value for name, value in self._keys().items()}
            return super().client(service_name, endpoint_url=self._endpoint, **keys, **options)
