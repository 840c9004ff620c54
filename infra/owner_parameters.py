"""The two SSM parameters of the mail to owners, beside the thresholds.

As for the thresholds, a change of any property in the template resets the value that people edited.
"""

from infra.thresholds import Threshold

_TAG_KEY = "[A-Za-z0-9_.:/=+@-]{1,128}"  # of those that IAM accepts, the ASCII ones without a space

OWNER_PARAMETERS = (
    Threshold(
        name="owner-tags",
        default="owner-email email owner contact",
        pattern=f"^{_TAG_KEY}( +{_TAG_KEY}){{0,9}}$",
        description="Tags of a user that name the owner of its keys by e-mail address, the first"
        " one first: 1 to 10 tag keys in any case, separated by spaces.",
    ),
    Threshold(
        name="owner-notice",
        default="try",
        pattern="^(try|require)$",
        description="try: mail each owner, or require: deactivate a key only when a mail about its"
        " notice was accepted notice-days ago.",
    ),
)
