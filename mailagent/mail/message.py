"""A mail's bytes -> its fields, its parts and the text that a person would read. Limits come first.

RFC 5322, RFC 2045 to 2047, RFC 2183, RFC 3676. The stdlib parser builds the tree (compat32: it raises on nothing and
decodes nothing), held by limits on fields, depth and parts that it does not have of its own (FAULTS B01 to B35).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email._policybase import Compat32
from email.feedparser import FeedParser
from email.message import Message

from mailagent.mail import markup
from mailagent.mail.charsets import clean, decode, one_line
from mailagent.mail.flowed import unflow
from mailagent.mail.headers import Headers, parse_parameters, unify_line_ends
from mailagent.mail.markup import Marked
from mailagent.mail.wire import Attachment, Limits

_FIELD_LIMIT = 2 * 1024  # of a part's own field: the stdlib takes seconds for 5,000 parameters (FAULTS B25)
_MULTIPART_LIMIT = 512  # a boundary has at most 70 characters (RFC 2046 section 5.1.1)
_LINE_LIMIT = 8 * 1024
_CHUNK = 64 * 1024
_ENCODED = 4  # encoded bytes that make one: quoted-printable takes three
_SOLE_ATTACHMENT_LIMIT = 64 * 1024  # FAULTS B06: text attached where the body should be
_NAME_LIMIT = 100
_CONTENT_FIELDS = ("content-type", "content-transfer-encoding", "content-disposition")
_BASE64_START = re.compile(r"\s*[A-Za-z0-9+/=]*[ \t]*(?:\n|\Z)")  # a first line that can be base64
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]')


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part that holds content. `content` gives its bytes as decoded; `params` are those of Content-Type."""

    kind: str  # lower case, `text/plain`
    charset: str
    is_flowed: bool
    is_delsp: bool
    method: str  # of text/calendar (RFC 5546)
    name: str
    is_attachment: bool
    part: "Message[str, str]"

    def content(self) -> bytes:
        """Undo the transfer encoding; broken ones give what can be had (FAULTS B12)."""
        if self.is_base64:
            text = self.part.get_payload()
            if isinstance(text, str) and not _BASE64_START.match(text):
                return text.encode("utf-8", "surrogateescape")
        payload = self.part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""

    @property
    def is_base64(self) -> bool:
        """Tell whether the part says that it is in base64."""
        return str(self.part.get("content-transfer-encoding", "")).strip().lower() == "base64"


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail within the limits: its fields, and its tree with the leaves in order."""

    headers: Headers
    root: "Message[str, str]"
    leaves: tuple[Leaf, ...]
    attachments: tuple[Attachment, ...]
    is_cut: bool = False  # one part, longer than what is looked at


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A mail that breaks a limit; `problem` is a sentence."""

    problem: str


@dataclass(frozen=True, slots=True)
class Body:
    """The text that is looked at: what a person would read first."""

    texts: tuple[str, ...]  # line by line
    truncated: bool
    writer: str = ""  # the display name in From
    said: tuple[str, ...] = ()  # of HTML: what the mail program says each line is

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        return sum(map(len, self.texts)) + 100 * len(self.texts)


def header_block(raw: bytes, limits: Limits) -> Headers:
    """Read the fields of a header block, or of as much of it as the limit allows."""
    block, end = unify_line_ends(raw[: limits.header_bytes])
    return Headers(block[:end])


def open_message(raw: bytes, limits: Limits) -> InboundMail | Unreadable:
    """Parse a whole mail within `limits`."""
    if len(raw) > limits.message_bytes:
        return Unreadable(f"The mail is larger than {limits.message_bytes // (1024 * 1024)} MiB.")
    raw, end = unify_line_ends(raw)
    if end > limits.header_bytes:
        return Unreadable(f"The header is larger than {limits.header_bytes // 1024} KiB.")
    headers = Headers(raw[:end])
    if headers.count > limits.header_fields:
        return Unreadable(f"The header has more than {limits.header_fields} fields.")
    if raw.count(b"\n") > limits.lines:
        return Unreadable(f"The mail has more than {limits.lines} lines.")
    try:
        start = end + 2 if end else 1 if raw.startswith(b"\n") else 0
        root = _tree(headers, raw, start, limits)
    except _TooMuch as error:
        return Unreadable(str(error))
    leaves = tuple(_leaves(root))
    whole = len(raw) - start if not root.is_multipart() else None
    listed = tuple(Attachment(leaf.name, _size(leaf, whole)) for leaf in leaves if leaf.is_attachment or leaf.name)
    return InboundMail(headers, root, leaves, listed, is_cut=(whole or 0) > _ENCODED * limits.text_bytes)


