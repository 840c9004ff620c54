"""The settings that a preview plans with, and where they come from. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from key_rotation.domain.exemptions import Exemption
from key_rotation.domain.model import Mode
from key_rotation.domain.settings import Parameter, Settings
from key_rotation_cli.errors import BadUsageError

DEFAULTS: Mapping[str, str] = {
    "mode": "enforce",
    "max-age-days": "90",
    "notice-days": "7",
    "grace-days": "30",
    "max-changes-per-run": "25",
    "delete-unused-keys": "true",
    "adopt-inactive-keys": "false",
    "exemptions": "none",
}
"""The parameters of a new deployment."""


class Source(StrEnum):
    """Where a setting comes from, the strongest first."""

    FLAGS = "flags"
    PARAMETERS = "parameters"
    DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the caller gave; None where nothing was given."""

    max_age: int | None = None
    notice: int | None = None
    grace: int | None = None
    max_changes: int | None = None
    exemptions: tuple[Exemption, ...] | None = None

    @property
    def values(self) -> Mapping[str, int]:
        """The thresholds that were given, by the names of their parameters."""
        given = {
            "max-age-days": self.max_age,
            "notice-days": self.notice,
            "grace-days": self.grace,
            "max-changes-per-run": self.max_changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def check(self) -> None:
        """Raise BadUsageError if they contradict each other, whatever is deployed."""
        if self.max_age is not None and self.notice is not None:
            choose_thresholds(self, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The settings of each run of a preview, and the strongest source of their thresholds."""

    settings: Settings
    source: Source


def choose_thresholds(flags: Flags, deployed: Settings | None) -> Thresholds:
    """Use what the caller gave, else the deployed parameters, else the defaults.

    deployed: None where nothing is deployed, or its parameters cannot be read

    Keys are changed in enforce mode only, so that is the mode. Raises BadUsageError for thresholds
    that contradict each other.
    """
    otherwise = Source.PARAMETERS if deployed else Source.DEFAULTS
    source = Source.FLAGS if flags.values else otherwise
    settings = _with_flags(deployed or default_settings(), flags)
    problem = next(_contradictions(settings, flags, deployed), None)
    if problem:
        raise BadUsageError(problem)
    return Thresholds(settings=settings, source=source)


def default_settings() -> Settings:
    """Return the settings of a new deployment."""
    raw = {name: Parameter(value=value, version=0) for name, value in DEFAULTS.items()}
    return Settings.parse(raw, path="/key-rotation")


def _with_flags(settings: Settings, flags: Flags) -> Settings:
    given = {name: str(value) for name, value in flags.values.items()}
    if flags.exemptions is not None:
        given["exemptions"] = "\n".join(map(str, flags.exemptions)) or "none"
    if settings.mode is not Mode.ENFORCE:
        given["mode"] = Mode.ENFORCE
    changed = {name: Parameter(value=value, version=0) for name, value in given.items()}
    return replace(
        settings,
        mode=Mode.ENFORCE,
        max_age=_days(flags.max_age, settings.max_age),
        notice=_days(flags.notice, settings.notice),
        grace=_days(flags.grace, settings.grace),
        max_changes_per_run=flags.values.get("max-changes-per-run", settings.max_changes_per_run),
        exemptions=settings.exemptions if flags.exemptions is None else flags.exemptions,
        raw={**settings.raw, **changed},
    )


def _days(given: int | None, otherwise: timedelta) -> timedelta:
    return otherwise if given is None else timedelta(days=given)


def _contradictions(settings: Settings, flags: Flags, deployed: Settings | None) -> Iterator[str]:
    if settings.notice < settings.max_age:
        return
    elsewhere = "of the deployment" if deployed else "by default"
    notice, max_age = settings.notice.days, settings.max_age.days
    notice_is = f"--notice is {notice}" if flags.notice is not None else f"the notice is {notice}"
    age_is = f"--max-age is {max_age}" if flags.max_age is not None else f"the age is {max_age}"
    notice_is += "" if flags.notice is not None else f" {elsewhere}"
    age_is += "" if flags.max_age is not None else f" {elsewhere}"
    yield f"The notice must be shorter than the greatest age: {notice_is}, and {age_is}."
