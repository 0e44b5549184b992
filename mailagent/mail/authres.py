"""Authentication-Results as they are written (RFC 8601 section 2.2), by a real small grammar.

Any syntax error gives no result at all: what cannot be parsed was once trusted elsewhere. Comments and quoted strings
are read as such, so nothing that a sender puts into them is taken for a result (FAULTS B39).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LIMIT = 8 * 1024
_TOKEN = re.compile(r'[ \t\n]+|"(?:[^"\\\n]|\\.)*"|[;=()]|[^\s;=()"\\]+')
_COMMENT_MARK = re.compile(r"[()\\]")
_LITERAL_ID = re.compile(rb'[ \t\n]*([^\s;=()"\\]+)')
_BROKEN = ""  # no token is empty
_DELICATE = re.compile(r'[()"\\]')
_SIMPLE_TOKEN = re.compile(r"[;=]|[^\s;=]+")
_METHOD = re.compile(r"[A-Za-z0-9-]+(?:/[0-9]+)?\Z")
_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9_-]+)?\Z")


@dataclass(frozen=True, slots=True)
class Result:
    """One `method=result` with its properties (`header.from`, ...), names and result in lower case."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """Give a property's value in lower case; empty where it is missing or said twice."""
        values = [value.lower() for key, value in self.properties if key == name]
        return values[0] if len(values) == 1 else ""


@dataclass(frozen=True, slots=True)
class Results:
    """A whole field: which server says it, in lower case, and what."""

    authserv_id: str
    results: tuple[Result, ...]


def parse_results(value: str) -> Results | None:
    """Parse the value of one Authentication-Results field; None where it is not that."""
    if len(value) > _LIMIT:
        return None
    tokens = list(_tokens(value))
    if _BROKEN in tokens:
        return None
    head, *rest = _sections(tokens)
    authserv_id = _authserv_id(head)
    if authserv_id is None or not rest:
        return None
    if not rest[-1] and len(rest) > 1:  # a semicolon at the end is common and harmless
        rest.pop()
    results: list[Result] = []
    for section in rest:
        if section == ["none"] and len(rest) == 1:
            break
        one = _result(section)
        if one is None:
            return None
        results.append(one)
    return Results(authserv_id, tuple(results))


def leading_id(value: bytes) -> bytes:
    """Give the authserv-id that the bytes of a field begin with, in lower case; empty where there is none.

    The grammar allows a comment before it, quotes around it and much more that becomes the same name once it is
    decoded. No server writes that, and the regular expressions by which servers strip what others wrote under their
    name do not see it: only an id that stands there letter by letter is one.
    """
    found = _LITERAL_ID.match(value)
    return found[1].lower() if found else b""


def _tokens(value: str) -> Iterator[str]:
    """Cut into words, quoted strings and `;` `=`, without white space and comments; _BROKEN where that fails."""
    if not _DELICATE.search(value):
        yield from _SIMPLE_TOKEN.findall(value)
        return
    depth = position = 0
    while position < len(value):
        if depth:  # inside a comment only parentheses and backslashes count
            depth, position = _skip_comment(value, depth, position)
            continue
        match = _TOKEN.match(value, position)
        if match is None or match[0] == ")":
            yield _BROKEN
            return
        position = match.end()
        if match[0] == "(":
            depth = 1
        elif not match[0].isspace():
            yield match[0]
    if depth:
        yield _BROKEN


def _skip_comment(value: str, depth: int, position: int) -> tuple[int, int]:
    mark = _COMMENT_MARK.search(value, position)
    if mark is None:
        return depth, len(value)
    if mark[0] == "\\":
        return depth, mark.end() + 1
    return depth + (1 if mark[0] == "(" else -1), mark.end()


def _sections(tokens: list[str]) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for token in tokens:
        if token == ";":
            sections.append([])
        else:
            sections[-1].append(token)
    return sections


def _authserv_id(head: list[str]) -> str | None:
    if not head or len(head) > 2 or "=" in head or (len(head) == 2 and not head[1].isdigit()):
        return None
    return _unquoted(head[0]).lower() or None


def _result(section: list[str]) -> Result | None:
    """Read `method = result *(name = value)`."""
    if len(section) < 3 or len(section) % 3 or set(section[1::3]) != {"="} or "=" in section[0::3] + section[2::3]:
        return None
    names, values = section[0::3], section[2::3]
    if not _METHOD.match(names[0]) or not all(_NAME.match(name) for name in names[1:]):
        return None
    properties = tuple((name.lower(), _unquoted(value)) for name, value in zip(names[1:], values[1:], strict=True))
    return Result(names[0].partition("/")[0].lower(), values[0].lower(), properties)


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token
