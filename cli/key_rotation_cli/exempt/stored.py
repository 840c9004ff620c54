"""Reads the exemptions where they stand: one by one, and in the old parameter of all."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.adapters.parameter_store import read_exemption_parameters
from key_rotation.domain import exemptions
from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.settings import EXEMPTION, Parameter
from key_rotation.errors import KeyRotationError
from key_rotation_cli.aws_errors import AWS_ERRORS, describe, describe_cause
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """One entry, and where it stands.

    parameter: the whole name of its parameter
    text: its line
    entry: what it says; None if it is not accepted, so that it stops each run
    version: of its parameter
    in_old: whether it is a line of the old parameter of all
    scope: in a hub, what stands before its name, such as `accounts/111122223333/`
    """

    parameter: str
    text: str
    entry: Exemption | None
    version: int
    in_old: bool = False
    scope: str = ""

    @property
    def place(self) -> str:
        """Where it stands, without what all parameters have in common."""
        last = self.parameter.rpartition("/")[2]
        return f"{self.scope}{'exemptions' if self.in_old else f'exemption/{last}'}"

    def has_pattern(self, pattern: str) -> bool:
        """Return whether it has a pattern, or is not accepted and has this text."""
        found = self.entry.pattern if self.entry else self.text
        return found.casefold() == pattern.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExemptions:
    """All entries.

    path: what stands before the name of an exemption parameter, such as `/key-rotation/exemption`
    old: the name of the old parameter of all
    old_version: its version; 0 if there is none
    one_by_one: the entries of a parameter each
    lines: those of the old parameter
    """

    path: str
    old: str
    old_version: int
    one_by_one: tuple[StoredEntry, ...]
    lines: tuple[StoredEntry, ...]

    @property
    def entries(self) -> tuple[StoredEntry, ...]:
        """All of them."""
        return (*self.one_by_one, *self.lines)

    def parameter(self, name: str) -> str:
        """Return the whole name of an exemption parameter."""
        return f"{self.path}/{name}"

    def at(self, parameter: str) -> StoredEntry | None:
        """Return the entry of a parameter; None if there is no such parameter."""
        return next((each for each in self.one_by_one if each.parameter == parameter), None)

    def with_pattern(self, pattern: str) -> tuple[StoredEntry, ...]:
        """Return the entries with a pattern."""
        return tuple(each for each in self.entries if each.has_pattern(pattern))


def read_exemptions(deployment: Deployment) -> StoredExemptions:
    """Read the exemptions of the scope that a command writes, bad ones too; raises CliError.

    In a hub, that is the account that the caller named, or all accounts.
    """
    return _read(deployment.session.ssm, deployment.scope_path)


def read_reaching_entries(deployment: Deployment) -> tuple[StoredEntry, ...]:
    """Read all exemptions that reach the account of a deployment; raises CliError.

    In a hub, those of all accounts and of the organizational units reach it too.
    """
    found, path = deployment.in_account, deployment.parameter_path
    if found is None or not found.is_named:
        return read_exemptions(deployment).entries
    scopes = ["", *(f"ous/{ou}/" for ou in found.row.account.ous), f"accounts/{found.account_id}/"]
    return tuple(
        replace(entry, scope=scope)
        for scope in scopes
        for entry in _read(deployment.session.ssm, f"{path}/{scope}".rstrip("/")).entries
    )


def _read(ssm: "SSMClient", path: str) -> StoredExemptions:
    old = f"{path}/exemptions"
    try:
        found = ssm.get_parameters(Names=[old])["Parameters"]
        one_by_one = read_exemption_parameters(ssm, path)
    except AWS_ERRORS as cause:
        raise CliError(f"{describe(cause)} Nothing was changed.") from cause
    except KeyRotationError as cause:
        raise CliError(describe_cause(cause)) from cause
    text, version = (found[0]["Value"], found[0]["Version"]) if found else (exemptions.NONE, 0)
    below = f"{path}/{EXEMPTION}"
    return StoredExemptions(
        path=below,
        old=old,
        old_version=version,
        one_by_one=tuple(
            _own(f"{below}/{name}", parameter) for name, parameter in sorted(one_by_one.items())
        ),
        lines=tuple(_lines(old, text, version)),
    )


def _own(name: str, parameter: Parameter) -> StoredEntry:
    try:
        entry = Exemption.parse_only(parameter.value)
    except ValueError:
        entry = None
    text = parameter.value.strip()
    return StoredEntry(parameter=name, text=text, entry=entry, version=parameter.version)


def _lines(name: str, text: str, version: int) -> Iterator[StoredEntry]:
    if text.strip() == exemptions.NONE:
        return
    for line in filter(str.strip, text.splitlines()):
        entries, _ = exemptions.parse(line)
        entry = entries[0] if entries else None
        yield StoredEntry(
            parameter=name, text=line.strip(), entry=entry, version=version, in_old=True
        )
