"""The shape of the code: what the core may import, and that all arrows point inwards."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "functions" / "key_rotation"

CORE = {
    "model": "values",
    "errors": "values",
    "exemptions": "settings",
    "settings": "settings",
    "watch": "settings",
    "request": "settings",
    "run_state": "settings",
    "codec": "settings",
    "records": "settings",
    "choice": "rules",
    "decide": "rules",
    "transitions": "rules",
    "plan": "plan",
    "outcome": "words",
    "report": "words",
    "text": "words",
    "words": "words",
    "entries": "words",
    "message": "words",
    "digest": "words",
    "measures": "words",
    "budget": "settings",
}
"""What decides and what puts into words: pure, so that its tests need nothing."""
RIM = {
    "aws": "aws",
    "parallel": "adapters",
    "iam_reads": "adapters",
    "iam_writes": "adapters",
    "credential_report": "adapters",
    "whom": "adapters",
    "inventory": "adapters",
    "details": "adapters",
    "parameters": "adapters",
    "ledger": "adapters",
    "lease": "adapters",
    "notices": "adapters",
    "apply": "passes",
    "tell": "passes",
    "run": "run",
    "stop": "run",
    "handler": "handler",
}
"""What talks to AWS, and what strings it together."""
ALLOWED = {
    "values": {"values"},
    "settings": {"values", "settings"},
    "rules": {"values", "settings", "rules"},
    "plan": {"values", "settings", "rules"},
    "words": {"values", "settings", "plan", "words"},
    "aws": set[str](),
    "adapters": {"values", "settings", "rules", "plan", "words", "aws", "adapters"},
    "passes": {"values", "settings", "rules", "plan", "words", "aws", "adapters"},
    "run": {"values", "settings", "plan", "words", "aws", "adapters", "passes", "run"},
    "handler": {"values", "settings", "words", "aws", "adapters", "run"},
}
"""Which layers each layer may import."""
LAYERS = CORE | RIM
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
OUTSIDE_OF_THE_CORE = {
    "boto3",
    "botocore",
    "aws_lambda_powertools",
    "os",
    "time",
    "random",
    "uuid",
    "socket",
    "subprocess",
    "threading",
    "pathlib",
    "logging",
}


@cache
def tree(module: str) -> ast.Module:
    """Read a module, without what is imported for the type checker only."""
    parsed = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    parsed.body = [node for node in parsed.body if not _for_types_only(node)]
    return parsed


def _for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@cache
def imports(module: str) -> set[str]:
    """The full names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def ours(module: str) -> set[str]:
    """The modules of this package that a module imports."""
    parts = [name.split(".") for name in imports(module)]
    return {part[1] for part in parts if part[0] == "key_rotation"}


def foreign(module: str) -> set[str]:
    """The packages of others that a module imports."""
    return {name.split(".")[0] for name in imports(module)} - {"key_rotation"}


def reached(module: str) -> set[str]:
    """The modules that are imported with a module, by whatever way."""
    found: set[str] = set()
    waiting = {module}
    while waiting:
        found |= waiting
        waiting = {name for other in waiting for name in ours(other)} - found
    return found


@cache
def called(module: str) -> set[str]:
    """The dotted names that a module calls or reads."""
    return {ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}


def test_every_module_has_its_layer() -> None:
    """A new one must be given its place here."""
    assert set(MODULES) <= set(LAYERS)


@pytest.mark.parametrize("module", MODULES)
def test_arrows_point_inwards(module: str) -> None:
    """Each layer imports only those that the table allows."""
    layer = LAYERS[module]
    wrong = {other: LAYERS[other] for other in ours(module) if LAYERS[other] not in ALLOWED[layer]}
    assert not wrong, f"{module} ({layer}) must not import {wrong}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    for module in MODULES:
        assert module not in {name for other in ours(module) for name in reached(other)}, module


@pytest.mark.parametrize("module", [module for module in MODULES if module in CORE])
def test_the_core_imports_no_aws_no_clock_and_no_environment(module: str) -> None:
    """Nor does anything that it imports."""
    for part in sorted(reached(module)):
        assert part in CORE, f"{module} reaches {part}"
        assert not foreign(part) & OUTSIDE_OF_THE_CORE, part


def test_only_one_module_builds_clients() -> None:
    assert {module for module in MODULES if "boto3" in foreign(module)} == {"aws"}


def test_only_the_handler_reads_the_environment() -> None:
    assert {module for module in MODULES if "os" in foreign(module)} == {"handler"}


def test_only_the_handler_reads_the_clock() -> None:
    """What measures how long something takes reads no calendar."""
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    assert {module for module in MODULES if called(module) & clocks} == {"handler"}


def test_only_one_module_changes_keys() -> None:
    """And nothing here can make one, or read a secret."""
    writes = {
        (module, name)
        for module in MODULES
        for name in (dotted.rpartition(".")[2] for dotted in called(module))
        if re.fullmatch(r"(update|delete|create|put|attach|tag|untag|upload|reset)_\w*", name)
        and name not in {"put_item", "delete_item", "put_all", "delete_unused_keys"}
    }
    assert writes == {("iam_writes", "update_access_key"), ("iam_writes", "delete_access_key")}
    assert {module for module in MODULES if "iam_writes" in ours(module)} == {"apply"}


def test_only_one_module_decides_a_deletion() -> None:
    deciding = {module for module in MODULES if "Reason.UNUSED" in called(module)}
    assert deciding == {"decide"}


def test_no_error_is_caught_that_nobody_named() -> None:
    """Neither `except:` nor `except Exception:`."""
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, module
                assert not {"Exception", "BaseException"} & set(ast.unparse(node.type).split()), (
                    module
                )
