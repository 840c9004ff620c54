"""The CDK app: synthesises the stacks, offline and without credentials."""

import sys

from infra.app import build_app
from infra.bundling import WheelMissingError, bundled_package
from infra.context_value import ContextError


def main() -> None:
    """Synthesise into CDK_OUTDIR; an error of the caller ends with one line and exit code 1."""
    try:
        with bundled_package() as package:
            build_app(package=package).synth()
    except (ContextError, WheelMissingError) as error:
        sys.exit(f"key-rotation: {error}")


if __name__ == "__main__":
    main()
