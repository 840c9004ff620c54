"""The syntax of EventBridge Scheduler's recurring expressions.

Synthesis checks it, because Scheduler would report an error only during the deployment.
"""

import re

_RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]{1,4}) (minutes|hours|days))\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_STEP = r"(/[1-9][0-9]{0,2})?"


def _field(value: str, *, special: str = "") -> re.Pattern[str]:
    """Return the pattern of a field: a list of *, values and ranges with steps; or `special`."""
    item = rf"(\*|({value})(-({value}))?){_STEP}"
    return re.compile(rf"{item}(,{item})*" + (f"|{special}" if special else ""))


_MONTH = "0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_WEEKDAY = "[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT"
_MONTHDAY = "0?[1-9]|[12][0-9]|3[01]"
_FIELDS = (
    _field("[0-5]?[0-9]"),  # minutes
    _field("[01]?[0-9]|2[0-3]"),  # hours
    _field(_MONTHDAY, special=rf"\?|L|LW|({_MONTHDAY})W"),
    _field(_MONTH),
    _field(_WEEKDAY, special=rf"\?|L|({_WEEKDAY})L|({_WEEKDAY})#[1-5]"),
    _field("19[7-9][0-9]|2[01][0-9][0-9]"),  # years
)


def is_recurring_schedule(expression: str) -> bool:
    """Return whether this is a rate, or a cron of six fields with ? for one of the two days.

    A one-time at(...) is not accepted, because it would start only one run.
    """
    if _RATE.fullmatch(expression):
        return True
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return False
    fields = cron[1].split(" ")
    return (
        len(fields) == len(_FIELDS)
        and all(pattern.fullmatch(field) for pattern, field in zip(_FIELDS, fields, strict=True))
        and fields.count("?") == 1
    )
