"""How a mail is understood and what would be done, as values for people and scripts; nothing is changed.

The same understanding and the same desk as for real mail; only the commit is missing. JSON version 1 is these values.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from mailagent.core.decision import Change
from mailagent.core.letters import Letter
from mailagent.core.model import ArchivePlace, Proof
from mailagent.desk import Desk, Settled
from mailagent.edge.store.documents import TABLE_OF, encode_entity
from mailagent.mail import wire
from mailagent.understanding import Explanation, Kept, Understanding

SCHEMA = 1
_NOWHERE = ArchivePlace("", 0)


@dataclass(frozen=True, slots=True)
class SenderSaid:
    """Who wrote, as far as it is known; `proof` is the name of a core.model.Proof."""

    addr_spec: str | None
    proof: str
    why: str


@dataclass(frozen=True, slots=True)
class JobFound:
    key: str | None
    how: str


@dataclass(frozen=True, slots=True)
class LineSeen:
    n: int
    text: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class FieldsRead:
    """The first report in the mail; None: not said."""

    done: str | None = None
    minutes: int | None = None
    next: str | None = None
    blocked: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    text: str
    question: str


@dataclass(frozen=True, slots=True)
class WouldChange:
    """One entity that would be created, changed or deleted; `document` is the whole of it afterwards, as JSON text."""

    entity: str
    id: str
    what: str
    document: str


@dataclass(frozen=True, slots=True)
class WouldWrite:
    key: str
    kind: str
    to: str


@dataclass(frozen=True, slots=True)
class Would:
    changes: tuple[WouldChange, ...]
    letters: tuple[WouldWrite, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """How one mail is understood (JSON version 1). `mail` is its id: the first 32 hex digits of its SHA-256."""

    schema: int
    mail: str
    nature: str
    sender: SenderSaid
    job: JobFound
    lines: tuple[LineSeen, ...]
    fields: FieldsRead
    unclear: tuple[Asked, ...]
    would: Would


def explain(understanding: Understanding, desk: Desk, raw: bytes, now: datetime) -> Explained:
    """Explain one mail as if it came in now. Raises TransientError where the reader cannot be started."""
    mail_id = hashlib.sha256(raw).hexdigest()[:32]
    explanation = understanding.explain(Kept(mail_id, raw, _NOWHERE, "", 0, 0, now), now)
    outcomes = desk.preview(explanation.events, now)
    understood = explanation.understood
    return Explained(
        schema=SCHEMA,
        mail=mail_id,
        nature=explanation.seen.glanced.nature if explanation.seen else "unreadable",
        sender=_sender(explanation),
        job=_job(explanation),
        lines=tuple(LineSeen(one.n, one.text, one.kind, one.why) for one in (understood.lines if understood else ())),
        fields=_fields(understood),
        unclear=tuple(Asked(one.text, one.question) for one in (understood.unclear if understood else ())),
        would=_would(outcomes),
    )


def _sender(explanation: Explanation) -> SenderSaid:
    seen = explanation.seen
    if seen is None:
        return SenderSaid(None, Proof.UNKNOWN.name.lower(), "the mail could not be read")
    who = seen.identified
    if who is None:
        envelope = seen.glanced.envelope
        why = envelope.sender_why if envelope.addr_spec is None else "no owner or worker has this address"
        return SenderSaid(envelope.addr_spec, Proof.UNKNOWN.name.lower(), why)
    return SenderSaid(seen.glanced.envelope.addr_spec, who.proof.name.lower(), who.why)


def _job(explanation: Explanation) -> JobFound:
    placed = explanation.placed
    if placed is None:
        return JobFound(None, "")
    return JobFound(placed.job.id if placed.job else None, placed.how or placed.conflict)


def _fields(understood: wire.Understood | None) -> FieldsRead:
    if understood is None or not understood.reports:
        return FieldsRead()
    one = understood.reports[0]
    return FieldsRead(one.done, one.minutes, one.next, one.blocked, one.status)


def _would(outcomes: tuple[Settled, ...]) -> Would:
    decisions = [one.decision for one in outcomes if one.decision is not None]
    return Would(
        tuple(_change(change) for decision in decisions for change in decision.changes),
        tuple(_letter(letter) for decision in decisions for letter in decision.letters),
    )


def _change(change: Change) -> WouldChange:
    what = "created" if change.before is None else "deleted" if change.after is None else "changed"
    entity = change.entity
    return WouldChange(TABLE_OF[type(entity)], entity.id, what, encode_entity(entity).decode())


def _letter(letter: Letter) -> WouldWrite:
    return WouldWrite(letter.id, letter.kind.value, letter.recipient_id)
