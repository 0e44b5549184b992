"""What follows from a worker's words: what the owner hears at once, what he owes, days off, pauses, and giving up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.core import caps, digest
from mailagent.core import events as ev
from mailagent.core.decide import absences, decide
from mailagent.core.decision import Decision
from mailagent.core.letters import Letter, OwnerNewsContents, ReceiptContents
from mailagent.core.model import (
    AskedFor,
    Fate,
    Job,
    LetterKind,
    Mail,
    Phase,
    Proof,
    Question,
    Report,
    Status,
    TimeEntry,
    Worker,
)
from mailagent.core.reminders import calendar_of
from mailagent.core.slices import Effort, JobFacts, JobPicture, Slice
from tests.factories import NOW, a_brief, a_job, a_mail, a_report, a_reported, a_slice, a_worker, an_owner, receipt_of

SILENT: dict[str, Any] = {"done": None, "minutes": None, "next": None}
BEGUN = a_job(first_report_at=NOW, started_at=NOW)


def said(**changes: Any) -> ev.Reported:
    """A mail that tells of no work, but for what a test names."""
    return a_reported(**(SILENT | changes))


def told(decision: Decision) -> OwnerNewsContents | None:
    letters = [one for one in decision.letters if one.kind is LetterKind.OWNER_NEWS]
    assert len(letters) <= 1, "one report is one letter to the owner"
    if not letters:
        return None
    contents = letters[0].contents
    assert isinstance(contents, OwnerNewsContents)
    return contents


def news(decision: Decision) -> list[str]:
    contents = told(decision)
    return [] if contents is None else [contents.news, *(one for one, _ in contents.also)]


def made(decision: Decision, kind: type) -> list[Any]:
    return [change.after for change in decision.changes if isinstance(change.after, kind)]


def receipt(decision: Decision) -> ReceiptContents:
    return receipt_of(next(one for one in decision.letters if one.kind is LetterKind.RECEIPT))


def a_question(**changes: Any) -> Question:
    facts: dict[str, Any] = {
        "id": "Q3",
        "job_id": "J1",
        "worker_id": "ana",
        "owner_id": "dana",
        "asked_for": AskedFor.WAY_ON,
        "asked_at": NOW,
        "report_id": "R3",
        "words": "no password",
    }
    return Question(**(facts | changes))


# --- what is news ---


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (said(status=Status.STARTED), []),
        (said(status=Status.WORKING), []),
        (said(status=Status.NOT_STARTED), []),
        (said(minutes=30), ["first report"]),
        (said(done="20 rows"), ["first report"]),
        (said(status=Status.DONE), ["done"]),
        (said(question="which sheet?"), ["question"]),
        (said(blocked="no password"), ["blocked"]),
        (said(status=Status.BLOCKED), ["blocked"]),
        (said(need_minutes=120), ["hours"]),
        (said(away_until=date(2026, 11, 26)), ["away"]),
        (said(gives_up=ev.GivingUp.QUIT, gives_up_why="no time"), ["quit"]),
        (said(minutes=480), ["at cap", "first report"]),
        (
            said(minutes=480, status=Status.DONE, question="which?", blocked="no login", need_minutes=60),
            ["blocked", "question", "hours", "done", "at cap"],
        ),
        (said(status=Status.BLOCKED, question="which?"), ["question"]),
        (said(snooze_minutes=60), []),
    ],
)
def test_the_owner_hears_at_once_what_is_news_and_the_most_urgent_names_it(
    event: ev.Reported, expected: list[str]
) -> None:
    assert news(decide(a_slice(), event, NOW)) == expected


def test_the_news_says_all_of_the_report_in_the_workers_words() -> None:
    event = a_reported(question="which sheet?", status=Status.DONE, remark="see you", need_minutes=120, need_words="x")

    decision = decide(a_slice(job_effort=Effort(450, 450, 0, 0)), event, NOW)

    contents = told(decision)
    assert contents is not None
    assert (contents.words, contents.also) == ("which sheet?", (("hours", "x"), ("done", ""), ("at cap", "")))
    assert (contents.done, contents.minutes, contents.next, contents.remark) == ("20 rows", 90, "the rest", "see you")
    assert contents.accept == ("every row has a mark", "no row was deleted")
    assert (contents.asked_minutes, contents.eaten, contents.stand.over_cap) == (120, 60, 60)
    letter = decision.letters[1]
    assert (letter.id, letter.recipient_id, letter.job_id) == ("dana/owner-news/R5-question", "dana", "J1")
    assert letter.numbers == ("J1",)
    assert contents.answers


def test_a_second_report_is_no_news() -> None:
    assert news(decide(a_slice(job=BEGUN), a_reported(), NOW)) == []


def test_done_is_told_once() -> None:
    job = replace(BEGUN, phase=Phase.DONE)

    assert news(decide(a_slice(job=job), said(status=Status.DONE), NOW)) == []


@pytest.mark.parametrize("sent", [NOW, NOW + timedelta(hours=1)])
def test_done_that_crosses_a_pause_is_told_and_ends_the_pause(sent: datetime) -> None:
    job = replace(BEGUN, phase=Phase.PAUSED, paused_from=Phase.RETURNED, clock_from=NOW)

    decision = decide(a_slice(job=job), said(status=Status.DONE, mail=a_mail(received_at=sent)), NOW)

    (after,) = made(decision, Job)
    assert (after.phase, after.paused_from, after.done_at) == (Phase.DONE, None, sent)
    assert news(decision) == ["done"]


def test_an_unproven_report_tells_nobody_and_moves_nothing() -> None:
    event = a_reported(
        mail=a_mail(proof=Proof.CLAIMED), question="which?", gives_up=ev.GivingUp.QUIT, away_until=date(2026, 11, 26)
    )

    decision = decide(a_slice(), event, NOW)

    assert news(decision) == []
    assert made(decision, Job) == made(decision, Question) == []
    (worker,) = made(decision, Worker)
    assert worker.away_until is None


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.CANCELLED, Phase.DECLINED])
def test_words_about_a_closed_job_ask_and_tell_nothing(phase: Phase) -> None:
    event = a_reported(question="which?", blocked="x", need_minutes=60, gives_up=ev.GivingUp.QUIT, snooze_minutes=60)

    decision = decide(a_slice(job=a_job(phase=phase)), event, NOW)

    assert news(decision) == []
    assert made(decision, Question) == made(decision, Job) == []
    assert receipt(decision).next_due_at is None


# --- what he waits for ---


def test_each_thing_he_waits_for_is_a_question_of_its_own() -> None:
    event = said(question="which sheet?", blocked="no password", need_minutes=0, need_words="more time")

    decision = decide(a_slice(), event, NOW)

    questions = made(decision, Question)
    assert [(one.id, one.asked_for, one.words, one.minutes) for one in questions] == [
        ("Q5", AskedFor.WAY_ON, "no password", None),
        ("Q5b", AskedFor.ANSWER, "which sheet?", None),
        ("Q5c", AskedFor.HOURS, "more time", None),
    ]
    assert {(one.owner_id, one.job_id, one.report_id, one.is_open) for one in questions} == {("dana", "J1", "R5", True)}


@pytest.mark.parametrize(
    ("standing", "event", "expected"),
    [
        (a_question(), said(blocked="still no password"), []),
        (a_question(), said(status=Status.BLOCKED), []),
        (a_question(words=""), said(status=Status.BLOCKED), []),
        (a_question(words=""), said(blocked="no password"), ["blocked"]),
        (a_question(asked_for=AskedFor.ANSWER, words="which  sheet?"), said(question="which sheet?"), []),
        (a_question(asked_for=AskedFor.ANSWER, words="which sheet?"), said(question="and which row?"), ["question"]),
        (a_question(asked_for=AskedFor.HOURS, minutes=60), said(need_minutes=60), []),
        (a_question(asked_for=AskedFor.HOURS, minutes=60), said(need_minutes=120), ["hours"]),
        (a_question(asked_for=AskedFor.HOURS), said(need_minutes=0), []),
        (a_question(asked_for=AskedFor.HOURS, minutes=60), said(need_minutes=0), []),
        (a_question(asked_for=AskedFor.HOURS), said(blocked="x"), ["blocked"]),
    ],
)
def test_what_stands_open_is_not_asked_twice(standing: Question, event: ev.Reported, expected: list[str]) -> None:
    decision = decide(a_slice(job=BEGUN, questions=(standing,)), event, NOW)

    assert news(decision) == expected
    assert (made(decision, Question) == []) == (expected == [])
    assert receipt(decision).answer_by is not None
    assert receipt(decision).next_due_at is None


def test_new_words_for_what_stands_open_replace_it() -> None:
    standing = a_question(asked_for=AskedFor.HOURS, minutes=60, words="a", reminded_at=NOW)

    decision = decide(a_slice(job=BEGUN, questions=(standing,)), said(need_minutes=120), NOW)

    (after,) = made(decision, Question)
    assert (after.id, after.minutes, after.words, after.reminded_at) == ("Q3", 120, "a", None)


@pytest.mark.parametrize(
    ("event", "is_closed"),
    [
        (said(unblocked=True), True),
        (said(unblocked=True, question="which?"), True),
        (said(unblocked=True, status=Status.BLOCKED), False),
        (said(done="x"), False),
    ],
)
def test_a_report_that_says_nothing_blocks_closes_the_block(event: ev.Reported, is_closed: bool) -> None:
    decision = decide(a_slice(job=BEGUN, questions=(a_question(),)), event, NOW)

    closed = [one for one in made(decision, Question) if not one.is_open]
    assert [one.id for one in closed] == (["Q3"] if is_closed else [])
    assert receipt(decision).unblocked is is_closed


def test_the_worker_is_told_by_when_an_answer_is_likely() -> None:
    at = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 15:00 in Berlin: two hours of her day are left

    found = receipt(decide(a_slice(), said(question="which?", mail=a_mail(received_at=at)), at))

    assert found.answer_by == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def test_the_same_report_again_asks_nothing_new() -> None:
    slice_ = a_slice(job=BEGUN, recent_reports=(a_report(),))

    assert news(decide(slice_, a_reported(question="which?"), NOW)) == []


# --- giving up ---


@pytest.mark.parametrize(
    ("phase", "how", "after", "expected", "answered"),
    [
        (Phase.BRIEFED, ev.GivingUp.DECLINE, Phase.DECLINED, ["declined"], "declined"),
        (Phase.BRIEFED, ev.GivingUp.QUIT, Phase.DECLINED, ["quit"], "quit"),
        (Phase.WORKING, ev.GivingUp.DECLINE, Phase.WORKING, [], "begun"),
        (Phase.WORKING, ev.GivingUp.QUIT, Phase.DECLINED, ["quit"], "quit"),
        (Phase.DONE, ev.GivingUp.QUIT, Phase.DECLINED, ["quit"], "quit"),
        (Phase.PAUSED, ev.GivingUp.QUIT, Phase.DECLINED, ["quit"], "quit"),
        (Phase.RETURNED, ev.GivingUp.DECLINE, Phase.RETURNED, [], "begun"),
    ],
)
def test_a_job_is_declined_before_work_and_quit_at_any_time(
    phase: Phase, how: ev.GivingUp, after: Phase, expected: list[str], answered: str
) -> None:
    slice_ = a_slice(job=a_job(phase=phase, first_report_at=NOW), questions=(a_question(),))

    decision = decide(slice_, said(gives_up=how, gives_up_why="no time"), NOW)

    (job,) = made(decision, Job)
    assert (job.phase, job.closed_at) == (after, NOW if expected else None)
    assert news(decision) == expected
    assert receipt(decision).gave_up == answered
    assert [one.is_open for one in made(decision, Question)] == ([False] if expected else [])


def test_the_hours_of_the_last_report_count() -> None:
    decision = decide(a_slice(job=BEGUN), said(minutes=60, gives_up=ev.GivingUp.QUIT), NOW)

    assert [entry.payable for entry in made(decision, TimeEntry)] == [60]


# --- days off and pauses ---


def test_away_is_set_by_his_zone_and_told() -> None:
    event = said(away_from=date(2026, 11, 25), away_until=date(2026, 11, 28), away_why="a wedding")

    decision = decide(a_slice(), event, NOW)

    (worker,) = made(decision, Worker)
    assert worker.away_from == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # midnight in Manila
    assert worker.away_until == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    contents = told(decision)
    assert contents is not None
    assert (contents.words, contents.away_from) == ("a wedding", date(2026, 11, 25))
    assert contents.until == receipt(decision).away_until == date(2026, 11, 30)  # the 28th is a Saturday


@pytest.mark.parametrize(("away_from", "ends"), [(NOW - timedelta(days=1), True), (NOW + timedelta(days=1), False)])
def test_a_report_ends_an_absence_that_has_begun(away_from: datetime, ends: bool) -> None:
    worker = a_worker(away_from=away_from, away_until=NOW + timedelta(days=3), away_why="x")

    workers = made(decide(a_slice(worker=worker), a_reported(), NOW), Worker)

    assert [(one.away_from, one.away_until, one.away_why) for one in workers] == ([(None, None, "")] if ends else [])


@pytest.mark.parametrize("status", [None, Status.NOT_STARTED])
@pytest.mark.parametrize(
    ("asked", "snoozes", "until", "was"),
    [
        (60, 0, NOW + timedelta(hours=15) + timedelta(hours=1), ""),  # 18:00 in Manila: his day has ended
        (480, 1, NOW + timedelta(hours=23), ""),
        (481, 1, NOW + timedelta(hours=23), "cut"),
        (60, 2, None, "twice"),
    ],
)
def test_a_pause_is_a_working_day_at_most_and_given_twice_running(
    asked: int, snoozes: int, until: datetime | None, was: str, status: Status | None
) -> None:
    decision = decide(a_slice(job=a_job(snoozes=snoozes)), said(snooze_minutes=asked, status=status), NOW)

    found = receipt(decision)
    assert (found.snoozed_until, found.snooze_was) == (until, was)
    (job,) = made(decision, Job)
    assert (job.snoozed_until, job.snoozes) == (until, min(2, snoozes + 1))


@pytest.mark.parametrize("event", [a_reported(), said(status=Status.WORKING), said(next="the rest")])
def test_a_report_ends_the_row_of_pauses(event: ev.Reported) -> None:
    (job,) = made(decide(a_slice(job=a_job(snoozes=2, snoozed_until=NOW)), event, NOW), Job)

    assert (job.snoozed_until, job.snoozes, job.clock_from) == (None, 0, NOW)


def test_a_third_pause_running_puts_nothing_off() -> None:
    job = a_job(snoozes=1, clock_from=NOW - timedelta(days=2), chased=1, chased_at=NOW - timedelta(days=1))

    (second,) = made(decide(a_slice(job=job), said(snooze_minutes=60), NOW), Job)
    later = a_mail(received_at=NOW + timedelta(hours=3))
    (third,) = made(decide(a_slice(job=second), said(snooze_minutes=60, mail=later), NOW), Job)

    assert (second.snoozes, second.clock_from, second.chased) == (2, NOW, 0)
    assert (third.snoozed_until, third.clock_from) == (second.snoozed_until, NOW)


def test_the_second_block_of_a_mail_keeps_the_absence_that_the_first_one_named() -> None:
    (away,) = made(decide(a_slice(), said(away_until=date(2026, 11, 26)), NOW), Worker)

    assert made(decide(a_slice(worker=away, seq=6), a_reported(job_id="J1"), NOW), Worker) == []
    assert away.away_from == NOW


def seemed(slice_: Slice, **changes: Any) -> Decision:
    facts: dict[str, Any] = {"mail": a_mail(), "worker_id": "ana", "until": date(2026, 11, 27)}
    return decide(slice_, ev.SeemedAway(**(facts | changes)), NOW)


def test_an_absence_note_sets_him_away_and_tells_each_owner_once() -> None:
    owners = (an_owner(), an_owner(), an_owner(id="eva"))
    facts = tuple(
        JobFacts(a_job(id=f"J{number}", owner_id=owner.id), a_worker(), Effort(), owner=owner)
        for number, owner in enumerate(owners, start=1)
    )

    decision = seemed(a_slice(facts=facts))

    (worker,) = made(decision, Worker)
    assert (worker.away_from, worker.away_until) == (NOW, datetime(2026, 11, 26, 16, 0, tzinfo=UTC))
    assert [one.recipient_id for one in decision.letters] == ["dana", "eva"]
    assert [one.id for one in decision.letters] == [f"{owner}/owner-news/{'0' * 32}-away" for owner in ("dana", "eva")]
    assert made(decision, Mail)[0].fate is Fate.AUTOMATIC
    assert made(decision, Report) == []


@pytest.mark.parametrize(
    ("worker", "changes"),
    [
        (a_worker(), {"mail": a_mail(proof=Proof.CLAIMED)}),
        (a_worker(), {"until": date(2026, 11, 23)}),
        (a_worker(away_from=NOW, away_until=NOW + timedelta(days=9)), {}),
    ],
)
def test_a_note_that_is_not_proven_or_says_nothing_new_is_only_recorded(
    worker: Worker, changes: dict[str, Any]
) -> None:
    decision = seemed(a_slice(worker=worker, facts=(JobFacts(a_job(), worker, Effort(), owner=an_owner()),)), **changes)

    assert [type(change.after) for change in decision.changes] == [Mail]
    assert decision.letters == ()


LATER = (NOW + timedelta(days=14), NOW + timedelta(days=18), "a wedding")


def test_a_note_about_now_is_believed_beside_a_later_absence_that_is_known() -> None:
    planned = a_worker(away_from=LATER[0], away_until=LATER[1], away_why=LATER[2])

    (away,) = made(seemed(a_slice(worker=planned)), Worker)
    (back,) = made(
        decide(a_slice(worker=away), a_reported(mail=a_mail(received_at=NOW + timedelta(hours=1))), NOW), Worker
    )

    assert away.absences == ((NOW, datetime(2026, 11, 26, 16, 0, tzinfo=UTC), absences.BY_PROGRAM), LATER)
    assert calendar_of(away).absences == tuple(one[:2] for one in away.absences)
    assert back.absences == (LATER,)


def test_his_own_word_replaces_every_absence_that_was_known() -> None:
    both = a_worker(
        away_from=NOW - timedelta(days=1), away_until=NOW, later_from=LATER[0], later_until=LATER[1], later_why="x"
    )

    (after,) = made(decide(a_slice(worker=both), said(away_until=date(2026, 11, 26)), NOW), Worker)

    assert [(first, why) for first, _, why in after.absences] == [(NOW, "")]


# --- the clock ---


@pytest.mark.parametrize(
    ("job", "event", "ramp", "clock"),
    [
        (a_job(), said(status=Status.STARTED), 0, NOW),
        (a_job(), said(status=Status.NOT_STARTED), 0, None),
        (a_job(), a_reported(), 1, NOW),
        (a_job(ramp=1), a_reported(), 2, NOW),
        (a_job(ramp=2), a_reported(), 2, NOW),
        (a_job(ramp=2, chased=1), a_reported(), 1, NOW),
        (a_job(ramp=0, chased=3, silent_since=NOW), a_reported(), 0, NOW),
        (a_job(ramp=1, chased=1), said(question="which?"), 1, NOW),
    ],
)
def test_a_report_restarts_the_clock_and_moves_the_ramp(
    job: Job, event: ev.Reported, ramp: int, clock: datetime | None
) -> None:
    (after,) = made(decide(a_slice(job=job), event, NOW), Job)

    assert (after.ramp, after.clock_from) == (ramp, clock)
    if clock is not None:
        assert (after.chased, after.chased_at, after.silent_since) == (0, None, None)


def test_an_older_mail_that_comes_later_does_not_turn_the_clock_back() -> None:
    job = a_job(last_reported_at=NOW, clock_from=NOW, ramp=1)
    event = a_reported(mail=a_mail(received_at=NOW - timedelta(hours=3)))

    (after,) = made(decide(a_slice(job=job), event, NOW), Job)

    assert (after.clock_from, after.ramp) == (NOW, 1)


def test_a_report_from_before_the_owners_order_leaves_the_clock_that_the_order_began() -> None:
    job = a_job(clock_from=NOW, chased=1, chased_at=NOW, last_reported_at=NOW - timedelta(days=2))

    (after,) = made(decide(a_slice(job=job), a_reported(mail=a_mail(received_at=NOW - timedelta(hours=3))), NOW), Job)

    assert (after.clock_from, after.chased, after.last_reported_at) == (NOW, 1, NOW - timedelta(hours=3))


def test_the_receipt_says_when_the_next_report_is_due() -> None:
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Manila

    found = receipt(decide(a_slice(), a_reported(mail=a_mail(received_at=at)), at))

    assert (found.next_due_at, found.used_up_at) == (at + timedelta(hours=4), None)


def test_the_receipt_says_when_the_hours_are_used_where_that_is_sooner() -> None:
    at = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    slice_ = a_slice(job=BEGUN, job_effort=Effort(340, 340, 0, 0))

    found = receipt(decide(slice_, a_reported(mail=a_mail(received_at=at)), at))

    assert found.next_due_at == found.used_up_at == at + timedelta(minutes=50)


# --- thresholds ---


@pytest.mark.parametrize(
    ("cap", "payable", "highest"),
    [
        (480, 0, 0),
        (480, 239, 0),
        (480, 240, 50),
        (480, 383, 50),
        (480, 384, 80),
        (480, 479, 80),
        (480, 480, 100),
        (480, 600, 100),
        (1, 0, 0),
        (1, 1, 100),
        (0, 0, 100),
        (None, 9999, 0),
    ],
)
def test_the_highest_threshold_is_the_one_that_counts(cap: int | None, payable: int, highest: int) -> None:
    assert caps.passed(cap, payable) == highest


@pytest.mark.parametrize(
    ("used", "minutes", "told_before", "passed", "at_cap"),
    [
        (0, 239, 0, 0, False),
        (0, 240, 0, 50, False),
        (240, 143, 50, 0, False),
        (240, 144, 50, 80, False),
        (0, 384, 0, 80, False),
        (384, 95, 80, 0, False),
        (384, 96, 80, 100, True),
        (384, 200, 80, 100, True),
        (0, 480, 0, 100, True),
        (480, 60, 100, 0, False),
    ],
)
def test_a_threshold_is_told_by_the_report_that_passes_it(
    used: int, minutes: int, told_before: int, passed: int, at_cap: bool
) -> None:
    slice_ = a_slice(job=replace(BEGUN, cap_told=told_before), job_effort=Effort(used, used, 0, 0))

    decision = decide(slice_, said(minutes=minutes), NOW)

    assert receipt(decision).cap_passed == passed
    assert ("at cap" in news(decision)) is at_cap
    (job,) = made(decision, Job)
    assert job.cap_told == max(told_before, passed)


def test_the_week_is_named_where_its_cap_is_what_binds() -> None:
    binds = decide(a_slice(worker=a_worker(week_cap_minutes=60)), a_reported(), NOW)
    not_binds = decide(a_slice(job_effort=Effort(470, 470, 0, 0)), a_reported(), NOW)

    assert receipt(binds).week_cap == 60
    assert receipt(not_binds).week_cap is None
    assert (receipt(binds).week_left, receipt(not_binds).week_left) == (0, None)


def test_a_receipt_says_what_is_left_of_the_week_and_when_it_is_used() -> None:
    days = ((NOW.date() - timedelta(days=7), Effort(300, 300, 0, 0)), (NOW.date(), Effort(60, 60, 0, 0)))
    worker = a_worker(week_cap_minutes=180)

    said = receipt(decide(a_slice(worker=worker, worker_days=days), a_reported(minutes=90), NOW))

    assert (said.week_left, said.week_cap) == (30, None)
    assert (
        said.used_up_at == said.next_due_at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    )  # 09:30 in Manila, the next day


REPORTS = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from([None, *Status]),
        st.sampled_from([None, "which sheet?", "which row?"]),
        st.sampled_from([None, "no password"]),
        st.sampled_from([None, 0, 60]),
    ),
    max_size=8,
)


@given(st.sampled_from([None, 0, 100, 480]), st.sampled_from([None, 60, 200]), REPORTS)
def test_every_minute_is_counted_once_and_every_news_told_once(
    cap: int | None, week_cap: int | None, reports: list[tuple[int, Status | None, str | None, str | None, int | None]]
) -> None:
    job, worker = a_job(brief=a_brief(cap_minutes=cap)), a_worker(week_cap_minutes=week_cap)
    sums, days = Effort(), Effort()
    questions: tuple[Question, ...] = ()
    letters: list[Letter] = []
    for number, (minutes, status, question, blocked, need) in enumerate(reports, start=1):
        event = said(minutes=minutes, status=status, question=question, blocked=blocked, need_minutes=need)
        slice_ = a_slice(
            seq=number,
            job=job,
            worker=worker,
            job_effort=sums,
            questions=questions,
            worker_days=((date(2026, 11, 23), days),),
        )
        decision = decide(slice_, event, NOW)
        for entry in made(decision, TimeEntry):
            sums, days = sums.plus(entry), days.plus(entry)
        job = next(iter(made(decision, Job)), job)
        questions = tuple({one.id: one for one in (*questions, *made(decision, Question))}.values())
        letters += [one for one in decision.letters if one.kind is LetterKind.OWNER_NEWS]

    assert sums.payable + sums.over_cap + sums.undecided == sums.reported == sum(one[0] for one in reports)
    assert sums.payable <= min(limit for limit in (cap, week_cap, sums.reported) if limit is not None)
    assert len({one.id for one in letters}) == len(letters)
    said_at_once = [one for letter in letters for one in _told_by(letter)]
    for once, times in (("at cap", 1), ("first report", 1), ("blocked", 2), ("hours", 2)):
        assert said_at_once.count(once) <= times  # a second time where he says by what, or how many
    assert len({(one.asked_for, one.words, one.minutes) for one in questions}) == len(questions)


def _told_by(letter: Letter) -> list[str]:
    assert isinstance(letter.contents, OwnerNewsContents)
    return [letter.contents.news, *(one for one, _ in letter.contents.also)]


def test_a_remark_reaches_the_owner_by_his_digest() -> None:
    report = a_report(remark="see you on Friday")
    picture = JobPicture(BEGUN, a_worker(), Effort(), 0, 1, 0, 0, report)

    contents = digest.contents(a_slice(pictures=(picture,)), an_owner(), NOW.date(), NOW)

    assert [line.done for line in contents.lines] == ["20 rows - see you on Friday"]
