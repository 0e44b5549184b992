"""What kept mails mean for the office: glance, place, read, and the event that follows. Nothing is changed here.

The bytes are read by the child alone (edge/sandbox); what comes back is held against the office (placing).
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailagent import reporting
from mailagent.core import events as ev
from mailagent.core import workday
from mailagent.core.letters import Unclear
from mailagent.core.model import ArchivePlace, Fate, Owner, Proof, Worker
from mailagent.edge.keys import Purpose
from mailagent.edge.sandbox import Answer, Reader
from mailagent.edge.store.port import Store
from mailagent.mail import wire
from mailagent.mail.orders import Ordered
from mailagent.placing import Identified, Placed, Placing
from mailagent.sent_texts import SentTexts

PART = 25  # mails that are glanced at and read together, while the part before is decided on
STRIKES = 3  # a mail that breaks the reader so often is set aside
BROKE = ("died", "too slow")  # failures of the child that may pass
WITHHELD = "the mail server does not hand it out"
OFTEN = "it broke the program that reads mail three times"
IN_COPY = "it was only sent to us in copy"
CLOCK_SLACK = timedelta(minutes=10)
NOTHING_FOUND = "nothing in it could be booked"


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail whose bytes are in the archive."""

    mail_id: str
    raw: bytes
    place: ArchivePlace
    mailbox: str
    uidvalidity: int
    uid: int
    received_at: datetime
    tries: int = 0  # how often it was read before, and the reader or the daemon broke


