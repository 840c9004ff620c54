"""An account to play in, `make local`: the deployed stack and the story's keys, until Ctrl-C."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.people import PATH, People
from local.demo.screen import Ink, say, step
from local.demo.story import LISTENER, seed
from local.demo.synthesis import synthesise
from local.demo.telling import STARTS_AT
from local.emulator.account import LocalAccount
from local.emulator.process import EmulatorDidNotStartError

PORT = 4566
STATE = Path(__file__).parents[2] / ".local"  # keeps the emulator's log
_USE = """
In another terminal:

  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=

  # the keys of one user, and when one was last used
  aws iam list-access-keys --user-name carol
  aws iam get-access-key-last-used --access-key-id {key_id}

  # run it, and only let it say what it would do; {{}} enforces, as the schedule does
  echo '{{"mode": "report"}}' | aws lambda invoke --function-name {function} \\
    --payload fileb:///dev/stdin /dev/stdout

  # edit a threshold
  aws ssm put-parameter --overwrite --name {path}/notice-days --value 14

  # what it remembers of each key
  aws dynamodb scan --table-name {table}

  # the time, and a later one: the schedule fires every day at 09:00 on the way
  curl {endpoint}/_local/now
  curl {endpoint}/_local/move_clock -d '{{"to": "2026-03-12T12:00:00Z"}}'

  # use a key
  curl {endpoint}/_local/set_last_used -d '{{"access_key_id": "{key_id}",
    "at": "2026-03-12T10:00:00Z", "service": "s3", "region": "eu-west-1"}}'

  # the last mail
  curl -s {endpoint}/_local/outbox |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[-1]["bodies"]["email"])'

Ctrl-C ends it, with all that is in it. Its log: {log}
"""


def main() -> int:
    """Serve the account until Ctrl-C."""
    try:
        with TemporaryDirectory(prefix="key-rotation-") as folder:
            with step(f"starting an emulated account on port {PORT}"):
                account = LocalAccount.start(now=STARTS_AT, port=PORT, state=STATE)
            with account:
                with step("synthesising the stack"):
                    assembly = synthesise(Path(folder), email=LISTENER)
                _serve(account, assembly)
    except EmulatorDidNotStartError as error:
        reason = str(error).strip().splitlines()[-1]
        say(f"\nthe account does not start on 127.0.0.1:{PORT}: {reason}", Ink.RED)
        return 1
    except KeyboardInterrupt:
        say("\nstopped; nothing but the log is left")
    return 0


def _serve(account: LocalAccount, assembly: Path) -> None:
    with step("deploying the stack"):
        outputs = account.deploy(assembly)
    people = People(account)
    with step("making the users and keys of the story"):
        seed(people)
    text = _USE.format(
        endpoint=account.endpoint,
        region=account.region,
        key_id=people.ids["carol"],
        function=outputs["FunctionName"],
        path=PATH,
        table=outputs["TableName"],
        log=STATE / "emulator.log",
    )
    say(text)
    _watch(account)


def _watch(account: LocalAccount) -> None:
    """Tell of each mail as it goes out."""
    told = 0
    while True:
        mails = account.outbox()
        for mail in mails[told:]:
            say(f"{mail.at:%a %d %b %Y %H:%M}  mail: {mail.subject}")
        told = len(mails)
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
