"""A report is booked, moves its job and is answered; what it may do depends on who is proven to have written it."""

from datetime import date, timedelta
from typing import Any

import pytest

from mailagent.core import effort
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.events import GivingUp
from mailagent.core.letters import ConfirmContents, Unclear, UnclearContents
from mailagent.core.model import Fate, Job, LetterKind, Mail, Phase, Proof, Report, Status, TimeEntry, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort
from mailagent.errors import Refused
from tests.factories import (
    NOW,
    a_brief,
    a_job,
    a_letter,
    a_mail,
    a_report,
    a_reported,
    a_slice,
    a_worker,
    receipt_of,
)


def made(decision: Decision, kind: type) -> list:
    return [change.after for change in decision.changes if isinstance(change.after, kind)]


def entry_of(decision: Decision) -> TimeEntry:
    (entry,) = made(decision, TimeEntry)
    assert entry.payable + entry.over_cap + entry.undecided == entry.minutes
    return entry


def test_a_report_is_booked_and_answered_with_a_receipt() -> None:
    decision = decide(a_slice(job_effort=Effort(60, 60, 0, 0)), a_reported(), NOW)

    (report,) = made(decision, Report)
    assert (report.id, report.done, report.minutes, report.next) == ("R5", "20 rows", 90, "the rest")
    assert entry_of(decision).payable == 90
    (mail,) = made(decision, Mail)
    assert mail.fate is Fate.PROCESSED
    letter, told = decision.letters
    assert told.id == "dana/owner-news/R5-first-report"
    receipt = receipt_of(letter)
    assert (letter.id, letter.in_reply_to) == ("ana/receipt/R5", "<reply@example.com>")
    assert (receipt.stand.payable, receipt.stand.left, receipt.payable) == (150, 330, 90)


@pytest.mark.parametrize(
    ("used", "minutes", "payable", "over_cap"),
    [
        (0, 480, 480, 0),
        (0, 481, 480, 1),
        (479, 1, 1, 0),
        (479, 2, 1, 1),
        (480, 1, 0, 1),
        (480, 0, 0, 0),
        (600, 5, 0, 5),
    ],
)
def test_minutes_are_payable_up_to_the_cap_and_over_cap_past_it(
    used: int, minutes: int, payable: int, over_cap: int
) -> None:
    slice_ = a_slice(job_effort=Effort(used, used, 0, 0))

    entry = entry_of(decide(slice_, a_reported(minutes=minutes), NOW))

    assert (entry.payable, entry.over_cap) == (payable, over_cap)


def test_a_job_without_a_cap_takes_all_minutes() -> None:
    slice_ = a_slice(job=a_job(brief=a_brief(cap_minutes=None)), job_effort=Effort(9000, 9000, 0, 0))

    decision = decide(slice_, a_reported(minutes=300), NOW)

    assert entry_of(decision).payable == 300
    assert receipt_of(decision.letters[0]).stand.left is None


def test_a_cap_of_zero_takes_none() -> None:
    slice_ = a_slice(job=a_job(brief=a_brief(cap_minutes=0)))

    assert entry_of(decide(slice_, a_reported(minutes=30), NOW)).over_cap == 30


@pytest.mark.parametrize(("this_week", "payable"), [(0, 90), (150, 90), (180, 60), (240, 0), (300, 0)])
def test_the_week_cap_counts_monday_to_sunday_in_the_workers_zone(this_week: int, payable: int) -> None:
    days = (
        (date(2026, 11, 22), Effort(999, 999, 0, 0)),  # Sunday of the week before
        (date(2026, 11, 23), Effort(this_week, this_week, 0, 0)),
    )
    slice_ = a_slice(worker=a_worker(week_cap_minutes=240), worker_days=days)

    assert entry_of(decide(slice_, a_reported(), NOW)).payable == payable


def test_minutes_beyond_sixteen_hours_a_day_wait_undecided() -> None:
    days = ((date(2026, 11, 23), Effort(900, 900, 0, 0)),)
    slice_ = a_slice(worker_days=days, job=a_job(brief=a_brief(cap_minutes=None)))

    entry = entry_of(decide(slice_, a_reported(minutes=90), NOW))

    assert (entry.payable, entry.undecided, entry.why) == (60, 30, effort.OVER_THE_DAY)


@pytest.mark.parametrize(
    ("hour_utc", "day"),
    [(21, date(2026, 11, 23)), (22, date(2026, 11, 24)), (15, date(2026, 11, 23))],
)
def test_work_before_six_in_the_morning_belongs_to_the_day_before(hour_utc: int, day: date) -> None:
    at = NOW.replace(hour=hour_utc)  # Manila is eight hours ahead

    assert entry_of(decide(a_slice(), a_reported(mail=a_mail(received_at=at)), at)).worked_on == day


