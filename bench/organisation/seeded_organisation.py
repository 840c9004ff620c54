"""An emulated organization, whose accounts have users and keys of known ages, behind a proxy."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import boto3

from bench.proxy import Conditions, ProxyClient, start_proxy
from bench.seeded_account import STALE_AGES, THREADS, USER_AGE, Size
from local.emulator.account import ACCOUNT, LocalAccount

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_organizations import OrganizationsClient

MANAGEMENT = "300000000001"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


@dataclass(kw_only=True)
class SeededOrganisation:
    """An organization, its proxy, and the stale and fresh keys of its accounts.

    size: of each account
    today: the measured day, as the instant of the start
    unit: the OU that all accounts are in
    accounts: their ids
    iam: a client for each account that does not use the proxy
    broken: the accounts whose roles refuse everybody
    stale_keys, fresh_keys: the account and the user name of each access key id
    """

    size: Size
    today: datetime
    local: LocalAccount
    proxy: ProxyClient
    organization_id: str = ""
    unit: str = ""
    accounts: list[str] = field(default_factory=list)
    iam: "dict[str, IAMClient]" = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    stale_keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    fresh_keys: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build clients from one session: one for each account would take 200 ms."""
        self.session = boto3.Session(region_name=self.local.region)

    def create_accounts(self, count: int) -> None:
        """Create the organization, with the deployment's account as its delegated administrator."""
        management = self._organizations(MANAGEMENT)
        self.organization_id = management.create_organization()["Organization"]["Id"]
        invited = management.invite_account_to_organization(
            Target={"Id": ACCOUNT, "Type": "ACCOUNT"}
        )
        self._organizations(ACCOUNT).accept_handshake(HandshakeId=invited["Handshake"]["Id"])
        management.register_delegated_administrator(AccountId=ACCOUNT, ServicePrincipal=STACK_SETS)
        root = management.list_roots()["Roots"][0]["Id"]
        made = management.create_organizational_unit(ParentId=root, Name="bench")
        self.unit = made["OrganizationalUnit"]["Id"]
        for number in range(count):
            status = management.create_account(
                Email=f"account{number}@example.com", AccountName=f"account-{number:03}"
            )["CreateAccountStatus"]
            account = status["AccountId"]
            management.move_account(
                AccountId=account, SourceParentId=root, DestinationParentId=self.unit
            )
            self.accounts.append(account)
            self.iam[account] = self.session.client(
                "iam",
                endpoint_url=self.local.endpoint,
                aws_access_key_id=account,
                aws_secret_access_key="test",  # noqa: S106 - of the emulator
            )

    def create_users_and_keys(self) -> None:
        """Create the same users and keys in each account; the clock moves to before day one."""
        names = [f"user-{number:05d}" for number in range(self.size.users)]
        by_age: dict[int, list[tuple[str, str]]] = {}
        for number, age in self.size.key_ages().items():
            owners = [(account, names[number]) for account in self.accounts]
            by_age.setdefault(age, []).extend(owners)
        with ThreadPoolExecutor(THREADS) as pool:
            users = [(account, name) for account in self.accounts for name in names]
            list(pool.map(self._create_user, users))
            for age in sorted(by_age, reverse=True):
                self.local.move_clock(to=self.today - timedelta(days=age, minutes=30))
                keys = self.stale_keys if age in STALE_AGES else self.fresh_keys
                keys.update(zip(pool.map(self._create_key, by_age[age]), by_age[age], strict=True))

    def start_day(self, days_before: int, conditions: Conditions) -> None:
        """Move the clock to a day before the measured day, or to that day; reset the proxy.

        An earlier day starts at six in the morning, as in `SeededAccount`.
        """
        day = self.today - timedelta(days=days_before)
        if days_before:
            day = day.replace(hour=6, minute=0)
        if day > self.local.now:
            self.local.move_clock(to=day)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda iam: iam.generate_credential_report(), self.iam.values()))
        self.proxy.reset(conditions)

    def reactivate_keys(self) -> tuple[int, int]:
        """Activate all inactive keys; return how many were stale and how many were fresh."""
        owners = self.stale_keys | self.fresh_keys
        with ThreadPoolExecutor(THREADS) as pool:
            found = pool.map(self._reactivate, set(owners.values()))
            inactive = {key for keys in found for key in keys}
        return len(inactive & self.stale_keys.keys()), len(inactive & self.fresh_keys.keys())

    def _organizations(self, account: str) -> "OrganizationsClient":
        return self.local.root_session(account).client("organizations")

    def _create_user(self, owner: tuple[str, str]) -> None:
        account, name = owner
        self.iam[account].create_user(UserName=name)

    def _create_key(self, owner: tuple[str, str]) -> str:
        account, name = owner
        return self.iam[account].create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]

    def _reactivate(self, owner: tuple[str, str]) -> list[str]:
        account, user = owner
        keys = self.iam[account].list_access_keys(UserName=user)["AccessKeyMetadata"]
        inactive = [key["AccessKeyId"] for key in keys if key["Status"] == "Inactive"]
        activate = partial(self.iam[account].update_access_key, UserName=user, Status="Active")
        for key in inactive:
            activate(AccessKeyId=key)
        return inactive


@contextmanager
def start_organisation(accounts: int, size: Size) -> Iterator[SeededOrganisation]:
    """Start an emulator and a proxy, and create the accounts with their users and keys."""
    today = datetime.now(UTC)
    with (
        LocalAccount.start(now=today - USER_AGE) as local,
        start_proxy(local.endpoint) as proxy,
    ):
        organisation = SeededOrganisation(size=size, today=today, local=local, proxy=proxy)
        organisation.create_accounts(accounts)
        organisation.create_users_and_keys()
        yield organisation
