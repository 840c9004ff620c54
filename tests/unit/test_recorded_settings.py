"""Which parameters the history of runs keeps."""

from key_rotation.domain.exemption_changes import MAX_BYTES
from key_rotation.domain.run_history import recorded_settings
from key_rotation.domain.settings import Parameter, Settings
from tests.unit.builders import parameters


def with_exemptions(**values: str) -> Settings:
    one_by_one = {name: Parameter(value=value, version=3) for name, value in values.items()}
    return Settings.parse(parameters(), path="/key-rotation", exemption_parameters=one_by_one)


def test_the_eight_parameters_and_each_exemption_are_kept_with_their_versions() -> None:
    recorded = recorded_settings(with_exemptions(vendors="/vendors/* # ticket 12"))
    assert recorded.keys() == parameters().keys() | {"exemption/vendors"}
    assert recorded["exemption/vendors"] == Parameter(value="/vendors/* # ticket 12", version=3)


def test_exemptions_beyond_the_room_are_left_out() -> None:
    many = {f"e{number:04}": f"user{number} # {'x' * 200}" for number in range(900)}
    recorded = recorded_settings(with_exemptions(**many))
    assert 300 < len(recorded) < 500
    assert sum(len(p.value) for p in recorded.values()) < MAX_BYTES
