"""What Parameter Store has, as the commands leave it."""

from tests.aws.aws_account import AwsAccount

PATH = "/key-rotation/exemption"


def one_by_one(account: AwsAccount) -> dict[str, str]:
    """Return the exemption parameters, by the last part of their names."""
    pages = account.clients.ssm.get_paginator("get_parameters_by_path")
    found = pages.paginate(Path=PATH, Recursive=True)
    return {
        each["Name"].removeprefix(f"{PATH}/"): each["Value"]
        for page in found
        for each in page["Parameters"]
    }


def old(account: AwsAccount) -> str:
    """Return the old parameter of all."""
    found = account.clients.ssm.get_parameter(Name="/key-rotation/exemptions")
    return found["Parameter"]["Value"]


def exempt_users(account: AwsAccount) -> set[str]:
    """Run, and return the users whose keys are exempt."""
    return {entry["user"] for entry in account.run()["exempt"]}
