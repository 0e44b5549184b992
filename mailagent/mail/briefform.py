"""The grammar of a brief as a file: TOML front matter between `+++` lines, then Markdown headings (SPEC section 2).

    +++
    title = "40 leads for the spring fair"
    cap = "6h"
    +++
    ## Why ... ## How ... ## Accept (a bullet a criterion) ... ## Steps (`1. text - 45m`)

What is wrong is a value, not an exception: whoever wrote the brief gets all of it at once, each with what to write.
"""

import contextlib
import difflib
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime

from mailagent.core.briefs import MISSING, Draft, Lack, Part, complete, find_lacks
from mailagent.core.model import Brief, Step
from mailagent.mail.durations import parse_duration

LONGEST_BRIEF = 256 * 1024  # characters

_KEYS = ("title", "cap", "kind", "due")
_LATER_KEYS = ("count", "unit", "repeat", "restate", "report")
_SECTIONS = ("why", "how", "accept", "steps")
_HEADING = re.compile(r"##\s+(.*?)\s*#*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_BULLET = re.compile(r"[-*+•]\s+(.*)")
_NUMBERED = re.compile(r"\d{1,3}[.)]\s+(.*)")
_ESTIMATE = re.compile(r"(.*\S)\s+[-–—]\s+(\S.*)")
_NO_CAP = "none"

# What to write for each part; stands behind whatever is wrong with it.
_EXAMPLES = {
    Part.TITLE: 'write title = "40 leads for the spring fair" between the +++ lines',
    Part.CAP: 'write cap = "6h", the most hours that are paid, or cap = "none", between the +++ lines',
    Part.KIND: 'write kind = "va", or take the line out',
    Part.WHY: 'write "## Why" and under it, in a sentence or two, why it matters and who waits for it',
    Part.HOW: 'write "## How" and under it precisely what to do, where, and with which access',
    Part.ACCEPT: 'write "## Accept" and under it how the result is judged, a line each: - 40 rows, each with a name',
    Part.STEPS: 'write "## Steps" and under it small steps with their time, a line each: 1. Look at the sample - 45m',
}


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A brief that cannot go out: what it lacks, each a whole sentence with what to write."""

    sentences: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    """What was read so far, and what was wrong with it."""

    words: dict[str, str] = field(default_factory=dict)  # title, kind
    cap_minutes: int | None = None
    cap_is_named: bool = False
    due_on: date | None = None
    sections: dict[str, list[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    told: set[Part] = field(default_factory=set)  # parts whose own mistake makes "is missing" superfluous

    def complain(self, sentence: str, part: Part | None = None) -> None:
        """Take down what is wrong; `part` is then there, if badly, and not missing."""
        self.wrong.append(sentence)
        if part is not None:
            self.told.add(part)


def read_brief(text: str) -> Brief | Incomplete:
    """Read a brief file. Never raises; anything that lacks or cannot be read is named at once."""
    if len(text) > LONGEST_BRIEF:
        return Incomplete((f"the brief is longer than {LONGEST_BRIEF // 1024} kB; put the long parts into a file",))
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reading = _Reading()
    body = _read_front_matter(lines, reading)
    _read_body(body, reading)
    draft = Draft(
        title=reading.words.get("title", ""),
        why=_prose(reading, "why"),
        how=_prose(reading, "how"),
        accept=_criteria(reading),
        steps=_steps(reading),
        cap_minutes=reading.cap_minutes,
        cap_is_named=reading.cap_is_named,
        due_on=reading.due_on,
        kind=reading.words.get("kind", ""),
    )
    lacks = [_tell(lack) for lack in find_lacks(draft) if lack.problem != MISSING or lack.part not in reading.told]
    sentences = tuple(reading.wrong + lacks)
    return Incomplete(sentences) if sentences else complete(draft)


# --- front matter ---


def _read_front_matter(lines: list[str], reading: _Reading) -> list[str]:
    """Read what stands between the `+++` lines and return the lines behind it."""
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if lines[start].strip() != "+++":
        reading.complain("the first line must be +++, then title and cap, then +++ again")
        reading.told |= {Part.TITLE, Part.CAP}
        return lines
    end = next((number for number in range(start + 1, len(lines)) if lines[number].strip() == "+++"), None)
    if end is None:
        reading.complain("the second +++ line is missing; it ends title and cap")
        reading.told |= set(Part)
        return []
    try:
        table = tomllib.loads("\n".join(lines[start + 1 : end]))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reading.complain(f"between the +++ lines: {error}, counted from the line behind +++")
        reading.told |= {Part.TITLE, Part.CAP}
    else:
        for key, value in table.items():
            _read_key(key, value, reading)
    return lines[end + 1 :]


def _read_key(key: str, value: object, reading: _Reading) -> None:
    if key == "cap":
        _read_cap(value, reading)
    elif key == "due":
        _read_due(value, reading)
    elif key in _KEYS:
        if isinstance(value, str):
            reading.words[key] = " ".join(value.split())
        else:
            reading.complain(f"{key} is {value}; write it in quotes", Part(key))
    elif key in _LATER_KEYS:
        reading.complain(f"{key}: this version does not know it yet; take the line out")
    else:
        right = difflib.get_close_matches(key.lower(), _KEYS + _SECTIONS, 1)
        hint = f"did you mean {right[0]}?" if right else f"there are {', '.join(_KEYS)}"
        reading.complain(f"{key}: there is no such line between the +++ lines; {hint}")


def _read_cap(value: object, reading: _Reading) -> None:
    if not isinstance(value, str):
        reading.complain(f'cap is {value}; write a time in quotes, cap = "6h", or cap = "none"', Part.CAP)
        return
    minutes = None if value.strip().lower() == _NO_CAP else parse_duration(value)
    if minutes is None and value.strip().lower() != _NO_CAP:
        problem = f'"{value}" is no time' if value.strip() else "is empty"
        reading.complain(f"cap: {problem}; {_EXAMPLES[Part.CAP]}", Part.CAP)
        return
    reading.cap_minutes, reading.cap_is_named = minutes, True


def _read_due(value: object, reading: _Reading) -> None:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = date.fromisoformat(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        reading.due_on = value
    else:
        reading.complain(f'due: "{value}" is no date; write due = 2026-12-04')


# --- body ---


def _read_body(lines: list[str], reading: _Reading) -> None:
    """Sort the lines under their headings. A heading inside a code fence is text."""
    name, fence = "", ""
    for line in lines:
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        heading = None if fence else _HEADING.fullmatch(line)
        if heading is None:
            reading.sections.setdefault(name, []).append(line)
            continue
        name = heading[1].rstrip(":").strip().lower()
        if name in reading.sections:
            reading.complain(f'"## {heading[1]}" stands there twice; make one of it')
        elif name not in _SECTIONS:
            right = difflib.get_close_matches(name, _SECTIONS, 1, 0.7)
            hint = f'did you mean "## {right[0].title()}"?' if right else "there are Why, How, Accept and Steps"
            reading.complain(f'"## {_quote(heading[1])}": there is no such heading; {hint}')
        reading.sections.setdefault(name, [])
    if stray := " ".join(" ".join(reading.sections.pop("", [])).split()):
        reading.complain(f'"{_quote(stray)}" stands before the first heading; put it under ## Why or ## How')


def _prose(reading: _Reading, name: str) -> str:
    return "\n".join(reading.sections.get(name, [])).strip()


def _criteria(reading: _Reading) -> tuple[str, ...]:
    return tuple(_items(reading, Part.ACCEPT, (_BULLET, _NUMBERED), "- "))


def _steps(reading: _Reading) -> tuple[Step, ...]:
    return tuple(_step(item) for item in _items(reading, Part.STEPS, (_NUMBERED, _BULLET), "1. "))


def _step(item: str) -> Step:
    """Part an item at its last dash, where a time stands behind it."""
    parted = _ESTIMATE.fullmatch(item)
    minutes = parse_duration(parted[2]) if parted else None
    return Step(parted[1], minutes) if parted and minutes is not None else Step(item)


def _items(reading: _Reading, part: Part, marks: tuple[re.Pattern[str], ...], example: str) -> list[str]:
    """The items of a list; an indented line goes on with the item above it."""
    items: list[str] = []
    for line in reading.sections.get(part.value, []):
        words = line.strip()
        if not words:
            continue
        found = next((match for mark in marks if (match := mark.fullmatch(words))), None)
        if found:
            items.append(found[1].strip())
        elif items and line[:1] in " \t":
            items[-1] += " " + words
        else:
            reading.complain(
                f'{part.value}: "{_quote(words)}" is no item of the list; begin the line with "{example}"', part
            )
    return items


def _tell(lack: Lack) -> str:
    quoted = f': "{_quote(lack.quoted)}"' if lack.quoted else ""
    advice = f"; {_EXAMPLES[lack.part]}" if lack.problem == MISSING or lack.part is Part.KIND else ""
    return f"{lack.part.value}: {lack.problem}{quoted}{advice}"


def _quote(words: str) -> str:
    return words if len(words) <= 80 else words[:77] + "..."
