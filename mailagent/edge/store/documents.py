"""Values to JSON documents and back: one shape for the journal, the TinyDB file and the control socket.

A document is the value's fields by name, with `schema` first. Instants are ISO 8601 in UTC with six decimals and `Z`,
so that their texts sort as they do; enums stand as their value, `Decimal` as text, tuples as lists, dates as
`2026-11-23`. An event carries its `kind`. What a letter says is read by the letter's own kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from mailagent.core import events
from mailagent.core.decision import Entity
from mailagent.core.letters import CONTENTS, Letter
from mailagent.core.model import Cursor, Deed, Job, LetterKind, Mail, Owner, Question, Report, TimeEntry, Worker
from mailagent.edge.instants import instant_from_text, instant_text
from mailagent.edge.store.soundness import Check, check_of

SCHEMA = 1

Document = Mapping[str, Any]

# The tables of the office, and which entity each holds.
TABLES: dict[str, type[Entity]] = {
    "owners": Owner,
    "workers": Worker,
    "jobs": Job,
    "reports": Report,
    "time_entries": TimeEntry,
    "questions": Question,
    "deeds": Deed,
    "mails": Mail,
    "outbox": Letter,
    "cursors": Cursor,
}
TABLE_OF: dict[type[Entity], str] = {entity: table for table, entity in TABLES.items()}

_START = b'{"schema":%d,' % SCHEMA


class DocumentError(ValueError):
    """A document does not hold what its kind needs, or a value cannot be kept as one; says which field."""


def encode(value: object) -> bytes:
    """Give the JSON text of any value of core. Raises: DocumentError."""
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError as error:
        raise DocumentError(f"{type(value).__name__} cannot be kept: {error.__cause__ or error}") from error


def encode_entity(entity: Entity) -> bytes:
    """Give the entity's document, which is sure to read back as the same value. Raises: DocumentError."""
    raw = _START + encode(entity)[1:]
    if _SOUND[type(entity)](entity):
        return raw
    if decode_entity(TABLE_OF[type(entity)], orjson.loads(raw)) != entity:
        raise DocumentError(f"{type(entity).__name__} {entity.id} does not read back as it was written")
    return raw


def decode_entity(table: str, document: Document) -> Entity:
    """Read an entity of `table`. Raises: DocumentError."""
    try:
        entity: Entity = _ENTITY_READERS[table](document)
    except DocumentError as error:
        raise DocumentError(f"{table} {document.get('id', '?')}: {error}") from error
    return entity


def event_kind(event: events.Event) -> str:
    """The event's name in a document, for example `mail_settled`."""
    return _KIND_OF[type(event)]


def encode_event(event: events.Event) -> bytes:
    """Give the event's document, tagged by `kind`. Raises: DocumentError."""
    return b'%b"kind":"%b",%b' % (_START, event_kind(event).encode(), encode(event)[1:])


def event_to_document(event: events.Event) -> dict[str, Any]:
    """Give the event as plain JSON values. Raises: DocumentError."""
    document: dict[str, Any] = orjson.loads(encode_event(event))
    return document


def event_from_document(document: Document) -> events.Event:
    """Read an event that another process wrote. Raises: DocumentError."""
    if document.get("schema") != SCHEMA:
        raise DocumentError(
            f"schema {document.get('schema')!r} is not {SCHEMA}: both sides must run the same mailagent"
        )
    reader = _reader_of_event(str(document.get("kind")))
    if reader is None:
        raise DocumentError(f"no event is called {document.get('kind')!r}")
    event: events.Event = reader(document)
    return event


def changed_fields(before: Entity, after: Entity) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the fields that differ, with their old and their new values; `rev` is told by the change itself."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for name in _FIELD_NAMES[type(before)]:
        was, is_now = getattr(before, name), getattr(after, name)
        if was != is_now:
            old[name], new[name] = was, is_now
    return old, new


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no way to write a {type(value).__name__}")


# -- readers: one function for each class, made once from its type hints --

Reader = Callable[[Any], Any]


@lru_cache(maxsize=64)
def _reader_of_event(name: str) -> Reader | None:
    kind = _KINDS.get(name)
    return None if kind is None else _reader_of_class(kind)


def _reader_of_class(cls: type[Any], special: Mapping[str, Reader] | None = None) -> Reader:
    hints = get_type_hints(cls)
    special = special or {}
    plan = tuple((each.name, special.get(each.name) or _reader_of(hints[each.name])) for each in fields(cls))

    def read(document: Any) -> Any:
        try:
            return cls(*[reader(document[name]) for name, reader in plan])
        except (KeyError, TypeError, ValueError):
            return _read_slowly(cls, plan, document)

    return read


