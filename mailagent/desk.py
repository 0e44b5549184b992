"""The desk: the one place that calls decide and store.commit, for mails, ticks, commands and letters alike.

Each event is decided on its slice of the office and sees what the events before it changed; all of them are committed
by one append. An event that does not fit is refused, one whose decision breaks is set aside alone; the others go on.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.model import Fate
from mailagent.edge.store.port import Store
from mailagent.errors import Refused

log = logging.getLogger(__name__)

_MAIL_EVENTS = get_args(ev.MailEvent)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one event. Exactly one of `decision`, `refused` (a sentence) and `broke` is set.

    `seq` is the number of its journal line; None where nothing had to be written.
    """

    event: ev.Event
    seq: int | None = None
    decision: Decision | None = None
    refused: str = ""
    broke: str = ""


class Desk:
    """Decides on the office behind a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settle(self, events: Iterable[ev.Event], now: datetime) -> tuple[Settled, ...]:
        """Decide events in order, as they come, and commit all that follows with one append.

        Raises TransientError where the journal cannot be written; then nothing of it has happened.
        """
        try:
            outcomes = tuple(self._settle_one(event, now) for event in events)
            self._store.commit()
        except BaseException:
            self._store.rollback()
            raise
        return outcomes

    def preview(self, events: Sequence[ev.Event], now: datetime) -> tuple[Settled, ...]:
        """Decide as `settle` would, and commit nothing."""
        try:
            return tuple(self._settle_one(event, now) for event in events)
        finally:
            self._store.rollback()

    def _settle_one(self, event: ev.Event, now: datetime) -> Settled:
        try:
            return self._decide(event, now)
        except Refused as refusal:
            return self._set_aside(Settled(event, refused=refusal.sentence), now)
        except Exception as problem:
            log.exception("fate=broke event=%s", type(event).__name__)
            return self._set_aside(Settled(event, broke=f"{type(problem).__name__}: {problem}"), now)

    def _decide(self, event: ev.Event, now: datetime) -> Settled:
        decision = decide(self._store.load(event, now), event, now)
        if not decision.changes and not decision.letters:
            return Settled(event, decision=decision)
        return Settled(event, self._store.stage(event, decision, now), decision)

    def _set_aside(self, settled: Settled, now: datetime) -> Settled:
        """A mail always ends somewhere: one that cannot be decided is quarantined, with the reason."""
        event = settled.event
        if isinstance(event, _MAIL_EVENTS) and not isinstance(event, ev.MailSettled):
            why = settled.refused or f"its decision broke: {settled.broke}"
            self._settle_one(ev.MailSettled(event.mail, Fate.QUARANTINED, why), now)
        return settled
