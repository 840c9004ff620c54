"""The files of a release: the same everywhere, and enough to install it without the CDK."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.bundling import bundled_package
from local.demo.synthesis import STACK
from local.emulator.account import LocalAccount
from release.files import archive, template, write_release

pytestmark = pytest.mark.no_cover  # it runs the same lines of infra as tests/infra
ROOT = Path(__file__).parents[2]
START = datetime(2026, 6, 1, 10, tzinfo=UTC)
BUCKET = "releases"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a release."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    write_release(folder)
    return folder


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAccount]:
    """Start an emulated account with a bucket."""
    with LocalAccount.start(now=START) as account:
        account.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": account.region}
        )
        yield account


def _contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _template(folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_only(folder, "*.template.json").read_text())
    return body


def test_a_release_is_a_template_an_archive_an_sbom_instructions_and_checksums(
    folder: Path,
) -> None:
    kinds = {
        re.sub(r"^key-rotation-[\d.]+\d(-[0-9a-f]{12})?", "", name) for name in _contents(folder)
    }
    assert kinds == {".template.json", ".zip", ".cdx.json", "INSTALL.md", "SHA256SUMS"}


@pytest.mark.soak  # `make test` compares a second archive and the template, and reads the SBOM
def test_a_second_release_has_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_release(tmp_path / "dist")
    assert _contents(tmp_path / "dist") == _contents(folder)


def test_the_archive_does_not_depend_on_dates_modes_and_order(tmp_path: Path) -> None:
    for number, (names, mode) in enumerate((("ab", 0o600), ("ba", 0o755))):
        package = tmp_path / str(number)
        package.mkdir()
        for name in names:
            (package / name).write_text(name)
            (package / name).chmod(mode)
            os.utime(package / name, (number, number))
    assert archive(tmp_path / "0") == archive(tmp_path / "1")


def test_a_second_archive_has_the_same_bytes_and_holds_the_functions_package(folder: Path) -> None:
    """`tests/infra/test_package.py` compares a second synthesis of the template."""
    file = _only(folder, "*.zip")
    with zipfile.ZipFile(file) as packed, bundled_package() as package:
        assert archive(package) == file.read_bytes()
        files = {str(f.relative_to(package)): f for f in package.rglob("*") if f.is_file()}
        assert set(packed.namelist()) == set(files)
        assert all(packed.read(name) == file.read_bytes() for name, file in files.items())


def test_the_template_refers_to_the_archive_and_to_nothing_of_the_cdk(folder: Path) -> None:
    body = _template(folder)
    (code,) = (
        resource["Properties"]["Code"]
        for resource in body["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    )
    assert code == {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": _only(folder, "*.zip").name}
    assert body["Parameters"].keys() == {"CodeBucket", "Email"}
    assert not re.search("bootstrap|cdk-", json.dumps(body))


def test_the_template_is_small_enough_to_be_deployed_from_a_file(folder: Path) -> None:
    """CloudFormation takes a template of up to 51,200 bytes without a bucket."""
    assert _only(folder, "*.template.json").stat().st_size <= 51_200


def test_only_the_code_and_the_subscription_differ_from_the_synthesised_template() -> None:
    code = {"S3Bucket": "cdk-assets", "S3Key": "1.zip"}
    subscribed = {"TopicArn": "t", "Endpoint": "release@example.com"}
    other = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "Key rotation"}}
    made = template(
        {
            "Description": "d",
            "Parameters": {"BootstrapVersion": {}},
            "Rules": {"CheckBootstrapVersion": {}},
            "Resources": {
                "F": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Code": code, "Timeout": 900},
                },
                "releaseexample": {"Type": "AWS::SNS::Subscription", "Properties": subscribed},
                "T": other,
            },
        },
        "2.zip",
    )
    assert made.pop("Parameters").keys() == {"CodeBucket", "Email"}
    assert made == {
        "Description": "d",
        "Resources": {
            "F": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": "2.zip"},
                    "Timeout": 900,
                },
            },
            "EmailSubscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {"TopicArn": "t", "Endpoint": {"Ref": "Email"}},
            },
            "T": other,
        },
    }


def test_the_sbom_lists_every_locked_package_of_the_function(folder: Path) -> None:
    bom = json.loads(_only(folder, "*.cdx.json").read_text())
    lock = (ROOT / "functions/requirements.txt").read_text()
    locked = dict(re.findall(r"^([\w-]+)==(\S+)", lock, re.MULTILINE))
    assert {part["name"]: part["version"] for part in bom["components"]} == locked
    assert bom["metadata"]["component"]["name"] == "key-rotation"
    assert "serialNumber" not in bom  # neither this nor a time may differ between two releases
    assert "timestamp" not in bom["metadata"]


def test_the_commands_of_the_instructions_install_it(folder: Path, account: LocalAccount) -> None:
    (commands,) = re.findall(
        r"```console\n(.*?)```", (folder / "INSTALL.md").read_text(), re.DOTALL
    )
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": account.region,
        "AWS_ENDPOINT_URL": account.endpoint,
        "BUCKET": BUCKET,
        "EMAIL": "security@example.com",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    shell = ["/bin/bash", "-eu", "-c", commands]
    ran = subprocess.run(  # noqa: S603 - the commands of INSTALL.md
        shell, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    topic = account.use(STACK)["TopicArn"]
    account.create_user("carol")
    account.create_key("carol", created=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(account.invoke({}).answer["noticed"]) == 1
    subscribed = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [found["Endpoint"] for found in subscribed] == ["security@example.com"]
