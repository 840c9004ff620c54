"""The names of exemption parameters."""

import re

import pytest

from key_rotation.domain.exemptions import Exemption
from key_rotation_cli.exempt.changes import Put
from key_rotation_cli.exempt.entry import other_name, parameter_name

PATTERNS = (
    "alice",
    "alice*",
    "alice-",
    "*alice",
    "/alice",
    "/alice/*",
    "/alice/",
    "/",
    "*",
    "**",
    "a@example.com",
    "a-example.com",
    "a=example.com",
    "a" * 64,
    "a" * 65,
    "a" * 66,
    "AKIAIOSFODNN7EXAMPLE",
    "...",
    "-",
    "--help",
)


def entry(pattern: str) -> Exemption:
    """Return an entry."""
    return Exemption(pattern=pattern, until=None, reason=None)


def test_patterns_have_different_names_that_parameter_store_accepts() -> None:
    names = [parameter_name(entry(pattern)) for pattern in PATTERNS]
    assert len(set(names)) == len(PATTERNS)
    for name in (*names, *(other_name(entry(pattern)) for pattern in PATTERNS)):
        assert re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name), name


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("alice", "alice"),
        ("build-server_07", "build-server_07"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("akiaiosfodnn7example", "AKIAIOSFODNN7EXAMPLE"),
        ("/vendors/*", "vendors.240a683c"),
    ],
)
def test_a_name_can_be_read(pattern: str, name: str) -> None:
    assert parameter_name(entry(pattern)) == name


def test_patterns_that_differ_only_in_case_have_one_name() -> None:
    assert parameter_name(entry("Legacy-*")) == parameter_name(entry("legacy-*"))


def test_a_second_entry_with_a_pattern_has_a_name_of_its_own() -> None:
    first = Exemption(pattern="alice", until=None, reason="a")
    second = Exemption(pattern="alice", until=None, reason="b")
    assert len({parameter_name(first), other_name(first), other_name(second)}) == 3


def test_a_value_of_several_lines_is_quoted_for_a_shell() -> None:
    put = Put(parameter="/key-rotation/exemptions", value="a # it's\nb \\", replaces=3)
    assert put.command.endswith(r"--overwrite --value=$'a # it\'s\nb \\'")