@dataclass(frozen=True, slots=True)
class Seen:
    """A kept mail after the glance; `identified` is None for somebody unknown."""

    kept: Kept
    glanced: wire.Glanced
    identified: Identified | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one mail is understood, step by step; a step that was not taken is None."""

    seen: Seen | None
    understood: wire.Understood | None
    placed: Placed | None
    events: tuple[ev.Event, ...]


@dataclass(frozen=True, slots=True)
class _Looked:
    """Some mails after the glance: events that are clear, by mail id, and what has to be read, against what."""

    kept: Sequence[Kept]
    clear: Mapping[str, ev.Event]
    to_read: Sequence[Seen]
    contexts: Sequence[wire.ReadContext]
    questions: Sequence[tuple[bytes, bytes]]


class Understanding:
    """Turns kept mails into events."""

    def __init__(
        self, store: Store, placing: Placing, reader: Reader, sent: SentTexts, ours: wire.Ours, limits: wire.Limits
    ) -> None:
        self._store = store
        self._placing = placing
        self._reader = reader
        self._sent = sent
        self._ours = ours
        self._limits = limits

    def concern(self, header_blocks: Sequence[bytes], now: datetime) -> list[bool]:
        """Tell of each header block whether the mail concerns us; a stranger's does not.

        One that breaks the reader may be anybody's: it does, so that it is kept and set aside, and not lost.
        """
        questions = [wire.sift_question(str(n), block, self._ours) for n, block in enumerate(header_blocks)]
        today = now.date()
        return [
            answer.body is None or self._placing.concerns(wire.decode_sifted(answer.body), today)
            for answer in self._again(questions)
        ]

    def events(self, kept: Sequence[Kept], now: datetime) -> Generator[ev.Event]:
        """Give one event or more for each mail, in the order given.

        While the caller is busy with the events of one part, the child reads the next. Raises: TransientError.
        """
        parts = [kept[at : at + PART] for at in range(0, len(kept), PART)]
        glances = [self._glance_questions(part) for part in parts]
        waiting: _Looked | None = None
        try:
            for number, part in enumerate(parts):
                looked = self._look(part, self._again(glances[number]), now)
                self._reader.ahead(looked.questions)
                if number + 1 < len(parts):
                    self._reader.ahead(glances[number + 1])
                if waiting is not None:
                    yield from self._tell(waiting, self._read(waiting))
                waiting = looked
            if waiting is not None:
                yield from self._tell(waiting, self._read(waiting))
        finally:
            self._reader.forget_ahead()

    def _look(self, kept: Sequence[Kept], answers: Sequence[Answer], now: datetime) -> _Looked:
        """Hold what was glanced at against the office: what is clear by that, and what has to be read."""
        clear: dict[str, ev.Event] = {}
        to_read: list[Seen] = []
        for one, answer in zip(kept, answers, strict=True):
            if not one.raw:
                clear[one.mail_id] = ev.MailSettled(self.facts(one, None, None), Fate.QUARANTINED, WITHHELD)
                continue
            if one.tries >= STRIKES or answer.body is None:
                clear[one.mail_id] = ev.MailSettled(self.facts(one, None, None), Fate.QUARANTINED, _why(answer))
                continue
            seen = self._seen(one, wire.decode_glanced(answer.body), now)
            settled = self._without_reading(seen, now)
            if settled is None:
                to_read.append(seen)
            else:
                clear[one.mail_id] = settled
        contexts = [self._context(one) for one in to_read]
        questions = [
            wire.read_question(one.kept.mail_id, context, limits=self._limits)
            for one, context in zip(to_read, contexts, strict=True)
        ]
        return _Looked(kept, clear, to_read, contexts, questions)

    def _tell(self, looked: _Looked, answers: Sequence[Answer]) -> Iterator[ev.Event]:
        read = {seen.kept.mail_id: (seen, answer) for seen, answer in zip(looked.to_read, answers, strict=True)}
        for one in looked.kept:
            if one.mail_id in read:
                yield from self._meaning(*read[one.mail_id])
            else:
                yield looked.clear[one.mail_id]

    def explain(self, kept: Kept, now: datetime) -> Explanation:
        """Understand one mail as `events` would, and keep what was seen on the way. Raises TransientError."""
        answer = self._again(self._glance_questions([kept]))[0]
        if answer.body is None:
            event = ev.MailSettled(self.facts(kept, None, None), Fate.QUARANTINED, _why(answer))
            return Explanation(None, None, None, (event,))
        seen = self._seen(kept, wire.decode_glanced(answer.body), now)
        if not self._placing.concerns(seen.glanced.envelope, now.date()):
            return Explanation(seen, None, None, ())  # intake leaves it alone
        settled = self._without_reading(seen, now)
        if settled is not None:
            return Explanation(seen, None, None, (settled,))
        question = wire.read_question(kept.mail_id, self._context(seen, want_lines=True), kept.raw, self._limits)
        answer = self._again([question])[0]
        understood = None if answer.body is None else wire.decode_understood(answer.body)
        who, placed = seen.identified, None
        if understood is not None and who is not None and isinstance(who.person, Worker):
            placed = self._placing.place(who.person, seen.glanced.envelope, who.token, understood.body_keys)
        return Explanation(seen, understood, placed, tuple(self._meaning(seen, answer)))

    def _glance_questions(self, kept: Sequence[Kept]) -> list[tuple[bytes, bytes]]:
        return [wire.glance_question(one.mail_id, one.raw, self._ours, self._limits) for one in kept]

    def _again(self, questions: Sequence[tuple[bytes, bytes]]) -> Sequence[Answer]:
        """Ask; what broke the child is asked again alone, up to three times in all."""
        answers = self._reader.ask(questions)
        return [self._insist(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def _insist(self, question: tuple[bytes, bytes], answer: Answer) -> Answer:
        for _ in range(STRIKES - 1):
            if answer.failure not in BROKE:
                break
            answer = self._reader.ask([question])[0]
        return answer

    def _seen(self, kept: Kept, glanced: wire.Glanced, now: datetime) -> Seen:
        return Seen(kept, glanced, self._placing.identify(glanced.envelope, glanced.auth, now))

    def _without_reading(self, seen: Seen, now: datetime) -> ev.Event | None:
        """The event of a mail whose kind and sender say enough; None where its words matter."""
        glanced, who = seen.glanced, seen.identified
        if glanced.problem is not None:
            return ev.MailSettled(self._facts_of(seen), Fate.QUARANTINED, glanced.problem)
        if glanced.nature == wire.BOUNCE:
            return self._bounce(self._facts_of(seen), glanced)
        proven_list = glanced.nature == wire.LIST and who is not None and who.proof >= Proof.BOTH
        is_note = glanced.nature == wire.OUT_OF_OFFICE and who is not None and isinstance(who.person, Worker)
        if glanced.nature != wire.PERSON and not proven_list and not is_note:
            return ev.MailSettled(self._facts_of(seen), Fate.AUTOMATIC, _automatic(glanced))
        if who is None:
            return self._stranger(self._facts_of(seen), glanced, now)
        return None

    def _bounce(self, facts: ev.MailFacts, glanced: wire.Glanced) -> ev.Event:
        """A bounce counts only when it names a letter of ours (its Message-ID cannot be guessed); others' stay put."""
        bounce = glanced.bounce
        letter = None
        if bounce is not None and bounce.message_id is not None:
            letter = self._store.letter_by_message_id(bounce.message_id)
        if bounce is None or letter is None:
            return ev.MailSettled(facts, Fate.LEFT_ALONE, "a bounce of nothing that we sent")
        return ev.Bounced(facts, letter.id, bounce.address, bounce.permanent, bounce.diagnostic)

    def _stranger(self, facts: ev.MailFacts, glanced: wire.Glanced, now: datetime) -> ev.Event:
        holder = self._placing.token_holder(glanced.envelope, now.date())
        if holder is not None:
            reason = f"it answers our mail to {holder.display_name}, but comes from {facts.addr_spec or 'nobody'}"
            if isinstance(holder, Worker):
                return ev.Suspected(facts, holder.id, reason)
            return ev.MailSettled(facts, Fate.QUARANTINED, reason)
        return ev.MailSettled(facts, Fate.QUARANTINED, f"its sender cannot be told: {glanced.envelope.sender_why}")

    def _read(self, looked: _Looked) -> Sequence[Answer]:
        seen, contexts = looked.to_read, looked.contexts
        answers = list(self._again(looked.questions))
        for place, answer in enumerate(answers):
            if answer.failure is None:
                continue
            # The child no longer has it, or is a new one: it needs the bytes again.
            one = seen[place].kept
            question = wire.read_question(one.mail_id, contexts[place], one.raw, self._limits)
            answers[place] = self._again([question])[0]
        return answers

    def _context(self, seen: Seen, *, want_lines: bool = False) -> wire.ReadContext:
        who = seen.identified
        if who is None:
            return wire.ReadContext(want_lines=want_lines)
        if isinstance(who.person, Owner):
            return self._context_of_owner(seen, who, who.person, want_lines=want_lines)
        keys = tuple(job.id for job in self._store.open_jobs(who.person.id))
        envelope = seen.glanced.envelope
        texts = self._sent.answered_by((*envelope.in_reply_to, *envelope.references[-1:]))
        today = workday.local(seen.kept.received_at, who.person.hours.zone).date().isoformat()
        is_absence = seen.glanced.nature == wire.OUT_OF_OFFICE
        return wire.ReadContext(
            texts, (who.person.language,), keys, want_lines=want_lines, today=today, is_absence=is_absence
        )

    def _context_of_owner(self, seen: Seen, who: Identified, owner: Owner, *, want_lines: bool) -> wire.ReadContext:
        envelope = seen.glanced.envelope
        answered = self._placing.answered_by_owner(owner, envelope, who.token)
        texts = self._sent.answered_by((*envelope.in_reply_to, *envelope.references[-1:]))
        return wire.ReadContext(
            texts,
            (owner.language,),
            want_lines=want_lines,
            is_owner=True,
            about=answered.about,
            numbers=answered.numbers,
            again=answered.waiting,
        )

    def _meaning(self, seen: Seen, answer: Answer) -> list[ev.Event]:
        who = seen.identified
        facts = self._facts_of(seen)
        if answer.body is None or who is None:
            return [ev.MailSettled(facts, Fate.QUARANTINED, _why(answer))]
        if isinstance(who.person, Owner):
            if seen.glanced.envelope.only_in_copy:
                return [ev.MailSettled(facts, Fate.PROCESSED, IN_COPY)]
            understood = wire.decode_understood(answer.body)
            answered = self._placing.answered_by_owner(who.person, seen.glanced.envelope, who.token)
            waiting = {wire.YES_TO + one for one in answered.waiting}  # also those that are done: a yes is good once
            is_yes = any(one.words in waiting for one in understood.orders)
            orders = tuple(_undo_of(one, answered.letter_id) for one in understood.orders)
            understood = replace(understood, orders=orders)
            return [owner_meant(facts, who.person, understood, confirms=answered.letter_id if is_yes else "")]
        return self._worker_meant(seen, facts, who, who.person, wire.decode_understood(answer.body))

    def _worker_meant(
        self, seen: Seen, facts: ev.MailFacts, who: Identified, worker: Worker, understood: wire.Understood
    ) -> list[ev.Event]:
        if seen.glanced.nature == wire.OUT_OF_OFFICE:
            return [reporting.absence(facts, worker.id, understood, _automatic(seen.glanced))]
        if who.token is not None and who.token.purpose is Purpose.CONFIRM:
            was_him = {"yes": True, "no": False}.get(understood.answer)
            return [ev.Confirmed(facts, worker.id, who.token.record, was_him)]
        placed = self._placing.place(worker, seen.glanced.envelope, who.token, understood.body_keys)
        unclear = tuple(Unclear(one.text, one.question) for one in understood.unclear)
        job_id = placed.job.id if placed.job else None
        if not understood.reports:
            return [ev.NotUnderstood(facts, worker.id, job_id, placed.conflict or NOTHING_FOUND, unclear)]
        first, *others = (self._report(facts, worker, placed, fields) for fields in understood.reports)
        if isinstance(first, ev.Reported) and (unclear or understood.remark):
            first = replace(first, unclear=unclear, remark=understood.remark)
        elif unclear:
            first = replace(first, unclear=unclear)
        return [first, *others]

    def _report(
        self, facts: ev.MailFacts, worker: Worker, placed: Placed, fields: wire.Fields
    ) -> ev.Reported | ev.NotUnderstood:
        job = placed.job
        if fields.job_key is not None and (job is None or fields.job_key != job.id):
            job = self._store.job(fields.job_key)
            if job is None or job.worker_id != worker.id:
                return ev.NotUnderstood(facts, worker.id, None, f"{fields.job_key} is not one of your jobs.")
        if job is None:
            return ev.NotUnderstood(facts, worker.id, None, placed.conflict)
        return reporting.reported(facts, job, fields, guessed=placed.guessed and fields.job_key is None)

    def _facts_of(self, seen: Seen) -> ev.MailFacts:
        return self.facts(seen.kept, seen.glanced, seen.identified)

    def facts(self, kept: Kept, glanced: wire.Glanced | None, who: Identified | None) -> ev.MailFacts:
        """The mail as the office records it."""
        envelope = glanced.envelope if glanced else None
        return ev.MailFacts(
            id=kept.mail_id,
            mailbox=kept.mailbox,
            uidvalidity=kept.uidvalidity,
            uid=kept.uid,
            received_at=kept.received_at,
            archived=kept.place,
            addr_spec=envelope.addr_spec if envelope else None,
            person_id=who.person.id if who else None,
            proof=who.proof if who else Proof.UNKNOWN,
            proof_why=who.why if who else envelope.sender_why if envelope else "not read",
            message_id=envelope.message_id if envelope else None,
            subject=envelope.subject if envelope else "",
            by_dmarc=glanced is not None and glanced.auth.dmarc == "pass",
        )


