"""A small stack that uses everything that the emulator patches, as a cloud assembly."""

import json
from pathlib import Path
from typing import Any

STACK = "SampleStack"
ASSET = "samplecode"
FUNCTION = """
import datetime, importlib, os, time
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    print("event", event)
    if event.get("fail"):
        raise ValueError("requested failure")
    if event.get("sleep"):
        time.sleep(event["sleep"])
    if event.get("import"):
        importlib.import_module(event["import"])
    answer = {"version": VERSION, "now": datetime.datetime.now(datetime.UTC).isoformat()}
    for service, operation, arguments in event.get("calls", []):
        try:
            getattr(boto3.client(service), operation)(**arguments)
            answer[operation] = "allowed"
        except ClientError as error:
            answer[operation] = error.response["Error"]["Code"]
    return answer
"""


def write(folder: Path, *, version: int = 1, handler: str = "sample.handler") -> Path:
    """Write the assembly into a folder, and return the folder."""
    code = folder / f"asset.{ASSET}{version}"
    code.mkdir(parents=True, exist_ok=True)
    (code / "sample.py").write_text(f"VERSION = {version}\n{FUNCTION}")
    manifest = {"files": {ASSET: _asset(version)}}
    (folder / f"{STACK}.assets.json").write_text(json.dumps(manifest))
    template = {"Resources": _resources(version, handler), "Outputs": _outputs()}
    (folder / f"{STACK}.template.json").write_text(json.dumps(template))
    return folder


def _asset(version: int) -> dict[str, Any]:
    name = f"{ASSET}{version}"
    destination = {
        "bucketName": "cdk-sample-assets-${AWS::AccountId}-${AWS::Region}",
        "objectKey": f"{name}.zip",
    }
    return {
        "source": {"path": f"asset.{name}", "packaging": "zip"},
        "destinations": {"current": destination},
    }


def _outputs() -> dict[str, Any]:
    return {
        "FunctionName": {"Value": {"Ref": "Function"}},
        "TopicArn": {"Value": {"Ref": "Topic"}},
        "QueueUrl": {"Value": {"Ref": "Queue"}},
        "RoleName": {"Value": {"Ref": "Role"}},
        "FunctionArn": {"Value": _arn("Function")},
        "ScheduleRoleName": {"Value": {"Ref": "ScheduleRole"}},
        "ScheduleRoleArn": {"Value": _arn("ScheduleRole")},
        "TableName": {"Value": {"Ref": "Table"}},
    }


def _resources(version: int, handler: str) -> dict[str, Any]:
    return {
        "Key": _resource("KMS::Key", KeyPolicy=_policy(_allow_all_by_iam())),
        "Table": _table(),
        "Topic": _resource("SNS::Topic", KmsMasterKeyId=_arn("Key")),
        "TopicPolicy": _resource(
            "SNS::TopicPolicy",
            Topics=[_ref("Topic")],
            PolicyDocument=_policy(_deny_plain_http("sns")),
        ),
        "PublishedMessage": _subscription("email", "you@example.com"),
        "Delivered": _subscription("sqs", _arn("Queue")),
        "Queue": _resource("SQS::Queue", KmsMasterKeyId=_ref("Key")),
        "QueuePolicy": _resource(
            "SQS::QueuePolicy",
            Queues=[_ref("Queue")],
            PolicyDocument=_policy(_deny_plain_http("sqs"), _allow_sns_to_send()),
        ),
        "First": _resource("SSM::Parameter", Name="/sample/first", Type="String", Value="1"),
        "Second": _resource("SSM::Parameter", Name="/sample/second", Type="String", Value="2"),
        "Other": _resource("SSM::Parameter", Name="/other", Type="String", Value="3"),
        "Role": _role("lambda", _function_policy()),
        "Function": _function(version, handler),
        "Retries": _retries(),
        "ScheduleRole": _role("scheduler", _allow("lambda:InvokeFunction", _arn("Function"))),
        "Schedule": _schedule(),
    }


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: str | list[str], resource: object, **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _allow_all_by_iam() -> dict[str, Any]:
    root = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
    return _allow("kms:*", "*", Principal={"AWS": root})


