"""The CDK app: one stack, and with `organization` a second one for its accounts."""

import json
from pathlib import Path

import aws_cdk as cdk

from infra.context import Context
from infra.organisation.member_stack import MemberStack
from infra.organisation.stack import HubStack
from infra.stack import KeyRotationStack

_STACK = "KeyRotation"
_CDK_JSON = Path(__file__).parents[1] / "cdk.json"


def build_app(
    *,
    package: Path,
    context: dict[str, object] | None = None,
    env: cdk.Environment | None = None,
    outdir: str | None = None,
    validate: bool = True,
) -> cdk.App:
    """Return the app, with the folder `package` as the code of the functions.

    Only the CDK CLI reads cdk.json. This function reads it too, so that `python app.py`, the tests
    and `cdk deploy` synthesise the same template. `-c` (`context` in tests) has precedence.
    `validate=False` omits the CDK's validation of the template, which takes three seconds.
    Raises ContextError if a context key is not known, or its value missing or not valid.
    """
    defaults = json.loads(_CDK_JSON.read_text(encoding="utf-8"))["context"]
    app = cdk.App(
        context=defaults,
        post_cli_context=context,
        outdir=outdir,
        analytics_reporting=False,
        builtin_cloud_formation_validation=validate,
        stack_traces=False,  # they name temporary files of jsii, not our lines
    )
    read = Context.read(app.node.get_all_context())
    if read.organisation is None:
        KeyRotationStack(app, _STACK, context=read, package=package, env=env)
        return app
    organisation = read.organisation
    HubStack(app, _STACK, context=read, organisation=organisation, package=package, env=env)
    MemberStack(app, organization_id=organisation.organization_id)
    return app
