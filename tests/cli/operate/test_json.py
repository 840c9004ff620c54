"""`--json` of the commands that change something: JSON on stdout, and nothing else."""

from datetime import timedelta

import pytest

from tests.aws.aws_account import AwsAccount
from tests.cli.terminal import key_rotation

SCHEMA = {"schema": "key-rotation/operate/1"}


@pytest.fixture
def key_id(deployed: AwsAccount) -> str:
    """Let the tool turn a key off."""
    key_id = deployed.create_key("alice", age=400)
    deployed.run()
    deployed.run_after(days=7)
    return key_id


def test_restore_tells_which_key_and_whether_it_changed_it(key_id: str) -> None:
    document = SCHEMA | {"action": "restore", "user": "alice", "access_key_id": key_id}
    restored = key_rotation("restore", key_id, "--json", answer="y\n")
    assert restored.document == document | {"changed": True, "exempt_until": None}
    again = key_rotation("restore", key_id, "--json", "--yes")
    assert (again.exit_code, again.document) == (0, document | {"changed": False})


def test_release_tells_which_key(deployed: AwsAccount, key_id: str) -> None:
    for _ in range(3):
        deployed.set_status("alice", key_id, "Active")
        deployed.run_after(days=1)
        deployed.run_after(days=7)
    assert deployed.history(key_id)[-1] == "hold"
    released = key_rotation("release", key_id, "--json", "--yes")
    facts = {"action": "release", "changed": True, "user": "alice", "access_key_id": key_id}
    assert released.document == SCHEMA | facts


@pytest.mark.usefixtures("deployed")
def test_pause_and_resume_tell_the_limit_and_whether_they_changed_it() -> None:
    for arguments, limit in ((("pause", "--reason", "why"), "0"), (("resume",), "25")):
        document = SCHEMA | {"action": arguments[0], "limit": limit}
        for changed in (True, False):
            finished = key_rotation(*arguments, "--json", "--yes")
            assert (finished.exit_code, finished.document) == (0, document | {"changed": changed})


@pytest.mark.parametrize("arguments", [("restore",), ("pause", "--reason", "why")])
def test_a_command_that_fails_writes_no_json(
    deployed: AwsAccount, key_id: str, arguments: tuple[str, ...]
) -> None:
    deployed.now += timedelta(days=1)
    key = (key_id,) if arguments == ("restore",) else ()
    finished = key_rotation(*arguments, *key, "--json", answer="no\n")
    assert (finished.exit_code, finished.stdout) == (1, "")
