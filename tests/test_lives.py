"""Any life of an office: reports, orders, absences, nights, clock changes, outages and restarts, in any order.

A short look in each run; `make lives` looks for minutes.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mailagent.core import events as ev
from mailagent.core.events import GivingUp, Verb
from mailagent.core.model import Deed, LetterState, Proof, Status
from tests.conftest import LONG_PROFILE
from tests.factories import a_reported
from tests.lives import WORKERS, Lives

pytestmark = pytest.mark.timeout(300)

# Fridays before clock changes in the workers' zones, a plain Monday, the days before Christmas and the new year.
STARTS = [
    datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
    datetime(2026, 3, 6, 14, 0, tzinfo=UTC),
    datetime(2026, 3, 27, 12, 0, tzinfo=UTC),
    datetime(2026, 4, 2, 22, 0, tzinfo=UTC),
    datetime(2026, 10, 2, 6, 0, tzinfo=UTC),
    datetime(2026, 10, 30, 13, 0, tzinfo=UTC),
    datetime(2026, 12, 23, 2, 0, tzinfo=UTC),
]
PROOFS = st.sampled_from([Proof.TOKEN, Proof.BOTH, Proof.BOTH, Proof.DOMAIN, Proof.CLAIMED])
MINUTES = st.sampled_from([None, 0, 15, 30, 60, 90, 240, 1000])
VERBS = st.sampled_from([verb for verb in Verb if verb is not Verb.UNDO])
WHICH = st.integers(0, 99)


class AnyLife(RuleBasedStateMachine):
    """Each rule is something that people or time do; what must hold is in `Lives` and in the invariants below."""

    lives: Lives

    @initialize(start=st.sampled_from(STARTS), cap=st.sampled_from([None, 30, 240]))
    def it_begins(self, start: datetime, cap: int | None) -> None:
        self.lives = Lives(start)
        self.lives.give("dana", "ana", cap)
        self.lives.give("eve", "ivo", 480)

    def job(self, which: int) -> tuple[str, str, str]:
        """A job, its worker and its owner."""
        jobs = self.lives.store.jobs()
        job = jobs[which % len(jobs)]
        return job.id, job.worker_id, job.owner_id

    def write(self, which: int, proof: Proof, **said: object) -> None:
        job_id, worker_id, _ = self.job(which)
        facts: dict[str, object] = {"done": None, "minutes": None, "next": None}
        mail = self.lives.mail(worker_id, proof)
        self.lives.report(a_reported(mail=mail, worker_id=worker_id, job_id=job_id, **(facts | said)))

    # --- people ---

    @precondition(lambda self: len(self.lives.store.jobs()) < 7)
    @rule(worker=st.sampled_from(sorted(WORKERS)), owner=st.sampled_from(["dana", "eve"]), cap=MINUTES)
    def a_job_is_given(self, worker: str, owner: str, cap: int | None) -> None:
        self.lives.give(owner, worker, cap)

    @rule(which=WHICH, proof=PROOFS, minutes=MINUTES, status=st.sampled_from([None, *Status]), again=st.booleans())
    def he_reports(self, which: int, proof: Proof, minutes: int | None, status: Status | None, again: bool) -> None:
        done = "the same" if again else f"part {self.lives.mails}"
        self.write(which, proof, done=done if minutes else None, minutes=minutes, status=status)

    @rule(which=WHICH, proof=PROOFS)
    def he_starts(self, which: int, proof: Proof) -> None:
        self.write(which, proof, status=Status.STARTED)

    @rule(which=WHICH, blocked=st.booleans(), unblocked=st.booleans(), need=st.sampled_from([None, 0, 120]))
    def he_waits_for_something(self, which: int, blocked: bool, unblocked: bool, need: int | None) -> None:
        question = None if blocked or unblocked else f"Which sheet? {self.lives.mails}"
        words = "no login" if blocked else None
        self.write(which, Proof.BOTH, blocked=words, question=question, unblocked=unblocked, need_minutes=need)

    @rule(which=WHICH, snooze=st.sampled_from([30, 120, 5000]))
    def he_asks_for_a_pause(self, which: int, snooze: int) -> None:
        self.write(which, Proof.BOTH, snooze_minutes=snooze)

    @rule(which=WHICH, later=st.sampled_from([None, 1, 3]), days=st.integers(1, 6), by_program=st.booleans())
    def he_goes_away(self, which: int, later: int | None, days: int, by_program: bool) -> None:
        today = self.lives.now.date()
        back = today + timedelta(days=days + (later or 0))
        _, worker_id, _ = self.job(which)
        if by_program:
            self.lives.settle(ev.SeemedAway(self.lives.mail(worker_id, Proof.BOTH), worker_id, back))
            return
        first: date | None = None if later is None else today + timedelta(days=later)
        self.write(which, Proof.BOTH, away_from=first, away_until=back)

    @rule(which=WHICH, how=st.sampled_from(GivingUp))
    def he_gives_up(self, which: int, how: GivingUp) -> None:
        self.write(which, Proof.BOTH, gives_up=how, gives_up_why="no time")

    @rule(which=WHICH, was_him=st.sampled_from([True, True, False, None]))
    def he_confirms(self, which: int, was_him: bool | None) -> None:
        _, worker_id, _ = self.job(which)
        worker = self.lives.store.worker(worker_id)
        assert worker is not None
        mail = self.lives.mail(worker_id, Proof.TOKEN)
        self.lives.confirm(ev.Confirmed(mail, worker_id, worker.confirm_number, was_him))

    @rule(which=WHICH, verb=VERBS, minutes=MINUTES, is_more=st.booleans(), from_now=st.booleans(), proof=PROOFS)
    def an_order_comes(
        self, which: int, verb: Verb, minutes: int | None, is_more: bool, from_now: bool, proof: Proof
    ) -> None:
        job_id, _, owner_id = self.job(which)
        more = is_more and minutes is not None
        order = ev.Order(verb.value, verb, job_id, minutes, more, minutes is None, from_now, "words for him")
        self.lives.order(owner_id, order, proof=proof)

    @rule(which=WHICH, verb=VERBS, minutes=MINUTES, is_more=st.booleans(), wait=st.integers(0, 119))
    def an_order_is_undone_in_time(self, which: int, verb: Verb, minutes: int | None, is_more: bool, wait: int) -> None:
        job_id, _, owner_id = self.job(which)
        more = is_more and minutes is not None
        before = self.picture(job_id)
        ordered = self.lives.order(owner_id, ev.Order("it", verb, job_id, minutes, more, minutes is None, text="words"))
        if ordered.decision is None or not any(isinstance(one.after, Deed) for one in ordered.decision.changes):
            return
        self.lives.now += timedelta(seconds=wait)
        self.lives.order(owner_id, ev.Order("undo", Verb.UNDO, number=ordered.seq))
        assert self.picture(job_id) == before
        letters = [self.lives.store.letter(one.id) for one in ordered.decision.letters if one.role == "worker"]
        assert all(one is not None and one.state is LetterState.FAILED for one in letters), letters

    def picture(self, job_id: str) -> tuple[object, ...]:
        """All that an order may change of a job, but for how often it was changed."""
        mail = self.lives.mail("dana", Proof.BOTH)
        event = ev.OwnerOrdered(mail, "dana", (ev.Order("show", Verb.SHOW, job_id),))
        (facts,) = self.lives.store.load(event, self.lives.now).facts
        return replace(facts.job, rev=1), [replace(one, rev=1) for one in facts.questions], facts.effort

    @rule(which=WHICH)
    def a_letter_bounces(self, which: int) -> None:
        letters = self.lives.store.letters_due(self.lives.now + timedelta(days=1), 99)
        if letters:
            self.lives.bounce(letters[which % len(letters)])

    # --- time ---

    @rule(minutes=st.sampled_from([1, 29, 30, 31, 90, 240]))
    def some_time_goes_by(self, minutes: int) -> None:
        self.lives.live_on(self.lives.now + timedelta(minutes=minutes))

    @rule(days=st.sampled_from([1, 1, 3, 8]))
    def days_go_by(self, days: int) -> None:
        self.lives.live_on(self.lives.now + timedelta(days=days))

    @rule(hours=st.sampled_from([5, 30, 77, 200]))
    def nobody_is_at_home(self, hours: int) -> None:
        self.lives.outage(timedelta(hours=hours))

    @rule(write=st.booleans())
    def it_starts_again(self, write: bool) -> None:
        self.lives.restart(write=write)

    # --- what holds ---

    @invariant()
    def minutes_and_caps_hold(self) -> None:
        if hasattr(self, "lives"):
            self.lives.check_minutes()

    def teardown(self) -> None:
        if hasattr(self, "lives"):
            try:
                self.lives.live_on(self.lives.now + timedelta(days=12), most=200)
                self.lives.check_minutes()
                self.lives.restart(write=True)
            finally:
                self.lives.close()


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(
    max_examples=1500 if LONG_PROFILE else 18,
    stateful_step_count=60 if LONG_PROFILE else 20,
    deadline=None,
    phases=list(Phase) if LONG_PROFILE else [Phase.reuse, Phase.generate],  # to shrink a life takes minutes
    suppress_health_check=list(HealthCheck),
)
