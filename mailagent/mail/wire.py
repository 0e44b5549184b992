"""What the reader is asked and what it answers, as values and as bytes.

The parent builds questions and decodes answers; the child (mailagent/reader.py) does the reverse. Values travel as
short JSON arrays in field order, written by hand: both ends are one release, and a generic way costs ten times more.
A question is two byte strings: a head (JSON) and a body (header block, raw mail, or nothing).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from mailagent.mail.orders import Ordered, orders_in, orders_out
from mailagent.mail.said import Doubt as Doubt
from mailagent.mail.said import Fields as Fields
from mailagent.mail.said import fields_in, fields_out

ANSWER_LIMIT_BYTES = 256 * 1024
FORGOTTEN = "forgotten"  # the failure of a read whose glance the child no longer has: ask again with the raw mail

# nature of a mail
PERSON = "person"
OUT_OF_OFFICE = "out-of-office"
BOUNCE = "bounce"
READ_RECEIPT = "read-receipt"
CALENDAR = "calendar"
LIST = "list"
AUTOMATIC = "automatic"
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Ours:
    """What tells our own mail and our trusted server. Empty `authserv_id`: Authentication-Results are not used."""

    address: str  # the agent's addr_spec, without a plus tag
    domain: str  # right-hand side of our Message-IDs
    authserv_id: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused or cut before it is parsed (FAULTS section 2)."""

    message_bytes: int = 25 * 1024 * 1024
    header_bytes: int = 100 * 1024
    header_fields: int = 1000
    depth: int = 20
    parts: int = 200
    lines: int = 600_000  # 25 MiB of base64 has half as many
    text_bytes: int = 256 * 1024
    text_lines: int = 5000


@dataclass(frozen=True, slots=True)
class Sifted:
    """What the header block alone tells: who claims to write, and what could place it. All of it is a claim.

    `tokens` are 28-character candidates in order of place (FAULTS 3.4); nobody has checked them.
    `written_at` is the Date field, aware UTC, None where it is missing or absurd.
    """

    addr_spec: str | None  # of a strict From, lower case; None where there is none
    sender_why: str
    message_id: str | None  # with angle brackets; None where missing, repeated or broken
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]  # first and last 25
    tokens: tuple[str, ...]
    subject_keys: tuple[str, ...]  # `J12`
    subject: str  # decoded, one line, at most 500 characters
    bounce_sign: bool  # worth fetching although the sender is unknown: it looks like a delivery status notification
    written_at: datetime | None = None
    only_in_copy: bool = False  # we stand in Cc and not in To: nobody speaks to us


@dataclass(frozen=True, slots=True)
class AuthVerdict:
    """What the trusted receiving server says about the From domain (FAULTS 3.3)."""

    dmarc: str  # "pass" | "fail" | "none"
    dkim_aligned: bool
    why: str

    @property
    def proves_domain(self) -> bool:
        """Tell whether this is proof of the From domain; a failed DMARC check outweighs everything."""
        return self.dmarc == "pass" or (self.dkim_aligned and self.dmarc != "fail")


@dataclass(frozen=True, slots=True)
class BounceFacts:
    """A delivery status notification (RFC 3464); `message_id` and `tokens` are those of the mail that came back."""

    address: str | None
    permanent: bool
    diagnostic: str
    message_id: str | None
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """`name` is made safe for showing and is never a path; `size` is in bytes as decoded, or nearly so."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Glanced:
    """What kind of mail it is. With a `problem` (a sentence) it breaks a limit and nothing else was looked at."""

    problem: str | None
    nature: str
    nature_why: str
    auth: AuthVerdict
    envelope: Sifted
    attachments: tuple[Attachment, ...] = ()
    bounce: BounceFacts | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text that was looked at: `n` counts from 1, `kind` says whose it is, `why` says how we know."""

    n: int
    text: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Understood:
    """What the writer says. `reports` holds a block for each job key named, or one without a key; none: no report."""

    reports: tuple[Fields, ...]
    unclear: tuple[Doubt, ...]
    body_keys: tuple[str, ...]  # `J12` in the writer's own words, in order
    own_words: str  # everything the writer wrote himself, at most 4,000 characters
    remark: str  # of these, what stands under no label
    answer: str  # "yes" | "no" | "": a plain yes or no to whatever he was asked
    truncated: bool  # the mail was longer than what is looked at
    lines: tuple[Line, ...] = ()  # only where the question asks for them
    orders: tuple[Ordered, ...] = ()  # only of an owner; none: nothing in it is meant as an order
    gave_up: bool = False  # after too many lines that are no orders the rest was not read


