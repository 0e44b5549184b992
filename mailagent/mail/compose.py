"""Texts and header values -> the bytes of a mail of ours. Pure: date and boundary are arguments. RFC 5322, 2045-2047.

Own code instead of EmailMessage, because composing is where a letter's time goes (benchmarks/receipts.py compares).
What may not be in a header cannot get there: line breaks and other controls become blanks, what is not plain ASCII
becomes an encoded word, and an address that is not strictly one is refused.
"""

import re
from base64 import b64encode
from binascii import a2b_qp, b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from mailagent.core.addresses import address_problem
from mailagent.errors import PermanentError

LINE = 76  # where header lines are folded (RFC 2047 section 2; RFC 5322 would allow 78)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENCODED_BYTES = 39  # of text in one encoded word: it takes 64 characters, and fits behind `Subject: `
_SUBJECT_LIMIT = 500
_NAME_LIMIT = 100
_ID_LIMIT = 500

_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# Controls, line and paragraph separators, and the marks that turn the direction of writing, which can disguise a name.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")
_BODY_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BOUNDARY = re.compile(r"=_[0-9A-Za-z.]{1,60}")


@dataclass(frozen=True, slots=True)
class Heading:
    """The header of a letter. `references` has the thread's root first and the last mail last.

    `auto_submitted` is empty, `auto-generated` or `auto-replied` (RFC 3834 section 5.2); where it is set, absence notes
    are asked not to answer. `marks` are further fields, name and value, for the recipient's filters.
    """

    from_name: str
    from_address: str
    to_name: str
    to_address: str
    subject: str
    sent_at: datetime
    message_id: str
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    auto_submitted: str = ""
    marks: tuple[tuple[str, str], ...] = ()


def compose(heading: Heading, text: str, html: str, boundary: str) -> bytes:
    """Give the mail as bytes: 7-bit, CRLF, multipart/alternative with the text first, both quoted-printable.

    Raises: PermanentError for an address, Message-ID or boundary that is not strictly one.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise PermanentError(f"not a boundary of ours: {boundary!r}")
    fields = "\r\n".join(_fields(heading, boundary))
    # `=_` cannot come out of the quoted-printable encoder, so the boundary is in neither part (RFC 2045 section 6.7).
    return b"".join(
        (
            fields.encode("ascii"),
            b"\r\n\r\n",
            _part("text/plain", text, boundary),
            _part("text/html", html, boundary),
            f"--{boundary}--\r\n".encode("ascii"),
        )
    )


def recipient_of(raw: bytes) -> str | None:
    """The address that one of our own composed mails was written to; None where it is not one."""
    header = b"\r\n" + raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ") + b"\r\n"
    found = re.search(rb"\r\nTo: [^\r]*<([^<>\r]+)>\r\n", header)
    return found.group(1).decode("ascii", "replace") if found else None


def text_of(raw: bytes) -> str:
    """The text part of one of our own composed mails, as it was given; empty where it is not one of ours."""
    header, _, body = raw.partition(b"\r\n\r\n")
    boundary = re.search(rb'boundary="([^"]+)"$', header)
    if boundary is None:
        return ""
    part = body.partition(b"\r\n\r\n")[2].partition(b"\r\n--" + boundary.group(1))[0]
    return a2b_qp(part).decode("utf-8", "replace").replace("\r\n", "\n")


def address(text: str) -> str:
    """Check that `text` is one plain address. Raises: PermanentError where it is not."""
    if address_problem(text) is not None:
        raise PermanentError(f"not an address: {text!r}")
    return text


def is_message_id(text: str) -> bool:
    """Tell whether `text` may stand as a Message-ID in a header of ours; what others send is not always one."""
    return len(text) <= _ID_LIMIT and _MESSAGE_ID.fullmatch(text) is not None


def one_line(text: str) -> str:
    """Make free text fit for one header value: no controls, no line breaks, single blanks."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def _fields(heading: Heading, boundary: str) -> Iterator[str]:
    if not is_message_id(heading.message_id):
        raise PermanentError(f"not a Message-ID: {heading.message_id!r}")
    yield _mailbox("From", heading.from_name, heading.from_address)
    yield _mailbox("To", heading.to_name, heading.to_address)
    yield _free("Subject", one_line(heading.subject)[:_SUBJECT_LIMIT])
    yield f"Date: {_date(heading.sent_at)}"
    yield f"Message-ID: {heading.message_id}"
    if heading.reply_to is not None:
        yield f"Reply-To: {address(heading.reply_to)}"
    if heading.in_reply_to is not None and is_message_id(heading.in_reply_to):
        yield f"In-Reply-To: {heading.in_reply_to}"
    if references := tuple(dict.fromkeys(filter(is_message_id, heading.references))):
        yield "References: " + "\r\n ".join(references)
    if heading.auto_submitted:
        yield f"Auto-Submitted: {one_line(heading.auto_submitted)}"
        yield "X-Auto-Response-Suppress: OOF, AutoReply"
    for name, value in heading.marks:
        yield _free(name, one_line(value))
    yield "MIME-Version: 1.0"
    yield f'Content-Type: multipart/alternative; boundary="{boundary}"'