def body_of(mail: InboundMail, limits: Limits) -> Body:
    """Choose and decode the text that a person would read first, within `limits`."""
    leaves = (_texts(mail.root) if mail.root.is_multipart() else _shown(mail.leaves[0])) or _sole_attachment(mail)
    texts: list[str] = []
    said: list[str] = []
    truncated = mail.is_cut
    for leaf in leaves:
        content = leaf.content()
        truncated = truncated or len(content) > limits.text_bytes
        if leaf.kind == "text/html":
            marked = _html_lines(
                decode(content[: limits.text_bytes], leaf.charset or _declared(content)), limits.text_lines
            )
            said += [""] * (len(texts) - len(said)) + [line.said for line in marked]
            texts += [line.text for line in marked]
        else:
            texts += _plain_lines(leaf, content[: limits.text_bytes])
    truncated = truncated or len(texts) > limits.text_lines
    texts = [text.rstrip()[:_LINE_LIMIT] for text in texts[: limits.text_lines]]
    writer = mail.headers.text("from").partition("<")[0].strip(' "')[:_NAME_LIMIT]
    said += [""] * (len(texts) - len(said)) if said else []
    return Body(tuple(texts), truncated, writer, tuple(said[: len(texts)]) if any(said) else ())


def plain_body(text: str, limits: Limits) -> Body:
    """A bare text as a body, within `limits`."""
    lines = clean(text[: limits.text_bytes]).split("\n")
    truncated = len(text) > limits.text_bytes or len(lines) > limits.text_lines
    return Body(tuple(line.rstrip()[:_LINE_LIMIT] for line in lines[: limits.text_lines]), truncated)


def leaf_of(part: "Message[str, str]") -> Leaf:
    """Read what a part says of itself."""
    fields = {name.lower(): _text(str(value)) for name, value in part.raw_items()}
    kind, params = parse_parameters(fields.get("content-type", ""))
    disposition, more = parse_parameters(fields.get("content-disposition", ""))
    name = more.get("filename") or params.get("name", "")
    return Leaf(
        kind=kind if kind.count("/") == 1 else "text/plain",
        charset=params.get("charset", ""),
        is_flowed=params.get("format", "").lower() == "flowed",
        is_delsp=params.get("delsp", "").lower() == "yes",
        method=params.get("method", "").upper(),
        name=_safe_name(name),
        is_attachment=disposition == "attachment",
        part=part,
    )


def _text(value: str) -> str:
    """Decode the raw bytes that the parser keeps in a field as surrogates."""
    return value if value.isascii() else decode(value.encode("utf-8", "surrogateescape"), "")


class _TooMuch(Exception):
    """A limit is broken; the text is the sentence."""


