"""The text side of the configuration: where a key stands, what is wrong with it in words, the config as TOML again.

Knows TOML only as lines: `edge/config` reads the values.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import attrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

Key = tuple[str, ...]

_HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=(.*)$"""
)
_INLINE_KEY = re.compile(r"[{,]\s*([A-Za-z0-9_-]+)\s*=")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_SECRET_WORDS = ("password", "passwd", "secret", "passphrase")


class Wrong(ValueError):
    """A value that cannot be used; the text is a whole sentence about it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key it is about (empty for the file) and what to do."""

    key: Key
    sentence: str
    line: int | None = None


@dataclass(slots=True)
class Places:
    """Where each key and table of a TOML text stands: line numbers from 1."""

    lines: dict[Key, int] = field(default_factory=dict)

    def line(self, key: Key) -> int | None:
        """Return the line of `key`, else of the nearest table around it, else None."""
        for length in range(len(key), 0, -1):
            found = self.lines.get(key[:length])
            if found is not None:
                return found
        return None


def find_places(text: str) -> Places:
    """Scan `text` for its keys. Good enough to point at a line; multi-line strings and arrays are skipped over."""
    places = Places()
    table: Key = ()
    closes: str | None = None  # what ends the multi-line value that we are in
    for number, line in enumerate(text.split("\n"), 1):
        if closes is not None:
            closes = None if closes in line else closes
            continue
        if header := _HEADER.match(line):
            table = _parts(header[1])
            places.lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            key, value = (*table, *_parts(assignment[1])), assignment[2].strip()
            places.lines.setdefault(key, number)
            for inner in _INLINE_KEY.findall(value) if value.startswith("{") else ():
                places.lines.setdefault((*key, inner), number)
            closes = _opened(value)
    return places


def explain(error: ClassValidationError, key: Key, sections: Sequence[type]) -> list[Problem]:
    """Turn what cattrs found into problems; `sections` are all classes, for keys in the wrong table."""
    problems = []
    noted, plain = error.group_exceptions()
    for inner, note in noted:
        here = (*key, note.name)
        if isinstance(inner, ClassValidationError):
            problems += explain(inner, here, sections)
        elif isinstance(inner, KeyError):
            problems.append(Problem(here, f"is missing: {_help(error.cl, note.name)}"))
        elif isinstance(inner, Wrong):
            problems.append(Problem(here, str(inner)))
        else:
            problems.append(Problem(here, f"must be a table, [{'.'.join(here)}]"))
    for inner in plain:
        if isinstance(inner, ForbiddenExtraKeysError):
            problems += [
                Problem((*key, name), unknown(name, key, inner.cl, sections)) for name in sorted(inner.extra_fields)
            ]
        else:
            problems.append(Problem(key, str(inner)))
    return problems


def unknown(name: str, table: Key, shape: type, sections: Sequence[type]) -> str:
    """Say that there is no such setting, with the nearest right one; a password's value is never repeated."""
    if any(word in name.lower() for word in _SECRET_WORDS) and not nearest(name, _names(shape), 0.9):
        return "does not stand in this file; name a password_file, password_command, password_env or credential"
    right = nearest(name, _names(shape))
    if right:
        return f"is no setting; did you mean {'.'.join((*table, right))}?"
    for section in sections:
        if name in _names(section):
            return f"is no setting here; it belongs into [{section.__name__.lower()}]"
    return f"is no setting; [{'.'.join(table)}] knows {', '.join(_names(shape))}"


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name most like `name`, or None where none is alike."""
    import difflib  # needed for mistakes alone, and a third of a megabyte

    found = difflib.get_close_matches(name.lower(), list(names), 1, cutoff)
    return found[0] if found else None


def syntax_problem(error: ValueError) -> Problem:
    """Turn tomllib's own complaint into a problem with its line."""
    text = str(error)
    place = _AT_LINE.search(text)
    return Problem((), f"is not TOML: {_AT_LINE.sub('', text)}", int(place[1]) if place else None)


def tell(problems: Sequence[Problem], path: Path, places: Places) -> tuple[str, ...]:
    """Return `file:line: key: sentence` for each problem, in the order of the file."""
    placed = [(problem.line or places.line(problem.key), problem) for problem in problems]
    placed.sort(key=lambda one: (one[0] is None, one[0] or 0, one[1].key))
    return tuple(
        f"{path}{f':{line}' if line else ''}: {'.'.join(problem.key)}{' ' if problem.key else ''}{problem.sentence}"
        for line, problem in placed
    )


def section_name(one: "attrs.Attribute[object]") -> str:
    """Return the name that a field of a config class has in the file."""
    return str(one.metadata.get("section", one.name))


def as_toml(config: attrs.AttrsInstance) -> str:
    """Return the effective settings as TOML. No secret is read; the arguments of a password command are masked."""
    return "\n".join(_table(config, ())).strip() + "\n"


def _table(section: attrs.AttrsInstance, key: Key) -> list[str]:
    lines, inner = ([f"[{'.'.join(key)}]"] if key else []), []
    for one in attrs.fields(type(section)):
        value = getattr(section, one.name)
        if attrs.has(type(value)):
            inner += ["", *_table(value, (*key, section_name(one)))]
        elif value is not None:
            lines.append(f"{one.name} = {_value(one.name, value)}")
    return lines + inner


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple):
        masked = [value[0], *("***" for _ in value[1:])] if name == "password_command" else value
        return "[" + ", ".join(_value("", one) for one in masked) + "]"
    if isinstance(value, Enum):
        value = value.value
    elif isinstance(value, Path) and name.endswith("credential"):
        value = value.name
    text = str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _names(shape: type) -> list[str]:
    return [section_name(one) for one in attrs.fields(shape)]


def _help(shape: type, name: str) -> str:
    return str(attrs.fields_dict(shape)[name].metadata.get("help", "write it"))


def _parts(dotted: str) -> Key:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _opened(value: str) -> str | None:
    """What closes a value that does not end on its own line."""
    for quote in ('"""', "'''"):
        if value.startswith(quote) and value.count(quote) == 1:
            return quote
    return "]" if value.startswith("[") and "]" not in value else None
