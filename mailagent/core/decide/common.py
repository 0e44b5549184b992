"""What several decisions share: the record of a mail's end, an answer in a job's thread, the one confirmation."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from mailagent.core import events as ev
from mailagent.core.decide.people import topic
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import ConfirmContents, Contents, Letter, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Mail, Owner, Proof, Role, Worker
from mailagent.core.slices import Slice

_Person = TypeVar("_Person", Owner, Worker)

COUNTS_FROM = Proof.DOMAIN  # a worker's report counts from this level on; below, it waits for his confirmation
ANSWERED_FROM = Proof.DOMAIN  # below, the only answer is one confirmation to the stored address


def mail_record(
    slice_: Slice,
    mail: ev.MailFacts,
    fate: Fate,
    why: str,
    job_id: str | None,
    now: datetime,
    *,
    has_orders: bool = False,
) -> tuple[Change, ...]:
    """The record of a mail's end; one that has its end keeps it (a mail about several jobs ends with the first).

    One that `has_orders` is known again by its Message-ID.
    """
    if slice_.mail is not None:
        return ()
    record = Mail(
        id=mail.id,
        fate=fate,
        seen_at=now,
        received_at=mail.received_at,
        mailbox=mail.mailbox,
        uidvalidity=mail.uidvalidity,
        uid=mail.uid,
        person_id=mail.person_id,
        job_id=job_id,
        proof=mail.proof,
        archived=mail.archived,
        why=why,
        message_id=mail.message_id if has_orders else None,
    )
    return (Change(None, record),)


def answer(
    kind: LetterKind,
    worker: Worker,
    job: Job | None,
    about: str,
    contents: Contents,
    mail: ev.MailFacts,
    now: datetime,
) -> Letter:
    """A letter that answers a worker's mail, in the thread of the job."""
    return Letter(
        id=f"{worker.id}/{kind.value}/{about}",
        kind=kind,
        role=Role.WORKER,
        recipient_id=worker.id,
        job_id=job.id if job else None,
        causes=(mail.id,),
        contents=contents,
        written_at=now,
        subject_topic=topic(job) if job else "",
        in_reply_to=mail.message_id,
        thread_root=job.root_message_id if job else None,
    )


def confirmation(
    slice_: Slice, worker: Worker, waiting: tuple[WaitingLine, ...], mail: ev.MailFacts, now: datetime
) -> Decision:
    """Ask the stored address once for all that waits; a second time only when the first code has run out."""
    asked_at = worker.confirm_asked_at
    if asked_at is not None and now - asked_at < timedelta(days=slice_.policy.confirm_days):
        return Decision()
    number = worker.confirm_number + 1
    asked = replace(worker, confirm_asked_at=now, confirm_number=number, confirm_tries=0)
    contents = ConfirmContents(worker.display_name, owner_name(slice_), waiting, number)
    return Decision((Change(worker, asked),), (confirm_letter(worker, contents, mail, now),))


def confirm_letter(worker: Worker, contents: ConfirmContents, mail: ev.MailFacts, now: datetime) -> Letter:
    """The question "was this you?", to the stored address."""
    return Letter(
        id=f"{worker.id}/confirm/{mail.id}",
        kind=LetterKind.CONFIRM,
        role=Role.WORKER,
        recipient_id=worker.id,
        job_id=None,
        causes=(mail.id,),
        contents=contents,
        written_at=now,
    )


def may_ask_back(slice_: Slice, person: _Person, now: datetime) -> _Person | None:
    """Count a letter that asks back or declines; None where this hour has had its share (RFC 3834 section 2).

    The last stop against a program that answers ours and does not say that it is one.
    """
    since = person.asked_back_since
    if since is None or now - since >= timedelta(hours=1) or now < since:
        return replace(person, asked_back=1, asked_back_since=now)
    if person.asked_back >= slice_.policy.ask_back_per_hour:
        return None
    return replace(person, asked_back=person.asked_back + 1)


def owner_name(slice_: Slice) -> str:
    """Whom a letter to a worker speaks of."""
    return slice_.owner.display_name if slice_.owner else "the owner"
