"""One line of the journal: `CRC32 SP head TAB payload LF`.

The head (sequence, instant, kind, ids, minutes, the payload's hash) is chained: `prev` is the SHA-256 of the head
before it, over all segments. The payload (names, addresses, words, and the salt of its own hash) is outside of the
chain, so that a later `forget` can blank it and write the CRC anew while chain and hours still prove themselves. For
the same reason the head names jobs, reports, time entries and mails, but no person. Every byte but the CRC's own and
the LF is under the CRC; JSON holds neither a raw TAB nor a raw LF.
"""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from mailagent.edge.instants import instant_from_text, instant_text
from mailagent.edge.store.documents import SCHEMA, encode

NO_HEAD = "0" * 64  # what the first head of all is chained to
FORGOTTEN = b"null"  # the payload of a line whose words were blanked
HEAD_AT = 9  # behind the CRC and the space


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read; `payload` is the text of the JSON behind the head."""

    seq: int
    at: datetime
    kind: str
    prev: str
    head: bytes
    payload: bytes
    payload_hash: str

    @property
    def head_hash(self) -> str:
        """What the next line's `prev` must be."""
        return hashlib.sha256(self.head).hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """A line as bytes, and the hash of its head, for the next one's `prev`."""

    raw: bytes
    head_hash: str


def write_line(
    seq: int, at: datetime, kind: str, ids: list[str], minutes: dict[str, int], payload: dict[str, Any], prev: str
) -> Written:
    """Make a line. `payload` must hold its own fresh `salt`. Raises: DocumentError."""
    said = encode(payload)
    head = encode(
        {
            "schema": SCHEMA,
            "seq": seq,
            "at": instant_text(at),
            "kind": kind,
            "ids": ids,
            **({"minutes": minutes} if minutes else {}),
            "payload": hashlib.sha256(said).hexdigest(),
            "prev": prev,
        }
    )
    body = b"%b\t%b" % (head, said)
    return Written(b"%08x %b\n" % (zlib.crc32(body), body), hashlib.sha256(head).hexdigest())


def starts_well(line: bytes, seq: int) -> bool:
    """True when the line (without its LF) is whole, of this schema, and number `seq`.

    The quick look at every line at the start.
    """
    return line.startswith(b'%08x {"schema":%d,"seq":%d,' % (zlib.crc32(memoryview(line)[HEAD_AT:]), SCHEMA, seq))


def is_whole(line: bytes) -> bool:
    """True when the checksum of the line (without its LF) fits, whatever is in it."""
    return len(line) > HEAD_AT and line.startswith(b"%08x " % zlib.crc32(memoryview(line)[HEAD_AT:]))


def read_line(line: bytes) -> Line:
    """Read a whole line (without its LF). Raises: ValueError, KeyError (also DocumentError, orjson.JSONDecodeError)."""
    head_text, _, payload = line[HEAD_AT:].partition(b"\t")
    head = orjson.loads(head_text)
    at = instant_from_text(head["at"])
    return Line(head["seq"], at, head["kind"], head["prev"], head_text, payload, head["payload"])


def schema_of(line: bytes) -> int:
    """The schema that the head of a whole line names; 0 where it names none."""
    try:
        found = orjson.loads(line[HEAD_AT:].partition(b"\t")[0])["schema"]
    except (ValueError, KeyError, TypeError):
        return 0
    return found if isinstance(found, int) else 0
