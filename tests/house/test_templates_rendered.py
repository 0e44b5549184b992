"""Every letter is rendered with a full and a bare value; text and HTML say the same; the form stands as it must."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from mailagent.core.letters import Contents
from mailagent.core.model import LetterKind
from mailagent.edge.templates import Frame, Rendered, Templates
from mailagent.samples import SAMPLES, kind_of
from tests.house.letters_full_and_bare import BARE, FULL, FULL_FRAME

TEMPLATES = Templates()
CASES = [
    pytest.param(kind, *values[kind], id=f"{kind.value}-{name}")
    for name, values in (("full", FULL), ("bare", BARE))
    for kind in LetterKind
] + [pytest.param(kind_of(name), one.contents, one.frame, id=f"sample-{name}") for name, one in SAMPLES.items()]
FORM_KINDS = (LetterKind.BRIEF, LetterKind.RECEIPT, LetterKind.UNCLEAR, LetterKind.NUDGE)


class Page(HTMLParser):
    """What an HTML mail shows, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent += tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
            self.lines += [data.strip()] if data.strip() else []


def said(text: str) -> Counter[str]:
    """The words, without case, punctuation and the marks of Markdown."""
    return Counter(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize(("kind", "contents", "frame"), CASES)
def test_a_letter_can_be_written(kind: LetterKind, contents: Contents, frame: Frame) -> None:
    rendered = TEMPLATES.render(kind, contents, frame)

    assert rendered.subject
    assert "\n" not in rendered.subject
    assert rendered.text.startswith("Hello ")
    assert rendered.text.endswith("\n")
    for part in (rendered.subject, rendered.text, rendered.html):
        assert not re.search(r"\{\{|\{%|None|Undefined|<built-in", part)


@pytest.mark.parametrize(("kind", "contents", "frame"), CASES)
def test_text_and_html_say_the_same(kind: LetterKind, contents: Contents, frame: Frame) -> None:
    rendered = TEMPLATES.render(kind, contents, frame)

    assert said(" ".join(Page(rendered.html).words)) == said(rendered.text)


@pytest.mark.parametrize(("kind", "contents", "frame"), CASES)
def test_the_text_reads_well(kind: LetterKind, contents: Contents, frame: Frame) -> None:
    text = TEMPLATES.render(kind, contents, frame).text

    assert "\n\n\n" not in text
    assert "  " not in text
    assert not re.search(r" [.,:;!?]", text)
    assert [line for line in text.split("\n") if line != line.rstrip() and line != "-- "] == []
    assert not re.search("[“”„‘’]", text), "curly quotes make some programs change the charset of the answer"


@pytest.mark.parametrize(("kind", "contents", "frame"), CASES)
def test_the_html_is_fit_for_mail_programs(kind: LetterKind, contents: Contents, frame: Frame) -> None:
    html = TEMPLATES.render(kind, contents, frame).html
    page = Page(html)
    names = {name for name, _ in page.tags}

    assert html.startswith("<!doctype html>\n")
    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in page.tags
    assert ("meta", {"charset": "utf-8"}) in page.tags
    assert not {"title", "img", "script", "link", "iframe", "form", "input"} & names
    assert not any("src" in attributes or "background" in attributes for _, attributes in page.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert len(html.encode()) < 80_000
    tables = [attributes for name, attributes in page.tags if name == "table"]
    assert all(table.get("role") in ("presentation", "table") for table in tables)
    assert not (tables and kind in FORM_KINDS), "answers typed inside a table do not stay where they belong"


@pytest.mark.parametrize("kind", FORM_KINDS)
def test_the_form_is_the_last_thing_before_the_signature(kind: LetterKind) -> None:
    text = TEMPLATES.render(kind, FULL[kind][0], FULL_FRAME).text

    body, _, signature = text.partition("\n\n-- \n")
    assert body.endswith(f"{FULL_FRAME.form_hint}\n\n" + "\n\n".join(FULL_FRAME.form))
    assert signature == "Studio work desk\na program that works for Dana Reed\nRef: J12\n"


@pytest.mark.parametrize("kind", FORM_KINDS)
def test_in_html_each_form_line_is_a_div_with_a_blank_one_between(kind: LetterKind) -> None:
    html = TEMPLATES.render(kind, FULL[kind][0], FULL_FRAME).html

    lines = "\n<div><br></div>\n".join(f"<div>{line}</div>" for line in (FULL_FRAME.form_hint, *FULL_FRAME.form))
    assert lines in html


@pytest.mark.parametrize("kind", FORM_KINDS)
def test_nothing_but_the_form_looks_like_an_answer(kind: LetterKind) -> None:
    text = TEMPLATES.render(kind, FULL[kind][0], FULL_FRAME).text

    labelled = re.findall(r"(?im)^[\W_]*((?:done|hours|next|blocked|status|question|need)\s*[:=-].*)$", text)
    assert tuple(labelled) == FULL_FRAME.form


@pytest.mark.parametrize("kind", [LetterKind.RECEIPT, LetterKind.UNCLEAR])
def test_the_subject_of_a_jobs_mails_is_fixed(kind: LetterKind) -> None:
    assert TEMPLATES.render(kind, FULL[kind][0], FULL_FRAME).subject == "Re: [J12] Clean the leads list"


def test_the_brief_opens_the_thread() -> None:
    assert TEMPLATES.render(LetterKind.BRIEF, *FULL[LetterKind.BRIEF]).subject == "[J12] Clean the leads list"


def test_a_letter_to_a_worker_is_reached_in_one_screen_and_small() -> None:
    for kind in FORM_KINDS:
        rendered: Rendered = TEMPLATES.render(kind, FULL[kind][0], FULL_FRAME)
        assert len(rendered.text.encode()) + len(rendered.html.encode()) < 15_000
