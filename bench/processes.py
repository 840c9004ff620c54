"""Reads /proc for the processes that run the functions of a local account."""

from pathlib import Path


def serving(state: Path) -> list[int]:
    """Return the process ids of the functions, by the state folder of their emulator."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = _parent(folder)
            commands[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # the process has ended
    return [
        pid
        for pid, parent in parents.items()
        if "lambda_bootstrap" in commands.get(pid, "") and str(state) in commands.get(parent, "")
    ]


def peak_mb(pid: int) -> float:
    """Return the peak resident set size of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(kilobytes) / 1024


def _parent(folder: Path) -> int:
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
