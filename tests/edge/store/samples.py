"""One filled value of any dataclass of core, made from its type hints: a new field is tested the day it is added."""

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from mailagent.core.events import Event
from mailagent.core.letters import CONTENTS, Contents
from mailagent.core.model import LetterKind

_PLAIN: dict[Any, Any] = {
    str: "wörds\n\t\u2028 'and' \"quotes\"",
    int: 7,
    bool: True,
    datetime: datetime(2026, 11, 23, 10, 0, 0, 123, tzinfo=UTC),
    date: date(2026, 11, 23),
    Decimal: Decimal("12.50"),
}


def contents_of(kind: LetterKind) -> Contents:
    """Contents of this kind of letter with every field filled."""
    return _filled(CONTENTS[kind])  # type: ignore[no-any-return]


def event_of(kind: type[Any]) -> Event:
    """An event of this class with every field filled."""
    return _filled(kind)  # type: ignore[no-any-return]


def _filled(cls: type[Any]) -> Any:
    hints = get_type_hints(cls)
    return cls(**{each.name: _value(hints[each.name]) for each in fields(cls)})


def _value(hint: Any) -> Any:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if get_origin(hint) in (Union, types.UnionType):
        return _value(next(one for one in get_args(hint) if one is not types.NoneType))
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        return (_value(parts[0]),) * 2 if parts[-1] is Ellipsis else tuple(_value(part) for part in parts)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[-1]
    if is_dataclass(hint):
        return _filled(hint)  # type: ignore[arg-type]
    raise TypeError(hint)