def owner_meant(facts: ev.MailFacts, owner: Owner, understood: wire.Understood, *, confirms: str = "") -> ev.Event:
    """What an owner's mail is: orders, where at least one line of it is meant as one.

    `confirms` is the id of our letter that asked for his yes to these very orders.
    """
    if not any(one.verb is not None for one in understood.orders):
        return ev.OwnerWrote(facts, owner.id)
    orders = tuple(
        ev.Order(
            words=one.words,
            verb=None if one.verb is None else ev.Verb(one.verb),
            job_id=one.job_key,
            minutes=one.minutes,
            is_more=one.is_more,
            no_cap=one.no_cap,
            only_from_now=one.only_from_now,
            text=one.text,
            number=one.number,
            problem=one.problem,
        )
        for one in understood.orders
    )
    return ev.OwnerOrdered(facts, owner.id, orders, understood.gave_up, confirms)


def _undo_of(order: Ordered, letter_id: str) -> Ordered:
    """A plain `undo` in answer to a transcript means what that transcript tells of."""
    number = re.fullmatch(r".*/transcript/D([0-9]+)", letter_id)
    if order.verb != "undo" or order.number is not None or number is None or any(map(str.isdigit, order.words)):
        return order
    return replace(order, number=int(number[1]), problem="")


def _automatic(glanced: wire.Glanced) -> str:
    """Why a mail that a machine wrote is only recorded."""
    return f"{glanced.nature}: {glanced.nature_why}"


def _why(answer: Answer) -> str:
    """Why a mail that the reader gave no answer about, or was not asked about any more, is set aside."""
    return OFTEN if answer.failure in (None, *BROKE) else f"it cannot be read: {answer.failure}"


def received_at(internal_date: datetime | None, first_started_at: datetime, now: datetime) -> datetime:
    """INTERNALDATE where it is sane (RFC 9051 section 2.3.3), else the time of the fetch."""
    if internal_date is None or not first_started_at - timedelta(days=1) <= internal_date <= now + CLOCK_SLACK:
        return now
    return internal_date
