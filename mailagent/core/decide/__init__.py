"""What follows from an event: decide(slice, event, now) -> Decision. Pure; `now` is aware UTC.

Raises `Refused` where an event does not fit what stands in the office; nothing is changed then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailagent.core import events as ev
from mailagent.core.decide import absences, letters, mails, people, reports
from mailagent.core.decision import Decision
from mailagent.core.slices import Slice

# What a run by cron and a daemon at rest may never meet is loaded when it comes.


def _trial_added(slice_: Slice, event: ev.TrialAdded, now: datetime) -> Decision:
    from mailagent.core.decide import trials

    return trials.trial_added(slice_, event, now)


def _worker_due(slice_: Slice, event: ev.WorkerDue, now: datetime) -> Decision:
    from mailagent.core.decide import chasing

    return chasing.worker_due(slice_, event, now)


def _owner_ordered(slice_: Slice, event: ev.OwnerOrdered, now: datetime) -> Decision:
    from mailagent.core.decide import orders

    return orders.owner_ordered(slice_, event, now)


def _confirmed(slice_: Slice, event: ev.Confirmed, now: datetime) -> Decision:
    from mailagent.core.decide import confirmations

    return confirmations.confirmed(slice_, event, now)


_DECIDERS: dict[type, Callable[[Slice, Any, datetime], Decision]] = {
    ev.OwnerAdded: people.owner_added,
    ev.WorkerAdded: people.worker_added,
    ev.JobAdded: people.job_added,
    ev.TrialAdded: _trial_added,
    ev.OwnerDue: people.owner_due,
    ev.WorkerDue: _worker_due,
    ev.Alarmed: people.alarmed,
    ev.Reported: reports.reported,
    ev.SeemedAway: absences.seemed_away,
    ev.NotUnderstood: reports.not_understood,
    ev.OwnerOrdered: _owner_ordered,
    ev.OwnerWrote: mails.owner_wrote,
    ev.Confirmed: _confirmed,
    ev.Suspected: mails.suspected,
    ev.MailSettled: mails.settled,
    ev.Bounced: mails.bounced,
    ev.MailboxRead: mails.mailbox_read,
    ev.LetterClaimed: letters.claimed,
    ev.LetterSent: letters.sent,
    ev.LetterDeferred: letters.deferred,
    ev.LetterFailed: letters.failed,
    ev.LetterUnknown: letters.unknown,
    ev.HouseKept: letters.house_kept,
}


def decide(slice_: Slice, event: ev.Event, now: datetime) -> Decision:
    """Decide one event on the part of the office it concerns."""
    return _DECIDERS[type(event)](slice_, event, now)