def test_the_same_report_again_waits_undecided() -> None:
    slice_ = a_slice(recent_reports=(a_report(),))

    decision = decide(slice_, a_reported(), NOW)

    assert entry_of(decision).why == effort.SENT_AGAIN
    assert receipt_of(decision.letters[0]).undecided == 90


def test_a_second_started_is_no_repetition() -> None:
    earlier = a_report(done=None, minutes=None, next=None, status=Status.STARTED)
    event = a_reported(done=None, minutes=None, next=None, status=Status.STARTED)

    decision = decide(a_slice(recent_reports=(earlier,)), event, NOW)

    assert made(decision, TimeEntry) == []
    assert decision.letters[0].kind is LetterKind.RECEIPT


def test_hours_for_a_closed_job_are_kept_undecided_and_move_nothing() -> None:
    decision = decide(a_slice(job=a_job(phase=Phase.CANCELLED)), a_reported(status=Status.DONE), NOW)

    assert entry_of(decision).why == effort.JOB_CLOSED
    assert made(decision, Job) == []


@pytest.mark.parametrize(
    ("phase", "status", "minutes", "after"),
    [
        (Phase.BRIEFED, Status.STARTED, None, Phase.WORKING),
        (Phase.BRIEFED, Status.NOT_STARTED, None, Phase.BRIEFED),
        (Phase.BRIEFED, None, 30, Phase.WORKING),
        (Phase.BRIEFED, None, None, Phase.BRIEFED),
        (Phase.BRIEFED, Status.DONE, 30, Phase.DONE),
        (Phase.WORKING, Status.BLOCKED, None, Phase.WORKING),
        (Phase.WORKING, Status.DONE, None, Phase.DONE),
        (Phase.RETURNED, None, 10, Phase.WORKING),
        (Phase.DONE, Status.WORKING, 10, Phase.WORKING),
        (Phase.DONE, None, 10, Phase.DONE),
        (Phase.PAUSED, Status.WORKING, 10, Phase.PAUSED),
        (Phase.PAUSED, Status.DONE, None, Phase.DONE),
    ],
)
def test_what_a_report_does_to_the_phase(
    phase: Phase, status: Status | None, minutes: int | None, after: Phase
) -> None:
    event = a_reported(status=status, minutes=minutes, done=None, next=None)

    (job,) = made(decide(a_slice(job=a_job(phase=phase)), event, NOW), Job)

    assert job.phase is after
    assert (job.done_at is not None) == (after is Phase.DONE)


@pytest.mark.parametrize("proof", [Proof.DOMAIN, Proof.TOKEN, Proof.BOTH, Proof.CONFIRMED])
def test_either_proof_makes_hours_count(proof: Proof) -> None:
    assert entry_of(decide(a_slice(), a_reported(mail=a_mail(proof=proof)), NOW)).payable == 90


def test_without_proof_nothing_counts_and_one_question_goes_to_the_stored_address() -> None:
    event = a_reported(mail=a_mail(proof=Proof.CLAIMED), status=Status.DONE)

    decision = decide(a_slice(), event, NOW)

    assert entry_of(decision).why == effort.UNPROVEN
    assert made(decision, Report)[0].waits
    assert made(decision, Job) == []
    (letter,) = decision.letters
    assert (letter.kind, letter.recipient_id) == (LetterKind.CONFIRM, "ana")
    assert isinstance(letter.contents, ConfirmContents)
    assert made(decision, Worker)[0].confirm_asked_at == NOW


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [
        ({}, ()),
        ({"need_minutes": 0, "away_until": date(2026, 11, 26)}, ("Need", "Away")),
        ({"snooze_minutes": 60, "unblocked": True}, ("Snooze", "Blocked: no")),
        ({"gives_up": GivingUp.QUIT}, ("quit",)),
        ({"gives_up": GivingUp.DECLINE}, ("decline",)),
    ],
)
def test_a_report_that_waits_notes_what_it_does_not_keep(asked: dict[str, Any], left_out: tuple[str, ...]) -> None:
    waits = decide(a_slice(), a_reported(mail=a_mail(proof=Proof.CLAIMED), **asked), NOW)
    counts = decide(a_slice(), a_reported(**asked), NOW)

    assert [one.left_out for one in made(waits, Report)] == [left_out]
    assert [one.left_out for one in made(counts, Report)] == [()]


@pytest.mark.parametrize(("days_ago", "asked_again"), [(0, False), (13, False), (14, True)])
def test_later_unproven_mails_join_the_question_while_its_code_is_good(days_ago: int, asked_again: bool) -> None:
    slice_ = a_slice(worker=a_worker(confirm_asked_at=NOW - timedelta(days=days_ago)), policy=Policy())

    decision = decide(slice_, a_reported(mail=a_mail(proof=Proof.CLAIMED)), NOW)

    assert bool(decision.letters) is asked_again
    assert entry_of(decision).undecided == 90


