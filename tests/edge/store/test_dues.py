"""When the agent must act for a worker: the index follows whatever changes, forth and back."""

import random
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailagent.core import events as ev
from mailagent.core import workday
from mailagent.core.decision import Change, Decision
from mailagent.core.model import AskedFor, Job, LetterKind, Phase, Question, Worker, WorkingHours
from mailagent.core.reminders import calendar_of, restart
from mailagent.core.settings import Policy
from mailagent.edge.store import Store, open_store
from tests.edge.store.play import MORNING, Play
from tests.factories import a_brief

POLICY = Policy()
ALL_DAY = WorkingHours("UTC", (1, 2, 3, 4, 5, 6, 7), 0, 24 * 60)


def worker_dues(store: Store, now: datetime) -> list[str]:
    return [event.worker_id for event in store.due(now) if isinstance(event, ev.WorkerDue)]


def change(play: Play, before: Job | Worker | Question | None, after: Job | Worker | Question) -> None:
    """Let something stand otherwise."""
    play.store.stage(ev.WorkerDue("ana"), Decision((Change(before, after),)), play.now)


@pytest.fixture
def at_work(store: Store) -> Play:
    """Ana, at work around the clock since this morning, with J1; nobody owns a digest that is due."""
    play = Play(store)
    play.settle(ev.OwnerAdded("dana", "Dana", ("dana@example.com",), WorkingHours("UTC", ()), 450))
    play.settle(ev.WorkerAdded("ana", "Ana", ("ana@example.com",), ALL_DAY))
    play.job("ana")
    play.store.commit()
    working(play)
    return play


def working(play: Play, job_id: str = "J1") -> None:
    job = play.store.job(job_id)
    assert job is not None
    change(play, job, restart(replace(job, phase=Phase.WORKING), MORNING))
    play.store.commit()


DUE = MORNING + timedelta(hours=2, minutes=30)


def test_a_job_is_due_at_the_end_of_its_grace(at_work: Play) -> None:
    assert worker_dues(at_work.store, DUE - timedelta(seconds=1)) == []
    assert worker_dues(at_work.store, DUE) == ["ana"]


def test_the_next_due_instant_is_the_earliest_of_all(at_work: Play) -> None:
    change(at_work, at_work.store.job("J1"), replace(at_work.store.job("J1"), phase=Phase.DONE))  # type: ignore[type-var]
    alone = at_work.store.next_due_at()
    at_work.store.rollback()

    assert alone is not None
    assert at_work.store.next_due_at() == min(DUE, alone)


def test_a_tick_makes_the_dues_move_on(at_work: Play) -> None:
    at_work.now = DUE

    decision = at_work.settle(ev.WorkerDue("ana"))

    assert [letter.kind for letter in decision.letters] == [LetterKind.NUDGE]
    assert worker_dues(at_work.store, at_work.now) == []
    assert worker_dues(at_work.store, at_work.now + timedelta(hours=1)) == ["ana"]


def test_what_is_taken_back_is_due_as_before(at_work: Play) -> None:
    at_work.now = DUE
    at_work.settle(ev.WorkerDue("ana"))
    assert worker_dues(at_work.store, at_work.now) == []

    at_work.store.rollback()

    assert worker_dues(at_work.store, at_work.now) == ["ana"]


def test_a_question_stops_the_clock_and_its_answer_starts_it(at_work: Play) -> None:
    asked = Question("Q9", "J1", "ana", "dana", AskedFor.ANSWER, at_work.now, None, "Which sheet?")
    change(at_work, None, asked)
    at_work.store.commit()
    assert worker_dues(at_work.store, DUE) == []

    change(at_work, asked, replace(asked, answered_at=at_work.now, answer="The first."))
    assert worker_dues(at_work.store, DUE) == ["ana"]
    at_work.store.rollback()
    assert worker_dues(at_work.store, DUE) == []


def test_hours_up_to_the_cap_end_what_is_due(at_work: Play) -> None:
    at_work.report(minutes=480)
    working(at_work)
    assert worker_dues(at_work.store, DUE + timedelta(days=9)) == []


def test_a_weeks_cap_concerns_all_of_his_jobs(store: Store) -> None:
    play = Play(store)
    play.owner("dana")
    play.settle(ev.WorkerAdded("ana", "Ana", ("ana@example.com",), ALL_DAY, week_cap_minutes=60))
    play.job("ana")
    play.job("ana")
    working(play, "J2")
    assert worker_dues(store, DUE) == ["ana"]

    play.report(minutes=60)
    working(play, "J2")

    monday = datetime(2026, 11, 30, 6, tzinfo=UTC)  # the night before belongs to Sunday
    assert worker_dues(store, monday + timedelta(hours=2, minutes=29)) == []
    assert worker_dues(store, monday + timedelta(hours=2, minutes=30)) == ["ana"]


def test_an_absence_concerns_all_of_his_jobs(at_work: Play) -> None:
    ana = at_work.store.worker("ana")
    assert ana is not None
    change(at_work, ana, replace(ana, away_from=MORNING, away_until=DUE + timedelta(days=3)))
    at_work.store.commit()

    assert worker_dues(at_work.store, DUE + timedelta(days=2)) == []
    assert worker_dues(at_work.store, DUE + timedelta(days=3, hours=2, minutes=30)) == ["ana"]


