"""What both demos print at their end: the timeline, the checks, and what was emulated."""

from collections.abc import Iterable, Sequence

from local.demo.console import Style, print_line, styled, wrapped
from local.demo.verify import Check


def print_summary(
    title: str, timeline: Iterable[str], checks: Sequence[Check], emulated: str
) -> int:
    """Print the end of a demo; returns its exit code: 0 only if every check passed."""
    _print_section(title, [*timeline, ""])
    print_line("CHECKS AGAINST THE RULES", Style.BOLD)
    width = max(len(check.subject) for check in checks) + 1
    for check in checks:
        _print_check(check, width)
    _print_section("WHAT WAS EMULATED", [*emulated.splitlines(), ""])
    failed = [check for check in checks if check.deviations]
    print_line(
        f"checks passed: {len(checks) - len(failed)} of {len(checks)}",
        Style.RED if failed else Style.GREEN,
    )
    return 1 if failed else 0


def _print_section(title: str, lines: Iterable[str]) -> None:
    print_line()
    print_line(title, Style.BOLD)
    for line in lines:
        print_line(line)


def _print_check(check: Check, width: int) -> None:
    mark = styled("NO", Style.RED) if check.deviations else styled("ok", Style.GREEN)
    margin = len("  ok  ") + width
    first, *others = wrapped(check.rule, margin=margin)
    print_line(f"  {mark}  {check.subject:<{width}}{first}")
    for line in others:
        print_line(f"{'':<{margin}}{line}")
    for deviation in check.deviations:
        print_line(f"{'':<{margin}}{deviation}", Style.RED)
