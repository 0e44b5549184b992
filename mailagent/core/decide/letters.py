"""Decisions about letters on their way out: what the outbox tells becomes their state (HOUSE, Letters)."""

from dataclasses import replace
from datetime import datetime, timedelta

from mailagent.core import events as ev
from mailagent.core import reminders
from mailagent.core.decide.people import alert
from mailagent.core.decision import Change, Decision
from mailagent.core.letters import RESENT_WHEN_UNKNOWN, AlertContents, Letter
from mailagent.core.model import LetterKind, LetterState, Owner, Phase, Role, Worker
from mailagent.core.slices import Slice
from mailagent.errors import Refused

FIRST_RETRY_S = 300
LONGEST_RETRY_S = 4_000  # Postfix's maximal_backoff_time


def claimed(slice_: Slice, event: ev.LetterClaimed, now: datetime) -> Decision:
    """The letter is being handed over; its Message-ID and token are fixed from the first claim on.

    With the brief the job's clock begins: nobody can start on what he has not been sent.
    """
    before = _letter(slice_, event.letter_id)
    after = replace(
        before,
        state=LetterState.SENDING,
        tries=before.tries + 1,
        message_id=before.message_id or event.message_id,
        token=before.token or event.token,
        claimed_at=before.claimed_at or now,
        next_try_at=None,
        resent=before.resent or before.state is LetterState.UNKNOWN,
    )
    changes = [Change(before, after)]
    job = slice_.job
    if before.kind is LetterKind.BRIEF and job is not None and job.root_message_id is None:
        begun = reminders.restart(job, now) if job.phase is Phase.BRIEFED else job
        changes.append(Change(job, replace(begun, root_message_id=after.message_id)))
    return Decision(tuple(changes))


def sent(slice_: Slice, event: ev.LetterSent, now: datetime) -> Decision:
    """The server took it. What it says is in the journal and its bytes in the archive: the office forgets it."""
    before = _letter(slice_, event.letter_id)
    after = replace(
        before,
        state=LetterState.SENT,
        contents=None,
        finished_at=now,
        answer=event.answer,
        archived=event.archived,
        next_try_at=None,
    )
    return Decision((Change(before, after),))


def deferred(slice_: Slice, event: ev.LetterDeferred, now: datetime) -> Decision:
    """Try again later, 5 minutes doubling to 4,000 s; after `give_up_days` it has failed."""
    before = _letter(slice_, event.letter_id)
    if now - before.written_at > timedelta(days=slice_.policy.give_up_days):
        reason = f"no success in {slice_.policy.give_up_days} days; the last answer: {event.answer}"
        return _give_up(slice_, before, replace(event, answer=reason), now)
    wait = timedelta(seconds=retry_wait_s(before.tries))
    after = replace(
        before,
        state=LetterState.DEFERRED,
        next_try_at=now + wait,
        answer=event.answer,
        archived=event.archived or before.archived,
    )
    return Decision((Change(before, after),))


def retry_wait_s(tries: int) -> int:
    """Seconds to wait after the given number of tries (1 or more)."""
    return min(LONGEST_RETRY_S, FIRST_RETRY_S * (1 << min(max(tries, 1) - 1, 10)))


def failed(slice_: Slice, event: ev.LetterFailed, now: datetime) -> Decision:
    """A permanent refusal: the owner is told, and the address is marked where that was refused."""
    return _give_up(slice_, _letter(slice_, event.letter_id), event, now)


def unknown(slice_: Slice, event: ev.LetterUnknown, now: datetime) -> Decision:
    """The answer was lost. What matters most goes once more after 15 minutes, the rest does not."""
    before = _letter(slice_, event.letter_id)
    again = before.kind in RESENT_WHEN_UNKNOWN and not before.resent
    after = replace(
        before,
        state=LetterState.UNKNOWN,
        next_try_at=now + timedelta(minutes=slice_.policy.resend_unknown_minutes) if again else None,
        finished_at=None if again else now,
        answer=event.answer,
        archived=event.archived or before.archived,
    )
    return Decision((Change(before, after),))


def house_kept(slice_: Slice, event: ev.HouseKept, now: datetime) -> Decision:
    """Drop finished letters from the office; journal and archive keep them."""
    return Decision(tuple(Change(letter, None) for letter in slice_.letters))


def unreachable(slice_: Slice, person: Owner | Worker, why: str, now: datetime) -> Decision:
    """Mark a person whom mail does not reach, and tell whoever else must know, once."""
    if person.unreachable_since is not None:
        return Decision()
    changes: tuple[Change, ...] = (Change(person, replace(person, unreachable_since=now, unreachable_why=why)),)
    about = f"unreachable-{person.id}-{slice_.seq}"
    happened = (f"Mail to {person.display_name} <{person.addresses[0]}> came back: {why}",)
    if isinstance(person, Worker) and slice_.owner is not None:
        contents = AlertContents(
            slice_.owner.display_name,
            f"Mail to {person.display_name} does not arrive",
            happened,
            (f"Please ask {person.display_name} for an address that works, and tell whoever runs this agent.",),
        )
        return Decision(changes, (alert(slice_.owner.id, Role.OWNER, about, contents, now),))
    if slice_.policy.has_sysadmin:
        contents = AlertContents(
            "sysadmin",
            f"Mail to the owner {person.display_name} does not arrive",
            happened,
            ("Please check the address with the owner; until then he gets no digest.",),
        )
        return Decision(changes, (alert("sysadmin", Role.SYSADMIN, about, contents, now),))
    return Decision(changes)


def _give_up(slice_: Slice, before: Letter, event: ev.LetterFailed | ev.LetterDeferred, now: datetime) -> Decision:
    after = replace(
        before,
        state=LetterState.FAILED,
        finished_at=now,
        next_try_at=None,
        answer=event.answer,
        archived=event.archived or before.archived,
    )
    change = Change(before, after)
    person = slice_.worker if before.role is Role.WORKER else slice_.owner if before.role is Role.OWNER else None
    if person is None or person.id != before.recipient_id:
        return Decision((change,))
    if isinstance(event, ev.LetterFailed) and event.about_address:
        told = unreachable(slice_, person, event.answer, now)
        return Decision((change, *told.changes), told.letters)
    return Decision((change,), _undelivered(slice_, before, person, event.answer, now))


def _undelivered(
    slice_: Slice, letter: Letter, person: Owner | Worker, answer: str, now: datetime
) -> tuple[Letter, ...]:
    """Tell of one letter that did not get through, though nothing is known against the address."""
    what = f"The {letter.kind.value} to {person.display_name} <{person.addresses[0]}> could not be delivered: {answer}"
    about = f"undelivered-{letter.id}"
    if isinstance(person, Worker) and slice_.owner is not None:
        to_do = (f"Please tell {person.display_name} yourself what matters in it, and whoever runs this agent.",)
        contents = AlertContents(slice_.owner.display_name, "A letter could not be delivered", (what,), to_do)
        return (alert(slice_.owner.id, Role.OWNER, about, contents, now),)
    if slice_.policy.has_sysadmin:
        to_do = ("Run `mailagent check` on the machine, and look for the letter in the log.",)
        contents = AlertContents("sysadmin", "A letter could not be delivered", (what,), to_do)
        return (alert("sysadmin", Role.SYSADMIN, about, contents, now),)
    return ()


def _letter(slice_: Slice, letter_id: str) -> Letter:
    if slice_.letter is None:
        raise Refused(f"There is no letter {letter_id} in the outbox.")
    return slice_.letter
