"""The owner of a key in a member account, and the mails that the owner must get.

The expectations are derived from docs/owner-mail.md by hand, without the product's code.
"""

from local.demo.scenario_owners import SENDER

OWNED = ("playground", "try-out")
"""The account and the user. No tag names an owner of the other keys, and there is no fallback: mail
is about this one only."""
OWNER = "pat@example.com"
TAG = "owner-email"
CONTEXT = {"owner-mail-from": SENDER, "owner-domains": "example.com"}

MAILS = (
    (1, OWNER, "An AWS access key of try-out stops working on Thu 5 Mar 2026"),
    (3, OWNER, "Reminder: an AWS access key of try-out stops working on Thu 5 Mar 2026"),
    (4, OWNER, "An AWS access key of try-out no longer works"),
    (6, OWNER, "Reminder: an AWS access key of try-out is deleted on Sun 8 Mar 2026"),
    (7, OWNER, "An AWS access key of try-out was deleted"),
)
"""All mails of the scenario: the day, the recipient, and the first line of each."""
RULE = "the owner of try-out, named by a tag, hears of each step"
