"""The processes of the functions of an emulated account, as the kernel lists them."""

from pathlib import Path


def function_processes(state: Path) -> list[int]:
    """Return the process IDs of the functions, given the state folder of their emulator."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = _parent(folder)
            commands[int(folder.name)] = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue  # the process ended meanwhile
    return [
        pid
        for pid, parent in parents.items()
        if "lambda_bootstrap" in commands.get(pid, "") and str(state) in commands.get(parent, "")
    ]


def peak_memory(state: Path) -> float:
    """Return the highest peak RSS of the functions so far, in MB."""
    return max(_peak_rss(pid) for pid in function_processes(state))


def _peak_rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(kilobytes) / 1024


def _parent(folder: Path) -> int:
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
