"""IAM returns pages, errors and last uses as on AWS."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local.emulator.account import LocalAccount
from local.emulator.control_client import ControlError

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_last_use_is_returned_as_set(account: LocalAccount, user: str) -> None:
    key, iam = account.create_key(user, created=LONG_AGO), account.client("iam")
    never = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert never == {"ServiceName": "N/A", "Region": "N/A"}
    account.set_last_used(key, LONG_AGO + timedelta(days=1), service="sts", region="us-east-1")
    used = iam.get_access_key_last_used(AccessKeyId=key)
    assert used["UserName"] == user
    assert used["AccessKeyLastUsed"] == {
        "LastUsedDate": LONG_AGO + timedelta(days=1),
        "ServiceName": "sts",
        "Region": "us-east-1",
    }
    account.set_last_used(key, None)
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"] == never


def test_last_use_of_an_unknown_key_is_an_error(account: LocalAccount) -> None:
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\)"):
        account.client("iam").get_access_key_last_used(AccessKeyId="AKIA" + "X" * 16)


def test_the_credential_report_has_the_same_last_use(account: LocalAccount, user: str) -> None:
    key, iam = account.create_key(user, created=LONG_AGO), account.client("iam")
    account.set_last_used(key, LONG_AGO + timedelta(days=1))
    iam.generate_credential_report()
    lines = iam.get_credential_report()["Content"].decode().splitlines()
    (line,) = [each for each in lines if each.startswith(f"{user},")]
    assert "true,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,eu-west-1,s3" in line


def test_a_key_can_be_backdated(account: LocalAccount, user: str) -> None:
    account.create_key(user, created=LONG_AGO)
    (key,) = account.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    assert key["CreateDate"] == LONG_AGO


def test_a_key_of_another_account_has_the_date_and_the_last_use_that_are_set(
    account: LocalAccount,
) -> None:
    iam = account.root_session("400000000001").client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    account.backdate_key(key, LONG_AGO)
    account.set_last_used(key, LONG_AGO + timedelta(days=1))
    (listed,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert listed["CreateDate"] == LONG_AGO
    used = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert used["LastUsedDate"] == LONG_AGO + timedelta(days=1)


def test_an_unknown_key_cannot_be_backdated(account: LocalAccount) -> None:
    with pytest.raises(ControlError, match="AKIAUNKNOWN does not exist"):
        account.backdate_key("AKIAUNKNOWN", LONG_AGO)


def test_list_users_is_paginated(account: LocalAccount, user: str) -> None:
    for number in range(101):
        account.create_user(f"{user}-{number}", path="/many/")
    iam = account.client("iam")
    first = iam.list_users(PathPrefix="/many/")
    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    rest = iam.list_users(PathPrefix="/many/", Marker=first["Marker"])
    assert (len(rest["Users"]), rest["IsTruncated"]) == (1, False)
    assert len(iam.list_users(PathPrefix="/many/", MaxItems=7)["Users"]) == 7


def test_list_access_keys_is_paginated(account: LocalAccount, user: str) -> None:
    made = {account.create_key(user) for _ in range(3)}
    iam = account.client("iam")
    first = iam.list_access_keys(UserName=user, MaxItems=2)
    rest = iam.list_access_keys(UserName=user, Marker=first["Marker"])
    found = [*first["AccessKeyMetadata"], *rest["AccessKeyMetadata"]]
    assert {each["AccessKeyId"] for each in found} == made


def test_listing_the_keys_of_an_unknown_user_is_an_error(account: LocalAccount) -> None:
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\)"):
        account.client("iam").list_access_keys(UserName="nobody")


def test_deleting_a_key_in_the_name_of_another_user_is_an_error(
    account: LocalAccount, user: str
) -> None:
    key, iam = account.create_key(user), account.client("iam")
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\)"):
        iam.delete_access_key(UserName="somebody-else", AccessKeyId=key)
    iam.delete_access_key(UserName=user, AccessKeyId=key)
