"""The minutes at which something changes, reckoned by hand from SPEC sections 3 and 4, on the decisions themselves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailagent.core import events as ev
from mailagent.core import reminders, workday
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.model import Job, LetterKind, Phase, TimeEntry, Worker, WorkingHours
from mailagent.core.slices import Effort, JobFacts
from tests.factories import a_brief, a_job, a_mail, a_reported, a_slice, a_worker, an_owner

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
DAY = a_worker(hours=WorkingHours("UTC"))
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MONDAY = utc("2026-11-23 09:00")


def facts(worker: Worker = DAY, used: int = 0, **changes: Any) -> JobFacts:
    cap = changes.pop("cap", 480)
    given: dict[str, Any] = {
        "brief": a_brief(cap_minutes=cap),
        "briefed_at": MONDAY,
        "clock_from": MONDAY,
        "root_message_id": "<root@example.com>",
    }
    return JobFacts(a_job(**(given | changes)), worker, Effort(used, used, 0, 0), owner=an_owner())


def tick(now: datetime, one: JobFacts, **slice_: Any) -> Decision:
    given = a_slice(worker=one.worker, facts=(one,), job=None, **slice_)
    return decide(given, ev.WorkerDue(one.worker.id), now)


def steps(one: JobFacts, since: datetime, until: datetime) -> list[tuple[str, str]]:
    """What is written in a life in which somebody looks every minute and nothing is ever heard."""
    found, now = [], since
    while now < until:
        decision = tick(now, one)
        for letter in decision.letters:
            found.append((f"{now:%a %H:%M}", "nudge" if letter.kind is LetterKind.NUDGE else "owner"))
        for change in decision.changes:
            assert isinstance(change.after, Job)
            one = JobFacts(change.after, one.worker, one.effort, owner=one.owner)
        now += MINUTE if 8 <= now.hour < 17 else timedelta(minutes=10)  # by night, it is looked at more rarely
    return found


# --- grace ---


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ({}, "2026-11-23 11:00"),  # the first report, two hours after the start
        ({"cap": 60}, "2026-11-23 09:30"),  # or when half the cap would be used
        ({"cap": 40}, "2026-11-23 09:30"),  # which is never sooner than 30 minutes
        ({"ramp": 1, "first_report_at": MONDAY}, "2026-11-23 13:00"),
        ({"ramp": 2, "first_report_at": MONDAY, "cap": None}, "2026-11-24 16:00"),  # an hour before his next day ends
        ({"phase": Phase.BRIEFED}, "2026-11-23 13:00"),
        ({"phase": Phase.RETURNED, "first_report_at": MONDAY}, "2026-11-23 11:00"),
    ],
)
def test_thirty_minutes_of_grace_by_the_minute(kind: dict[str, Any], due: str) -> None:
    one = facts(**kind)

    nudged = [len(tick(utc(due) + after * MINUTE, one).letters) for after in (-1, 0, 29, 30, 31)]

    assert nudged == [0, 0, 0, 1, 1]


def test_the_grace_ends_within_the_minute() -> None:
    at = utc("2026-11-23 11:30")

    assert tick(at - timedelta(microseconds=1), facts()).letters == ()
    assert len(tick(at, facts()).letters) == 1


# --- the ladder ---

MORNINGS = [("Tue 09:00", "nudge"), ("Wed 09:00", "nudge"), ("Thu 09:00", "nudge")]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ({}, [("Mon 11:30", "nudge"), ("Mon 12:30", "owner"), ("Mon 13:30", "nudge"), *MORNINGS]),
        (
            {"first_report_at": MONDAY},
            [("Mon 11:30", "nudge"), ("Mon 13:30", "nudge"), ("Mon 15:30", "owner"), *MORNINGS],
        ),
        (
            {"phase": Phase.BRIEFED},
            [
                *[("Mon 13:30", "nudge"), ("Mon 15:30", "nudge"), ("Tue 09:30", "owner")],
                *[("Wed 09:00", "nudge"), ("Thu 09:00", "nudge"), ("Fri 09:00", "nudge")],
            ],
        ),
    ],
)
def test_the_whole_ladder_looked_at_every_minute(kind: dict[str, Any], written: list[tuple[str, str]]) -> None:
    assert steps(facts(**kind), MONDAY, MONDAY + timedelta(days=8)) == written


def test_after_an_outage_each_next_step_is_counted_from_the_one_taken() -> None:
    """Nobody looked before Wednesday noon: one nudge then, the owner an hour later, and so on, nothing made up for."""
    found = steps(facts(), utc("2026-11-25 12:00"), utc("2026-12-02 12:00"))

    assert found == [
        ("Wed 12:00", "nudge"),
        ("Wed 13:00", "owner"),
        ("Wed 14:00", "nudge"),
        ("Thu 09:00", "nudge"),
        ("Fri 09:00", "nudge"),
        ("Mon 09:00", "nudge"),
    ]


# --- clock changes: 09-17 on every day, the job begun at 16:00 on the day before, so due at 10:00 on the day itself ---


@pytest.mark.parametrize(
    ("zone", "begun", "nudged"),
    [
        ("Europe/Berlin", "2026-03-28 15:00", "2026-03-29 08:30"),  # UTC+1, then +2
        ("Europe/Berlin", "2026-10-24 14:00", "2026-10-25 09:30"),
        ("America/New_York", "2026-03-07 21:00", "2026-03-08 14:30"),  # UTC-5, then -4
        ("America/New_York", "2026-10-31 20:00", "2026-11-01 15:30"),
        ("America/Santiago", "2026-04-04 19:00", "2026-04-05 14:30"),  # UTC-3, then -4, at midnight
        ("America/Santiago", "2026-09-05 20:00", "2026-09-06 13:30"),
        ("Australia/Lord_Howe", "2026-04-04 05:00", "2026-04-05 00:00"),  # UTC+11, then +10:30
        ("Australia/Lord_Howe", "2026-10-03 05:30", "2026-10-03 23:30"),
    ],
)
def test_a_nudge_after_a_night_in_which_the_clocks_change(zone: str, begun: str, nudged: str) -> None:
    one = facts(a_worker(hours=WorkingHours(zone, EVERY_DAY)), clock_from=utc(begun))

    assert tick(utc(nudged) - MINUTE, one).letters == ()
    assert len(tick(utc(nudged), one).letters) == 1


@pytest.mark.parametrize(
    ("begun", "nudged", "told"),
    [
        ("2026-03-28 22:30", "2026-03-29 01:00", "2026-03-29 02:00"),  # 01:30 and 30 minutes are 03:00 on the wall
        ("2026-10-24 21:30", "2026-10-25 00:00", "2026-10-25 01:00"),  # 02:00, and an hour later 02:00 again
    ],
)
def test_durations_in_a_night_shift_are_real_time(begun: str, nudged: str, told: str) -> None:
    night = a_worker(hours=WorkingHours("Europe/Berlin", EVERY_DAY, 22 * 60, 6 * 60))
    one = facts(night, clock_from=utc(begun))
    after = reminders.taken(one.job, reminders.Step.NUDGE, utc(nudged))

    assert [len(tick(utc(nudged) + minutes * MINUTE, one).letters) for minutes in (-1, 0)] == [0, 1]
    later = JobFacts(after, night, one.effort, owner=one.owner)
    assert [len(tick(utc(told) + minutes * MINUTE, later).letters) for minutes in (-1, 0)] == [0, 1]


@pytest.mark.parametrize(
    ("day", "first", "next_day"),
    [
        # 02:30 does not exist on 29 March, and is half an hour behind the gap then: 03:30 by the wall.
        (date(2026, 3, 28), "2026-03-29 01:30", "2026-03-30 00:30"),
        # 02:30 comes twice on 25 October: the first one counts, and there is no second digest.
        (date(2026, 10, 24), "2026-10-25 00:30", "2026-10-26 01:30"),
    ],
)
def test_a_digest_in_the_hour_that_is_missing_or_comes_twice(day: date, first: str, next_day: str) -> None:
    owner = an_owner(hours=WorkingHours("Europe/Berlin", EVERY_DAY), digest_at=150, last_digest_on=day)

    assert reminders.owner_due_at(owner) == utc(first)
    assert reminders.owner_due_at(an_owner(hours=owner.hours, digest_at=150, last_digest_on=day + timedelta(1))) == utc(
        next_day
    )


# --- caps and weeks ---


def booked(worker: Worker, received: str, days: dict[date, int], minutes: int = 60) -> tuple[int, int, date]:
    """Payable and over cap of a report, and the day it belongs to."""
    slice_ = a_slice(
        worker=worker,
        job=a_job(brief=a_brief(cap_minutes=None)),
        worker_days=tuple((day, Effort(used, used, 0, 0)) for day, used in days.items()),
    )
    event = a_reported(mail=a_mail(received_at=utc(received)), minutes=minutes)
    (entry,) = [one.after for one in decide(slice_, event, utc(received)).changes if isinstance(one.after, TimeEntry)]
    return entry.payable, entry.over_cap, entry.worked_on


@pytest.mark.parametrize(
    ("zone", "received", "payable", "day"),
    [
        ("Asia/Manila", "2026-11-22 15:59", 0, date(2026, 11, 22)),  # Sunday 23:59 there
        ("Asia/Manila", "2026-11-22 16:00", 0, date(2026, 11, 22)),  # Monday 00:00: the night belongs to Sunday
        ("Asia/Manila", "2026-11-22 21:59", 0, date(2026, 11, 22)),  # Monday 05:59
        ("Asia/Manila", "2026-11-22 22:00", 60, date(2026, 11, 23)),  # Monday 06:00
        ("America/New_York", "2026-11-23 10:59", 0, date(2026, 11, 22)),
        ("America/New_York", "2026-11-23 11:00", 60, date(2026, 11, 23)),
        ("Australia/Lord_Howe", "2026-11-22 18:59", 0, date(2026, 11, 22)),
        ("Australia/Lord_Howe", "2026-11-22 19:00", 60, date(2026, 11, 23)),
    ],
)
def test_a_week_begins_on_monday_at_six_in_the_workers_zone(zone: str, received: str, payable: int, day: date) -> None:
    worker = a_worker(hours=WorkingHours(zone), week_cap_minutes=240)

    assert booked(worker, received, {date(2026, 11, 20): 240}) == (payable, 60 - payable, day)


@pytest.mark.parametrize(
    ("received", "payable"),
    [("2027-01-01 12:00", 0), ("2027-01-03 23:00", 0), ("2027-01-04 05:59", 0), ("2027-01-04 06:00", 60)],
)
def test_the_week_goes_over_the_new_year(received: str, payable: int) -> None:
    worker = a_worker(hours=WorkingHours("UTC"), week_cap_minutes=240)

    assert booked(worker, received, {date(2026, 12, 28): 240})[0] == payable


@pytest.mark.parametrize(("used", "payable"), [(179, 60), (180, 60), (181, 59), (239, 1), (240, 0), (241, 0)])
def test_the_weeks_cap_by_the_minute(used: int, payable: int) -> None:
    worker = a_worker(hours=WorkingHours("UTC"), week_cap_minutes=240)

    assert booked(worker, "2026-11-25 12:00", {date(2026, 11, 23): used})[:2] == (payable, 60 - payable)


def test_the_job_and_the_week_bind_whichever_is_tighter() -> None:
    worker = a_worker(hours=WorkingHours("UTC"), week_cap_minutes=240)
    slice_ = a_slice(
        worker=worker,
        job=a_job(brief=a_brief(cap_minutes=100)),
        job_effort=Effort(70, 70, 0, 0),
        worker_days=((date(2026, 11, 23), Effort(200, 200, 0, 0)),),
    )
    at = utc("2026-11-24 12:00")

    decision = decide(slice_, a_reported(mail=a_mail(received_at=at), minutes=60), at)

    (entry,) = [one.after for one in decision.changes if isinstance(one.after, TimeEntry)]
    assert (entry.payable, entry.over_cap) == (30, 30)


def test_nobody_is_reminded_at_his_cap_and_up_to_it_everybody() -> None:
    due = utc("2026-11-25 12:00")

    assert [len(tick(due, facts(used=used)).letters) for used in (0, 479, 480, 481)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("instant", "works_at"),
    [
        ("2026-11-23 05:59", "2026-11-23 05:59"),  # still the night of the week before
        ("2026-11-23 06:00", "2026-11-30 06:00"),
        ("2026-11-27 23:30", "2026-11-30 06:00"),
        ("2026-11-29 22:00", "2026-11-30 06:00"),  # the shift of Sunday night counts for the old week until then
    ],
)
def test_a_used_up_week_is_quiet_from_monday_at_six_to_monday_at_six(instant: str, works_at: str) -> None:
    night = a_worker(hours=WorkingHours("UTC", EVERY_DAY, 22 * 60, 7 * 60), week_cap_minutes=240)

    calendar = reminders.calendar_of(night, (), ((date(2026, 11, 27), Effort(240, 240, 0, 0)),))

    assert workday.into_hours(utc(instant), calendar) == utc(works_at)
