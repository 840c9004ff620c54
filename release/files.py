"""Writes the files of a release: the same sources and locks give the same bytes on any machine."""

import hashlib
import io
import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.app import build_app
from infra.bundling import bundled_package

_ROOT = Path(__file__).parents[1]
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive can hold
_MODE = 0o644 << 16
_UNIX = 3
_ADDRESS = "release@example.com"  # the template has a parameter in its place


def write_release(folder: Path) -> None:
    """Write the template, the function's archive, its SBOM, how to install them, and checksums.

    The folder is created, and must not exist yet. Raises WheelMissingError.
    """
    folder.mkdir()
    pyproject = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    name = f"key-rotation-{pyproject['project']['version']}"
    with bundled_package() as package:
        content = archive(package)
        # CloudFormation updates a function's code only when its S3 key changes.
        archive_name = f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.zip"
        body = template(_synthesised(package), archive_name)
    (folder / archive_name).write_bytes(content)
    (folder / f"{name}.template.json").write_text(f"{json.dumps(body, indent=1)}\n", "utf-8")
    _write_sbom(folder / f"{name}.cdx.json")
    (folder / "INSTALL.md").write_bytes(Path(__file__).with_name("INSTALL.md").read_bytes())
    sums = [f"{_sha256(file)}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")


def archive(package: Path) -> bytes:
    """Zip a folder, without dates, modes or an order that differ from machine to machine.

    Nothing is compressed, since versions of zlib give different bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as written:
        for file in sorted(path for path in package.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(package).as_posix(), _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            written.writestr(entry, file.read_bytes())
    return packed.getvalue()


def template(synthesised: dict[str, Any], archive_name: str) -> dict[str, Any]:
    """Make a template of the CDK's usable without the CDK and without its bootstrap stack.

    synthesised: the template, with one subscription
    archive_name: the S3 key of the function's code

    Two parameters take the place of the bootstrap bucket and of the subscription's address.
    """
    resources = synthesised["Resources"]
    (subscription,) = (name for name in resources if _is(resources[name], "SNS::Subscription"))
    (function,) = (name for name in resources if _is(resources[name], "Lambda::Function"))
    subscribed = _with(resources[subscription], Endpoint={"Ref": "Email"})
    code = {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": archive_name}
    kept = {name: found for name, found in resources.items() if name != subscription}
    return {key: value for key, value in synthesised.items() if key != "Rules"} | {
        "Parameters": {
            "CodeBucket": {
                "Type": "String",
                "Description": f"The S3 bucket, in the Region of the stack, with {archive_name}.",
            },
            "Email": {
                "Type": "String",
                "Description": "The address that gets the digests and the alarms.",
                "AllowedPattern": r"[^@\s]+@[^@\s]+",
            },
        },
        # The CDK's logical id holds the address.
        "Resources": kept
        | {"EmailSubscription": subscribed, function: _with(resources[function], Code=code)},
    }


def _synthesised(package: Path) -> dict[str, Any]:
    with TemporaryDirectory(prefix="key-rotation-") as outdir:
        app = build_app(package=package, context={"email": _ADDRESS}, outdir=outdir)
        body: dict[str, Any] = app.synth().get_stack_by_name("KeyRotation").template
    return body


def _is(resource: dict[str, Any], kind: str) -> bool:
    return bool(resource["Type"] == f"AWS::{kind}")


def _with(resource: dict[str, Any], **properties: object) -> dict[str, Any]:
    """Copy a resource with some of its properties replaced."""
    return resource | {"Properties": resource["Properties"] | properties}


def _write_sbom(file: Path) -> None:
    """List the locked packages that the archive bundles, in CycloneDX's format."""
    # fmt: off
    command = [
        sys.executable, "-m", "cyclonedx_py", "requirements",
        "--pyproject", str(_ROOT / "pyproject.toml"),
        "--output-reproducible", "--output-format", "JSON", "--output-file", str(file),
        str(_ROOT / "functions" / "requirements.txt"),
    ]
    # fmt: on
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # fixed


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
