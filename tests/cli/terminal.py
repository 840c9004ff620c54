"""Runs a command as a person would, in the process of the test."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from typing import Any

import typer.main

from key_rotation_cli.main import run_command

# Typer builds all commands anew for each call, which takes a tenth of the time of these tests.
typer.main.get_command = cache(typer.main.get_command)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.stdout)


def key_rotation(*arguments: str, answer: str = "") -> Finished:
    """Run `key-rotation` with arguments; `answer` is what the person types."""
    stdout, stderr = io.StringIO(), io.StringIO()
    stdin, sys.stdin = sys.stdin, io.StringIO(answer)
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr):
            exit_code = run_command(list(arguments))
    finally:
        sys.stdin = stdin
    return Finished(exit_code=exit_code, stdout=stdout.getvalue(), stderr=stderr.getvalue())
