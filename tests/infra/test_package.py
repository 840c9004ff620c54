"""The function's package, and that package and template are the same on every machine."""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.bundling import WheelMissingError, bundled_package
from tests.infra.template import Template

_ROOT = Path(__file__).parents[2]


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _zipped_size(folder: Path) -> int:
    """Return the size of a zipped folder in bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _files(folder):
            archive.write(folder / name, name)
    return packed.tell()


def test_the_package_contains_exactly_the_locked_dependencies(package: Path) -> None:
    lock = (_ROOT / "functions" / "requirements.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w-]+)==(\S+)", lock, re.MULTILINE))
    installed = (path.name.removesuffix(".dist-info") for path in package.glob("*.dist-info"))
    names_and_versions = (name.rsplit("-", maxsplit=1) for name in installed)
    assert {name.replace("_", "-"): version for name, version in names_and_versions} == locked


def test_the_package_contains_every_module_of_the_function(package: Path) -> None:
    source = _ROOT / "functions" / "key_rotation"
    modules = {path.relative_to(source) for path in source.rglob("*.py")}
    bundled = package / "key_rotation"
    assert {path.relative_to(bundled) for path in bundled.rglob("*.py")} == modules


def test_the_package_contains_nothing_specific_to_the_build_machine(package: Path) -> None:
    files = _files(package)
    assert not [name for name in files if name.startswith("bin/") or "__pycache__" in name]
    assert not [name for name in files if name.endswith((".pyc", "RECORD", "direct_url.json"))]
    assert not [name for name in files if "requirements" in name]
    here = str(_ROOT).encode()
    assert not [name for name in files if here in (package / name).read_bytes()]


def test_the_package_is_pure_python_and_runs_on_any_architecture(package: Path) -> None:
    assert not [name for name in _files(package) if name.endswith(".so")]


def test_the_zipped_package_is_smaller_than_2_mb(package: Path) -> None:
    assert _zipped_size(package) < 2_000_000


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources and the wheels to another folder, without generated files."""
    folder = tmp_path_factory.mktemp("other checkout")
    for name in ("app.py", "cdk.json"):
        shutil.copy(_ROOT / name, folder)
    for name in ("infra", "functions", ".wheels"):
        shutil.copytree(_ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_another_checkout_synthesises_the_same_template_with_an_empty_path(
    elsewhere: Path, template: Template
) -> None:
    outdir = elsewhere / "cdk.out"
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=elsewhere,
        # No node and no credentials. cfn-lint validates the template in another test.
        env={
            "CDK_CONTEXT_JSON": '{"email": "none"}',
            "CDK_OUTDIR": str(outdir),
            "CDK_VALIDATION": "false",
            "PATH": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    written = (outdir / "KeyRotation.template.json").read_text(encoding="utf-8")
    assert written == json.dumps(template.body, indent=1, ensure_ascii=False)


def test_the_error_for_a_missing_wheel_says_to_run_make_setup(
    elsewhere: Path, tmp_path: Path
) -> None:
    shutil.copytree(elsewhere / "functions", tmp_path / "functions")
    with (
        pytest.raises(WheelMissingError, match="run make setup") as missing,
        bundled_package(tmp_path),
    ):
        pass
    assert "\n" not in str(missing.value)


def test_a_changed_wheel_is_refused(elsewhere: Path, tmp_path: Path) -> None:
    for name in ("functions", ".wheels"):
        shutil.copytree(elsewhere / name, tmp_path / name)
    (wheel,) = (tmp_path / ".wheels").glob("jmespath-*.whl")
    wheel.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(WheelMissingError, match="run make setup"), bundled_package(tmp_path):
        pass
