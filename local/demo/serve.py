"""`make local`: an account with the deployed stack and the scenario's keys, until Ctrl-C."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from local.demo.actors import Actors
from local.demo.console import Style, print_line, step
from local.demo.mailboxes import Mailboxes, bounces
from local.demo.playback import STARTS_AT
from local.demo.scenario import SUBSCRIBER, seed
from local.demo.scenario_owners import CONTEXT
from local.demo.synthesis import STACK, synthesise
from local.emulator.account import LocalAccount
from local.emulator.process import EmulatorStartError

PORT = 4566
STATE = Path(__file__).parents[2] / ".local"  # contains the emulator's log
_INSTRUCTIONS = """
In another terminal:

  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER=

  # see where each key stands, and what the coming days bring; run now, and turn a key on
  .venv/bin/key-rotation status
  .venv/bin/key-rotation preview --html preview.html
  .venv/bin/key-rotation run
  .venv/bin/key-rotation restore {key_id}

  # list the keys of a user, and the last use of one
  aws iam list-access-keys --user-name carol
  aws iam get-access-key-last-used --access-key-id {key_id}

  # invoke the function in report mode; {{}} enforces, as the schedule does
  echo '{{"mode": "report"}}' | aws lambda invoke --function-name {function} \\
    --payload fileb:///dev/stdin /dev/stdout

  # edit a threshold
  aws ssm put-parameter --overwrite --name {path}/notice-days --value 14

  # read what the function recorded for each key
  aws dynamodb scan --table-name {table}

  # read the clock, and move it: the schedule runs every day at 09:00
  curl {endpoint}/_local/now
  curl {endpoint}/_local/move_clock -d '{{"to": "2026-03-12T12:00:00Z"}}'

  # set the last use of a key
  curl {endpoint}/_local/set_last_used -d '{{"access_key_id": "{key_id}",
    "at": "2026-03-12T10:00:00Z", "service": "s3", "region": "eu-west-1"}}'

  # read the last digest, and the last mail to the owner of a key
  curl -s {endpoint}/_local/outbox |
    python3 -c 'import json, sys; print(json.load(sys.stdin)[-1]["bodies"]["email"])'
  curl -s {endpoint}/_ministack/ses/messages |
    python3 -c 'import json, sys; [mails] = json.load(sys.stdin)["messages"].values(); \\
      print(mails[-1]["BodyText"])'

Ctrl-C stops the account and deletes its data. Its log: {log}
"""


def main() -> int:
    """Serve the account until Ctrl-C. Return 1 if it does not start."""
    try:
        with TemporaryDirectory(prefix="key-rotation-") as folder:
            with step(f"starting an emulated account on port {PORT}"):
                account = LocalAccount.start(now=STARTS_AT, port=PORT, state=STATE)
            with account:
                with step("synthesising the stack"):
                    assembly = synthesise(Path(folder), email=SUBSCRIBER, context=CONTEXT)
                _serve(account, assembly)
    except EmulatorStartError as error:
        reason = str(error).strip().splitlines()[-1]
        print_line(f"\nthe account did not start on 127.0.0.1:{PORT}: {reason}", Style.RED)
        return 1
    except KeyboardInterrupt:
        print_line("\nstopped, and all data but the log deleted")
    return 0


def _serve(account: LocalAccount, assembly: Path) -> None:
    with step("deploying the stack"):
        outputs = account.deploy(assembly, STACK)
    actors = Actors(account)
    with step("creating the users and keys of the scenario"):
        seed(actors)
    text = _INSTRUCTIONS.format(
        endpoint=account.endpoint,
        region=account.region,
        key_id=actors.key_ids["carol"],
        function=outputs["FunctionName"],
        path=outputs["ParameterPath"],
        table=outputs["TableName"],
        log=STATE / "emulator.log",
    )
    print_line(text)
    _print_messages(account, Mailboxes(account))


def _print_messages(account: LocalAccount, mailboxes: Mailboxes) -> None:
    """Print each digest when it is published, and each mail to an owner when it is sent."""
    printed = 0
    while True:
        messages, mails = account.outbox(), mailboxes.take()
        new = [(message.at, f"e-mail: {message.subject}") for message in messages[printed:]]
        new += [(mail.at, f"mail to {', '.join(mail.to)}: {mail.subject}") for mail in mails]
        for at, line in sorted(new):
            print_line(f"{at:%a %d %b %Y %H:%M}  {line}")
        for line in bounces(mails):
            print_line(f"{'':23}{line}", Style.DIM)
        printed = len(messages)
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
