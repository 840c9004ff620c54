"""The structure of the code: which modules a module may import."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover
PACKAGE = Path(__file__).parents[2] / "functions" / "key_rotation"

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    for path in PACKAGE.rglob("*.py")
    if path.stem != "__init__"
)
ALLOWED_IMPORTS = {
    "errors": set[str](),
    "domain": {"errors", "domain"},
    "reporting": {"errors", "domain", "reporting"},
    "adapters": {"errors", "domain", "reporting", "adapters"},
    "service_layer": {"errors", "domain", "reporting", "adapters", "service_layer"},
}
"""What each package may import; `organisation`, and the modules outside the packages, may import
all of them."""
PURE_PACKAGES = ("domain", "reporting")
IMPURE_IMPORTS = {
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
def syntax_tree(module: str) -> ast.Module:
    """Parse a module, without the imports for the type checker only."""
    parsed = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    parsed.body = [node for node in parsed.body if not _is_type_checking_block(node)]
    return parsed


def _is_type_checking_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@cache
def imported_names(module: str) -> set[str]:
    """Return the full names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(syntax_tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def imported_modules(module: str) -> set[str]:
    """Return the modules of the product that a module imports."""
    names = [name.removeprefix("key_rotation.") for name in imported_names(module)]
    return {
        imported for imported in MODULES for name in names if f"{name}.".startswith(f"{imported}.")
    }


def package_of(module: str) -> str:
    """Return the package of a module; a module outside the packages is its own."""
    return module.partition(".")[0]


def imported_packages(module: str) -> set[str]:
    """Return the top-level packages outside the product that a module imports."""
    return {name.split(".")[0] for name in imported_names(module)} - {"key_rotation"}


def modules_reached_from(module: str) -> set[str]:
    """Return the modules that a module imports, directly or through others."""
    found: set[str] = set()
    pending = {module}
    while pending:
        found |= pending
        pending = {name for imported in pending for name in imported_modules(imported)} - found
    return found


@cache
def attributes_of(module: str) -> set[str]:
    """Return the dotted names that a module calls or reads."""
    return {
        ast.unparse(node)
        for node in ast.walk(syntax_tree(module))
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize(
    "module", [module for module in MODULES if package_of(module) in ALLOWED_IMPORTS]
)
def test_a_package_imports_only_itself_and_the_packages_below(module: str) -> None:
    allowed = ALLOWED_IMPORTS[package_of(module)]
    forbidden = {
        imported for imported in imported_modules(module) if package_of(imported) not in allowed
    }
    assert not forbidden, f"{module} must not import {forbidden}"


def test_adapters_import_only_messages_from_reporting() -> None:
    reporting = {
        imported
        for module in MODULES
        if package_of(module) == "adapters"
        for imported in imported_modules(module)
        if package_of(imported) == "reporting"
    }
    assert reporting == {"reporting.sns_message", "reporting.composed_mail"}


def test_imports_form_no_cycle() -> None:
    for module in MODULES:
        assert module not in {
            name for imported in imported_modules(module) for name in modules_reached_from(imported)
        }, module


@pytest.mark.parametrize(
    "module", [module for module in MODULES if package_of(module) in PURE_PACKAGES]
)
def test_domain_and_reporting_import_neither_aws_nor_clock_nor_environment(module: str) -> None:
    assert not imported_packages(module) & IMPURE_IMPORTS


def test_only_one_module_builds_clients() -> None:
    assert {module for module in MODULES if "boto3" in imported_packages(module)} == {
        "adapters.clients"
    }


def test_only_one_module_reads_the_environment() -> None:
    assert {module for module in MODULES if "os" in imported_packages(module)} == {"invocation"}


def test_only_one_module_reads_the_clock() -> None:
    """A monotonic clock, which measures durations, is allowed elsewhere."""
    clock_reads = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    assert {module for module in MODULES if attributes_of(module) & clock_reads} == {"invocation"}


def test_nothing_below_imports_the_steps_of_an_organization() -> None:
    assert not {
        module
        for module in MODULES
        for imported in imported_modules(module)
        if package_of(imported) == "organisation" != package_of(module)
    }


def test_only_two_modules_change_keys() -> None:
    """No module can create a key or read a secret."""
    writes = {
        (module, name)
        for module in MODULES
        for name in (dotted.rpartition(".")[2] for dotted in attributes_of(module))
        if re.fullmatch(r"(update|delete|create|put|attach|tag|untag|upload|reset)_\w*", name)
        and name
        not in {
            "put_item",
            "delete_item",
            "delete_message",  # of a queue
            "write_watches",
            "delete_unused_keys",
            "delete_watches",
        }
    }
    assert writes == {
        ("adapters.iam_writes", "update_access_key"),
        ("adapters.iam_writes", "delete_access_key"),
    }
    assert {module for module in MODULES if "adapters.iam_writes" in imported_modules(module)} == {
        "service_layer.apply",
        "service_layer.deletion",
    }


def test_only_one_module_decides_deletions() -> None:
    deciding = [
        module
        for module in MODULES
        for node in ast.walk(syntax_tree(module))
        if isinstance(node, ast.keyword) and ast.unparse(node) == "reason=Reason.UNUSED"
    ]
    assert deciding == ["domain.decide"]


def test_every_except_clause_names_its_errors() -> None:
    """Neither `except:` nor `except Exception:`."""
    for module in MODULES:
        for node in ast.walk(syntax_tree(module)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, module
                assert not {"Exception", "BaseException"} & set(ast.unparse(node.type).split()), (
                    module
                )


def test_the_emulator_imports_nothing_of_key_rotation() -> None:
    """Neither the product's modules nor the demo's."""
    emulator = Path(__file__).parents[2] / "local" / "emulator"
    for path in emulator.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(from|import) (key_rotation|infra|local\.demo)\b", text, re.MULTILINE
        ), path
