"""Memory of a process that mostly waits: what is freed goes back to the system.

glibc keeps freed blocks for later use, raises its thresholds as it meets large ones, and gives each thread a heap of
its own (mallopt(3)). For a daemon that reads its office once and then sits in IDLE that is 4 MB and more of nothing.
Where there is no glibc, these calls do nothing.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h
_THRESHOLD_BYTES = 64 * 1024

CHILD_ENVIRONMENT = (
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", str(_THRESHOLD_BYTES)),
    ("MALLOC_TRIM_THRESHOLD_", str(_THRESHOLD_BYTES)),
)


@cache
def _libc() -> "ctypes.CDLL | None":
    import ctypes

    try:
        libc = ctypes.CDLL(None)
        return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
    except OSError:
        return None


def keep_small() -> None:
    """Let go of what loading left behind, and let freed blocks go back early; once, before much is allocated."""
    gc.collect()
    libc = _libc()
    if libc is not None:
        libc.mallopt(_MMAP_THRESHOLD, _THRESHOLD_BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _THRESHOLD_BYTES)
        libc.mallopt(_ARENA_MAX, 1)


@contextmanager
def loading() -> Iterator[None]:
    """No garbage collection while modules are loaded: hardly anything of that is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle_down() -> None:
    """Once all is loaded: leave it out of garbage collection, which a batch of mails would set off again and again.

    What a batch leaves behind is freed by its reference counts; cycles are rare here, and are still looked for.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def give_back() -> None:
    """Give back what is free now; some milliseconds, so only when there is nothing to do."""
    gc.collect()
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)
