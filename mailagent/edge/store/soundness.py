"""Whether a value is made of exactly what its type hints say, so that its document is sure to read back as it was.

Reading each document back would prove it too, at five times the cost of writing it. A "no" here proves nothing: the
caller reads back then. Checks are made once for each class, from its type hints.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Check = Callable[[Any], bool]


def check_of(cls: type[Any], special: dict[str, Check] | None = None) -> Check:
    """Make the check of a dataclass; `special` has the checks of fields whose hint does not say enough."""
    hints, special = get_type_hints(cls), special or {}
    names = tuple(each.name for each in fields(cls))
    checks = tuple(special.get(name) or _check(hints[name]) for name in names)
    values_of = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    to_look_at: dict[
        tuple[type, ...], tuple[int, ...]
    ] = {}  # by the types of a sound value: fields that these leave open

    def check(value: Any) -> bool:
        if type(value) is not cls:
            return False
        values = values_of(value)
        types = tuple(map(type, values))
        places = to_look_at.get(types)
        if places is not None:
            return all(checks[at](values[at]) for at in places)
        if not all(is_sound(one) for is_sound, one in zip(checks, values, strict=True)):
            return False
        to_look_at[types] = tuple(at for at, kind in enumerate(types) if not _says_all(kind))
        return True

    return check


def _says_all(kind: type) -> bool:
    """True for types all of whose values are as sound as any one of them."""
    return kind in (str, int, bool, date, NoneType) or issubclass(kind, Enum)


def _check(hint: Any) -> Check:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        others = [_check(each) for each in get_args(hint) if each is not NoneType]
        return lambda value: value is None or any(check(value) for check in others)
    if origin is tuple:
        return _tuple(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _is(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return check_of(hint)
    return lambda value: False


def _tuple(items: tuple[Any, ...]) -> Check:
    if len(items) == 2 and items[1] is Ellipsis:
        each = _check(items[0])
        return lambda value: type(value) is tuple and all(map(each, value))
    checks = tuple(_check(item) for item in items)
    return lambda value: (
        type(value) is tuple
        and len(value) == len(checks)
        and all(check(one) for check, one in zip(checks, value, strict=True))
    )


def _is(kind: type) -> Check:
    return lambda value: type(value) is kind


_SIMPLE: dict[Any, Check] = {
    str: _is(str),
    int: _is(int),
    bool: _is(bool),
    datetime: lambda value: type(value) is datetime and value.tzinfo is UTC,
    date: _is(date),
    Decimal: lambda value: type(value) is Decimal and value.is_finite(),
}
