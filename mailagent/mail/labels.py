"""`Done: ...` at the start of a line: which field it names and what stands behind it. Labels come from languages/."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from mailagent.mail.languages import language

_LINE_LIMIT = 2000
# A bullet, a number, or marks of bold before the label; bold may also end before or behind the separator. A dash
# separates only where a blank follows it: `Hours -1.5` keeps its minus.
_LABEL = re.compile(
    r"[\s>*_#•●▪·–—-]{0,12}(?:[0-9]{1,2}[.)]\s{1,3})?[*_]{0,3}"
    r"([^\W\d_](?:[^\n:：=*_–—-]|-(?=\w)){0,30}?)"
    r"[*_]{0,3}\s{0,8}[*_]{0,3}(?:[:：]-?(?!\S)|[:：=]|[–—-](?=\s|\Z))[*_]{0,3}\s*(.*)\Z",
    re.DOTALL,
)
_KEY = re.compile(
    r"[\s*_#>•-]{0,8}(?:[Jj]ob\s{0,3}[:#]?\s{0,3})?\[?(J[1-9][0-9]{0,8})\]?[*_]{0,3}\s{0,3}(?:[:：.–—-]\s{0,3}(.*))?\Z"
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A field (words.DONE ...) and the text behind its label, stripped."""

    field: str
    value: str


def labelled(line: str, languages: tuple[str, ...]) -> Labelled | None:
    """Read a line that starts with a label of one of the languages, English always among them."""
    match = _LABEL.match(line[:_LINE_LIMIT])
    if match is None:
        return None
    field = label_words(languages).get(_plain(match[1]))
    return Labelled(field, (match[2] + line[_LINE_LIMIT:]).strip()) if field else None


def job_line(line: str) -> tuple[str, str] | None:
    """Read a line that only names a job, `J12` or `[J12] Title: ...`: its key and what stands behind it."""
    match = _KEY.match(line) if "J" in line and len(line) <= 200 else None
    return (match[1], (match[2] or "").strip()) if match else None


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


def _plain(label: str) -> str:
    return " ".join(label.lower().replace("’", "'").split())