def test_public_holidays_hold_it_back(store: Store) -> None:
    play = Play(store)
    play.owner("dana")
    hours = WorkingHours("Europe/Berlin", (1, 2, 3, 4, 5, 6, 7), 0, 24 * 60)
    play.settle(ev.WorkerAdded("ana", "Ana", ("ana@example.com",), hours, holidays_of="DE-BY"))
    play.job("ana")
    job = store.job("J1")
    assert job is not None
    eve = datetime(2026, 12, 24, 22, 0, tzinfo=UTC)  # 23:00 in Berlin, on Christmas Eve
    change(play, job, restart(replace(job, phase=Phase.WORKING), eve))

    assert worker_dues(store, eve + timedelta(days=1)) == []
    assert worker_dues(store, datetime(2026, 12, 27, 0, 29, tzinfo=UTC)) == []
    assert worker_dues(store, datetime(2026, 12, 27, 0, 30, tzinfo=UTC)) == ["ana"]


def test_what_is_due_outside_his_hours_waits_for_them_and_nobody_is_woken_before(store: Store) -> None:
    play = Play(store)
    play.owner("dana")
    play.settle(ev.WorkerAdded("ana", "Ana", ("ana@example.com",), WorkingHours("UTC")))
    play.job("ana")
    working(play)
    night, morning = MORNING + timedelta(hours=14), MORNING + timedelta(days=1)

    assert worker_dues(store, night) == []
    first = store.next_due_at()
    assert first is not None
    assert first > night
    assert worker_dues(store, morning) == ["ana"]
    assert worker_dues(store, night) == []  # the clock was set back
    assert worker_dues(store, morning + timedelta(hours=3)) == ["ana"]


def test_the_dues_follow_new_numbers(at_work: Play) -> None:
    at_work.store.policy = replace(POLICY, first_report_minutes=60)

    assert worker_dues(at_work.store, DUE - timedelta(hours=1)) == ["ana"]


def test_a_restart_reckons_the_same(tmp_path: Path) -> None:
    play = Play(open_store(tmp_path, policy=POLICY))
    play.people()
    working(play)
    before = play.store.next_due_at(), play.store.due(DUE + timedelta(days=1))
    play.store.write_office(force=True)
    play.store.close()

    again = open_store(tmp_path, policy=POLICY)

    assert (again.next_due_at(), again.due(DUE + timedelta(days=1))) == before
    again.close()


# --- what holds whatever happens ---


def _a_chance(play: Play, chance: random.Random) -> None:
    """Something that moves a worker's clock, or nothing."""
    what = chance.randrange(12)
    jobs = [job for job in play.store.jobs() if job.is_open]
    if what < 3 and jobs:
        job = chance.choice(jobs)
        play.report(job.worker_id, job.id, chance.choice((15, 60, 240)))
    elif what == 3 and len(jobs) < 12:
        play.job(chance.choice(("ana", "jun")), cap_minutes=chance.choice((None, 60, 480)))
    elif what == 4 and jobs:
        job = chance.choice(jobs)
        change(play, job, restart(replace(job, ramp=chance.randrange(3)), play.now))
    elif what == 5 and jobs:
        job = chance.choice(jobs)
        change(play, job, replace(job, snoozed_until=play.now + timedelta(hours=chance.randrange(9))))
    elif what == 6:
        worker = chance.choice(play.store.workers())
        until = play.now + timedelta(hours=chance.randrange(60))
        change(play, worker, replace(worker, away_from=play.now, away_until=until))
    elif what == 7 and jobs:
        job = chance.choice(jobs)
        asked = Question(f"Q{play.store.seq}", job.id, job.worker_id, "dana", AskedFor.ANSWER, play.now, None, "?")
        change(play, None, asked)


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Manila"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_nudge_at_most_in_his_hours_and_the_dues_move_on(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        play = Play(open_store(Path(folder), policy=POLICY), now=datetime(2026, 10, 23, 6, tzinfo=UTC))
        play.settle(ev.OwnerAdded("dana", "Dana", ("dana@example.com",), WorkingHours("UTC", ()), 450))
        shift = chance.choice(((540, 1020), (1320, 360), (0, 1440)))
        for name in ("ana", "jun"):
            hours = WorkingHours(zone, (1, 2, 3, 4, 5), *shift)
            cap = chance.choice((None, 600))
            play.settle(ev.WorkerAdded(name, name, (f"{name}@example.com",), hours, cap, holidays_of="US"))
            play.settle(ev.JobAdded("dana", name, a_brief()))
        for _ in range(40):
            _a_chance(play, chance)
            play.store.commit()
            _ticks(play, chance)
        play.store.close()


def _ticks(play: Play, chance: random.Random) -> None:
    """Live until the next due instant, or beyond it in an outage, and settle what is due then."""
    store = play.store
    next_at = store.next_due_at()
    if next_at is None or chance.random() < 0.2:
        play.now += timedelta(hours=chance.randrange(30))
    else:
        play.now = max(play.now, next_at) + timedelta(hours=chance.choice((0, 0, 0, 24 * 7)))
    now = play.now
    for event in store.due(now):
        if not isinstance(event, ev.WorkerDue):
            continue
        play.now = now - timedelta(minutes=1)
        decision = play.settle(event)
        assert decision.changes, "what is due is acted on"
        assert sum(letter.kind is LetterKind.NUDGE for letter in decision.letters) <= 1
        worker = store.worker(event.worker_id)
        assert worker is not None
        assert workday.into_hours(now, calendar_of(worker)) == now
    store.commit()
    assert worker_dues(store, now) == []
    after = store.next_due_at()
    assert after is None or after > now or any(isinstance(one, ev.OwnerDue) for one in store.due(now))
