"""A header block as bytes -> its fields, in order and untouched; and the few decodings we need of them.

RFC 5322 section 2.2, RFC 2045 section 5.1, RFC 2047, RFC 2231. The stdlib's structured header classes are not used:
5 MB of folded Subject cost them 204 s, and they raise on what strangers write (FAULTS B22 to B34).
"""

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from mailagent.mail.charsets import decode, one_line

VALUE_LIMIT = 8 * 1024  # a field longer than this is looked at only so far (FAULTS section 2)
_PARAMETER_LIMIT = 2 * 1024
_NAME_LIMIT = 200

_FIELD_END = re.compile(rb"\n(?![ \t])")
_NAME = re.compile(rb"[!-9;-~]+[ \t]*\Z")
_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([BbQq])\?([^?\n]{0,1000})\?=")
_PARAMETER = re.compile(r';\s*([A-Za-z0-9_-]{1,60})(\*(?:[0-9]{1,2}\*?)?)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)')
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_YEAR = re.compile(r"\b20[0-9]{2}\b")
_ANGLED = re.compile(r"<[^<>\s]{1,400}>")


class Headers:
    """The fields of one header block, in their order. Names compare without case; values keep their folding."""

    __slots__ = ("_by_name", "count", "is_broken", "items")

    def __init__(self, block: bytes) -> None:
        """Split `block`, whose line ends are bare newlines. A line that is no field makes the block broken."""
        items: list[tuple[str, bytes]] = []
        self.is_broken = False
        for number, chunk in enumerate(_FIELD_END.split(block)):
            head, colon, value = chunk.partition(b":")
            name = _field_name(head) if colon else ""
            if name:
                items.append((name, value))
            elif chunk.strip() and not (number == 0 and chunk.startswith((b"From ", b">From "))):
                self.is_broken = True
        self.items = tuple(items)
        self.count = len(items)
        self._by_name: dict[str, list[bytes]] = {}
        for key, value in items:
            self._by_name.setdefault(key, []).append(value)

    def all(self, name: str) -> tuple[bytes, ...]:
        """Give every value of the field `name` (lower case), topmost first."""
        return tuple(self._by_name.get(name, ()))

    def has(self, name: str) -> bool:
        """Tell whether there is a field `name` (lower case)."""
        return name in self._by_name

    def text(self, name: str) -> str:
        """Give the first value as one decoded line; empty where there is none."""
        values = self._by_name.get(name)
        return decode_words(values[0]) if values else ""

    def plain(self, name: str) -> str:
        """Give the first value unfolded and not decoded (structured fields); empty where there is none."""
        values = self._by_name.get(name)
        return plain(values[0]) if values else ""


@lru_cache(maxsize=1024)
def _field_name(head: bytes) -> str:
    """The name before a colon in lower case; empty where it is none (RFC 5322 section 3.6.8).

    White space before the colon is an old form that servers no longer write: `Authentication-Results :` gets by those
    that strip what others wrote under their name, and keeps its blank here, so that it is nobody's word.
    """
    name = head.rstrip().lower() if len(head) <= _NAME_LIMIT and _NAME.match(head) else b""
    return (name + b" " if name == b"authentication-results" and name != head.lower() else name).decode("ascii")


def unify_line_ends(raw: bytes) -> tuple[bytes, int]:
    """Make all line ends bare newlines and tell how long the header block is.

    A bare CR is a space in a header (FAULTS B35: it made a Bcc) and a line end in the body.
    """
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    end = 0 if raw.startswith(b"\n") else raw.find(b"\n\n")
    end = len(raw) if end < 0 else end
    if b"\r" in raw:
        raw = raw[:end].replace(b"\r", b" ") + raw[end:].replace(b"\r", b"\n")
    return raw, end


def plain(value: bytes) -> str:
    """Unfold a value and make it one line of text, without RFC 2047 decoding."""
    return one_line(decode(value[:VALUE_LIMIT], ""))


def decode_words(value: bytes) -> str:
    """Decode an unstructured value with its encoded words (RFC 2047) into one clean line. Never raises."""
    text = decode(value[:VALUE_LIMIT], "")
    return one_line(_decoded(text) if "=?" in text else text)


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Part `text/plain; charset="utf-8"` into its lower-case value and its parameters, RFC 2231 forms included."""
    value = value[:_PARAMETER_LIMIT]
    head, _, _ = value.partition(";")
    if ";" not in value:
        return head.strip().lower(), {}
    found: dict[str, str] = {}
    pieces: dict[str, list[bytes]] = {}
    labels: dict[str, str] = {}
    for name, star, text in _PARAMETER.findall(value):
        key = name.lower()
        text = re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] == '"' else text
        if not star:
            found.setdefault(key, text)
            continue
        if star in ("*", "*0*") and text.count("'") >= 2:
            labels[key], _, text = text.split("'", 2)
        encoded = text.encode("utf-8", "replace")
        pieces.setdefault(key, []).append(_PERCENT.sub(_byte, encoded) if star.endswith("*") else encoded)
    for key, parts in pieces.items():
        found[key] = decode(b"".join(parts), labels.get(key, ""))
    return head.strip().lower(), found


def message_ids(value: bytes) -> tuple[str, ...]:
    """Find the ids in angle brackets, of a long list the first and last 25 (FAULTS B37)."""
    if len(value) > 2 * VALUE_LIMIT:
        value = value[:VALUE_LIMIT] + b" " + value[-VALUE_LIMIT:]
    ids = tuple(_ANGLED.findall(value.decode("ascii", "replace")))
    return ids if len(ids) <= 50 else ids[:25] + ids[-25:]


def parse_date(value: str) -> datetime | None:
    """Read a Date field (RFC 5322 section 3.3) as aware UTC; None where it is no sane instant (FAULTS B36)."""
    if _YEAR.search(value, 0, 100) is None:  # parsedate reads the year 0000 as 2000
        return None
    try:
        instant = parsedate_to_datetime(value[:100])
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant


def _decoded(text: str) -> str:
    """Replace encoded words. White space between two of them goes.

    Bytes of neighbours in one charset are joined before decoding, because some programs cut a character in two.
    """
    out: list[str] = []
    run: list[bytes] = []
    label = ""
    end = 0
    for word in _WORD.finditer(text):
        between = text[end : word.start()]
        if run and (between.strip() or word[1].lower() != label):
            out.append(decode(b"".join(run), label))
            run = []
        if between.strip() or not (out or run):
            out.append(between)
        label = word[1].lower()
        run.append(_word_bytes(word[2], word[3]))
        end = word.end()
    if run:
        out.append(decode(b"".join(run), label))
    return "".join([*out, text[end:]])


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode("ascii"))


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "Qq":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"==")
    except binascii.Error:
        return raw
