"""The tree of an HTML mail -> the lines that a reader sees, with their quote depth and what the program calls them.

Nothing is loaded, nothing runs. What a reader does not see (comments, titles, hidden or white text) is left out (FAULTS
B08, B09). A quoted line gets the `> ` that a plain mail would have, so one model reads both.
"""

import re
from dataclasses import dataclass, replace
from typing import Protocol

from mailagent.mail.charsets import clean

MARKUP_LIMIT = 256 * 1000  # characters; selectolax stays linear below NESTING_LIMIT
NESTING_LIMIT = 256  # 50,000 nested <div> take selectolax 1.0 3.4 s; real mail stays under a hundred
COPIES_LIMIT = 100_000

# What a mail program says about a piece of its HTML.
SAID_ATTRIBUTION = "attribution"
SAID_QUOTE = "quote"
SAID_SIGNATURE = "signature"


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _names(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form"
    " h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody tfoot thead tr ul"
)
_UNSEEN = _names("head style script title template noscript svg object iframe select textarea audio video map")
_UNCLOSED = _names("area base br col dd dt embed hr img input li link meta option p source tbody td th thead tr wbr")
_FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")

# Class or id, without the `x_` that Outlook puts before those of others -> what it says. Golden mails show each.
_SAYS = {
    "gmail_attr": SAID_ATTRIBUTION,
    "moz-cite-prefix": SAID_ATTRIBUTION,
    "reply-intro": SAID_ATTRIBUTION,  # Roundcube 1.6
    "divrplyfwdmsg": SAID_ATTRIBUTION,  # Outlook on the web and mobile
    "outlookmessageheader": SAID_ATTRIBUTION,
    "yahoo_quoted": SAID_QUOTE,
    "protonmail_quote": SAID_QUOTE,
    "tutanota_quote": SAID_QUOTE,
    "zmail_extra": SAID_QUOTE,
    "olk_src_body_section": SAID_QUOTE,  # Outlook for Mac
    "mail-editor-reference-message-container": SAID_QUOTE,  # new Outlook
    "isreplycontent": SAID_QUOTE,  # 163.com
    "ntes-mailmaster-quote": SAID_QUOTE,
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|max-height|opacity)\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all"
)
_WHITE = re.compile(r"(?:^|;)\s*color\s*:\s*(?:#fff(?:fff)?\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))")


class Node(Protocol):
    """What is used of a selectolax node."""

    @property
    def tag(self) -> str | None:
        """Lower case; `-text` and `-comment` for what is no element."""
        ...

    @property
    def text_content(self) -> str | None:
        """Of a text node."""
        ...

    @property
    def attributes(self) -> dict[str, str | None]:
        """Of an element; a bare one is None."""
        ...

    @property
    def first_child(self) -> "Node | None":
        """In document order."""
        ...

    @property
    def next(self) -> "Node | None":
        """The next sibling."""
        ...