def _deny_plain_http(service: str) -> dict[str, Any]:
    over_http = {"Bool": {"aws:SecureTransport": "false"}}
    action = {"sns": "sns:Publish", "sqs": "sqs:*"}[service]
    return {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": "*",
        "Condition": over_http,
    }


def _allow_sns_to_send() -> dict[str, Any]:
    return _allow("sqs:SendMessage", "*", Principal={"Service": "sns.amazonaws.com"})


def _function_policy() -> dict[str, Any]:
    account = "${AWS::Region}:${AWS::AccountId}"
    parameters = [f"arn:aws:ssm:{account}:parameter/sample/{name}" for name in ("first", "second")]
    user = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:user/ops/*"}
    key_use = {"StringLike": {"kms:ViaService": "sns.*"}}
    own_items = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["own-*"]}}
    return {
        "Statement": [
            _allow("iam:ListUsers", "*"),
            _allow(["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"], user),
            _allow("ssm:GetParameters", [{"Fn::Sub": each} for each in parameters]),
            _allow("sns:Publish", _ref("Topic")),
            _allow_mail(),
            _allow(["dynamodb:PutItem", "dynamodb:GetItem"], _arn("Table")),
            _allow(["dynamodb:DeleteItem"], _arn("Table"), Condition=own_items),
            _allow(["kms:Decrypt", "kms:GenerateDataKey*"], _arn("Key"), Condition=key_use),
        ]
    }


def _allow_mail() -> dict[str, Any]:
    prefix = "arn:aws:ses:${AWS::Region}:${AWS::AccountId}"
    names = ("identity/example.com", "identity/other@example.com", "configuration-set/first")
    conditions = {
        "StringEquals": {"ses:FromAddress": ["me@example.com", "other@example.com"]},
        "ForAllValues:StringLike": {"ses:Recipients": ["*@example.com"]},
        "Null": {"ses:Recipients": "false"},
    }
    arns = [{"Fn::Sub": f"{prefix}:{name}"} for name in names]
    return _allow("ses:SendEmail", arns, Condition=conditions)


def _role(service: str, allowed: dict[str, Any]) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    statements = allowed.get("Statement", [allowed])
    inline = {"PolicyName": "Allowed", "PolicyDocument": _policy(*statements)}
    return _resource("IAM::Role", AssumeRolePolicyDocument=_policy(trust), Policies=[inline])


def _table() -> dict[str, Any]:
    return _resource(
        "DynamoDB::Table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        SSESpecification={
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": _arn("Key"),
        },
    )


def _subscription(protocol: str, endpoint: object) -> dict[str, Any]:
    return _resource(
        "SNS::Subscription", TopicArn=_ref("Topic"), Protocol=protocol, Endpoint=endpoint
    )


def _function(version: int, handler: str) -> dict[str, Any]:
    bucket = {"Fn::Sub": "cdk-sample-assets-${AWS::AccountId}-${AWS::Region}"}
    return _resource(
        "Lambda::Function",
        Code={"S3Bucket": bucket, "S3Key": f"{ASSET}{version}.zip"},
        Handler=handler,
        Runtime="python3.13",
        Role=_arn("Role"),
        Timeout=2,
        MemorySize=256,
        Environment={"Variables": {"TABLE_NAME": _ref("Table")}},
    )


def _retries() -> dict[str, Any]:
    return _resource(
        "Lambda::EventInvokeConfig",
        FunctionName=_ref("Function"),
        Qualifier="$LATEST",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": _arn("Queue")}},
    )


def _schedule() -> dict[str, Any]:
    return _resource(
        "Scheduler::Schedule",
        ScheduleExpression="cron(0 9 * * ? *)",
        ScheduleExpressionTimezone="Europe/Madrid",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": _arn("Function"),
            "RoleArn": _arn("ScheduleRole"),
            "Input": '{"due": "<aws.scheduler.scheduled-time>"}',
        },
    )
