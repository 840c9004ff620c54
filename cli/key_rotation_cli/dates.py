"""How the command line writes days."""

from datetime import date


def short_date(day: date | None) -> str:
    """Write a day: `3 Dec 2026`; empty for None."""
    return f"{day.day} {day:%b %Y}" if day else ""