def test_unclear_words_do_not_make_the_clear_part_wait() -> None:
    unclear = (Unclear("Hours: a few", "How many hours?"),)

    decision = decide(a_slice(), a_reported(minutes=None, unclear=unclear), NOW)

    assert made(decision, Report)[0].done == "20 rows"
    assert receipt_of(decision.letters[0]).unclear == unclear
    assert made(decision, Mail)[0].fate is Fate.PARTLY


def test_a_second_report_of_the_same_mail_is_booked_too_and_the_mail_keeps_its_end() -> None:
    first = decide(a_slice(), a_reported(), NOW)
    (mail,) = made(first, Mail)

    second = decide(a_slice(mail=mail, seq=6), a_reported(), NOW)

    assert made(second, Mail) == []
    assert made(second, Report)[0].id == "R6"


def test_a_proven_report_says_that_mail_reaches_the_worker_again() -> None:
    worker = a_worker(unreachable_since=NOW, unreachable_why="550 no such user")

    (after,) = made(decide(a_slice(worker=worker), a_reported(), NOW), Worker)

    assert after.unreachable_since is None


def test_an_older_mail_that_comes_later_is_not_the_last_report() -> None:
    job = a_job(last_reported_at=NOW, last_report_id="R2")
    event = a_reported(mail=a_mail(received_at=NOW - timedelta(hours=3)))

    (after,) = made(decide(a_slice(job=job), event, NOW), Job)

    assert (after.last_report_id, after.last_reported_at) == ("R2", NOW)


OVERTAKEN = [
    (Phase.DONE, Status.WORKING, Phase.DONE),
    (Phase.DONE, Status.DONE, Phase.DONE),
    (Phase.WORKING, Status.DONE, Phase.WORKING),
    (Phase.RETURNED, None, Phase.RETURNED),
    (Phase.BRIEFED, None, Phase.WORKING),
]


@pytest.mark.parametrize(("phase", "status", "after"), OVERTAKEN)
def test_a_report_that_is_older_than_the_last_is_booked_and_overrides_nothing_newer(
    phase: Phase, status: Status | None, after: Phase
) -> None:
    done_at = NOW if phase is Phase.DONE else None
    job = a_job(phase=phase, done_at=done_at, last_reported_at=NOW, clock_from=NOW)
    event = a_reported(mail=a_mail(received_at=NOW - timedelta(hours=3)), status=status)

    decision = decide(a_slice(job=job), event, NOW)

    (moved,) = made(decision, Job)
    assert (moved.phase, moved.done_at) == (after, done_at)
    assert entry_of(decision).payable == 90


def test_what_was_written_before_a_job_was_sent_back_leaves_it_sent_back() -> None:
    job = a_job(phase=Phase.RETURNED, last_reported_at=NOW - timedelta(days=1), clock_from=NOW)

    (before,) = made(decide(a_slice(job=job), a_reported(mail=a_mail(received_at=NOW - timedelta(hours=3))), NOW), Job)
    (since,) = made(decide(a_slice(job=job), a_reported(), NOW), Job)

    assert (before.phase, since.phase) == (Phase.RETURNED, Phase.WORKING)


def test_a_job_of_somebody_else_is_refused() -> None:
    with pytest.raises(Refused, match="somebody else"):
        decide(a_slice(job=a_job(worker_id="ben")), a_reported(), NOW)


def test_a_job_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused, match="not a job"):
        decide(a_slice(job=None), a_reported(), NOW)


def test_a_mail_without_anything_to_book_is_asked_back() -> None:
    from mailagent.core.events import NotUnderstood

    event = NotUnderstood(a_mail(), "ana", "J1", "nothing in it could be booked")

    decision = decide(a_slice(), event, NOW)

    (letter,) = decision.letters
    assert letter.kind is LetterKind.UNCLEAR
    assert isinstance(letter.contents, UnclearContents)
    assert letter.contents.open_jobs == (("J1", "Clean the leads list"),)
    assert made(decision, Mail)[0].fate is Fate.PARTLY


def test_an_unproven_mail_without_anything_to_book_only_asks_who_wrote() -> None:
    from mailagent.core.events import NotUnderstood

    event = NotUnderstood(a_mail(proof=Proof.CLAIMED), "ana", None, "nothing in it could be booked")

    decision = decide(a_slice(job=None), event, NOW)

    assert [letter.kind for letter in decision.letters] == [LetterKind.CONFIRM]


def test_a_letter_written_before_does_not_disturb() -> None:
    assert decide(a_slice(letter=a_letter()), a_reported(), NOW).letters


def test_no_hours_twice_are_no_repetition() -> None:
    earlier = a_report(done=None, minutes=0, next=None)
    event = a_reported(done=None, minutes=0, next=None)

    assert entry_of(decide(a_slice(recent_reports=(earlier,)), event, NOW)).why == ""
