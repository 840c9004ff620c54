"""What the next run does with a key after a command, by the rules themselves."""

from key_rotation.domain.decide import decide
from key_rotation.domain.model import AccessKey, LastUse, ObservedKey
from key_rotation.domain.watch import Watch
from key_rotation.errors import KeyRotationError
from key_rotation_cli.deployment import Deployment
from key_rotation_cli.errors import CliError
from key_rotation_cli.explain.sentences import next_sentence, suspension_sentence
from key_rotation_cli.owners import read_owners


def what_comes(
    deployment: Deployment, key: AccessKey, watch: Watch | None, last_use: LastUse | None = None
) -> str:
    """Write what a run would decide now for a key as it will be.

    Where that is not known, the text gives the reason: a key can be turned on all the same.
    """
    observed = ObservedKey(key=key, last_use=last_use)
    try:
        settings, now = deployment.read_settings(), deployment.now
        owners = read_owners(deployment, settings)
        mail = owners.contacts.notice_mails.get(key.access_key_id) if owners else None
        decision = decide(observed, watch, now=now, settings=settings, mail=mail)
    except (CliError, KeyRotationError) as cause:
        return f"What the next run does with it is not known. {cause}"
    texts = (next_sentence(decision, observed, settings, now), suspension_sentence(settings))
    return " ".join(filter(None, texts))
