"""The exemptions: which keys an entry covers, until when, and which lines are rejected."""

import time
from datetime import date

import pytest

from key_rotation.domain.exemptions import Exemption, parse, unmatched
from key_rotation.domain.model import User
from tests.unit.builders import ALICE, TODAY, a_key, in_days, settings


def covers(pattern: str, *, name: str = "alice", path: str = "/", key_id: str = "AKIA1") -> bool:
    """Return whether an entry covers a key."""
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
def test_a_user_name_matches_as_a_whole_and_ignores_case(pattern: str, *, covered: bool) -> None:
    """A star matches any text, including none."""
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
def test_a_key_id_matches_as_a_whole_and_ignores_case(pattern: str, *, covered: bool) -> None:
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
def test_a_path_pattern_matches_the_path_and_the_name(
    pattern: str, path: str, *, covered: bool | None
) -> None:
    """It begins with a slash; any other entry that contains a slash is rejected."""
    if covered is None:
        with pytest.raises(ValueError, match=pattern):
            Exemption.parse(pattern)
    else:
        assert covers(pattern, path=path) is covered


def test_a_star_matches_slashes_and_line_breaks_too() -> None:
    assert covers("a*b", name="a\n/b")


def test_a_user_name_matches_under_any_path() -> None:
    assert covers("alice", path="/ci/deploy/")


@pytest.mark.parametrize("character", "+=,.@-_")
def test_every_character_of_a_user_name_matches_only_itself(character: str) -> None:
    """IAM allows these seven in addition to letters and digits; none of them is a wildcard."""
    assert covers(f"a{character}b", name=f"a{character}b")
    assert not covers(f"a{character}b", name="axb")
    assert not covers(f"a{character}b", name="ab")
    assert not covers(f"a{character}b", name="aab")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("c.i", "cxi"), ("a+", "aaa"), ("/t(e)am/x", "team"), ("/[ab]/x", "a"), ("/a|/x", "a")],
)
def test_regular_expressions_have_no_meaning_in_an_entry(pattern: str, name: str) -> None:
    assert not covers(pattern, name=name)


@pytest.mark.parametrize("path", ["/t(e)am/", "/a|b/", "/[x]/", "/a\\d/", "/~!$%&'()/", "/{2}/^$/"])
def test_every_printable_character_of_a_path_matches_only_itself(path: str) -> None:
    """IAM allows all printable ASCII characters in a path."""
    assert covers(f"{path}alice", path=path)


def test_an_entry_with_many_stars_is_matched_quickly() -> None:
    """A setting must not stall the run: a backtracking matcher would take exponential time."""
    began = time.perf_counter()
    assert not covers("*a" * 5 + "*b", name="a" * 64)
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(("until", "exempt"), [(-1, False), (0, True), (1, True)])
def test_an_exemption_includes_its_last_day(until: int, *, exempt: bool) -> None:
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
def test_a_line_has_a_pattern_an_optional_last_day_and_an_optional_reason(
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
        "until 2026-02-01 # which user?",
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
def test_a_line_with_any_other_form_is_rejected(line: str) -> None:
    """It must not exempt another user, or be ignored."""
    assert parse(line) == ((), (line,))


def test_each_rejected_line_is_returned_and_no_other() -> None:
    entries, unreadable = parse("alice\nnot readable\nbob # why\n? \n")
    assert [str(entry) for entry in entries] == ["alice", "bob # why"]
    assert unreadable == ("not readable", "?")


@pytest.mark.parametrize("text", ["none", " none ", "none\n"])
def test_the_value_none_exempts_no_key(text: str) -> None:
    assert parse(text) == ((), ())


@pytest.mark.parametrize("text", ["none\nalice", "alice\nnone"])
def test_the_value_none_is_rejected_next_to_other_entries(text: str) -> None:
    """The two contradict each other."""
    assert parse(text)[1] == ("none",)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\r\n"])
def test_an_empty_value_is_rejected(text: str) -> None:
    """It may be an accident; `none` is deliberate."""
    assert parse(text) == ((), ("",))


def test_empty_lines_between_entries_are_ignored() -> None:
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
def test_if_several_entries_cover_a_key_the_longest_lasting_one_applies(
    lines: tuple[str, ...], longest: int
) -> None:
    """An entry without a last day lasts longest; of equal entries the first applies."""
    found = settings(exemptions="\n".join(lines)).exemption_of(a_key(user=ALICE), TODAY)
    assert str(found) == lines[longest]


def test_an_entry_is_printed_as_it_was_written() -> None:
    lines = ("alice", "b* until 2026-12-31", "/c/d # why", "AKIA1 until 2026-12-31 # why")
    assert tuple(str(Exemption.parse(line)) for line in lines) == lines


def test_a_key_that_no_entry_covers_is_not_exempt() -> None:
    assert settings(exemptions="bob\n/ci/*").exemption_of(a_key(), TODAY) is None
    assert settings(exemptions="none").exemption_of(a_key(), TODAY) is None


@pytest.mark.parametrize(
    ("line", "all_read", "known", "listed"),
    [
        ("alice", False, (), False),
        ("ALICE", False, (), False),
        ("al*", False, (), False),
        ("caroll", False, (), True),
        ("car*", False, (), True),
        ("/alice", False, (), False),
        ("/ALICE", False, (), False),
        ("/ops/*", False, (), True),
        ("AKIAEXAMPLE000000001", False, (), False),
        ("AKIAEXAMPLE000000001", True, (), True),
        ("AKIAEXAMPLE000000001", False, ("AKIAEXAMPLE000000001",), True),
        ("akia*", True, (), False),
        ("AKIAX*", True, (), True),
        ("caroll until 2026-11-24", False, (), True),
        ("caroll until 2026-11-23", False, (), False),
    ],
)
def test_an_entry_in_force_that_matches_nothing_is_found(
    line: str, known: tuple[str, ...], *, all_read: bool, listed: bool
) -> None:
    """Of what may be a key id, it is known only once all keys were read."""
    entry = Exemption.parse(line)
    found = unmatched(
        [entry, entry],
        [ALICE],
        [a_key(key_id="AKIA1234567890123456")],
        today=TODAY,
        saw_all_keys=all_read,
        known_before=known,
    )
    assert found == ((entry,) if listed else ())
