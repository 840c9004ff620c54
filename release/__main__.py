"""Writes the files of a release into the folder that is named."""

import sys
from pathlib import Path

from infra.bundling import WheelMissingError
from release.files import write_release

if __name__ == "__main__":
    (folder,) = sys.argv[1:]
    try:
        write_release(Path(folder))
    except WheelMissingError as error:
        sys.exit(f"release: {error}")