def _read_slowly(cls: type[Any], plan: tuple[tuple[str, Reader], ...], document: Any) -> Any:
    """Fill what an older document lacks by the field's default, or say which field is wrong."""
    if not isinstance(document, Mapping):
        raise DocumentError(f"{document!r} is no {cls.__name__}")
    values: dict[str, Any] = {}
    defaults = {each.name for each in fields(cls) if each.default is not MISSING or each.default_factory is not MISSING}
    for name, reader in plan:
        if name in document:
            try:
                values[name] = reader(document[name])
            except ValueError as error:
                raise DocumentError(f"{name}: {error}") from error
        elif name not in defaults:
            raise DocumentError(f"{name} is missing")
    return cls(**values)


def _reader_of(hint: Any) -> Reader:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _optional(hint)
    if origin is tuple:
        return _sequence(get_args(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _reader_of_class(hint)
    raise TypeError(f"no reader for {hint!r}")


def _optional(hint: Any) -> Reader:
    others = [each for each in get_args(hint) if each is not NoneType]
    if len(others) != 1:
        raise TypeError(f"{hint!r} needs a reader of its own")
    reader = _reader_of(others[0])
    return lambda value: None if value is None else reader(value)


def _sequence(items: tuple[Any, ...]) -> Reader:
    if len(items) == 2 and items[1] is Ellipsis:
        each = _reader_of(items[0])
        return lambda value: tuple([each(one) for one in _a_list(value)])
    readers = tuple(_reader_of(item) for item in items)

    def read(value: Any) -> tuple[Any, ...]:
        if len(_a_list(value)) != len(readers):
            raise DocumentError(f"{value!r} does not have {len(readers)} parts")
        return tuple([reader(one) for reader, one in zip(readers, value, strict=True)])

    return read


def _enum(kind: type[Enum]) -> Reader:
    members = {member.value: member for member in kind}

    def read(value: Any) -> Enum:
        try:
            return members[value]
        except (KeyError, TypeError) as error:
            raise DocumentError(f"{value!r} is no {kind.__name__}") from error

    return read


def _exactly(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise DocumentError(f"{value!r} is no {kind.__name__}")
        return value

    return read


def _a_list(value: Any) -> Any:
    if type(value) is not list:
        raise DocumentError(f"{value!r} is no list")
    return value


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DocumentError(f"{value!r} is no date") from error


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(_SIMPLE[str](value))
    except InvalidOperation as error:
        raise DocumentError(f"{value!r} is no amount") from error
    if not number.is_finite():
        raise DocumentError(f"{value!r} is no amount")
    return number


_SIMPLE: dict[Any, Reader] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    datetime: instant_from_text,
    date: _date,
    Decimal: _decimal,
}


def _letter_reader() -> Reader:
    """A letter's contents are read by its kind, once the rest of it is known to be sound."""
    said = cache(lambda kind: _reader_of_class(CONTENTS[kind]))
    kind_of = _enum(LetterKind)
    rest = _reader_of_class(Letter, {"contents": lambda contents: contents})

    def read(document: Any) -> Any:
        contents = document.get("contents")
        if contents is None:
            return rest(document)
        try:
            reader = said(kind_of(document.get("kind")))
            return rest({**document, "contents": reader(contents)})
        except DocumentError as error:
            raise DocumentError(f"contents: {error}") from error

    return read


def _letter_check() -> Check:
    """A letter's contents are sound if they are those of its kind."""
    said = cache(lambda kind: check_of(CONTENTS[kind]))
    rest = check_of(Letter, {"contents": lambda contents: True})
    return lambda letter: rest(letter) and (letter.contents is None or said(letter.kind)(letter.contents))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


_KIND_OF: dict[type[events.Event], str] = {kind: _snake(kind.__name__) for kind in get_args(events.Event)}
_KINDS: dict[str, type[events.Event]] = {name: kind for kind, name in _KIND_OF.items()}
_ENTITY_READERS: dict[str, Reader] = {
    table: _letter_reader() if kind is Letter else _reader_of_class(kind) for table, kind in TABLES.items()
}
_SOUND: dict[type[Entity], Check] = {
    kind: _letter_check() if kind is Letter else check_of(kind) for kind in TABLES.values()
}
_FIELD_NAMES: dict[type[Entity], tuple[str, ...]] = {
    kind: tuple(each.name for each in fields(kind) if each.name != "rev") for kind in TABLES.values()
}
