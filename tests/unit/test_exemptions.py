"""The exemptions: whom an entry names, for how long, and which lines cannot be read."""

import time
from datetime import date

import pytest

from key_rotation.domain.exemptions import Exemption, parse
from key_rotation.domain.model import User
from tests.unit.builders import ALICE, TODAY, a_key, in_days, settings


def covers(pattern: str, *, name: str = "alice", path: str = "/", key_id: str = "AKIA1") -> bool:
    """Say whether an entry names a key."""
    user = User(name=name, path=path, user_id="AIDA1")
    return Exemption.parse(pattern).covers(a_key(user=user, key_id=key_id))


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("alice", True),
        ("ALICE", True),
        ("Alice", True),
        ("alic", False),
        ("lice", False),
        ("alice2", False),
        ("malice", False),
        ("al*", True),
        ("*ice", True),
        ("a*e", True),
        ("*li*", True),
        ("ali**ce", True),
        ("alice*", True),
        ("*alice", True),
        ("*", True),
        ("b*", False),
        ("*b", False),
        ("*ICE", True),
    ],
)
def test_a_user_name_is_matched_whole_and_regardless_of_case(
    pattern: str, *, covered: bool
) -> None:
    """A star stands for any text, the empty one too."""
    assert covers(pattern) is covered


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("AKIA1", True),
        ("akia1", True),
        ("AKIA", False),
        ("AKIA12", False),
        ("AKIA*", True),
        ("*1", True),
    ],
)
def test_a_key_id_is_matched_whole_and_regardless_of_case(pattern: str, *, covered: bool) -> None:
    assert covers(pattern) is covered


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("/alice", "/", True),
        ("/Alice", "/", True),
        ("/alice", "/ci/", False),
        ("/ci/alice", "/ci/", True),
        ("/CI/alice", "/ci/", True),
        ("/ci/*", "/ci/", True),
        ("/ci/*", "/ci/deploy/", True),
        ("/ci/*", "/cia/", False),
        ("/ci/", "/ci/", False),
        ("/ci", "/ci/", False),
        ("/*/alice", "/ci/", True),
        ("/*/alice", "/", False),
        ("/*", "/", True),
        ("ci/alice", "/ci/", None),
    ],
)
def test_a_path_is_matched_with_the_name_behind_it(
    pattern: str, path: str, *, covered: bool | None
) -> None:
    """It begins with a slash; without one a slash makes no entry."""
    if covered is None:
        with pytest.raises(ValueError, match=pattern):
            Exemption.parse(pattern)
    else:
        assert covers(pattern, path=path) is covered


def test_a_star_stands_for_any_text_at_all() -> None:
    assert covers("a*b", name="a\n/b")


def test_a_user_name_is_matched_under_any_path() -> None:
    assert covers("alice", path="/ci/deploy/")


@pytest.mark.parametrize("character", "+=,.@-_")
def test_every_character_of_a_user_name_stands_for_itself(character: str) -> None:
    """IAM allows these seven besides letters and digits; none of them is a pattern here."""
    assert covers(f"a{character}b", name=f"a{character}b")
    assert not covers(f"a{character}b", name="axb")
    assert not covers(f"a{character}b", name="ab")
    assert not covers(f"a{character}b", name="aab")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("c.i", "cxi"), ("a+", "aaa"), ("/t(e)am/x", "team"), ("/[ab]/x", "a"), ("/a|/x", "a")],
)
def test_what_means_something_in_a_regular_expression_means_nothing_here(
    pattern: str, name: str
) -> None:
    assert not covers(pattern, name=name)


@pytest.mark.parametrize("path", ["/t(e)am/", "/a|b/", "/[x]/", "/a\\d/", "/~!$%&'()/", "/{2}/^$/"])
def test_every_printable_character_of_a_path_stands_for_itself(path: str) -> None:
    """IAM allows all of ASCII in a path."""
    assert covers(f"{path}alice", path=path)


def test_an_entry_of_many_stars_is_answered_at_once() -> None:
    """A setting must not be able to stall the run: with ten more stars it would take years."""
    began = time.perf_counter()
    assert not covers("*a" * 5 + "*b", name="a" * 64)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(("until", "exempt"), [(-1, False), (0, True), (1, True)])
def test_the_day_behind_until_is_included(until: int, *, exempt: bool) -> None:
    entry = f"alice until {in_days(until)}"
    covering = settings(exemptions=entry).exemption_of(a_key(), TODAY)
    assert (covering is not None) is exempt
    assert settings(exemptions=entry).ended_exemptions(TODAY) == (() if exempt else (entry,))


