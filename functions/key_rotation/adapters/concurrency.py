"""Runs a few calls to AWS at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from key_rotation.adapters.clients import CONNECTIONS

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Call `work` for each item; returns the results in order, and raises the first error."""
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        return list(pool.map(work, items))
