"""What an IMAP server said -> values (RFC 9051 section 7). No connection here, and nothing a server says may raise.

A FETCH answer arrives as imaplib groups it: pairs of (text up to the literal, literal), and the text that ends it. One
pattern reads the common form, which halves the cost of a listing; every other form goes to imapclient's own reader.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

from imapclient.exceptions import IMAPClientError
from imapclient.response_parser import parse_fetch_response

Piece = bytes | tuple[bytes, bytes]
# uid, size, INTERNALDATE as written, and the literal (header block or whole mail); None where the answer did not say.
Answer = tuple[int, int | None, bytes | None, bytes | None]

_FETCH = re.compile(
    rb"\d+ \((?:UID (\d{1,10})|RFC822\.SIZE (\d{1,19})|INTERNALDATE \"([^\"]{1,40})\"|FLAGS \([^()]*\)|MODSEQ \(\d+\)"
    rb"|BODY\[(?:HEADER)?\](?:<0>)? \{\d+\}$| )+"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}


def read_fetch(pieces: Iterable[Piece | None]) -> tuple[Answer, ...]:
    """Read the answers to one FETCH, one for each UID, ascending. What has no UID, or is no answer, is left out."""
    answers: dict[int, Answer] = {}
    for group in _groups(pieces):
        answer = _read_quickly(group) or _read_slowly(group)
        if answer is None:
            continue
        before = answers.get(answer[0])
        answers[answer[0]] = answer if before is None else _together(before, answer)
    return tuple(answers[uid] for uid in sorted(answers))


def read_search(lines: Iterable[bytes | None]) -> list[int]:
    """Read the UIDs of a SEARCH answer, ascending, each once; the server may have sent several lines."""
    return sorted({int(word) for line in lines if line for word in line.split() if word.isdigit() and len(word) <= 10})


def read_internal_date(text: bytes | None) -> datetime | None:
    """Read ` 3-Nov-2026 08:00:00 +0100` (RFC 9051 section 9, date-time) as an instant in UTC; None for all else."""
    if text is None:
        return None
    try:
        date, clock, zone = text.split()
        day, month, year = date.split(b"-")
        hour, minute, second = clock.split(b":")
        away = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        offset = timezone(-away if zone[:1] == b"-" else away)
        there = datetime(
            int(year), _MONTHS[month.title()], int(day), int(hour), int(minute), int(second), tzinfo=offset
        )
        return there.astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None


def uid_set(uids: Iterable[int]) -> str:
    """Write UIDs as a set with ranges, `101:350,360` (RFC 9051 section 9, sequence-set)."""
    parts: list[str] = []
    first = last = 0
    for uid in sorted(set(uids)):
        if uid == last + 1 and last:
            last = uid
            continue
        if last:
            parts.append(_range(first, last))
        first = last = uid
    if last:
        parts.append(_range(first, last))
    return ",".join(parts)


def shown(text: object) -> str:
    """Make what a server said fit for a sentence or a log: one line, printable, at most 200 characters."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    words = str(text).strip()
    if words[:2] in ("b'", 'b"') and words[-1:] == words[1]:  # imapclient hands on the repr of bytes
        words = words[2:-1]
    return "".join(character if character.isprintable() else " " for character in words)[:200]


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}:{last}"


def _groups(pieces: Iterable[Piece | None]) -> Iterator[list[Piece]]:
    """Put together what belongs to one answer: imaplib ends each with plain bytes."""
    group: list[Piece] = []
    for piece in pieces:
        if piece is None:
            continue
        group.append(piece)
        if isinstance(piece, bytes):
            yield group
            group = []


def _together(one: Answer, other: Answer) -> Answer:
    """Join two answers about one mail: flags that somebody changed arrive in an answer of their own."""
    return (
        one[0],
        one[1] if other[1] is None else other[1],
        one[2] if other[2] is None else other[2],
        one[3] if other[3] is None else other[3],
    )


def _read_quickly(group: list[Piece]) -> Answer | None:
    """Read the form nearly every server uses: everything, then one literal, then `)`."""
    if len(group) != 2 or group[1] != b")" or not isinstance(group[0], tuple):
        return None
    text, literal = group[0]
    match = _FETCH.fullmatch(text)
    if match is None or match[1] is None:
        return None
    return int(match[1]), int(match[2]) if match[2] is not None else None, match[3], literal


def _read_slowly(group: list[Piece]) -> Answer | None:
    """Read any other form with imapclient's reader: items in another order, quoted or NIL bodies, several literals."""
    try:
        parsed = parse_fetch_response(_without_date(group), normalise_times=False, uid_is_key=False)
    except (IMAPClientError, ValueError, LookupError, TypeError, AttributeError):
        return None
    for items in parsed.values():
        uid = items.get(b"UID")
        if isinstance(uid, int):
            size = items.get(b"RFC822.SIZE")
            return uid, size if isinstance(size, int) else None, _date_in(group), _literal(items)
    return None


def _literal(items: Mapping[bytes, object]) -> bytes | None:
    """Find the header block or the mail, under whatever name the server echoes.

    NIL is none: Dovecot 2.3.19 says so of a mail that was expunged by another session (RFC 2180 section 4.1.3).
    """
    for key, value in items.items():
        if key.startswith((b"BODY[]", b"BODY[HEADER]")) and value is not None:
            return value if isinstance(value, bytes) else str(value).encode()
    return None


_DATE = re.compile(rb'INTERNALDATE ("([^"]{1,40})"|NIL)', re.IGNORECASE)


def _without_date(group: list[Piece]) -> list[Piece]:
    """Take the date out: imapclient would make an instant of it that cannot be told from a wrong one."""
    return [
        (_DATE.sub(b"X-DATE NIL", piece[0]), piece[1]) if isinstance(piece, tuple) else _DATE.sub(b"X-DATE NIL", piece)
        for piece in group
    ]


def _date_in(group: list[Piece]) -> bytes | None:
    text = b" ".join(piece[0] if isinstance(piece, tuple) else piece for piece in group)
    match = _DATE.search(text)
    return match[2] if match is not None else None
