"""Values that are stored as JSON, compressed with gzip: the same value gives the same bytes."""

import gzip
import json
from typing import TypeVar

from key_rotation.adapters import codec

T = TypeVar("T")


def compress(value: object) -> bytes:
    """Return a value as bytes."""
    text = json.dumps(codec.write(value), separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def decompress(data: bytes, kind: type[T]) -> T:
    """Read a value from its bytes; raises codec.MalformedError for anything else."""
    try:
        document = json.loads(gzip.decompress(data))
    except (EOFError, OSError, ValueError) as cause:
        raise codec.MalformedError(f"{type(cause).__name__}: {cause}") from cause
    return codec.read(document, kind)