def _part(kind: str, text: str, boundary: str) -> bytes:
    lines = _BODY_CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not lines.endswith("\n"):
        lines += "\n"
    body = b2a_qp(lines.encode("utf-8", "replace"), istext=True).replace(b"\n", b"\r\n")
    head = f"--{boundary}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + body + b"\r\n"  # the last line break belongs to the boundary behind it


def _mailbox(field: str, name: str, addr_spec: str) -> str:
    spec = address(addr_spec)
    name = one_line(name)[:_NAME_LIMIT].rstrip()
    if not name:
        return f"{field}: <{spec}>"
    if not _is_plain(name):
        words = list(_encoded_words(name))
    elif _PLAIN_NAME.fullmatch(name):
        words = name.split(" ")
    else:
        words = ('"' + name.replace("\\", r"\\").replace('"', r"\"") + '"').split(" ")
    return _folded(f"{field}:", [*words, f"<{spec}>"])


def _free(field: str, value: str) -> str:
    return _folded(f"{field}:", value.split(" ") if _is_plain(value) else _encoded_words(value))


def _is_plain(text: str) -> bool:
    """ASCII that nobody will take for an encoded word, and that can be folded."""
    return text.isascii() and "=?" not in text and all(len(word) <= LINE - 16 for word in text.split(" "))


def _encoded_words(text: str) -> Iterator[str]:
    """Encoded words of whole characters; blanks between them vanish when they are read (RFC 2047 section 6.2)."""
    piece: list[str] = []
    size = 0
    for character in text.encode("utf-8", "replace").decode("utf-8"):
        width = len(character.encode("utf-8"))
        if size + width > _ENCODED_BYTES:
            yield _encoded_word("".join(piece))
            piece, size = [], 0
        piece.append(character)
        size += width
    yield _encoded_word("".join(piece))


def _encoded_word(text: str) -> str:
    return f"=?utf-8?b?{b64encode(text.encode('utf-8')).decode('ascii')}?="


def _folded(line: str, words: Iterator[str] | list[str]) -> str:
    """Lay words on lines of at most 78 characters; a folded line goes on with the blank that stood there."""
    lines = []
    for word in words:
        if len(line) + 1 + len(word) > LINE and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += " " + word
    return "\r\n".join([*lines, line])


def _date(instant: datetime) -> str:
    """RFC 5322 section 3.3, in UTC; strftime would follow the locale."""
    utc = instant.astimezone(UTC)
    return f"{_DAYS[utc.weekday()]}, {utc.day} {_MONTHS[utc.month - 1]} {utc.year} {utc:%H:%M:%S} +0000"
