"""Mints and verifies the reply tokens of our letters; nobody else sees a key. Knows nothing of mails or the office.

A token says: a mail that we sent to this person, about this record, for this purpose. It counts only together with a
strict From of that person. 28 lower-case base32 characters (RFC 4648 section 6, no padding) of 17 bytes:

    version and number of the key 1 | record 4 | expiry day 2 | HMAC-SHA256 of purpose, person and those 7, cut to 10

It is computed and not stored, so that an office restored from an old backup still knows the replies to newer letters.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from mailagent.edge.files import replace_file, unusable
from mailagent.errors import StateError

TOKEN_LENGTH = 28
LIVE_KEYS = 2  # the one that mints, and the one before it

_VERSION = 0x10  # the upper half of the first byte; the lower half is the number of the key
_DAY_ZERO = date(1970, 1, 1)
_KEY_BYTES = 32
_PADDING = "===="
_FILE_LIMIT = 4096
_HOW = "one key a line, the newest first: its number (0 to 15), a blank, and 64 hexadecimal digits"


class Purpose(StrEnum):
    """What a token was given for; a token of one purpose is worth nothing for another."""

    JOB = "job"
    DIGEST = "digest"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid token says. `record` is the job's number, or 0 where no job is meant."""

    purpose: Purpose
    record: int
    expires_on: date


class Keys:
    """The live keys: the first one mints, all of them verify."""

    def __init__(self, keys: Sequence[tuple[int, bytes]]) -> None:
        self._mints = keys[0]
        self._by_number = dict(keys)

    @classmethod
    def load(cls, source: Path | bytes) -> "Keys":
        """Read the keys from a file, or from the bytes of a credential.

        Raises: StateError with one sentence that says what is wrong; never with a part of a key.
        """
        place = str(source) if isinstance(source, Path) else "the token key"
        return cls(tuple(_parse(_read(source), place)))

    @classmethod
    def create(cls, path: Path) -> "Keys":
        """Make a first key at `path` (mode 0600, durable) and load it; a kill leaves no file or a whole one.

        Raises: StateError.
        """
        try:
            replace_file(path, [f"1 {secrets.token_hex(_KEY_BYTES)}\n".encode()])
        except OSError as error:
            raise unusable(path, error) from error
        return cls.load(path)

    def mint(self, person_id: str, purpose: Purpose, record: int, expires_on: date) -> str:
        """Make the token for one person, purpose and record; it is good up to and including `expires_on` (UTC)."""
        number, key = self._mints
        day = (expires_on - _DAY_ZERO).days
        head = bytes([_VERSION | number]) + record.to_bytes(4, "big") + day.to_bytes(2, "big")
        return base64.b32encode(head + _seal(key, purpose, person_id, head)).decode("ascii").rstrip("=").lower()

    def verify(self, token: str, person_id: str, today: date) -> Verified | None:
        """Tell what `token` says if it is ours, meant for this person and not past its last day; else None.

        Letter case does not matter (mail systems change it), the length does. Seals are compared in constant time.
        """
        raw = _decoded(token)
        if raw is None or raw[0] & 0xF0 != _VERSION:
            return None
        key = self._by_number.get(raw[0] & 0x0F)
        expires_on = _DAY_ZERO + timedelta(days=int.from_bytes(raw[5:7], "big"))
        if key is None or today > expires_on:
            return None
        head, seal = raw[:7], raw[7:]
        fitting = [purpose for purpose in Purpose if hmac.compare_digest(_seal(key, purpose, person_id, head), seal)]
        return Verified(fitting[0], int.from_bytes(head[1:5], "big"), expires_on) if fitting else None

    def record_of(self, token: str) -> int | None:
        """The record that a token names, unverified: whose token it may be. None where it cannot be one of ours."""
        raw = _decoded(token)
        if raw is None or raw[0] & 0xF0 != _VERSION or raw[0] & 0x0F not in self._by_number:
            return None
        return int.from_bytes(raw[1:5], "big")


def letter_number(letter_id: str) -> str:
    """A short tag for one letter: letters of one job may share a token, but never a Message-ID."""
    return base64.b32encode(hashlib.sha256(letter_id.encode()).digest()[:10]).decode("ascii").lower()


def message_id(token: str, number: str, domain: str) -> str:
    """The Message-ID that carries a token where Reply-To cannot (RFC 5322 section 3.6.4)."""
    return f"<t.{token}.{number}@{domain}>"


def _seal(key: bytes, purpose: Purpose, person_id: str, head: bytes) -> bytes:
    label = b"mailagent reply\0" + purpose.encode() + b"\0" + person_id.encode() + b"\0"
    return hmac.digest(key, label + head, "sha256")[:10]


def _decoded(token: str) -> bytes | None:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper() + _PADDING)
    except binascii.Error:
        return None
    # The last character has four bits that mean nothing: only one spelling is ours.
    return raw if base64.b32encode(raw).decode("ascii").rstrip("=") == token.upper() else None


def _read(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        with source.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise StateError(f"{source} can be read by every user of this machine: chmod 600 {source}")
            return file.read(_FILE_LIMIT)
    except OSError as error:
        raise StateError(f"{source}, the key of the reply tokens, cannot be read: {error.strerror}") from error


def _parse(text: bytes, place: str) -> Iterator[tuple[int, bytes]]:
    lines = [line for line in text.decode("ascii", "replace").splitlines() if line.strip() and not line.startswith("#")]
    if not 1 <= len(lines) <= LIVE_KEYS:
        raise StateError(f"{place} holds {len(lines)} keys; it takes 1 or {LIVE_KEYS}: {_HOW}")
    seen: set[int] = set()
    for number, line in enumerate(lines, 1):
        name, _, digits = line.strip().partition(" ")
        try:
            key_number, key = int(name), bytes.fromhex(digits)
        except ValueError:
            key_number, key = -1, b""
        if not 0 <= key_number <= 15 or len(key) < _KEY_BYTES or key_number in seen:
            raise StateError(f"{place}: key {number} cannot be used; it takes {_HOW}")
        seen.add(key_number)
        yield key_number, key
