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
_MARGIN = _QUOTES + " \t"


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
    form: set[str] = set()
    asked: set[str] = set()
    for line in filter(None, map(_plain, reversed(above.split("\n")))):
        found = labelled(line, languages)
        if found is None and job_line(line) is None:
            signature = (_DELIMITER, *filter(None, map(_plain, below.split("\n"))))
            return _Form(line, frozenset(form), frozenset(asked), frozenset(signature)) if form else None
        form.add(line)
        if found is not None:
            asked.add(found.field)
    return None


def _answers(marks: Marks, form: _Form, languages: tuple[str, ...]) -> dict[int, str]:
    """The places of lines that answer the form, and what was typed there."""
    whole = "\n".join(marks.texts)
    hint_at = whole.find(form.hint[:_LONG_ENOUGH])  # however it was wrapped, so much of it stands in one line
    if hint_at < 0:
        return {}
    first = whole.count("\n", 0, hint_at)
    found: dict[int, str] = {}
    is_near = is_inside = False
    for place, (text, kind) in enumerate(zip(marks.texts[first:], marks.kinds[first:], strict=True), first):
        if kind != QUOTED:
            continue
        line = _unquoted(text)
        if not line:
            continue
        if is_inside and line in form.signature:  # HTML has it without the delimiter
            break
        if not is_inside and is_near:
            asked = labelled(line, languages)
            is_inside = asked is not None and asked.field in form.fields
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
    head = text[: len(text) - len(text.lstrip(_MARGIN))]
    return _plain(text[len(head) :]) if len(head.replace(" ", "").replace("\t", "")) <= 1 else None


def _plain(line: str) -> str:
    return " ".join(line.split())