@dataclass(frozen=True, slots=True)
class ReadContext:
    """What a reply is read against: texts we sent to this person (newest first), his languages, his open job keys.

    `today` is his own date, `2026-11-23`, or empty. `is_absence`: it is the note of his mail program that he is away.
    An owner's is read for orders: `numbers` are the keys of the lines of the mail he answers, `about` is its job's.
    """

    sent_texts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    open_keys: tuple[str, ...] = ()
    want_lines: bool = False
    today: str = ""
    is_absence: bool = False
    is_owner: bool = False
    about: str = ""
    numbers: tuple[str, ...] = ()
    again: tuple[str, ...] = ()  # orders that wait for his yes, as he would type them


YES_TO = "yes: "  # before an order that waited for its owner's yes, where it is quoted

# Questions: what the parent asks.


def sift_question(mail_id: str, header_block: bytes, ours: Ours) -> tuple[bytes, bytes]:
    """Ask what a header block alone tells; answered with a `Sifted`."""
    return orjson.dumps(["sift", mail_id, [ours.address, ours.domain, ours.authserv_id]]), header_block


def glance_question(mail_id: str, raw: bytes, ours: Ours, limits: Limits = Limits()) -> tuple[bytes, bytes]:
    """Ask what kind of mail it is; answered with a `Glanced`. The child keeps a person's mail until it is read."""
    mine = [ours.address, ours.domain, ours.authserv_id]
    return orjson.dumps(["glance", mail_id, mine, _limits_out(limits)]), raw


def read_question(
    mail_id: str,
    context: ReadContext,
    raw: bytes = b"",
    limits: Limits = Limits(),
) -> tuple[bytes, bytes]:
    """Ask what the writer says; answered with an `Understood`, or FORGOTTEN: ask again with `raw`."""
    seen = [
        context.sent_texts,
        context.languages,
        context.open_keys,
        context.want_lines,
        context.today,
        context.is_absence,
        context.is_owner,
        context.about,
        context.numbers,
        context.again,
    ]
    return orjson.dumps(["read", mail_id, seen, _limits_out(limits)]), raw


# Answers: what the parent gets.


def decode_sifted(body: bytes) -> Sifted:
    """Decode the answer to `sift_question`."""
    return _sifted_in(orjson.loads(body))


def decode_glanced(body: bytes) -> Glanced:
    """Decode the answer to `glance_question`."""
    problem, nature, why, auth, envelope, attachments, bounce = orjson.loads(body)
    return Glanced(
        problem,
        nature,
        why,
        AuthVerdict(*auth),
        _sifted_in(envelope),
        tuple(Attachment(name, size) for name, size in attachments),
        None if bounce is None else BounceFacts(bounce[0], bounce[1], bounce[2], bounce[3], tuple(bounce[4])),
    )


def decode_understood(body: bytes) -> Understood:
    """Decode the answer to `read_question`."""
    reports, unclear, keys, own_words, remark, answer, truncated, lines, orders, gave_up = orjson.loads(body)
    return Understood(
        tuple(map(fields_in, reports)),
        tuple(Doubt(text, question) for text, question in unclear),
        tuple(keys),
        own_words,
        remark,
        answer,
        truncated,
        tuple(Line(*one) for one in lines),
        orders_in(orders),
        gave_up,
    )


