"""Why a job needs its owner, what it risks, and the order in which he reads it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mailagent.core import digest, pulse
from mailagent.core.answers import answers
from mailagent.core.letters import DigestContents, DigestLine, Money
from mailagent.core.model import AskedFor, Job, Phase, Question, Status, Step
from mailagent.core.slices import Books, Effort, JobPicture
from tests.factories import NOW, a_brief, a_job, a_report, a_slice, a_worker, an_owner

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def a_picture(
    number: int = 1,
    *,
    effort: tuple[int, int, int] = (90, 0, 0),
    since: int = 90,
    cap: int | None = 480,
    **changes: Any,
) -> JobPicture:
    payable, over_cap, undecided = effort
    facts: dict[str, Any] = {
        "job": changes.pop("job", None) or a_job(id=f"J{number}", brief=a_brief(cap_minutes=cap)),
        "worker": a_worker(),
        "effort": Effort(sum(effort), payable, over_cap, undecided),
        "minutes_since": since,
        "reports_since": 1,
        "over_cap_since": over_cap,
        "undecided_since": undecided,
        "last_report": a_report(),
    }
    return JobPicture(**(facts | changes))


def a_job_that(number: int = 1, **changes: Any) -> Job:
    return a_job(id=f"J{number}", **changes)


def a_question(asked_for: AskedFor = AskedFor.ANSWER, **changes: Any) -> Question:
    return replace(Question("Q1", "J1", "ana", "dana", asked_for, NOW, "R3", "Which sheet?"), **changes)


def digest_of(*pictures: JobPicture, now: datetime = NOW, **changes: Any) -> DigestContents:
    owner = changes.pop("owner", an_owner(last_digest_on=date(2026, 11, 20)))
    return digest.contents(a_slice(pictures=pictures, owner=owner, **changes), owner, now.date(), now)


def whys(line: DigestLine) -> list[str]:
    return [reason.what for reason in line.reasons]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"last_report": None}, []),
        ({"last_report": a_report(blocked="no password")}, ["blocked"]),
        ({"last_report": a_report(status=Status.BLOCKED)}, ["blocked"]),
        ({"questions": (a_question(AskedFor.WAY_ON),)}, ["blocked"]),
        ({"questions": (a_question(AskedFor.WAY_ON),), "last_report": a_report(blocked="x")}, ["blocked"]),
        ({"questions": (a_question(), a_question())}, ["question"]),
        ({"questions": (a_question(AskedFor.HOURS, minutes=60), a_question())}, ["question", "hours"]),
        ({"effort": (480, 0, 0)}, ["at cap"]),
        ({"effort": (480, 30, 0)}, ["at cap", "over cap"]),
        ({"effort": (60, 30, 0)}, ["over cap"]),
        ({"effort": (60, 30, 0), "worker": a_worker(week_cap_minutes=60)}, ["over week"]),
        ({"effort": (480, 30, 0), "worker": a_worker(week_cap_minutes=600)}, ["at cap", "over cap"]),
        ({"effort": (90, 0, 15)}, ["undecided"]),
        ({"effort": (0, 0, 90), "last_report": a_report(waits=True)}, ["unconfirmed"]),
        ({"effort": (9000, 0, 0), "cap": None}, []),
        ({"job": a_job_that(phase=Phase.DONE, done_at=NOW)}, ["done"]),
        ({"job": a_job_that(phase=Phase.DONE), "effort": (480, 0, 0)}, ["done"]),
        ({"job": a_job_that(silent_since=NOW, chased=3)}, ["silent"]),
        ({"job": a_job_that(phase=Phase.PAUSED, silent_since=NOW)}, []),
        ({"worker": a_worker(unreachable_since=NOW, unreachable_why="550")}, ["unreachable"]),
        ({"job": a_job_that(phase=Phase.CANCELLED), "effort": (90, 30, 0)}, []),
    ],
)
def test_why_a_job_needs_its_owner(changes: dict[str, Any], expected: list[str]) -> None:
    assert [reason.what for reason in pulse.needs(a_picture(**changes))] == expected


@pytest.mark.parametrize("report", [a_report(blocked="no password"), a_report()])
def test_what_the_owner_has_answered_needs_him_no_more(report: Any) -> None:
    job = a_job_that(clock_from=NOW + HOUR, brief=a_brief(cap_minutes=480))

    assert pulse.needs(a_picture(job=job, last_report=report, effort=(90, 30, 0))) == ()


@pytest.mark.parametrize(
    ("job", "effort", "expected"),
    [
        (a_job_that(), (90, 0, 0), []),
        (a_job_that(chased=1), (90, 0, 0), ["late"]),
        (a_job_that(chased=1, phase=Phase.PAUSED), (90, 0, 0), []),
        (a_job_that(brief=a_brief(due_on=date(2026, 11, 22))), (0, 0, 0), ["overdue"]),
        (a_job_that(brief=a_brief(due_on=date(2026, 11, 23))), (0, 0, 0), []),
        (a_job_that(brief=a_brief(steps=())), (383, 0, 0), []),
        (a_job_that(brief=a_brief(steps=())), (384, 0, 0), ["near cap"]),
        (a_job_that(brief=a_brief(steps=())), (480, 0, 0), []),
        (a_job_that(brief=a_brief(steps=(Step("a", 300), Step("b", 300)))), (0, 0, 0), ["steps"]),
        (a_job_that(brief=a_brief(steps=(Step("a", 300), Step("b")))), (320, 0, 0), []),
        (a_job_that(brief=a_brief(steps=(Step("a", 60), Step("b", 30)))), (91, 0, 0), ["slow"]),
        (a_job_that(brief=a_brief(steps=(Step("a", 60),), cap_minutes=None)), (91, 0, 0), ["slow"]),
    ],
)
def test_what_a_job_risks(job: Job, effort: tuple[int, int, int], expected: list[str]) -> None:
    assert [reason.what for reason in pulse.risks(a_picture(job=job, effort=effort), NOW)] == expected


@pytest.mark.parametrize(
    ("since", "until", "away"),
    [
        (None, None, False),
        (NOW - DAY, NOW + DAY, True),
        (NOW - DAY, NOW, False),
        (NOW + HOUR, NOW + DAY, False),
    ],
)
def test_whether_a_worker_is_away(since: datetime | None, until: datetime | None, away: bool) -> None:
    picture = a_picture(worker=a_worker(away_from=since, away_until=until, away_why="a wedding"))

    assert bool(pulse.absence(picture, NOW)) is away


def test_the_digest_is_in_the_order_of_who_needs_whom() -> None:
    plain = {"brief": a_brief(steps=())}
    contents = digest_of(
        a_picture(1, job=a_job_that(1, phase=Phase.ACCEPTED)),
        a_picture(2, worker=a_worker(id="jun", display_name="Jun Reyes", away_from=NOW, away_until=NOW + 2 * DAY)),
        a_picture(3, job=a_job_that(3, **plain), since=0, last_report=None, reports_since=0),
        a_picture(4, job=a_job_that(4, **plain)),
        a_picture(5, job=a_job_that(5, chased=1)),
        a_picture(6, worker=a_worker(id="tom", display_name="Tom Lee", unreachable_since=NOW)),
        a_picture(7, effort=(90, 0, 5)),
        a_picture(8, effort=(90, 5, 0)),
        a_picture(9, job=a_job_that(9, phase=Phase.DONE, done_at=NOW)),
        a_picture(10, job=a_job_that(10, silent_since=NOW)),
        a_picture(11, effort=(480, 0, 0)),
        a_picture(12, questions=(a_question(AskedFor.HOURS),)),
        a_picture(13, questions=(a_question(),)),
        a_picture(14, last_report=a_report(blocked="x")),
        a_picture(15, last_report=a_report(blocked="x", received_at=NOW - DAY)),
        a_picture(16, job=a_job_that(16, phase=Phase.DONE, done_at=NOW - 3 * DAY)),
        now=NOW + DAY,
    )

    order = [16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert [line.job_id for line in contents.lines] == [f"J{number}" for number in order]
    assert [line.number for line in contents.lines] == list(range(1, 17))
    assert [line.section for line in contents.lines[11:]] == ["at risk", "well", "well", "away", "closed"]


def test_who_is_away_and_needs_the_owner_stands_with_those_who_need_him() -> None:
    away = a_worker(away_from=NOW, away_until=NOW + DAY)

    (line,) = digest_of(a_picture(worker=away, questions=(a_question(),))).lines

    assert (line.section, whys(line)) == ("needs you", ["question", "away"])


def test_only_who_needs_the_owner_gets_answers() -> None:
    contents = digest_of(
        a_picture(1, questions=(a_question(AskedFor.HOURS, minutes=60),)), a_picture(2, job=a_job_that(2, chased=1))
    )

    assert [line.answers for line in contents.lines] == [(("Allow it", "yes J1"), ("Do not allow it", "no J1")), ()]


def test_at_most_three_answers_and_none_twice() -> None:
    offered = answers("J7", "blocked", "question", "silent", "done")

    assert offered == (
        ("Answer", "answer J7: "),
        ("Pause the job", "pause J7"),
        ("Write to the worker", "tell J7: "),
    )
    assert answers("J7", "away", "declined", "what is this") == (("Pause the job", "pause J7"),)


def test_hours_of_which_nobody_said_how_many_are_offered_as_two() -> None:
    assert answers("J7", "hours") == (("Allow 2 h more", "yes J7 2h"), ("Do not allow it", "no J7"))
    assert answers("J7", "hours", asked_minutes=60) == (("Allow it", "yes J7"), ("Do not allow it", "no J7"))


def test_nobody_is_asked_to_write_to_whom_no_mail_reaches() -> None:
    assert [typed for _, typed in answers("J7", "silent", "unreachable")] == ["pause J7", "cancel J7"]


def test_expected_reports_are_those_that_came_and_those_that_are_late() -> None:
    contents = digest_of(
        a_picture(1),
        a_picture(2, job=a_job_that(2, chased=1), reports_since=0, since=0),
        a_picture(3, job=a_job_that(3, chased=3, silent_since=NOW), reports_since=0, since=0),
    )

    assert (contents.reports, contents.expected) == (1, 3)


def test_hours_against_caps_are_those_of_open_jobs_with_a_cap() -> None:
    contents = digest_of(
        a_picture(1, effort=(60, 0, 0)), a_picture(2, cap=None), a_picture(3, job=a_job_that(3, phase=Phase.ACCEPTED))
    )

    assert (contents.used, contents.capped) == (60, 480)


def test_money_is_kept_apart_by_currency() -> None:
    dollars = a_worker(rate=Decimal("6.10"), currency="USD")
    pesos = a_worker(id="jun", display_name="Jun", rate=Decimal(350), currency="PHP")
    contents = digest_of(
        a_picture(1, worker=dollars, effort=(100, 30, 0)),
        a_picture(2, worker=dollars, job=a_job_that(2, phase=Phase.DONE, done_at=NOW), effort=(60, 0, 0)),
        a_picture(3, worker=pesos, effort=(60, 0, 0), cap=None),
        a_picture(4, worker=a_worker(id="mia", display_name="Mia", rate=Decimal(1))),
    )

    assert contents.money == (
        Money("PHP", Decimal("350.00"), Decimal("0.00"), Decimal("0.00")),
        Money("USD", Decimal("16.27"), Decimal("38.63"), Decimal("3.05")),
    )


def test_workers_are_called_by_the_first_name_where_that_is_enough() -> None:
    contents = digest_of(
        a_picture(1, worker=a_worker(id="a", display_name="Ana Cruz")),
        a_picture(2, worker=a_worker(id="b", display_name="Ana Reyes")),
        a_picture(3, worker=a_worker(id="c", display_name="Raj Patel")),
        a_picture(4, worker=a_worker(id="d", display_name=" ")),
    )

    assert sorted(line.called for line in contents.lines) == ["Ana Cruz", "Ana Reyes", "Raj", "d"]


@pytest.mark.parametrize(
    ("pictures", "changes", "quiet"),
    [
        ((), {}, True),
        ((a_picture(reports_since=0, since=0),), {}, True),
        ((a_picture(),), {}, False),
        ((a_picture(reports_since=0, questions=(a_question(),)),), {}, False),
        ((a_picture(reports_since=0, job=a_job_that(chased=1)),), {}, False),
        ((a_picture(reports_since=0, job=a_job_that(phase=Phase.ACCEPTED)),), {}, False),
        ((a_picture(reports_since=0),), {"books": Books(seen=1)}, False),
    ],
)
def test_a_quiet_day(pictures: tuple[JobPicture, ...], changes: dict[str, Any], quiet: bool) -> None:
    assert digest_of(*pictures, **changes).quiet is quiet


def test_a_digest_that_was_asked_for_is_whole() -> None:
    slice_ = a_slice(pictures=(a_picture(reports_since=0),))

    assert not digest.contents(slice_, an_owner(), NOW.date(), NOW, is_asked_for=True).quiet


def test_the_first_digest_says_so_and_each_when_the_next_comes() -> None:
    friday = datetime(2026, 11, 27, 10, tzinfo=UTC)
    first = digest_of(owner=an_owner(), now=friday)

    assert (first.first, first.next_on, first.digest_at) == (True, date(2026, 11, 30), 450)
    assert not digest_of().first


def test_words_of_an_older_report_are_no_news() -> None:
    (line,) = digest_of(a_picture(reports_since=0, since=0)).lines

    assert (line.done, line.next) == (None, None)
