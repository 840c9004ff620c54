"""The app: the context as given, and the one stack."""

import json
from pathlib import Path

import aws_cdk as cdk

from infra.context import Context
from infra.stack import KeyRotationStack

_CDK_JSON = Path(__file__).parents[1] / "cdk.json"


def build_app(
    *,
    package: Path,
    context: dict[str, object] | None = None,
    env: cdk.Environment | None = None,
    outdir: str | None = None,
) -> cdk.App:
    """Put the app together.

    Only the CDK's command line reads cdk.json, so it is read here too: `python app.py`, the tests
    and `cdk deploy` then give the same template. What `-c` says (`context` in tests) wins.
    """
    defaults = json.loads(_CDK_JSON.read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        context=defaults,
        post_cli_context=context,
        outdir=outdir,
        analytics_reporting=False,
        stack_traces=False,  # they would name temporary files of jsii's, no line of ours
    )
    KeyRotationStack(
        app,
        "KeyRotation",
        context=Context.read(app.node.try_get_context),
        package=package,
        env=env,
    )
    return app