@dataclass(frozen=True, slots=True)
class Marked:
    """A line of text and what the mail program said it is; empty where it said nothing."""

    text: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the page we are."""

    depth: int = 0
    said: str = ""
    is_preformatted: bool = False
    has_background: bool = False


def is_too_nested(markup: str) -> bool:
    """Tell whether the tree would be deeper or wider than a parser can bear; counted without parsing, never too low.

    Each block that opens inside unclosed formatting gets a copy of all of it (WHATWG HTML, section 13.2.4.3).
    """
    depth = formatting = copies = 0
    for closing, name in _TAG.findall(markup):
        name = name.lower()
        step = -1 if closing else 1
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
        elif not closing:
            copies += formatting
        if name not in _UNCLOSED:
            depth = max(0, depth + step)
        if depth > NESTING_LIMIT or copies > COPIES_LIMIT:
            return True
    return False


def flat_lines(markup: str) -> list[Marked]:
    """Take the tags out without parsing: what is left for a page that is nested too deep."""
    import html  # half a megabyte of entities that hardly any mail needs

    text = clean(html.unescape(_ANY_TAG.sub("\n", markup)))
    return [Marked(line.strip()) for line in text.split("\n") if line.strip()]


def lines_of(root: Node, most: int) -> list[Marked]:
    """Walk the tree of a page and give its lines; stop a little above `most`."""
    page = _Page()
    # (node, place) to open; (None, place) to close a block
    todo: list[tuple[Node | None, _Place]] = [(root, _Place())]
    while todo and len(page.lines) <= most:
        node, place = todo.pop()
        if node is None:
            page.end_line(place)
            continue
        following = node.next
        if following is not None:
            todo.append((following, place))
        tag = node.tag or ""
        if tag == "-text":
            page.add_text(node.text_content or "", place)
        elif tag not in _UNSEEN and not tag.startswith("-"):
            _open(node, tag, place, page, todo)
    page.end_line(_Place())
    return page.lines


def _open(node: Node, tag: str, place: _Place, page: "_Page", todo: list[tuple[Node | None, _Place]]) -> None:
    attributes = node.attributes
    inner = _inner(tag, attributes, place) if attributes or tag in ("blockquote", "pre") else place
    if inner is None:
        return
    if tag == "br":
        page.end_line(place, is_forced=True)
        return
    if tag == "img":
        page.add_picture(attributes.get("alt") or "")
        return
    if tag in _BLOCKS:
        page.end_line(place)
        todo.append((None, inner))
        if tag == "li":
            page.add_bullet()
    elif tag in ("td", "th"):
        page.add_gap()
    child = node.first_child
    if child is not None:
        todo.append((child, inner))


def _inner(tag: str, attributes: dict[str, str | None], place: _Place) -> _Place | None:
    """The place inside an element, or None where nobody sees what is in it."""
    style = (attributes.get("style") or "").lower()
    has_background = place.has_background or "background" in style or "bgcolor" in attributes
    if "hidden" in attributes or _HIDDEN.search(style) or (not has_background and _WHITE.search(style)):
        return None
    said = _said(attributes) or place.said
    depth = place.depth + 1 if tag == "blockquote" else place.depth
    if (depth, said, has_background, tag == "pre" or place.is_preformatted) == (
        place.depth,
        place.said,
        place.has_background,
        place.is_preformatted,
    ):
        return place
    return replace(
        place,
        depth=depth,
        said=said,
        has_background=has_background,
        is_preformatted=place.is_preformatted or tag == "pre",
    )


def _said(attributes: dict[str, str | None]) -> str:
    for key in ("class", "id", "name", "data-smartmail"):
        value = attributes.get(key)
        for word in (value or "").lower().split():
            said = _SAYS.get(word.removeprefix("x_"), "")
            if said:
                return said
            if "signature" in word:
                return SAID_SIGNATURE
    return ""


class _Page:
    """Lines as they are being built; `_line` holds the pieces of the one that is open."""

    def __init__(self) -> None:
        self.lines: list[Marked] = []
        self._line: list[str] = []
        self._said = ""
        self._bullet = ""

    def add_bullet(self) -> None:
        """The next text starts a list item, however many blocks it stands in."""
        self._bullet = "- "

    def add_text(self, text: str, place: _Place) -> None:
        if place.is_preformatted:
            first, *rest = text.split("\n")
            self._add(first, place)
            for line in rest:
                self.end_line(place, is_forced=True)
                self._add(line, place)
            return
        self._add(_SPACE.sub(" ", text), place)

    def add_picture(self, alt: str) -> None:
        """Emoji are pictures in some programs; anything longer describes a picture and is not the writer's word."""
        if len(alt) <= 8 and alt and not alt.isascii():
            self._line.append(alt)

    def add_gap(self) -> None:
        if self._line:
            self._line.append(" ")

    def end_line(self, place: _Place, *, is_forced: bool = False) -> None:
        text = "".join(self._line)
        if text.strip(" ") or is_forced:
            prefix = ">" * place.depth
            line = " ".join(clean(text).split())
            self.lines.append(
                Marked(f"{prefix} {line}" if prefix and line else prefix or line, self._said or place.said)
            )
        self._line = []
        self._said = ""

    def _add(self, text: str, place: _Place) -> None:
        if not self._line:
            text = text.lstrip(" ")
            self._said = place.said
            if text:
                text, self._bullet = self._bullet + text, ""
        if text:
            self._line.append(text)
