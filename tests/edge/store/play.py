"""What may happen to an office, as short calls: each decided by the real decisions and staged in a store."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.model import ArchivePlace, Fate, LetterState, Proof, Role, Status, WorkingHours
from mailagent.edge.store.port import Store
from mailagent.errors import Refused
from tests.factories import a_brief, a_mail

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday


@dataclass
class Play:
    """An office at play; every event takes a minute."""

    store: Store
    now: datetime = MORNING
    mails: int = 0
    decisions: list[Decision] = field(default_factory=list)

    def settle(self, event: ev.Event) -> Decision:
        """Decide and stage one event."""
        self.now += timedelta(minutes=1)
        decision = decide(self.store.load(event, self.now), event, self.now)
        self.store.stage(event, decision, self.now)
        self.decisions.append(decision)
        return decision

    def people(self) -> None:
        """Dana, Ana with J1, Jun with J2."""
        self.owner("dana")
        for name in ("ana", "jun"):
            self.worker(name)
            self.job(name)
        self.store.commit()

    def owner(self, name: str) -> None:
        self.settle(ev.OwnerAdded(name, name.title(), (f"{name}@example.com",), WorkingHours("Europe/Berlin"), 450))

    def worker(self, name: str) -> None:
        addresses = (f"{name}@example.com", f"{name}@home.example")
        self.settle(ev.WorkerAdded(name, name.title(), addresses, WorkingHours("Asia/Manila"), rate="12.50"))

    def job(self, worker_id: str, owner_id: str | None = "dana", *, cap_minutes: int | None = 480) -> None:
        self.settle(ev.JobAdded(owner_id, worker_id, a_brief(cap_minutes=cap_minutes)))

    def mail(self, person_id: str, *, proof: Proof = Proof.TOKEN, mail_id: str = "") -> ev.MailFacts:
        self.mails += 1
        return replace(
            a_mail(),
            id=mail_id or f"{self.mails:032x}",
            uid=self.mails,
            received_at=self.now - timedelta(seconds=5),
            archived=ArchivePlace("2026-11", self.mails),
            addr_spec=f"{person_id}@example.com",
            person_id=person_id,
            proof=proof,
            message_id=f"<{self.mails - self.mails % 5 // 4}@phone.example>",  # each fifth comes a second time
        )

    def report(
        self, worker_id: str = "ana", job_id: str = "J1", minutes: int | None = 30, *, proof: Proof = Proof.TOKEN
    ) -> Decision:
        mail = self.mail(worker_id, proof=proof)
        done = f"did {self.mails}"
        return self.settle(ev.Reported(mail, worker_id, job_id, False, done, minutes, "the rest", None, Status.WORKING))

    def send(self, letter_id: str, *, answer: str = "250 ok") -> None:
        """Claim and send a letter."""
        self.claim(letter_id)
        self.settle(ev.LetterSent(letter_id, answer, ArchivePlace("2026-11", self.store.seq)))

    def claim(self, letter_id: str) -> None:
        self.settle(ev.LetterClaimed(letter_id, f"<t.{self.store.seq}@example.com>", "a" * 28))

    def anything(self, chance: random.Random) -> ev.Event | None:
        """Let one random thing happen; give it, or None where the office refused it."""
        event = _anything(self, chance)
        if event is None:
            return None
        self.now += timedelta(minutes=chance.choice((1, 5, 60, 60 * 14)))
        try:
            self.settle(event)
        except Refused:
            return None
        return event


def _anything(play: Play, chance: random.Random) -> ev.Event | None:
    makers = (
        *[_a_report] * 6,
        *[_about_a_letter] * 5,
        *[_orders] * 3,
        _a_mail,
        _a_mail,
        _a_person,
        _a_job,
        _a_tick,
        _a_batch,
        _tidying,
    )
    return chance.choice(makers)(play, chance)


def _a_report(play: Play, chance: random.Random) -> ev.Event | None:
    jobs = play.store.jobs()
    if not jobs:
        return None
    job = chance.choice(jobs)
    mail = play.mail(job.worker_id, proof=chance.choice((Proof.CLAIMED, Proof.TOKEN, Proof.BOTH)))
    done = chance.choice((None, "rows", "more rows – 'ünïcode' \u2028 \t\n"))
    minutes = chance.choice((None, 0, 15, 30, 240, 900))
    status = chance.choice((None, Status.WORKING, Status.DONE))
    return ev.Reported(mail, job.worker_id, job.id, False, done, minutes, None, None, status)


def _a_mail(play: Play, chance: random.Random) -> ev.Event | None:
    workers, owners = play.store.workers(), play.store.owners()
    mail = play.mail("ana", proof=chance.choice((Proof.CLAIMED, Proof.TOKEN)))
    letters = play.store.letters_due(play.now + timedelta(days=99), 9)
    makers = [
        ev.MailSettled(mail, chance.choice((Fate.AUTOMATIC, Fate.QUARANTINED)), "why"),
        ev.Bounced(
            mail, letters[0].id if letters else None, "ana@example.com", chance.random() < 0.5, "5.1.1 no such user"
        ),
    ]
    if workers:
        worker = chance.choice(workers)
        makers += [
            ev.Confirmed(mail, worker.id, worker.confirm_number, chance.random() < 0.7),
            ev.Suspected(mail, worker.id, "a strange address"),
            ev.NotUnderstood(mail, worker.id, None, "no job was named"),
        ]
    if owners:
        makers.append(ev.OwnerWrote(mail, chance.choice(owners).id))
    return chance.choice(makers)


def _orders(play: Play, chance: random.Random) -> ev.Event | None:
    """One to three orders of an owner about any job, or an undo of any number."""
    jobs = play.store.jobs()
    if not jobs:
        return None
    undo = ev.Order("undo", ev.Verb.UNDO, number=chance.randint(1, play.store.seq + 1))
    verbs = [verb for verb in ev.Verb if verb is not ev.Verb.UNDO]
    orders = [undo] if chance.random() < 0.3 else []
    for _ in range(chance.randint(1, 3)):
        minutes, is_more = chance.choice((None, 0, 30, 600)), chance.random() < 0.5
        order = ev.Order("words", chance.choice(verbs), chance.choice(jobs).id, minutes, is_more, text="words")
        orders.append(replace(order, no_cap=minutes is None, only_from_now=chance.random() < 0.3))
    mail = play.mail("dana", proof=chance.choice((Proof.TOKEN, Proof.BOTH, Proof.BOTH, Proof.BOTH)))
    return ev.OwnerOrdered(mail, chance.choice(jobs).owner_id, tuple(orders))


def _about_a_letter(play: Play, chance: random.Random) -> ev.Event | None:
    letters = play.store.letters_due(play.now + timedelta(days=99), 9)
    if not letters:
        return None
    letter = chance.choice(letters)
    if letter.state is not LetterState.SENDING:
        return ev.LetterClaimed(letter.id, f"<t.{play.store.seq}@example.com>", "a" * 28)
    place = ArchivePlace("2026-11", play.store.seq)
    return chance.choice(
        (
            ev.LetterSent(letter.id, "250 ok", place),
            ev.LetterDeferred(letter.id, "451 later", place),
            ev.LetterFailed(letter.id, "550 no", place),
            ev.LetterUnknown(letter.id, "lost", place),
        )
    )


def _a_person(play: Play, chance: random.Random) -> ev.Event:
    name = chance.choice(("dana", "eve", "ana", "jun", "kai"))
    hours, address = WorkingHours(chance.choice(("Europe/Berlin", "Asia/Manila"))), (f"{name}@example.com",)
    if name in ("dana", "eve"):
        return ev.OwnerAdded(name, name.title(), address, hours, 450)
    return ev.WorkerAdded(name, name.title(), address, hours, rate="9.99", currency="EUR")


def _a_job(play: Play, chance: random.Random) -> ev.Event:
    cap_minutes = chance.choice((None, 0, 60, 480))
    return ev.JobAdded(
        chance.choice((None, "dana", "eve")), chance.choice(("ana", "jun", "kai")), a_brief(cap_minutes=cap_minutes)
    )


def _a_tick(play: Play, chance: random.Random) -> ev.Event | None:
    due = play.store.due(play.now)
    return (
        chance.choice(due)
        if due
        else ev.Alarmed(Role.OWNER, "dana", "disk", "The disk is full", ("since 9",), ("free some",))
    )


def _a_batch(play: Play, chance: random.Random) -> ev.Event:
    return ev.MailboxRead("INBOX", 7, play.mails, 1, chance.randrange(9), 1, 2, ((1, 3),), (4,))


def _tidying(play: Play, chance: random.Random) -> ev.Event | None:
    ids = play.store.finished_letters_before(play.now - timedelta(hours=chance.randrange(9)), 5)
    return ev.HouseKept(ids) if ids else None
