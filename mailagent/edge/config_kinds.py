"""The kinds of values in the configuration, and how cattrs reads them: strictly, and with a sentence for what is wrong.

No `"993"` for a number, no 1 for true; relative paths start at the configuration's own folder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_origin

from cattrs import Converter

from mailagent.core.addresses import address_problem
from mailagent.edge.config_text import Wrong, nearest


@dataclass(frozen=True, slots=True)
class Between:
    """A whole number with bounds, both inclusive."""

    low: int
    high: int

    def read(self, value: object) -> int:
        """Return the number. Raises Wrong."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise Wrong(f"is {_shown(value)}; write a whole number from {self.low} to {self.high}")
        return value


@dataclass(frozen=True, slots=True)
class Some:
    """Text that may not be empty; `what` says what to write."""

    what: str

    def read(self, value: object) -> str:
        """Return the text without blanks around it. Raises Wrong."""
        text = _text(value)
        if not text.strip():
            raise Wrong(f"is empty; write {self.what}")
        return text.strip()


@dataclass(frozen=True, slots=True)
class Address:
    """A bare mail address; empty only where that is allowed."""

    may_be_empty: bool = False

    def read(self, value: object) -> str:
        """Return the address. Raises Wrong."""
        text = _text(value).strip()
        if not text and self.may_be_empty:
            return text
        if problem := address_problem(text):
            raise Wrong(f"is {_shown(value)}; {problem}")
        return text


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments; no shell comes between."""

    def read(self, value: object) -> tuple[str, ...]:
        """Return the words. Raises Wrong."""
        if not isinstance(value, list) or not value or not all(isinstance(part, str) and part for part in value):
            raise Wrong('must be a list of words, for example ["pass", "show", "mail/agent"]')
        return tuple(value)


@dataclass(frozen=True, slots=True)
class Credential:
    """The name of a systemd credential; read as the path of its file."""


def make_converter(folder: Path, credentials: Path) -> Converter:
    """Return cattrs as the config wants it; `folder` is the config's own, `credentials` holds systemd's secrets."""
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(str, lambda value, _: _text(value))
    converter.register_structure_hook(bool, lambda value, _: _yes_or_no(value))
    converter.register_structure_hook(Path, lambda value, _: _path(value, folder))
    converter.register_structure_hook(StrEnum, _choice)  # without it the hook for `str` would make them bare strings

    def annotated(kind: Any) -> Callable[[object, object], object]:
        reader = kind.__metadata__[0]
        if isinstance(reader, Credential):
            return lambda value, _: _credential(value, credentials)
        return lambda value, _: reader.read(value)

    converter.register_structure_hook_factory(_is_annotated, annotated)
    return converter


def _is_annotated(kind: Any) -> bool:
    return bool(get_origin(kind) is Annotated)


def _credential(value: object, credentials: Path) -> Path:
    name = _text(value)
    if not name or "/" in name or name.startswith("."):
        raise Wrong(f"is {_shown(value)}; write the bare name behind LoadCredential=")
    return credentials / name


def _shown(value: object) -> str:
    """The value as the file has it, short."""
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    shown = "".join(one if one.isprintable() else " " for one in shown)
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Wrong(f'is {_shown(value)}; write text in quotes, "{_shown(value)}"')
    if any(ord(one) < 32 or ord(one) == 127 for one in value):
        raise Wrong("holds a line break or another control character; take it out")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"is {_shown(value)}; write true or false")
    return value


def _path(value: object, folder: Path) -> Path:
    text = _text(value)
    if not text:
        raise Wrong("is empty; write a path, or take the line out")
    return folder / text


def _choice(value: object, kind: type[StrEnum]) -> StrEnum:
    text, names = _text(value), [one.value for one in kind]
    if text in names:
        return kind(text)
    right = nearest(text, names)
    hint = f'did you mean "{right}"?' if right else "write " + " or ".join(f'"{name}"' for name in names)
    raise Wrong(f'is "{text}"; {hint}')
