"""The file `manifest.json`: what the other files are, and whence they come. Pure."""

import hashlib
import json
from collections.abc import Mapping

from key_rotation_cli.evidence.facts import Facts

SCHEMA = "key-rotation/evidence/1"
Document = dict[str, object]


def manifest_of(
    facts: Facts, files: Mapping[str, bytes], options: Mapping[str, object]
) -> Document:
    """Describe the files.

    options: what the sample was asked for
    """
    origin, period = facts.origin, facts.period
    return {
        "schema": SCHEMA,
        "account_id": origin.account_id,
        "caller": origin.caller,
        "region": origin.region,
        "stack": origin.stack,
        "table": origin.table,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "timezone": period.zone.key,
        "created_at": origin.created_at.isoformat(),
        "version": origin.version,
        "runs": len(facts.runs),
        "gaps": [day.isoformat() for day in facts.gaps],
        **options,
        "files": [describe_file(name, content) for name, content in sorted(files.items())],
        "queries": list(origin.queries),
    }


def describe_file(name: str, content: bytes) -> Document:
    """Return the entry of one file."""
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "bytes": len(content), "sha256": digest}


def encode(document: Document) -> bytes:
    """Return a document as JSON."""
    return (json.dumps(document, indent=2) + "\n").encode()
