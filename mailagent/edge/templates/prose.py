"""A brief's prose, written in Markdown, as HTML for a mail: no raw HTML, no pictures, no colours."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:  # a brief needs it, the daemon's loop does not
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_URL = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}]")
_STYLES = {
    "p": "margin:0 0 16px",
    "ul": "margin:0 0 16px;padding:0 0 0 24px",
    "ol": "margin:0 0 16px;padding:0 0 0 24px",
    "blockquote": "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #8a8a8a",
    "pre": "margin:0 0 16px;white-space:pre-wrap",
}


@lru_cache(maxsize=1)
def _reader() -> "MarkdownIt":
    """CommonMark without raw HTML and pictures; a line break is a line break, as in the text part."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return reader.disable(["image", "html_block", "html_inline", "heading", "lheading"])


def prose(text: str) -> Markup:
    """Paragraphs, lists, emphasis and links of `text`, safe for HTML."""
    reader = _reader()
    tokens = reader.parse(text)
    for token in tokens:
        if token.nesting == 1 and token.tag in _STYLES:
            token.attrSet("style", _STYLES[token.tag])
        if token.children:
            token.children = list(_linked(token.children))
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # raw HTML is off in the reader


def _linked(tokens: "list[Token]") -> "Iterator[Token]":
    """Make addresses of web pages links, where they are not links yet."""
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            yield from _split(token.content)
        else:
            yield token


def _split(text: str) -> "Iterator[Token]":
    from markdown_it.token import Token

    at = 0
    for found in _URL.finditer(text):
        yield Token("text", "", 0, content=text[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": found[0]})
        yield Token("text", "", 0, content=found[0])
        yield Token("link_close", "a", -1)
        at = found.end()
    yield Token("text", "", 0, content=text[at:])


FILTERS: dict[str, Callable[..., Any]] = {"prose": prose}
