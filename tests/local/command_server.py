"""The AWS CLI and `key-rotation` without their start, which takes half a second and more.

The server is one process that has imported the packages of both and read the models of the services
that they call most, in an environment without variables but for AWS_DATA_PATH, which the AWS CLI
sets when it is imported. For each command it
forks: the fork has the arguments, environment, folder, input and outputs of the client, and runs
the command's own entry point. The client passes on the exit code.
"""

import atexit
import contextlib
import gc
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

_ENTRY_POINTS = {
    "aws": ("awscli.clidriver", "main"),
    "key-rotation": ("key_rotation_cli.main", "main"),
}
_PRELOADED = (
    "awscli.clidriver",
    "awscli.handlers",
    "jinja2",
    "rich.console",
    "typer._adapters",
    "key_rotation_cli.main",
)
_SERVICES = ("cloudformation", "dynamodb", "iam", "lambda", "ssm", "sts")
_LARGEST_REQUEST = 100_000  # bytes
_CLIENT = """\
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect(sys.argv[1])
request = {"arguments": sys.argv[2:], "environment": dict(os.environ), "folder": os.getcwd()}
socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
sys.exit((connection.recv(1) or b"\\1")[0])
"""


@cache
def command_through_server(program: str) -> str:
    """Return the shell command that runs a program in a fork; starts the server at first."""
    folder = _server_folder()
    client = [sys.executable, "-I", "-S", str(folder / "client.py"), str(folder / "socket")]
    return shlex.join([*client, program])


@cache
def _server_folder() -> Path:
    """Start the server until the end of this process; returns the folder of its socket."""
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name)
    (path / "client.py").write_text(_CLIENT)
    command = [sys.executable, "-m", "tests.local.command_server", str(path / "socket")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, env={})  # noqa: S603 - ourselves
    assert server.stdout
    assert server.stdout.readline() == b"ready\n"
    atexit.register(folder.cleanup)
    atexit.register(server.wait)
    atexit.register(server.kill)
    return path


def _serve(path: str) -> None:
    for name in _PRELOADED:
        import_module(name)
    _read_models()
    gc.freeze()  # otherwise a collection in a fork copies all pages
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                os._exit(_execute(connection))
            connection.close()
            _reap()


def _reap() -> None:
    """Wait for the forks that have ended: `time` counts no others."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _read_models() -> None:
    """Read the models of the services into memory that the forks share."""
    botocore_session: Any = import_module("botocore.session")  # that of the AWS CLI
    botocore_session.create_loader = cache(botocore_session.create_loader)
    session = import_module("boto3").Session("key", "secret", region_name="eu-west-1")
    for service in _SERVICES:
        session.client(service)


def _execute(connection: socket.socket) -> int:
    """Run the command of a client in this process; returns its exit code."""
    data, outputs, _, _ = socket.recv_fds(connection, _LARGEST_REQUEST, 3)
    request = json.loads(data)
    for number, output in enumerate(outputs):
        os.dup2(output, number)
        os.close(output)
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    sys.argv = request["arguments"]
    code = _exit_code(*_ENTRY_POINTS[sys.argv[0]])
    sys.stdout.flush()
    connection.send(bytes([code]))
    return code


def _exit_code(module: str, function: str) -> int:
    try:
        code = getattr(import_module(module), function)()
    except SystemExit as exited:
        code = exited.code
    except BaseException:  # noqa: BLE001  # as at the end of any process
        traceback.print_exc()
        return 1
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    _serve(sys.argv[1])
