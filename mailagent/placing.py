"""Who wrote a mail, and about which job: what the reader found is held against the office and the keys.

Levels of proof are those of FAULTS section 3.2; the order of signs for the job is that of SPEC section 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailagent.core.model import Job, Owner, Proof, Role, Worker
from mailagent.edge.keys import Keys, Purpose, Verified
from mailagent.edge.store.port import Store
from mailagent.mail.wire import AuthVerdict, Sifted

TOKEN_DAYS_AFTER_CLOSE = 90


@dataclass(frozen=True, slots=True)
class Identified:
    """A known person and how well it is known that he wrote; `token` is his, where there is one."""

    person: Owner | Worker
    proof: Proof
    why: str
    token: Verified | None


@dataclass(frozen=True, slots=True)
class Placed:
    """The job a mail is about. `how` says by which sign; a `conflict` (a sentence) means: ask."""

    job: Job | None
    how: str
    guessed: bool = False
    conflict: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an owner's mail answers: the job that our mail was about, and those that its lines were about.

    `waiting`: the orders that wait for his yes to that mail, `letter_id`, or waited until they were carried out.
    """

    about: str = ""
    numbers: tuple[str, ...] = ()
    letter_id: str = ""
    waiting: tuple[str, ...] = ()


class Placing:
    """Holds signs of a mail against the office. No key and no secret leaves edge/keys."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    def concerns(self, sifted: Sifted, today: date) -> bool:
        """Tell whether a mail is worth fetching: a known address, a sign of ours, or perhaps a bounce."""
        if sifted.bounce_sign:
            return True
        if sifted.addr_spec is not None and self._store.person_by_address(sifted.addr_spec) is not None:
            return True
        return self.token_holder(sifted, today) is not None

    def token_holder(self, sifted: Sifted, today: date) -> Owner | Worker | None:
        """The person for whom a token in this mail was made, whoever sent it."""
        return next(self._holders(sifted, today), None)

    def _holders(self, sifted: Sifted, today: date) -> Iterator[Owner | Worker]:
        for token in sifted.tokens:
            for person in self._who_may_hold(token):
                if self._keys.verify(token, person.id, today) is not None:
                    yield person

    def _who_may_hold(self, token: str) -> tuple[Owner | Worker, ...]:
        record = self._keys.record_of(token)
        if record is None:
            return ()
        # The number is a job's or a question's, and only the seal tells which: the job's people are tried first.
        job = self._store.job(f"J{record}") if record else None
        first = (self._store.worker(job.worker_id), self._store.owner(job.owner_id)) if job else ()
        return (*(one for one in first if one is not None), *self._store.workers(), *self._store.owners())

    def identify(self, sifted: Sifted, auth: AuthVerdict, now: datetime) -> Identified | None:
        """Say who wrote and how well that is proven; None for somebody whom the office does not know."""
        person = None if sifted.addr_spec is None else self._store.person_by_address(sifted.addr_spec)
        if person is None:
            return None
        token = self._token_of(person, sifted, now)
        if auth.dmarc == "fail":
            return Identified(person, Proof.CLAIMED, f"the sender's domain disowns it ({auth.why})", None)
        if token is None and any(self._is_foreign(holder, person) for holder in self._holders(sifted, now.date())):
            return Identified(person, Proof.CLAIMED, "it answers a mail to somebody else", None)
        if token is not None and auth.proves_domain:
            return Identified(person, Proof.BOTH, f"it answers our mail to him, and {auth.why}", token)
        if token is not None:
            return Identified(person, Proof.TOKEN, "it answers our mail to him", token)
        if auth.proves_domain:
            return Identified(person, Proof.DOMAIN, auth.why, None)
        return Identified(person, Proof.CLAIMED, f"nothing but the From line says so ({auth.why})", None)

    def _is_foreign(self, holder: Owner | Worker, person: Owner | Worker) -> bool:
        """Tell whether a letter to `holder` is none of this person's business; an owner may join his workers'."""
        if isinstance(person, Owner) and isinstance(holder, Worker):
            return all((job.owner_id, job.worker_id) != (person.id, holder.id) for job in self._store.jobs())
        return holder.id != person.id

    def _token_of(self, person: Owner | Worker, sifted: Sifted, now: datetime) -> Verified | None:
        for token in sifted.tokens:
            verified = self._keys.verify(token, person.id, now.date())
            if verified is not None and not self._is_stale(verified, now):
                return verified
        return None

    def _is_stale(self, verified: Verified, now: datetime) -> bool:
        """A job's token is refused 90 days after its close (FAULTS section 3.4)."""
        job = self._store.job(f"J{verified.record}") if verified.purpose is Purpose.JOB else None
        closed_at = job.closed_at if job else None
        return closed_at is not None and now - closed_at > timedelta(days=TOKEN_DAYS_AFTER_CLOSE)

    def place(self, worker: Worker, sifted: Sifted, token: Verified | None, body_keys: tuple[str, ...]) -> Placed:
        """Find the job a worker's mail is about; signs that disagree are asked about, never guessed."""
        thread = self._by_token(token) or self._by_message_ids(sifted)
        named = self._named(worker, sifted.subject_keys)
        if thread and thread.job and named and (named.job is None or named.job.id != thread.job.id):
            said = sifted.subject_keys[0]  # another job of his, or one that is not his at all
            return Placed(None, "", conflict=f"It answers a mail about {thread.job.id}, but its subject says {said}.")
        found = thread or named or self._named(worker, body_keys) or self._only_open(worker)
        if found.job is not None and found.job.worker_id != worker.id:
            return Placed(None, "", conflict=f"{found.job.id} is not one of your jobs.")
        return found

    def answered_by_owner(self, owner: Owner, sifted: Sifted, token: Verified | None) -> Answered:
        """Find what an owner's mail answers; line numbers are those of our mail to him that he answers, no other's."""
        for message_id in (*sifted.in_reply_to, *reversed(sifted.references)):
            letter = self._store.letter_by_message_id(message_id)
            if letter is None:
                continue
            is_his = letter.role is Role.OWNER and letter.recipient_id == owner.id
            if not is_his:
                return Answered(letter.job_id or "")
            return Answered(letter.job_id or "", letter.numbers, letter.id, letter.waiting)
        placed = self._by_token(token)
        if placed is not None and placed.job is not None:
            return Answered(placed.job.id)
        keys = [key for key in sifted.subject_keys if self._store.job(key) is not None]
        return Answered(keys[0] if len(keys) == 1 else "")

    def _by_token(self, token: Verified | None) -> Placed | None:
        if token is None or token.purpose is not Purpose.JOB:
            return None
        job = self._store.job(f"J{token.record}")
        return None if job is None else Placed(job, "reply code")

    def _by_message_ids(self, sifted: Sifted) -> Placed | None:
        for message_id in (*sifted.in_reply_to, *reversed(sifted.references)):
            letter = self._store.letter_by_message_id(message_id)
            job = self._store.job(letter.job_id) if letter is not None and letter.job_id is not None else None
            if job is not None:
                return Placed(job, "the mail it answers")
        return None

    def _named(self, worker: Worker, keys: tuple[str, ...]) -> Placed | None:
        """The job that the first key names; None where there is no key."""
        if not keys:
            return None
        job = self._store.job(keys[0])
        if job is None or job.worker_id != worker.id:
            return Placed(None, "", conflict=f"{keys[0]} is not one of your jobs.")
        return Placed(job, "its key")

    def _only_open(self, worker: Worker) -> Placed:
        jobs = self._store.open_jobs(worker.id)
        if len(jobs) == 1:
            return Placed(jobs[0], "the only open job", guessed=True)
        if not jobs:
            return Placed(None, "", conflict="You have no open job with us.")
        return Placed(None, "", conflict="You have more than one open job, and nothing says which one this is about.")
