"""How an instant stands in our files: ISO 8601 in UTC, six decimals and `Z`, so that texts sort as instants do."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_ZERO = timedelta(0)


def instant_text(instant: datetime) -> str:
    """Write an aware UTC instant. Raises: ValueError for any other."""
    if instant.tzinfo is not UTC and instant.utcoffset() != _ZERO:
        raise ValueError(f"{instant!r} is not an aware UTC instant")
    return _text(instant)


@lru_cache(maxsize=64)
def _text(instant: datetime) -> str:
    """One mail is many documents with few instants in them."""
    return f"{instant.isoformat(timespec='microseconds')[:26]}Z"


def instant_from_text(value: object) -> datetime:
    """Read what `instant_text` wrote. Raises: ValueError."""
    if type(value) is not str or not value.endswith("Z"):
        raise ValueError(f"{value!r} is not an instant in UTC")
    return datetime.fromisoformat(value)
