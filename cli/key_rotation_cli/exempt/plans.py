"""Which parameters a command has to write, computed from those that there are."""

from collections.abc import Iterable
from itertools import chain, count

from key_rotation.domain.exemptions import NONE, Exemption
from key_rotation_cli.errors import CliError
from key_rotation_cli.exempt.changes import Change, Delete, Put
from key_rotation_cli.exempt.entry import other_name, parameter_name
from key_rotation_cli.exempt.stored import StoredEntry, StoredExemptions


def plan_add(stored: StoredExemptions, entry: Exemption, name: str | None) -> Put | None:
    """Return the parameter to write for an entry; None if it is there already.

    name: that of a new parameter; None to edit the one with the same pattern, or to derive a name

    Raises CliError if the name is taken by an entry with another pattern.
    """
    parameter = stored.parameter(name) if name else _parameter_for(stored, entry)
    there = stored.at(parameter)
    if there is None:
        return Put(parameter=parameter, value=str(entry))
    if not there.has_pattern(entry.pattern):
        text = f"{parameter} has another pattern already: {there.text!r}. Choose another --name."
        raise CliError(f"{text} Nothing was changed.")
    if there.entry == entry:
        return None
    return Put(parameter=parameter, value=str(entry), replaces=there.version)


def plan_remove(stored: StoredExemptions, pattern: str) -> list[Change]:
    """Return what has to be deleted and edited to end the exemption of a pattern everywhere.

    Raises CliError if no entry has it.
    """
    found = stored.with_pattern(pattern)
    if not found:
        text = f"No exemption has the pattern {pattern!r}. List them with: key-rotation exempt list"
        raise CliError(f"{text}. Nothing was changed.")
    deleted = [Delete(parameter=each.parameter) for each in found if not each.in_old]
    if not any(each.in_old for each in found):
        return [*deleted]
    left = [line for line in stored.lines if line not in found]
    return [*deleted, _rewrite_old(stored, left)]


def plan_move(stored: StoredExemptions) -> list[Change]:
    """Return what moves the lines of the old parameter into parameters of their own.

    The old parameter is emptied last, so that the same entries are in force at every instant, and
    the command can be interrupted and repeated. Raises CliError if a line is not accepted.
    """
    taken = {each.parameter for each in stored.one_by_one}
    there = {each.entry for each in stored.one_by_one}
    new: list[Change] = []
    for line in stored.lines:
        if line.entry is None:
            text = f"{stored.old} has a line that is not accepted: {line.text!r}. Correct it first."
            raise CliError(f"{text} Nothing was changed.")
        if line.entry in there:
            continue
        parameter = _free_name(stored, line.entry, taken)
        new.append(Put(parameter=parameter, value=str(line.entry)))
        taken.add(parameter)
        there.add(line.entry)
    return [*new, _rewrite_old(stored, [])] if stored.lines else []


def _parameter_for(stored: StoredExemptions, entry: Exemption) -> str:
    derived = stored.parameter(parameter_name(entry))
    same = [each.parameter for each in stored.one_by_one if each.has_pattern(entry.pattern)]
    return derived if derived in same or not same else same[0]


def _free_name(stored: StoredExemptions, entry: Exemption, taken: set[str]) -> str:
    other = other_name(entry)
    numbered = (f"{other}.{number}" for number in count(2))
    names = map(stored.parameter, chain((parameter_name(entry), other), numbered))
    return next(name for name in names if name not in taken)


def _rewrite_old(stored: StoredExemptions, lines: Iterable[StoredEntry]) -> Put:
    text = "\n".join(line.text for line in lines)
    return Put(parameter=stored.old, value=text or NONE, replaces=stored.old_version)
