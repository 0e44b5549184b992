"""What several decisions share: the record of a mail's end, an answer in a job's thread, the one confirmation."""

from dataclasses import replace
from datetime import datetime, timedelta

from mailagent.core import events as ev
from mailagent.core.decide.people import topic
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import ConfirmContents, Contents, Letter, WaitingLine
from mailagent.core.model import Fate, Job, LetterKind, Mail, Proof, Role, Worker
from mailagent.core.slices import Slice

COUNTS_FROM = Proof.DOMAIN  # a worker's report counts from this level on; below, it waits for his confirmation
ANSWERED_FROM = Proof.DOMAIN  # below, the only answer is one confirmation to the stored address


def mail_record(
    slice_: Slice, mail: ev.MailFacts, fate: Fate, why: str, job_id: str | None, now: datetime
) -> tuple[Change, ...]:
    """The record of a mail's end; one that has its end keeps it (a mail about several jobs ends with the first)."""
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
    letter = Letter(
        id=f"{worker.id}/confirm/{mail.id}",
        kind=LetterKind.CONFIRM,
        role=Role.WORKER,
        recipient_id=worker.id,
        job_id=None,
        causes=(mail.id,),
        contents=ConfirmContents(worker.display_name, owner_name(slice_), waiting),
        written_at=now,
    )
    return Decision((Change(worker, replace(worker, confirm_asked_at=now)),), (letter,))


def owner_name(slice_: Slice) -> str:
    """Whom a letter to a worker speaks of."""
    return slice_.owner.display_name if slice_.owner else "the owner"
