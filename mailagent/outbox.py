"""MAIL OUT, the second hallway: what decide wrote is claimed, written, archived, handed over, and its end recorded.

    letters due -> connect -> claim (one fsync) -> write -> archive (one fsync) -> deliver -> outcomes (one fsync)

The connection comes first: while the server cannot be reached, no letter is touched. A claim fixes Message-ID and token
for ever. Only a letter whose final dot may have reached the server can have arrived without our knowing; edge/handover
notes which those are, so a kill at any instant loses no letter and sends none twice but those that are meant to.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailagent.core import events as ev
from mailagent.core.letters import Letter
from mailagent.core.model import ArchivePlace, LetterState, Role
from mailagent.desk import Desk
from mailagent.edge.archive import Archive, Outgoing, Way
from mailagent.edge.config import Config
from mailagent.edge.handover import Handover, Noted, Stage
from mailagent.edge.keys import Keys
from mailagent.edge.smtp_answers import Envelope, Outcome, QueueStopped, Receipt
from mailagent.edge.store.port import Store
from mailagent.edge.templates import LetterBroken, Templates
from mailagent.errors import PermanentError
from mailagent.writing import Writing

if TYPE_CHECKING:  # asyncio and aiosmtplib wait for the first letter
    from mailagent.edge.smtp import Submission

log = logging.getLogger(__name__)

ALARM_AFTER = timedelta(hours=1)  # a server that cannot be reached may come back by itself
_LEFT_BY_A_CRASH = 10_000


class Outbox:
    """Sends what is due, a group at a time."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        desk: Desk,
        archive: Archive,
        keys: Keys,
        make_submission: "Callable[[], Submission]",
        templates: Templates,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._desk = desk
        self._archive = archive
        self._make_submission = make_submission
        self._submission: Submission | None = None
        self._stop = stop
        self._group = settings.smtp.group
        self._writing = Writing(settings, store, archive, keys, templates)
        self._handover = Handover(settings.agent.state_dir / "handover")
        self._is_resumed = False
        self._places: dict[str, ArchivePlace] = {}  # of letters in hand, and of those a crash left unsent
        self._in_hand: dict[str, Envelope] = {}  # claimed and archived, not yet handed over
        self._told: list[ev.LetterEvent] = []  # what became of letters, not yet committed
        self._shunned: set[str] = set()  # the office takes no claim of these
        self._failing_since: datetime | None = None

    def send_due(self, now: datetime) -> int:
        """Send one group of what is due; give how many letters came to an end or were put off.

        Raises: QueueStopped while no letter can go out, DiskTrouble while nothing can be recorded.
        """
        self._record(now)
        self._resume(now)
        if not self._in_hand:
            due = [one for one in self._store.letters_due(now, self._group) if one.id not in self._shunned]
            if not due and self._submission is not None:
                self._submission.rest()
            if not due or not self._is_connected(now):
                return 0
            self._in_hand = self._prepare(due, now)
        return self._deliver(now)

    def close(self) -> None:
        """Let go of the connection and of the notes; these stay for the next start."""
        self._handover.close()
        if self._submission is not None:
            self._submission.close()

    def _connection(self) -> "Submission":
        if self._submission is None:
            self._submission = self._make_submission()
        return self._submission

    def _is_connected(self, now: datetime) -> bool:
        try:
            self._connection().open(self._stop)
        except QueueStopped as trouble:
            if not self._stop():
                self._complain(trouble, now)
                raise
        return not self._stop()

    def _prepare(self, due: list[Letter], now: datetime) -> dict[str, Envelope]:
        """Claim letters, write each once, archive the new ones; those that cannot be written are told of."""
        claims = self._desk.settle([self._writing.claim(letter, now) for letter in due], now)
        self._shunned |= {letter.id for letter, claim in zip(due, claims, strict=True) if claim.decision is None}
        ready: dict[str, Envelope] = {}
        for letter in filter(None, (self._store.letter(one.id) for one in due if one.id not in self._shunned)):
            try:
                written = self._writing.write(letter, self._places.pop(letter.id, None))
            except LetterBroken as broken:
                self._hold(letter, broken, now)
            except PermanentError as problem:
                self._told.append(ev.LetterFailed(letter.id, str(problem), letter.archived, about_address=False))
            else:
                ready[letter.id] = written.envelope
                if written.place is not None:
                    self._places[letter.id] = written.place
        fresh = [envelope for id_, envelope in ready.items() if id_ not in self._places]
        places = self._archive.append([Outgoing(one.letter_id, one.raw, now) for one in fresh])
        self._places |= dict(zip((one.letter_id for one in fresh), places, strict=True))
        self._handover.begin({id_: self._places[id_] for id_ in ready})
        return ready

    def _deliver(self, now: datetime) -> int:
        """Hand over what is in hand; what was not tried stays in hand for the next time."""
        receipts, trouble = self._connection().deliver(tuple(self._in_hand.values()), self._handover, self._stop)
        for one in receipts:
            if one.outcome is not Outcome.UNTRIED:
                del self._in_hand[one.letter_id]
                self._told.append(_as_event(one, self._places.pop(one.letter_id)))
        ended = len(self._told)
        self._record(now)
        if any(one.outcome is Outcome.SENT for one in receipts):
            self._failing_since = None
        if self._stop():
            self._handover.seal()
        elif trouble is not None:
            self._complain(trouble, now)
            raise trouble
        return ended

    def _record(self, now: datetime) -> None:
        """Commit what became of letters; what cannot be committed is kept and tried again."""
        if self._told:
            self._desk.settle(self._told, now)
            for event in self._told:
                _tell(event)
            self._told = []

    # --- what a crash left ---

    def _resume(self, now: datetime) -> None:
        """Once, at the start: tell apart the letters that a crash left `sending`."""
        if self._is_resumed:
            return
        due = self._store.letters_due(now, _LEFT_BY_A_CRASH)
        left = {one.id: self._handover.left(one.id) for one in due if one.state is LetterState.SENDING}
        unsure = {id_ for id_, noted in left.items() if noted.stage is Stage.UNSURE}
        archived = self._archived(unsure)
        for id_, noted in left.items():
            place = noted.place or archived.get(id_)
            event = _as_left(id_, noted, place)
            if event is not None:
                self._told.append(event)
            elif place is not None:
                self._places[id_] = place
            log.warning("fate=resumed letter=%s was=%r", id_, noted.stage.value)
        self._record(now)
        self._is_resumed = True

    def _archived(self, letter_ids: set[str]) -> dict[str, ArchivePlace]:
        """Where the newest bytes of these letters lie."""
        segments = self._archive.segments()[-2:] if letter_ids else ()
        records = (record for segment in segments for record in self._archive.records(segment))
        return {record.id: record.place for record in records if record.way is Way.OUT and record.id in letter_ids}

    # --- what a person must mend ---

    def _hold(self, letter: Letter, broken: LetterBroken, now: datetime) -> None:
        """A letter whose template is broken waits, and the sysadmin is told once a day."""
        self._told.append(ev.LetterDeferred(letter.id, broken.why, None))
        self._alarm(
            f"template-{letter.kind}-{now:%Y-%m-%d}",
            "A letter cannot be written",
            (broken.why, "It waits, and others like it wait as well."),
            ("Please mend or remove that template, then run `mailagent reload`.",),
            now,
        )

    def _complain(self, trouble: QueueStopped, now: datetime) -> None:
        """Tell the sysadmin of a server that takes no letters: at once where a person must mend it, else in an hour."""
        self._failing_since = since = self._failing_since or now
        if trouble.needs_person or now - since > ALARM_AFTER:
            self._alarm(
                f"outbox-{since:%Y-%m-%d}",
                "Letters could not be sent",
                (f"From {since:%d %b %H:%M} UTC on no letter could be sent: {trouble.why}",),
                ("Run `mailagent check` on the machine; it says what works and how to mend what does not.",),
                now,
            )

    def _alarm(
        self, topic: str, headline: str, happened: tuple[str, ...], to_do: tuple[str, ...], now: datetime
    ) -> None:
        alarm = ev.Alarmed(Role.SYSADMIN, "sysadmin", topic, headline, happened, to_do)
        self._desk.settle([alarm], now)


def _as_event(one: Receipt, place: ArchivePlace | None) -> ev.LetterEvent:
    match one.outcome:
        case Outcome.SENT if place is not None:
            return ev.LetterSent(one.letter_id, one.answer, place)
        case Outcome.FAILED:
            return ev.LetterFailed(one.letter_id, one.answer, place, about_address=one.is_about_address)
        case Outcome.DEFERRED:
            return ev.LetterDeferred(one.letter_id, one.answer, place)
        case _:
            return ev.LetterUnknown(one.letter_id, one.answer, place)


def _as_left(letter_id: str, noted: Noted, place: ArchivePlace | None) -> ev.LetterEvent | None:
    """What is to be recorded of a letter that a crash left `sending`; None: nothing of it was sent, send it."""
    if noted.receipt is not None:
        return _as_event(noted.receipt, place)
    if noted.stage is Stage.HANDED_OVER or (noted.stage is Stage.UNSURE and place is not None):
        return ev.LetterUnknown(letter_id, "the agent was stopped while it handed the letter over", place)
    return None


def _tell(event: ev.LetterEvent) -> None:
    fate = type(event).__name__.removeprefix("Letter").lower()
    log.info("fate=%s letter=%s", fate, event.letter_id)
