"""Answers that a writer put into our quoted form itself, behind the quote marks: `> Hours: 2`.

A quoted line is his own only in the form of the very mail that he answers, below its hint and above its signature, once
quoted, and where it is not as we sent it. So neither an older report further down nor a brief's own words become one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mailagent.mail.labels import job_line, labelled
from mailagent.mail.reply import OWN, QUOTED, Marks

_DELIMITER = "--"
_LONG_ENOUGH = 12  # characters of a piece of the hint, however it was wrapped, that make it known
_QUOTES = ">＞"


@dataclass(frozen=True, slots=True)
class _Form:
    """The form of a mail of ours: the hint above it, its lines, what they ask, and the lines of the signature below.

    Lines are without needless blanks.
    """

    hint: str
    lines: frozenset[str]
    fields: frozenset[str]
    signature: frozenset[str]

    def is_hinted_at(self, line: str) -> bool:
        """Tell whether a line is the hint, or a piece of it."""
        return bool(line) and (self.hint.endswith(line) or (len(line) >= _LONG_ENOUGH and line in self.hint))


def with_answers(marks: Marks, sent_texts: Iterable[str], languages: tuple[str, ...]) -> Marks:
    """The same lines, those quoted ones that answer a form of ours turned into the writer's own."""
    if QUOTED not in marks.kinds:
        return marks
    for text in sent_texts:
        form = _form_of(text, languages)
        found = _answers(marks, form, languages) if form is not None else {}
        if found:
            return _as_own(marks, found)
    return marks


def _form_of(text: str, languages: tuple[str, ...]) -> _Form | None:
    """The last thing before the signature, as far up as there are labels and keys alone."""
    above, _, below = text.replace("\r", "").partition(f"\n{_DELIMITER} ")
    rows, signature = ([line for line in map(_plain, part.split("\n")) if line] for part in (above, below))
    form: list[str] = []
    while rows and (labelled(rows[-1], languages) is not None or job_line(rows[-1]) is not None):
        form.append(rows.pop())
    found = [labelled(row, languages) for row in form]
    if not rows or not form:
        return None
    asked = frozenset(one.field for one in found if one is not None)
    return _Form(rows[-1], frozenset(form), asked, frozenset((_DELIMITER, *signature)))


def _answers(marks: Marks, form: _Form, languages: tuple[str, ...]) -> dict[int, str]:
    """The places of lines that answer the form, and what was typed there."""
    found: dict[int, str] = {}
    is_near = is_inside = False
    for place, (text, kind) in enumerate(zip(marks.texts, marks.kinds, strict=True)):
        line = _unquoted(text) if kind == QUOTED else None
        if not line:
            continue
        if is_inside and line in form.signature:  # HTML has it without the delimiter
            break
        asked = labelled(line, languages)
        if not is_inside and asked is not None and is_near and asked.field in form.fields:
            is_inside = True
        if is_inside and line not in form.lines:
            found[place] = line
        is_near = is_near or form.is_hinted_at(line)
    return found


def _as_own(marks: Marks, found: dict[int, str]) -> Marks:
    texts, kinds, whys = list(marks.texts), list(marks.kinds), list(marks.whys)
    for place, line in found.items():
        texts[place], kinds[place], whys[place] = line, OWN, "it answers a line of our form, inside the quote"
    return replace(marks, texts=tuple(texts), kinds=tuple(kinds), whys=tuple(whys))


def _unquoted(text: str) -> str | None:
    """A line without its quote mark; None for one that is quoted twice."""
    head = text[: len(text) - len(text.lstrip(_QUOTES + " \t"))]
    return _plain(text[len(head) :]) if sum(map(head.count, _QUOTES)) <= 1 else None


def _plain(line: str) -> str:
    return " ".join(line.split())
