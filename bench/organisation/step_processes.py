"""The memory and the processor time of a function's processes, as the kernel records them."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFigures:
    """What the living processes of a function needed so far.

    memory: the highest peak RSS of one of them, in MB
    cpu: their processor time together, in seconds
    """

    memory: float
    cpu: float


def process_figures(function: str, endpoint: str) -> ProcessFigures:
    """Return the figures of a function's living processes; 0.0 without any.

    endpoint: the URL at which the function calls AWS, since several emulators may be running
    """
    wanted = {
        f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(),
        f"AWS_ENDPOINT_URL={endpoint}".encode(),
    }
    memory, cpu = [0.0], 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted <= set((folder / "environ").read_bytes().split(b"\0")):
                memory.append(_peak_rss(folder))
                cpu += _processor_time(folder)
        except OSError:
            continue  # the process ended meanwhile, or belongs to somebody else
    return ProcessFigures(memory=max(memory), cpu=cpu)


def _peak_rss(folder: Path) -> float:
    lines = (folder / "status").read_text().splitlines()
    return max(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _processor_time(folder: Path) -> float:
    """Return the time in user and kernel mode (proc_pid_stat(5), fields 14 and 15)."""
    user, kernel = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(kernel)) / os.sysconf("SC_CLK_TCK")