# The child's side.


@dataclass(frozen=True, slots=True)
class SiftAsked:
    """A question about a header block."""

    mail_id: str
    ours: Ours


@dataclass(frozen=True, slots=True)
class GlanceAsked:
    """A question about a whole mail."""

    mail_id: str
    ours: Ours
    limits: Limits


@dataclass(frozen=True, slots=True)
class ReadAsked:
    """A question about a writer's words."""

    mail_id: str
    context: ReadContext
    limits: Limits


def decode_question(head: bytes) -> SiftAsked | GlanceAsked | ReadAsked:
    """Decode the head of a question."""
    kind, mail_id, *rest = orjson.loads(head)
    if kind == "sift":
        return SiftAsked(mail_id, Ours(*rest[0]))
    if kind == "glance":
        return GlanceAsked(mail_id, Ours(*rest[0]), Limits(*rest[1]))
    texts, languages, keys, want_lines, today, is_absence, is_owner, about, numbers, again = rest[0]
    known = (tuple(texts), tuple(languages), tuple(keys), want_lines, today, is_absence)
    context = ReadContext(*known, is_owner, about, tuple(numbers), tuple(again))
    return ReadAsked(mail_id, context, Limits(*rest[1]))


def encode_sifted(value: Sifted) -> bytes:
    """Encode the answer to a `SiftAsked`."""
    return orjson.dumps(_sifted_out(value))


def encode_glanced(value: Glanced) -> bytes:
    """Encode the answer to a `GlanceAsked`."""
    bounce = value.bounce
    return orjson.dumps(
        [
            value.problem,
            value.nature,
            value.nature_why,
            [value.auth.dmarc, value.auth.dkim_aligned, value.auth.why],
            _sifted_out(value.envelope),
            [[one.name, one.size] for one in value.attachments],
            None
            if bounce is None
            else [bounce.address, bounce.permanent, bounce.diagnostic, bounce.message_id, bounce.tokens],
        ]
    )


def encode_understood(value: Understood) -> bytes:
    """Encode within ANSWER_LIMIT_BYTES: where the lines would not fit, the first of them do."""
    body = orjson.dumps(_understood_out(value, value.lines))
    shown = len(value.lines)
    while len(body) > ANSWER_LIMIT_BYTES and shown:
        shown //= 2
        body = orjson.dumps(_understood_out(value, value.lines[:shown]))
    return body


def _understood_out(value: Understood, lines: tuple[Line, ...]) -> list[Any]:
    return [
        [fields_out(one) for one in value.reports],
        [[one.text, one.question] for one in value.unclear],
        value.body_keys,
        value.own_words,
        value.remark,
        value.answer,
        value.truncated or len(lines) < len(value.lines),
        [[one.n, one.text, one.kind, one.why] for one in lines],
        orders_out(value.orders),
        value.gave_up,
    ]


def _sifted_out(value: Sifted) -> list[Any]:
    return [
        value.addr_spec,
        value.sender_why,
        value.message_id,
        value.in_reply_to,
        value.references,
        value.tokens,
        value.subject_keys,
        value.subject,
        value.bounce_sign,
        value.written_at,
        value.only_in_copy,
    ]


def _sifted_in(one: list[Any]) -> Sifted:
    return Sifted(
        one[0],
        one[1],
        one[2],
        tuple(one[3]),
        tuple(one[4]),
        tuple(one[5]),
        tuple(one[6]),
        one[7],
        one[8],
        None if one[9] is None else datetime.fromisoformat(one[9]),
        one[10],
    )


def _limits_out(limits: Limits) -> list[int]:
    return [
        limits.message_bytes,
        limits.header_bytes,
        limits.header_fields,
        limits.depth,
        limits.parts,
        limits.lines,
        limits.text_bytes,
        limits.text_lines,
    ]
