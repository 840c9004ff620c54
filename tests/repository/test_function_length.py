"""No function is longer than a screen."""

import ast
from pathlib import Path


def test_no_function_has_more_than_forty_lines() -> None:
    root = Path(__file__).parents[2]
    folders = ("bench", "cli", "functions", "infra", "local", "release", "tests")
    for path in (path for folder in folders for path in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                assert lines <= 40, f"{path.relative_to(root)}:{node.name} has {lines} lines"
