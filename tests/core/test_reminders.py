"""When a worker's word is due, and when the agent acts on its absence: tables at the boundaries."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailagent.core import reminders, workday
from mailagent.core.model import AskedFor, Job, Phase, Question, Standing, WorkingHours
from mailagent.core.reminders import Step
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort, JobFacts
from mailagent.core.workday import Calendar
from tests.factories import a_brief, a_job, a_worker

POLICY = Policy()
HOURS = WorkingHours("UTC")
DAY = Calendar(HOURS)


def at(text: str) -> datetime:
    """`Mon 09:00` of the week of 23 November 2026, in UTC; `+Mon` is of the week after."""
    day, clock = text.split()
    number = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun").index(day.lstrip("+")) + 7 * day.count("+")
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC) + timedelta(days=number)


def job_with(**changes: Any) -> Job:
    cap = changes.pop("cap", 480)
    facts: dict[str, Any] = {
        "phase": Phase.WORKING,
        "brief": a_brief(cap_minutes=cap),
        "briefed_at": at("Mon 09:00"),
        "clock_from": at("Mon 09:00"),
        "root_message_id": "<root@example.com>",
    }
    return a_job(**(facts | changes))


def due(job: Job, used: int = 0, calendar: Calendar = DAY) -> datetime | None:
    return reminders.report_due_at(job, Effort(used, used, 0, 0), calendar, POLICY)


def acts(job: Job, used: int = 0, calendar: Calendar = DAY, policy: Policy = POLICY, **facts: Any) -> datetime | None:
    worker = a_worker(hours=calendar.hours, **facts.pop("worker", {}))
    return reminders.job_due_at(JobFacts(job, worker, Effort(used, used, 0, 0), **facts), calendar, policy)


def ladder(job: Job, calendar: Calendar = DAY, policy: Policy = POLICY) -> list[tuple[Step, datetime]]:
    """All steps of a job of which nothing is ever heard, each taken when it is due."""
    found: list[tuple[Step, datetime]] = []
    while (when := acts(job, calendar=calendar, policy=policy)) is not None:
        step = reminders.next_step(job, policy)
        assert step is not None
        found.append((step, when))
        job = reminders.taken(job, step, when)
    assert reminders.next_step(job, policy) is None
    return found


# --- what is due ---


def test_the_start_is_due_after_four_working_hours() -> None:
    assert due(job_with(phase=Phase.BRIEFED)) == at("Mon 13:00")
    assert due(job_with(phase=Phase.BRIEFED, clock_from=at("Mon 14:00"))) == at("Tue 10:00")
    assert due(job_with(phase=Phase.BRIEFED, cap=60)) == at("Mon 13:00")  # nothing is used before he starts


@pytest.mark.parametrize(
    ("cap", "minutes"),
    [(None, 120), (480, 120), (241, 120), (240, 120), (239, 119), (120, 60), (61, 30), (60, 30), (40, 30), (20, 20)],
)
def test_the_first_report_is_due_after_two_hours_or_at_half_the_cap(cap: int | None, minutes: int) -> None:
    assert due(job_with(cap=cap)) == at("Mon 09:00") + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("ramp", "clock_from", "due_at"),
    [
        (0, "Mon 16:00", "Tue 10:00"),
        (1, "Mon 09:00", "Mon 13:00"),
        (1, "Mon 15:00", "Tue 11:00"),
        (2, "Mon 09:00", "Tue 16:00"),
        (2, "Mon 16:59", "Tue 16:00"),
        (2, "Fri 12:00", "+Mon 16:00"),
    ],
)
def test_the_ramp(ramp: int, clock_from: str, due_at: str) -> None:
    assert due(job_with(ramp=ramp, clock_from=at(clock_from), cap=None)) == at(due_at)


@pytest.mark.parametrize(
    ("ramp", "used", "due_at"),
    [(1, 240, "Mon 13:00"), (1, 241, "Mon 12:59"), (1, 479, "Mon 09:01"), (2, 360, "Mon 11:00"), (0, 450, "Mon 09:30")],
)
def test_never_later_than_the_hours_left_would_last(ramp: int, used: int, due_at: str) -> None:
    assert due(job_with(ramp=ramp), used) == at(due_at)


@pytest.mark.parametrize(("cap", "used"), [(480, 480), (480, 500), (0, 0)])
def test_nothing_is_due_once_the_cap_is_used_up(cap: int, used: int) -> None:
    assert due(job_with(cap=cap), used) is None
    assert acts(job_with(cap=cap), used) is None


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.BRIEFED, Phase.WORKING, Phase.RETURNED}))
def test_nothing_is_due_in_other_phases(phase: Phase) -> None:
    assert due(job_with(phase=phase)) is None


def test_a_returned_job_is_waited_for_again() -> None:
    assert due(job_with(phase=Phase.RETURNED, ramp=1)) == at("Mon 13:00")


def test_a_snooze_puts_it_off_and_never_forward() -> None:
    assert due(job_with(snoozed_until=at("Mon 15:00"))) == at("Mon 15:00")
    assert due(job_with(snoozed_until=at("Mon 09:30"))) == at("Mon 11:00")
    assert acts(job_with(snoozed_until=at("Mon 15:00"))) == at("Mon 15:30")


def test_without_a_clock_it_counts_from_the_last_thing_known() -> None:
    old = job_with(clock_from=None)

    assert due(old) == at("Mon 11:00")
    assert due(replace(old, started_at=at("Mon 10:00"))) == at("Mon 12:00")
    assert due(replace(old, started_at=at("Mon 10:00"), last_reported_at=at("Tue 09:00"))) == at("Tue 11:00")


def test_a_report_begins_the_clock_anew() -> None:
    job = job_with(chased=3, chased_at=at("Tue 09:00"), silent_since=at("Mon 15:30"))

    assert due(reminders.restart(job, at("Wed 09:00"))) == at("Wed 11:00")
    assert acts(reminders.restart(job, at("Wed 09:00"))) == at("Wed 11:30")


# --- grace and ladder ---


@pytest.mark.parametrize(
    ("clock_from", "acts_at"),
    [
        ("Mon 09:00", "Mon 11:30"),
        ("Mon 14:29", "Mon 16:59"),
        ("Mon 14:30", "Tue 09:00"),  # at 17:00 his day is over
        ("Mon 15:00", "Tue 09:00"),  # due at 17:00; the grace runs by the clock, not in his hours
        ("Mon 15:01", "Tue 09:31"),
        ("Fri 15:00", "+Mon 09:00"),
    ],
)
def test_the_grace_is_by_the_clock_and_the_act_in_his_hours(clock_from: str, acts_at: str) -> None:
    assert acts(job_with(clock_from=at(clock_from))) == at(acts_at)


NUDGE, TELL = Step.NUDGE, Step.TELL_OWNER
MORNINGS = [(NUDGE, at("Tue 09:00")), (NUDGE, at("Wed 09:00")), (NUDGE, at("Thu 09:00"))]


def test_the_ladder_of_a_first_report() -> None:
    assert ladder(job_with()) == [
        (NUDGE, at("Mon 11:30")),
        (TELL, at("Mon 12:30")),
        (NUDGE, at("Mon 13:30")),
        *MORNINGS,
    ]


def test_the_ladder_of_a_later_report() -> None:
    assert ladder(job_with(ramp=0, first_report_at=at("Mon 09:00"))) == [
        (NUDGE, at("Mon 11:30")),
        (NUDGE, at("Mon 13:30")),
        (TELL, at("Mon 15:30")),
        *MORNINGS,
    ]


def test_the_ladder_of_a_start() -> None:
    assert ladder(job_with(phase=Phase.BRIEFED, clock_from=at("Mon 09:00"))) == [
        (NUDGE, at("Mon 13:30")),
        (NUDGE, at("Mon 15:30")),
        (TELL, at("Tue 09:30")),
        *[(step, when + timedelta(days=1)) for step, when in MORNINGS],
    ]


def test_the_ladder_goes_over_the_weekend_in_his_hours() -> None:
    assert ladder(job_with(clock_from=at("Fri 14:00"))) == [
        (NUDGE, at("Fri 16:30")),
        (TELL, at("+Mon 09:30")),
        (NUDGE, at("+Mon 10:30")),
        *[(step, when + timedelta(days=7)) for step, when in MORNINGS],
    ]


def test_every_number_of_the_ladder_is_the_policys() -> None:
    policy = replace(
        POLICY,
        first_report_minutes=60,
        grace_minutes=0,
        second_nudge_minutes=30,
        owner_told_minutes=15,
        morning_nudges=1,
    )

    assert ladder(job_with(first_report_at=at("Mon 09:00")), policy=policy) == [
        (NUDGE, at("Mon 10:00")),
        (NUDGE, at("Mon 10:30")),
        (TELL, at("Mon 10:45")),
        (NUDGE, at("Tue 09:00")),
    ]


def test_the_second_nudge_of_a_first_report_is_never_at_once() -> None:
    policy = replace(POLICY, second_nudge_minutes=30, first_owner_told_minutes=60)

    assert [when for _, when in ladder(job_with(), policy=policy)][1:3] == [at("Mon 12:30"), at("Mon 12:31")]


def test_a_snooze_holds_every_step_back() -> None:
    job = job_with(chased=1, chased_at=at("Mon 11:30"), snoozed_until=at("Mon 15:00"))

    assert acts(job) == at("Mon 15:30")


def test_each_nudge_is_counted() -> None:
    job, counted = job_with(), []
    for step, when in ladder(job):
        if step is NUDGE:
            counted.append(reminders.nudges_before(job))
        job = reminders.taken(job, step, when)

    assert counted == [0, 1, 2, 3, 4]
    assert job.silent_since == at("Mon 12:30")


# --- who is left in peace ---


def test_nobody_is_asked_to_start_on_what_he_has_not_been_sent() -> None:
    assert acts(job_with(phase=Phase.BRIEFED)) == at("Mon 13:30")
    assert acts(job_with(phase=Phase.BRIEFED, root_message_id=None)) is None


def a_question(**changes: Any) -> Question:
    facts: dict[str, Any] = {
        "id": "Q7",
        "job_id": "J1",
        "worker_id": "ana",
        "owner_id": "dana",
        "asked_for": AskedFor.ANSWER,
        "asked_at": at("Mon 10:00"),
        "report_id": "R7",
        "words": "Which sheet?",
    }
    return Question(**(facts | changes))


def test_his_clock_stands_still_while_the_owner_owes_an_answer() -> None:
    assert acts(job_with(), questions=(a_question(),)) is None


@pytest.mark.parametrize(
    "worker",
    [
        {"standing": Standing.PAUSED},
        {"standing": Standing.ENDED},
        {"unreachable_since": at("Mon 09:00"), "unreachable_why": "550"},
    ],
)
def test_nobody_is_chased_who_is_not_to_work_or_cannot_be_reached(worker: dict[str, Any]) -> None:
    assert acts(job_with(), worker=worker) is None


def test_somebody_without_working_days_is_never_chased() -> None:
    assert acts(job_with(), calendar=Calendar(WorkingHours("UTC", ()))) is None


def test_an_absence_stops_the_clock() -> None:
    worker = a_worker(hours=HOURS, away_from=at("Mon 10:00"), away_until=at("Wed 09:00"))

    assert due(job_with(), calendar=reminders.calendar_of(worker)) == at("Wed 10:00")


def test_an_absence_that_begins_after_it_was_due_holds_the_nudge_back() -> None:
    worker = a_worker(hours=HOURS, away_from=at("Mon 11:10"), away_until=at("Thu 00:00"))

    assert acts(job_with(), calendar=reminders.calendar_of(worker)) == at("Thu 09:00")


def test_public_holidays_are_no_working_days() -> None:
    calendar = reminders.calendar_of(a_worker(hours=HOURS), (date(2026, 11, 24),))

    assert due(job_with(clock_from=at("Mon 16:00")), calendar=calendar) == at("Wed 10:00")
    assert due(job_with(ramp=2, cap=None), calendar=calendar) == at("Wed 16:00")


@pytest.mark.parametrize(("payable", "due_at"), [(599, "Tue 11:00"), (600, "+Mon 11:00"), (700, "+Mon 11:00")])
def test_a_week_whose_cap_is_used_up_is_no_working_time(payable: int, due_at: str) -> None:
    worker = a_worker(hours=HOURS, week_cap_minutes=600)
    days = ((date(2026, 11, 16), Effort(900, 900, 0, 0)), (date(2026, 11, 23), Effort(payable, payable, 0, 0)))

    calendar = reminders.calendar_of(worker, (), days)

    assert due(job_with(clock_from=at("Tue 09:00")), calendar=calendar) == at(due_at)


def test_a_week_without_a_cap_is_never_used_up() -> None:
    worker = a_worker(hours=HOURS)

    assert reminders.calendar_of(worker, (), ((date(2026, 11, 23), Effort(9999, 9999, 0, 0)),)) == DAY


# --- clock changes ---


@pytest.mark.parametrize(
    ("zone", "saturday"),
    [
        ("Europe/Berlin", date(2026, 3, 28)),
        ("Europe/Berlin", date(2026, 10, 24)),
        ("America/New_York", date(2026, 3, 7)),
        ("America/New_York", date(2026, 10, 31)),
        ("Australia/Lord_Howe", date(2026, 10, 3)),
        ("Australia/Lord_Howe", date(2026, 4, 4)),
    ],
)
def test_a_clock_change_moves_no_hours(zone: str, saturday: date) -> None:
    calendar = Calendar(WorkingHours(zone, (1, 2, 3, 4, 5, 6, 7)))
    evening = workday.instant_of(saturday, 16 * 60, zone)
    job = job_with(clock_from=evening)

    walls = [f"{workday.local(when, zone):%a %H:%M}" for _, when in ladder(job, calendar)]

    assert walls == ["Sun 10:30", "Sun 11:30", "Sun 12:30", "Mon 09:00", "Tue 09:00", "Wed 09:00"]
    assert f"{workday.local(due(replace(job, ramp=2), calendar=calendar) or evening, zone):%a %H:%M}" == "Sun 16:00"
