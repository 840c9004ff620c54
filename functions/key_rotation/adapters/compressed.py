"""Values that are stored as JSON, compressed with gzip: the same value gives the same bytes."""

import gzip
import json
from typing import Any, TypeVar

from key_rotation.adapters import codec

T = TypeVar("T")


def compress(value: object) -> bytes:
    """Return a value as bytes."""
    return pack(codec.write(value))


def decompress(data: bytes, kind: type[T]) -> T:
    """Read a value from its bytes; raises codec.MalformedError for anything else."""
    return codec.read(unpack(data), kind)


def pack(document: object) -> bytes:
    """Return a JSON document as bytes."""
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode(), mtime=0)


def unpack(data: Any) -> Any:  # noqa: ANN401  # bytes, or boto3's Binary; any JSON
    """Read a JSON document from its bytes; raises codec.MalformedError for anything else."""
    try:
        return json.loads(gzip.decompress(bytes(data)))
    except (EOFError, OSError, TypeError, ValueError) as cause:
        raise codec.MalformedError(f"{type(cause).__name__}: {cause}") from cause
