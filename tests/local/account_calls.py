"""The IAM calls of the account step, counted by account, and a listing that breaks off."""

import re
from collections import Counter

from tests.local.proxy import Exchange

_CALLER = re.compile(r"Credential=(\w+)/\d+/[\w-]*/iam/")
_OPERATION = re.compile(rb"Action=(\w+)")
_SESSION = re.compile(
    rb"<AccessKeyId>(\w+)</AccessKeyId>.*arn:aws:sts::(\d+):assumed-role", re.DOTALL
)
_REFUSED = b"""<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>
<Type>Sender</Type><Code>AccessDenied</Code><Message>denied in the middle</Message></Error>
</ErrorResponse>"""


class AccountCalls:
    """Sees the answers of AWS to the account step, and knows in which account each call was.

    of_iam: how often each operation of IAM was called, by account and operation
    """

    def __init__(self) -> None:
        """Start without calls."""
        self.of_iam: Counter[tuple[str, str]] = Counter()
        self._account_of: dict[str, str] = {}
        self._broken: set[str] = set()

    def break_listing(self, account_id: str) -> None:
        """From now on, refuse the second page of the users of an account."""
        self._broken.add(account_id)

    def see(self, exchange: Exchange) -> None:
        """Note a call that was answered, or answer it otherwise."""
        operation = _OPERATION.search(exchange.request)
        if operation is None:
            return
        if operation[1] == b"AssumeRole" and (session := _SESSION.search(exchange.content)):
            self._account_of[session[1].decode()] = session[2].decode()
        if caller := _CALLER.search(exchange.authorization):
            self._see_iam(exchange, self._account_of[caller[1]], operation[1].decode())

    def _see_iam(self, exchange: Exchange, account: str, operation: str) -> None:
        self.of_iam[account, operation] += 1
        if operation != "ListUsers" or account not in self._broken:
            return
        if b"Marker=" in exchange.request:
            exchange.status, exchange.content = 403, _REFUSED
        else:
            last, more = b"<IsTruncated>false", b"<Marker>1</Marker><IsTruncated>true"
            assert last in exchange.content, exchange.content
            exchange.content = exchange.content.replace(last, more)
