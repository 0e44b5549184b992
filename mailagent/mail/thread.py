"""What could tell which letter of ours a mail answers: token candidates, ids, job keys. Found here, never believed.

FAULTS section 3.4 names the places and their order; RFC 5322 section 3.6.4 the ids. edge/keys checks the tokens.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from mailagent.mail.headers import VALUE_LIMIT, Headers, message_ids
from mailagent.mail.wire import Ours

ADDRESS_FIELDS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_TOKENS_LIMIT = 20
_KEYS_LIMIT = 20
_TOKEN = "[A-Za-z2-7]{28}"
OUR_MESSAGE_ID = re.compile(rf"<t\.({_TOKEN})\.[A-Za-z0-9]{{1,32}}@([A-Za-z0-9.-]{{1,253}})>")  # token and domain
_PLUS = re.compile(rf"\+({_TOKEN})@")
_SUBJECT_KEY = re.compile(r"\[\s*([Jj][1-9][0-9]{0,8})\s*\]")
_BODY_KEY = re.compile(r"(?<![A-Za-z0-9_/.-])(J[1-9][0-9]{0,8})(?![A-Za-z0-9_/-])")


def token_candidates(headers: Headers, ours: Ours) -> tuple[str, ...]:
    """Find what looks like a token of ours, each once, in order of place; lower case."""
    swallowed = _without_plus(ours.address.partition("@")[0])
    found: list[str] = []
    for name in ADDRESS_FIELDS:
        for value in headers.all(name):
            text = value[:VALUE_LIMIT].decode("ascii", "replace")
            found += _PLUS.findall(text)
            found += swallowed.findall(text)
    for name in ("in-reply-to", "references"):
        for value in headers.all(name):
            found += tokens_of_ids(reversed(message_ids(value)))
    return _distinct((one.lower() for one in found), _TOKENS_LIMIT)


def tokens_of_ids(ids: Iterable[str]) -> list[str]:
    """The token candidates in Message-IDs of our form."""
    return [match[1] for match in map(OUR_MESSAGE_ID.fullmatch, ids) if match]


def ids_of(headers: Headers, name: str) -> tuple[str, ...]:
    """The ids in the first field `name`."""
    values = headers.all(name)
    return message_ids(values[0]) if values else ()


def message_id_of(headers: Headers) -> str | None:
    """The Message-ID, or None where it is missing, repeated or broken (FAULTS B32, B33)."""
    values = headers.all("message-id")
    if len(values) != 1:
        return None
    ids = message_ids(values[0])
    return ids[0] if len(ids) == 1 and values[0].strip() == ids[0].encode("ascii") else None


def subject_keys(subject: str) -> tuple[str, ...]:
    """`[J12]` anywhere in the subject."""
    return _distinct((key.upper() for key in _SUBJECT_KEY.findall(subject)), _KEYS_LIMIT)


def body_keys(text: str) -> tuple[str, ...]:
    """`J12` as a word of its own."""
    return _distinct(_BODY_KEY.findall(text), _KEYS_LIMIT) if "J" in text else ()


def only_in_copy(headers: Headers, ours: Ours) -> bool:
    """Tell whether our address, with a token or without, stands in Cc and not in To."""
    if not headers.has("cc"):
        return False
    local_part, _, domain = ours.address.lower().partition("@")
    in_to, in_copy = (
        any(_names_us(value[:VALUE_LIMIT].decode("ascii", "replace").lower(), local_part, domain) for value in values)
        for values in (headers.all("to"), headers.all("cc"))
    )
    return in_copy and not in_to


def _names_us(text: str, local_part: str, domain: str) -> bool:
    start = text.find(local_part)
    while start >= 0:
        rest = text[start + len(local_part) :].partition("@")
        if rest[2].startswith(domain) and (not rest[0] or re.fullmatch(rf"\+?{_TOKEN}", rest[0])):
            return True
        start = text.find(local_part, start + 1)
    return False


@lru_cache(maxsize=8)
def _without_plus(local_part: str) -> "re.Pattern[str]":
    """The address as it looks where a provider ate the `+` (FAULTS 3.4)."""
    return re.compile(rf"(?<![A-Za-z0-9.+_-]){re.escape(local_part)}({_TOKEN})@", re.IGNORECASE)


def _distinct(found: Iterable[str], limit: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:limit]
