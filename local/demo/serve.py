"""An account to play in, `make local`: the deployed stack and the story's keys, until Ctrl-C."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.actors import PATH, Actors
from local.demo.console import Style, print_line, step
from local.demo.playback import STARTS_AT
from local.demo.scenario import SUBSCRIBER, seed
from local.demo.synthesis import synthesise
from local.emulator.account import LocalAccount
from local.emulator.process import EmulatorStartError

PORT = 4566
STATE = Path(__file__).parents[2] / ".local"  # keeps the emulator's log
_INSTRUCTIONS = """
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
    python3 -c 'import json, sys; print(json.import_ministack(sys.stdin)[-1]["bodies"]["email"])'

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
                    assembly = synthesise(Path(folder), email=SUBSCRIBER)
                _serve(account, assembly)
    except EmulatorStartError as error:
        reason = str(error).strip().splitlines()[-1]
        print_line(f"\nthe account does not start on 127.0.0.1:{PORT}: {reason}", Style.RED)
        return 1
    except KeyboardInterrupt:
        print_line("\nstopped; nothing but the log is left")
    return 0


def _serve(account: LocalAccount, assembly: Path) -> None:
    with step("deploying the stack"):
        outputs = account.deploy(assembly)
    actors = Actors(account)
    with step("making the users and keys of the story"):
        seed(actors)
    text = _INSTRUCTIONS.format(
        endpoint=account.endpoint,
        region=account.region,
        key_id=actors.key_ids["carol"],
        function=outputs["FunctionName"],
        path=PATH,
        table=outputs["TableName"],
        log=STATE / "emulator.log",
    )
    print_line(text)
    _print_messages(account)


def _print_messages(account: LocalAccount) -> None:
    """Tell of each mail as it goes out."""
    told = 0
    while True:
        mails = account.outbox()
        for mail in mails[told:]:
            print_line(f"{mail.at:%a %d %b %Y %H:%M}  mail: {mail.subject}")
        told = len(mails)
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
