"""Deploys a synthesised stack into the emulated account with the CloudFormation API.

Like `cdk deploy`, it uploads the file assets in the stack's manifest to the bucket that the
template expects, then creates or updates the stack. It creates that bucket and the version
parameter of the bootstrap stack itself.

ministack (1.5.33) accepts these parts of a template, but does not implement them: a table's
point-in-time recovery and time to live, an SSM parameter's `AllowedPattern`, the dead-letter queue
in a function's configuration, and the evaluation of alarms.
"""

import contextlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError, WaiterError

_BODY_LIMIT = 51_200  # bytes of a template in a request (CloudFormation API Reference, CreateStack)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a constant date, so that equal folders give equal archives


class DeploymentFailedError(Exception):
    """Raised when a stack was not created or updated; the message gives the reasons."""


class StackDeployer:
    """Deploys stacks with the credentials of one session."""

    def __init__(self, session: boto3.Session, *, account: str) -> None:
        """Create the clients."""
        self._account = account
        self._region = session.region_name
        self._s3 = session.client("s3")
        self._ssm = session.client("ssm")
        self._stacks = session.client("cloudformation")

    def deploy(self, template_dir: Path, stack: str) -> dict[str, str]:
        """Create or update a stack, and return its outputs."""
        name = f"{stack}.template.json"
        uploaded = self._upload_assets(template_dir, stack)
        template = (template_dir / name).read_text()
        self._prepare_bootstrap_version(json.loads(template))
        fits = len(template.encode()) <= _BODY_LIMIT
        source = {"TemplateBody": template} if fits else {"TemplateURL": uploaded[name]}
        self._create_or_update(stack, source)
        return self.outputs(stack)

    def outputs(self, stack: str) -> dict[str, str]:
        """Return the outputs of a deployed stack."""
        described = self._stacks.describe_stacks(StackName=stack)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}

    def _create_or_update(self, stack: str, template: Mapping[str, str]) -> None:
        arguments: Any = {
            "StackName": stack,
            **template,
            "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            self._stacks.create_stack(**arguments)
            step = "stack_create_complete"
        except self._stacks.exceptions.AlreadyExistsException:
            if not self._update(arguments):
                return
            step = "stack_update_complete"
        self._wait_for(stack, step)

    def _update(self, arguments: Any) -> bool:  # noqa: ANN401 - the keywords of boto3's method
        """Start an update. Return False if the template has no changes."""
        try:
            self._stacks.update_stack(**arguments)
        except ClientError as error:
            if "No updates" in str(error):
                return False
            raise
        return True

    def _wait_for(self, stack: str, step: Any) -> None:  # noqa: ANN401 - boto3 has a type per waiter
        try:
            waiter = self._stacks.get_waiter(step)
            waiter.wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        except WaiterError as error:
            raise DeploymentFailedError(self._failure_reasons(stack)) from error

    def _failure_reasons(self, stack: str) -> str:
        events = self._stacks.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
        return "; ".join(
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in failed
        )

    def _prepare_bootstrap_version(self, template: Mapping[str, Any]) -> None:
        parameter = template.get("Parameters", {}).get("BootstrapVersion")
        if parameter:
            name = parameter["Default"]
            self._ssm.put_parameter(Name=name, Value="30", Type="String", Overwrite=True)

    def _upload_assets(self, template_dir: Path, stack: str) -> dict[str, str]:
        """Upload the assets of a stack, of which its template is one; return their URLs by path."""
        manifest = json.loads((template_dir / f"{stack}.assets.json").read_text())
        urls = {}
        for asset in manifest["files"].values():
            path = asset["source"]["path"]
            content = _asset_content(template_dir / path)
            for destination in asset["destinations"].values():
                urls[path] = self._upload(destination, content)
        return urls

    def _upload(self, destination: Mapping[str, str], content: bytes) -> str:
        bucket = self._substitute(destination["bucketName"])
        location: Any = {"LocationConstraint": self._region}
        with contextlib.suppress(self._s3.exceptions.BucketAlreadyOwnedByYou):
            self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=location)
        key = destination["objectKey"]
        self._s3.put_object(Bucket=bucket, Key=key, Body=content)
        return f"https://s3.{self._region}.amazonaws.com/{bucket}/{key}"

    def _substitute(self, name: str) -> str:
        named = {"${AWS::AccountId}": self._account, "${AWS::Region}": self._region}
        for placeholder, value in named.items():
            name = name.replace(placeholder, value)
        return name


def _asset_content(source: Path) -> bytes:
    """Read a file, or zip a folder as the CDK does."""
    if source.is_file():
        return source.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(each for each in source.rglob("*") if each.is_file()):
            name = str(file.relative_to(source))
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), file.read_bytes())
    return packed.getvalue()
