"""Runs a command and tells what it took: `python -m bench.timed FILE COMMAND...`.

A process of its own, and a small one: a child counts the memory of whoever it was forked from
until it becomes what it is to be.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Run it, and write seconds, peak RSS in MB and exit status."""
    file, *command = sys.argv[1:]
    start = time.perf_counter()
    status = subprocess.call(command)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    Path(file).write_text(json.dumps({"seconds": seconds, "memory": peak, "status": status}))


if __name__ == "__main__":
    main()
