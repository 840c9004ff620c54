"""Reads every version of the parameters that reach an account."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from key_rotation.domain.organisation.parameter_scopes import ACCOUNTS, OUS, Place
from key_rotation.domain.settings import EXEMPTION, names_of
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.evidence.facts import ParameterVersion

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaching:
    """A parameter that reaches an account.

    relative: what follows the path in its name
    name: by which the runs of the account know it
    """

    relative: str
    name: str


class ParameterHistory:
    """The versions of the parameters of one deployment; those of a parameter are read once."""

    def __init__(self, deployment: Deployment) -> None:
        """List the parameters; raises what AWS answers, one of AWS_ERRORS."""
        self._ssm: SSMClient = deployment.session.ssm
        self._path = deployment.parameter_path
        self._exemptions = self._below(f"{self._path}/{EXEMPTION}")
        self._all = self._below(self._path) if deployment.is_hub else ()
        self._owners = deployment.mails_owners
        self._known: dict[str, Sequence[ParameterVersion]] = {}

    def reaching(self, account_id: str, ous: Iterable[str]) -> Iterator[Reaching]:
        """Return the parameters of all accounts, and those of some units and of one account."""
        for name in (*names_of(owners=self._owners), *self._exemptions):
            yield Reaching(relative=name, name=name)
        scopes = {*(f"{OUS}/{ou}" for ou in ous), f"{ACCOUNTS}/{account_id}"}
        for relative in self._all:
            place = Place.of(relative)
            if place.scope in scopes:
                known = f"{EXEMPTION}/{relative}" if place.exemption else relative
                yield Reaching(relative=relative, name=known)

    def versions(self, reaching: Iterable[Reaching]) -> Iterator[ParameterVersion]:
        """Return every version that Parameter Store keeps of some parameters."""
        for each in reaching:
            if each.relative not in self._known:
                self._known[each.relative] = tuple(self._read(each.relative))
            yield from (replace(found, name=each.name) for found in self._known[each.relative])

    def _below(self, path: str) -> tuple[str, ...]:
        """List the parameters below a path, by what follows the path of all."""
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(
            Path=path, Recursive=True
        )
        names = (found["Name"] for page in pages for found in page["Parameters"])
        return tuple(sorted(name.removeprefix(f"{self._path}/") for name in names))

    def _read(self, relative: str) -> Iterator[ParameterVersion]:
        pages = self._ssm.get_paginator("get_parameter_history")
        for page in pages.paginate(Name=f"{self._path}/{relative}"):
            for found in page["Parameters"]:
                yield ParameterVersion(
                    name=relative,
                    version=found["Version"],
                    value=found["Value"],
                    changed_at=found["LastModifiedDate"],
                    changed_by=found.get("LastModifiedUser", ""),
                )
