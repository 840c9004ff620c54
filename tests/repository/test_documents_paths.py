"""What the documents name exists, and the architecture page names every folder."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
IGNORED = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
DOCUMENTS = [
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("release/*.md"))
]


def is_ours(folder: Path) -> bool:
    """Whether a folder is part of the repository, and not made by git or a tool."""
    names = folder.relative_to(ROOT).parts
    return ".git" not in names and not any(fnmatch(n, p) for n in names for p in IGNORED)


TOP = sorted(path.name for path in ROOT.iterdir() if path.is_dir() and is_ours(path))
MODULES = [path for top in TOP for path in (ROOT / top).rglob("*.py")]
PACKAGES = sorted({str(path.parent.relative_to(ROOT)) for path in MODULES})

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=str)


@every_document
def test_every_link_and_every_make_command_leads_somewhere(document: Path) -> None:
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert ((ROOT / document).parent / target).exists(), target
    for command in re.findall(r"\bmake ([a-z-]+)\b(?=[`\s]*(?:#|`|$))", text, re.MULTILINE):
        assert re.search(rf"^{command}:", MAKEFILE, re.MULTILINE), command


@every_document
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    text = (ROOT / document).read_text()
    for path in re.findall(rf"`((?:{'|'.join(map(re.escape, TOP))})/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("folder", [f"`{top}/" for top in TOP] + [f"`{p}/`" for p in PACKAGES])
def test_the_architecture_page_names_every_folder(folder: str) -> None:
    assert folder in ARCHITECTURE


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`([\w/]+\.py)`", ARCHITECTURE))))
def test_every_module_that_the_architecture_page_names_exists(module: str) -> None:
    """By the end of its path, such as `domain/decide.py`."""
    assert any(f"/{path.relative_to(ROOT)}".endswith(f"/{module}") for path in MODULES)


@pytest.mark.parametrize(("module", "name"), re.findall(r"`([\w/]+\.py)` `([\w.]+)`", ARCHITECTURE))
def test_every_function_that_the_architecture_page_names_is_in_its_module(
    module: str, name: str
) -> None:
    (path,) = [path for path in MODULES if f"/{path.relative_to(ROOT)}".endswith(f"/{module}")]
    text = path.read_text()
    *owners, function = name.split(".")
    assert re.search(rf"^ *def {function}\(", text, re.MULTILINE)
    assert all(f"class {owner}" in text for owner in owners)
