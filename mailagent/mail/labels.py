"""`Done: ...` at the start of a line: which field it names and what stands behind it. Labels come from languages/."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailagent.mail.languages import language

_HEAD_LIMIT = 60  # a label and its separator stand within the first characters of a line
_MARKS = " \t>*_#•●▪·–—-"  # bullets, bold, quote marks
_NUMBER = re.compile(r"[0-9]{1,2}[.)]\s*")
# A dash separates only where a blank follows it: `Hours -1.5` keeps its minus.
_DASH = re.compile(r"\s?[–—-](?=\s|\Z)")
_CLOCK = re.compile(r"\s*(?:[7-9]|1[0-9]|2[0-3]):[0-5][0-9]\b")
_KEY = re.compile(
    r"[\s*_#>•-]{0,8}(?:[Jj]ob\s{0,3}[:#]?\s{0,3})?"
    r"(?:\[(J[1-9][0-9]{0,8})\][*_]{0,3}(?:\s{0,3}[:：.–—-])?(?:\s(.*))?|(J[1-9][0-9]{0,8})[*_]{0,3}\s{0,3}(?:[:：.–—-](.*))?)\Z"
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A field (words.DONE ...) and the text behind its label, stripped."""

    field: str
    value: str


def labelled(line: str, languages: tuple[str, ...]) -> Labelled | None:
    """Read a line that starts with a label of one of the languages, English always among them."""
    field, end = _label(line[:_HEAD_LIMIT], languages)
    return Labelled(field, _behind(line, end)) if field else None


@lru_cache(maxsize=1024)
def _label(head: str, languages: tuple[str, ...]) -> tuple[str, int]:
    """The field that the start of a line names and where its separator ends; ("", 0) for none. Asked often."""
    colon = min((place for place in map(head.find, (":", "：", "=")) if place >= 0), default=-1)
    if colon > 0:
        found = _named(head[:colon], languages)
        if found and not _is_appointment(head, colon, languages):
            return found, colon + 1
    if "-" in head or "–" in head or "—" in head:
        dash = _DASH.search(head, len(head) - len(head.lstrip(_MARKS)) + 1)
        if dash:
            found = _named(head[: dash.start()], languages)
            return (found, dash.end()) if found else ("", 0)
    return "", 0


def _is_appointment(head: str, colon: int, languages: tuple[str, ...]) -> bool:
    """`Time: 10:30` says when, not how long."""
    is_clock = _CLOCK.match(head, colon + 1) is not None
    return is_clock and head[:colon].strip(_MARKS).lower() in phrases(languages, "clock_labels")


def _named(label: str, languages: tuple[str, ...]) -> str:
    """The field that a label names, whatever bullet, number or bold stands around it; empty for none."""
    words = label.strip(_MARKS)
    if words[:1].isdigit():
        words = _NUMBER.sub("", words, count=1).strip(_MARKS)
    return label_words(languages).get(" ".join(words.lower().replace("’", "'").split()), "")


def _behind(line: str, place: int) -> str:
    """The text behind a separator; `:-` is one too, and bold that began at the label may end here."""
    if line[place : place + 1] == "-" and not line[place + 1 : place + 2].strip():
        place += 1
    value = line[place:].strip()
    marks = line[: len(line) - len(line.lstrip(_MARKS))]
    return value.lstrip("*_ ") if marks[-1:] in ("*", "_") else value


def job_line(line: str) -> tuple[str, str] | None:
    """Read a line that only names a job, `J12` or `[J12] Title: ...`: its key and what stands behind it."""
    match = _KEY.match(line) if "J" in line and len(line) <= 200 else None
    return (match[1] or match[3], (match[2] or match[4] or "").strip()) if match else None


@lru_cache(maxsize=32)
def label_words(languages: tuple[str, ...]) -> dict[str, str]:
    """Every label word of these languages and of English, and the field it names."""
    return {word: field for code in (*languages, "en") for field, words in language(code).labels for word in words}


def phrases(codes: Iterable[str], name: str) -> frozenset[str]:
    """All words that these languages and English have under `name`."""
    return _phrases((*codes, "en"), name)


@lru_cache(maxsize=128)
def _phrases(codes: tuple[str, ...], name: str) -> frozenset[str]:
    return frozenset(word for code in codes for word in getattr(language(code), name))
