"""Decisions about mail that books nothing: an owner's, strange, automatic, bounced; and the books of each mailbox."""

from datetime import datetime

from mailagent.core import events as ev
from mailagent.core.decide.common import ANSWERED_FROM, mail_record, may_ask_back
from mailagent.core.decide.letters import unreachable
from mailagent.core.decide.people import alert
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import AlertContents, Letter, OwnerNoteContents
from mailagent.core.model import Cursor, Fate, LetterKind, Owner, Role, Worker
from mailagent.core.slices import Slice
from mailagent.errors import Refused


def suspected(slice_: Slice, event: ev.Suspected, now: datetime) -> Decision:
    """Book nothing of a mail from a strange address with a code of ours, and ask the stored address."""
    worker = slice_.worker
    if worker is None:
        raise Refused(f"There is no worker called {event.worker_id}.")
    kept = mail_record(slice_, event.mail, Fate.QUARANTINED, event.reason, None, now)
    contents = AlertContents(
        worker.display_name,
        "Was this you?",
        (f"A mail that answers one of ours to you came from {event.mail.addr_spec or 'an unreadable address'}.",),
        (
            f"Nothing of it was booked. If it was you, please send it again from {worker.addresses[0]}.",
            "If it was not you, you need not do anything; your owner sees it in his daily mail.",
        ),
    )
    letter = alert(worker.id, Role.WORKER, f"strange-{event.mail.received_at:%Y-%m-%d}", contents, now)
    return Decision(kept, () if slice_.letter is not None else (letter,))


def owner_wrote(slice_: Slice, event: ev.OwnerWrote, now: datetime) -> Decision:
    """Keep an owner's mail and say honestly that nothing was done on it; without proof at most once a day."""
    owner = slice_.owner
    if owner is None:
        raise Refused(f"There is no owner called {event.owner_id}.")
    kept = mail_record(slice_, event.mail, Fate.PARTLY, "there is no order in it", None, now)
    unproven = event.mail.proof < ANSWERED_FROM
    if unproven and slice_.letter is not None:
        return Decision(kept)
    about = f"unproven-{event.mail.received_at:%Y-%m-%d}" if unproven else event.mail.id
    contents = OwnerNoteContents(
        owner_name=owner.display_name,
        subject=event.mail.subject,
        jobs=tuple((one.job.id, one.job.brief.title) for one in slice_.pictures if one.job.is_open),
        unproven=unproven,
    )
    letter = Letter(
        id=f"{owner.id}/owner-note/{about}",
        kind=LetterKind.OWNER_NOTE,
        role=Role.OWNER,
        recipient_id=owner.id,
        job_id=None,
        causes=(event.mail.id,),
        contents=contents,
        written_at=now,
        in_reply_to=None if unproven else event.mail.message_id,
    )
    counted = may_ask_back(slice_, owner, now)
    return Decision(kept) if counted is None else Decision((*kept, Change(owner, counted)), (letter,))


def settled(slice_: Slice, event: ev.MailSettled, now: datetime) -> Decision:
    """Record what became of a mail that asks for nothing; the sysadmin hears of one that is set aside."""
    kept = mail_record(slice_, event.mail, event.fate, event.why, None, now)
    if event.fate is not Fate.QUARANTINED or not slice_.policy.has_sysadmin or not kept:
        return Decision(kept)
    contents = AlertContents(
        "sysadmin",
        "A mail was set aside",
        (f"From {event.mail.addr_spec or 'an unreadable address'}, received {event.mail.received_at:%d %b %H:%M} UTC.",)
        + ((event.why,) if event.why else ()),
        (f"The mail is kept in the archive as {event.mail.id}. The others go on.",),
    )
    return Decision(kept, (alert("sysadmin", Role.SYSADMIN, f"quarantine-{event.mail.id}", contents, now),))


def bounced(slice_: Slice, event: ev.Bounced, now: datetime) -> Decision:
    """A permanent bounce marks the address and tells the owner; a temporary one is only recorded."""
    kept = mail_record(slice_, event.mail, Fate.AUTOMATIC, f"bounce: {event.diagnostic}", None, now)
    person: Worker | Owner | None = slice_.worker
    if slice_.letter is not None and slice_.letter.role is Role.OWNER:
        person = slice_.owner
    if person is None or not event.permanent:
        return Decision(kept)
    told = unreachable(slice_, person, event.diagnostic, now)
    return Decision((*kept, *told.changes), told.letters)


def mailbox_read(slice_: Slice, event: ev.MailboxRead, now: datetime) -> Decision:
    """Move the cursor of a mailbox and keep its books."""
    before = slice_.cursor
    counts = Cursor(
        id=event.mailbox,
        uidvalidity=event.uidvalidity,
        settled_uid=event.settled_uid,
        first_uid=event.first_uid,
        first_started_at=before.first_started_at if before else now,
        fetched_at=now,
        seen=(before.seen if before else 0) + event.seen,
        left_alone=(before.left_alone if before else 0) + sum(last - first + 1 for first, last in event.left_alone),
        vanished=(before.vanished if before else 0) + len(event.vanished),
        duplicates=(before.duplicates if before else 0) + event.duplicates,
        settled=(before.settled if before else 0) + event.settled,
        rev=before.rev if before else 0,
    )
    return Decision((Change(before, counts),))