class _Policy(Compat32):
    """compat32, with each field cut before anything looks into it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: _MULTIPART_LIMIT if value[:9].lower() == "multipart" else _FIELD_LIMIT]


class _Parser(FeedParser):
    """The stdlib parser, stopped at a depth and a number of parts (FAULTS B01 to B03)."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(policy=_POLICY)
        self._limits = limits
        self._parts = 0

    def _new_message(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise _TooMuch(f"The mail has more than {self._limits.parts} parts.")
        super()._new_message()  # type: ignore[misc]
        if len(self._msgstack) > self._limits.depth:  # type: ignore[attr-defined]
            raise _TooMuch(f"The mail is nested more than {self._limits.depth} deep.")

    def _parse_headers(self, lines: list[str]) -> None:
        if len(lines) > self._limits.header_fields:
            raise _TooMuch(f"A part has more than {self._limits.header_fields} lines of fields.")
        super()._parse_headers(lines)  # type: ignore[misc]


_POLICY = _Policy()


def _tree(headers: Headers, raw: bytes, start: int, limits: Limits) -> "Message[str, str]":
    """Build the tree of parts from the fields that say how; the others are no business of the parser."""
    fields = [(name, headers.plain(name)) for name in _CONTENT_FIELDS if headers.has(name)]
    if headers.plain("content-type").lower().startswith(("multipart/", "message/")):
        parser = _Parser(limits)
        parser.feed("".join(f"{name}: {value}\n" for name, value in fields) + "\n")
        for place in range(start, len(raw), _CHUNK):  # in pieces: a third of the memory that one takes
            parser.feed(raw[place : place + _CHUNK].decode("ascii", "surrogateescape"))
        return parser.close()
    whole: Message[str, str] = Message(_POLICY)
    for name, value in fields:
        whole[name] = value[:_FIELD_LIMIT]
    whole.set_payload(raw[start : start + _ENCODED * limits.text_bytes].decode("ascii", "surrogateescape"))
    return whole


def _leaves(part: "Message[str, str]") -> Iterator[Leaf]:
    """The leaves in order. What is forwarded as an attachment is one leaf: it is somebody else's mail."""
    leaf = leaf_of(part)
    if part.is_multipart() and not leaf.kind.startswith("message/"):
        for child in _children(part):
            yield from _leaves(child)
    else:
        yield leaf


def _children(part: "Message[str, str]") -> "list[Message[str, str]]":
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _texts(part: "Message[str, str]") -> list[Leaf]:
    """The text parts that a mail program would show as the body (RFC 2046 section 5.1)."""
    leaf = leaf_of(part)
    if not part.is_multipart():
        return _shown(leaf)
    children = _children(part)
    if leaf.kind.startswith("message/"):
        return []
    if leaf.kind == "multipart/alternative":
        return _best(children)
    if leaf.kind in ("multipart/signed", "multipart/related", "multipart/report"):
        children = children[:1]
    return [text for child in children for text in _texts(child)]


def _shown(leaf: Leaf) -> list[Leaf]:
    """A leaf that is text to be shown. A multipart without its boundary comes as one string: best effort (B04)."""
    is_text = leaf.kind in ("text/plain", "text/html") or leaf.kind.startswith("multipart/")
    return [leaf] if is_text and not leaf.is_attachment else []


def _best(children: "list[Message[str, str]]") -> list[Leaf]:
    """Of alternatives the plain one where it says anything, else the first that does (FAULTS B07)."""
    options = [texts for texts in map(_texts, children) if any(_says_something(leaf) for leaf in texts)]
    plain = [texts for texts in options if all(leaf.kind != "text/html" for leaf in texts)]
    return (plain or options or [[]])[0]


def _says_something(leaf: Leaf) -> bool:
    content = leaf.content()
    return leaf.kind == "text/html" or bool(content[:4096].strip() or content.strip())


def _sole_attachment(mail: InboundMail) -> list[Leaf]:
    texts = [
        leaf for leaf in mail.leaves if leaf.kind == "text/plain" and len(leaf.content()) <= _SOLE_ATTACHMENT_LIMIT
    ]
    return texts if len(texts) == 1 else []


def _plain_lines(leaf: Leaf, content: bytes) -> list[str]:
    text = clean(decode(content, leaf.charset))
    return unflow(text, is_delsp=leaf.is_delsp) if leaf.is_flowed else text.split("\n")


def _declared(content: bytes) -> str:
    """The charset that a page names for itself, where the part names none."""
    found = re.search(rb"charset=[\"']?([A-Za-z0-9_-]{1,40})", content[:1024])
    return found[1].decode("ascii") if found else ""


def _html_lines(text: str, most: int) -> list[Marked]:
    text = text[: markup.MARKUP_LIMIT]
    if markup.is_too_nested(text):
        return markup.flat_lines(text)
    from selectolax.lexbor import LexborHTMLParser  # 3 MB that a mailbox of plain mail never needs

    root = LexborHTMLParser(text).root
    return markup.lines_of(root, most) if root is not None else []


def _size(leaf: Leaf, whole: int | None) -> int:
    """About how many bytes a leaf holds; `whole` is the encoded size of a mail that is one part."""
    payload = leaf.part.get_payload()
    encoded = whole if whole is not None else len(payload) if isinstance(payload, str) else 0
    return encoded * 3 // 4 if leaf.is_base64 else encoded


def _safe_name(name: str) -> str:
    """A name to show; never used as a path (FAULTS B14)."""
    return _NOT_IN_NAMES.sub("_", one_line(name)).lstrip(".")[:_NAME_LIMIT]