@pytest.mark.parametrize(
    ("line", "pattern", "until", "reason"),
    [
        ("alice", "alice", None, None),
        ("alice # on leave", "alice", None, "on leave"),
        ("alice #on leave", "alice", None, "on leave"),
        ("alice#on leave", "alice", None, "on leave"),
        ("alice until 2026-12-31", "alice", "2026-12-31", None),
        ("alice until 2028-02-29 # leap year", "alice", "2028-02-29", "leap year"),
        ("  alice   until   2026-12-31   #  moves  ", "alice", "2026-12-31", "moves"),
        ("alice\tuntil\t2026-12-31\t#\ttabs", "alice", "2026-12-31", "tabs"),
        ("alice # until 2026-12-31", "alice", None, "until 2026-12-31"),
        ("alice # ticket #42", "alice", None, "ticket #42"),
        ("alice #", "alice", None, None),
        ("until", "until", None, None),
        ("until until 2026-12-31", "until", "2026-12-31", None),
        ("/ci/* until 2026-12-31 # pipeline", "/ci/*", "2026-12-31", "pipeline"),
        ("AKIAALICE0000000001", "AKIAALICE0000000001", None, None),
        ("nonesuch", "nonesuch", None, None),
    ],
)
def test_a_line_is_a_name_then_perhaps_a_last_day_then_perhaps_a_reason(
    line: str, pattern: str, until: str | None, reason: str | None
) -> None:
    day = date.fromisoformat(until) if until else None
    assert parse(line) == ((Exemption(pattern=pattern, until=day, reason=reason),), ())


@pytest.mark.parametrize(
    "line",
    [
        "alice bob",
        "alice, bob",
        "alice;bob",
        "alice until",
        "alice until tomorrow",
        "alice until 2026-13-01",
        "alice until 2026-02-29",
        "alice until 2026-2-1",
        "alice until 26-02-01",
        "alice until 20260201",
        "alice until 2026-02-01T00:00",
        "alice until 2026-02-01 or later",
        "alice until \u0662026-02-01",
        "alice Until 2026-02-01",
        "alice since 2026-02-01",
        "until 2026-02-01",
        "until 2026-02-01 # whom?",
        "# only a reason",
        "ci/alice",
        "ali[ce]",
        "alice?",
        '"alice"',
        "a:b",
        "<alice>",
        "/path with spaces/alice",
        "!alice",
        "\u0430lice",  # CYRILLIC SMALL LETTER A
        "andr\u00e9",
        "alice\u00a0until 2026-02-01",  # NO-BREAK SPACE
    ],
)
def test_a_line_of_any_other_shape_cannot_be_read(line: str) -> None:
    """It is never taken for an entry that exempts somebody else, or nobody."""
    assert parse(line) == ((), (line,))


def test_the_unreadable_lines_are_named_and_only_they() -> None:
    entries, unreadable = parse("alice\nnot readable\nbob # why\n? \n")
    assert [str(entry) for entry in entries] == ["alice", "bob # why"]
    assert unreadable == ("not readable", "?")


@pytest.mark.parametrize("text", ["none", " none ", "none\n"])
def test_none_exempts_nobody(text: str) -> None:
    assert parse(text) == ((), ())


@pytest.mark.parametrize("text", ["none\nalice", "alice\nnone"])
def test_none_stands_alone(text: str) -> None:
    """Beside an entry it is a contradiction."""
    assert parse(text)[1] == ("none",)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n"])
def test_nothing_at_all_cannot_be_read(text: str) -> None:
    """It may be an accident; `none` is on purpose."""
    assert parse(text) == ((), ("",))


def test_empty_lines_count_as_nothing() -> None:
    entries, unreadable = parse("\n  \nalice\r\n\r\nbob\n\n")
    assert [entry.pattern for entry in entries] == ["alice", "bob"]
    assert unreadable == ()


@pytest.mark.parametrize(
    ("lines", "longest"),
    [
        (("alice until 2026-12-01", "alice until 2026-12-31"), 1),
        (("alice until 2026-12-31", "al* until 2026-12-01"), 0),
        (("alice", "alice until 2026-12-31"), 0),
        (("alice until 2026-12-31", "/alice"), 1),
        (("alice until 2026-11-23", "alice until 2026-11-24"), 1),
        (("bob", "alice until 2026-12-31"), 1),
        (("alice # first", "alice # second"), 0),
    ],
)
def test_of_several_entries_the_one_that_lasts_longest_counts(
    lines: tuple[str, ...], longest: int
) -> None:
    """One without an end lasts longest; of equals the first."""
    found = settings(exemptions="\n".join(lines)).exemption_of(a_key(user=ALICE), TODAY)
    assert str(found) == lines[longest]


def test_an_entry_is_written_out_as_it_was_read() -> None:
    lines = ("alice", "b* until 2026-12-31", "/c/d # why", "AKIA1 until 2026-12-31 # why")
    assert tuple(str(Exemption.parse(line)) for line in lines) == lines


def test_a_key_that_no_entry_names_is_not_exempt() -> None:
    assert settings(exemptions="bob\n/ci/*").exemption_of(a_key(), TODAY) is None
    assert settings(exemptions="none").exemption_of(a_key(), TODAY) is None
