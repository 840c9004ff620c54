"""How the HTML of a mail looks: inline styles, and colours for readers with a dark screen.

Mail programs drop style sheets, so each element has its style; the sheet only changes colours.
"""

from typing import Final

_BREAK = "overflow-wrap:anywhere;word-break:break-word"
_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace"
_TITLE = (
    "margin:0 0 16px;padding:2px 0 2px 12px;font-size:22px;line-height:1.3;font-weight:600;"
    "border-left:5px solid "
)

STYLES: Final = {
    "page": "margin:0;padding:0;background:#eef1f4;color:#1f2328",
    "card": (
        "max-width:600px;margin:0 auto;padding:20px 16px;box-sizing:border-box;background:#fff;"
        "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;"
        f"line-height:1.5;{_BREAK}"
    ),
    "action": f"{_TITLE}#bf8700",
    "broken": f"{_TITLE}#cf222e",
    "calm": f"{_TITLE}#1a7f37",
    "heading": "margin:28px 0 8px;font-size:17px;line-height:1.3;font-weight:600",
    "paragraph": "margin:0 0 12px",
    "small": "margin:0 0 8px;font-size:14px;color:#57606a",
    "facts": (
        "width:100%;table-layout:fixed;border-collapse:collapse;margin:0 0 16px;font-size:15px"
    ),
    "label": (
        "width:104px;padding:4px 8px 4px 0;text-align:left;vertical-align:top;font-weight:400;"
        "color:#57606a"
    ),
    "value": f"padding:4px 0;vertical-align:top;{_BREAK}",
    "steps": "margin:0 0 12px;padding:0 0 0 24px",
    "step": "margin:0 0 14px",
    "command": (
        "margin:6px 0 0;padding:8px 10px;background:#f6f8fa;border:1px solid #d0d7de;"
        f"border-radius:6px;{_MONO};font-size:13px;line-height:1.45;white-space:pre-wrap;{_BREAK}"
    ),
    "code": f"{_MONO};font-size:.92em",
    "short": f"{_MONO};font-size:.92em;white-space:nowrap",
    "option": "white-space:nowrap",
    "cell": "border-top:1px solid #8c959f;padding:8px 8px 8px 0",
    "narrow": "font-size:12px",
    "rows": "width:100%;table-layout:fixed;border-collapse:collapse;font-size:14px",
}
"""The inline style of each element, by its class."""

DARK: Final = {
    "page": "background:#0d1117;color:#e6edf3",
    "card": "background:#161b22;color:#e6edf3",
    "small,.label": "color:#9da7b1",
    "command": "background:#0d1117;color:#e6edf3;border-color:#3d444d",
}


def dark_sheet() -> str:
    """Return the style sheet for dark screens."""
    rules = "".join(
        f".{name}{{{style.replace(';', '!important;')}!important}}" for name, style in DARK.items()
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"
