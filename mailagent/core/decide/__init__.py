"""What follows from an event: decide(slice, event, now) -> Decision. Pure; `now` is aware UTC.

Raises `Refused` where an event does not fit what stands in the office; nothing is changed then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailagent.core import events as ev
from mailagent.core.decide import absences, chasing, confirmations, letters, mails, orders, people, reports, trials
from mailagent.core.decision import Decision
from mailagent.core.slices import Slice

_DECIDERS: dict[type, Callable[[Slice, Any, datetime], Decision]] = {
    ev.OwnerAdded: people.owner_added,
    ev.WorkerAdded: people.worker_added,
    ev.JobAdded: people.job_added,
    ev.TrialAdded: trials.trial_added,
    ev.OwnerDue: people.owner_due,
    ev.WorkerDue: chasing.worker_due,
    ev.Alarmed: people.alarmed,
    ev.Reported: reports.reported,
    ev.SeemedAway: absences.seemed_away,
    ev.NotUnderstood: reports.not_understood,
    ev.OwnerOrdered: orders.owner_ordered,
    ev.OwnerWrote: mails.owner_wrote,
    ev.Confirmed: confirmations.confirmed,
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
