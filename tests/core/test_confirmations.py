"""One answer to the one confirmation settles all that waits, within the room there is; a denial counts nothing."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.core import effort
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.events import Confirmed
from mailagent.core.letters import SettledContents
from mailagent.core.model import Job, LetterKind, Mail, Phase, Proof, Report, Status, TimeEntry, Worker
from mailagent.core.slices import Effort, Slice, Waiting
from tests.factories import NOW, a_brief, a_job, a_mail, a_report, a_slice, a_worker, an_entry, an_owner


def waiting(number: int, minutes: int | None, job: Job, sums: Effort, **report: object) -> Waiting:
    entry = None
    if minutes is not None:
        entry = an_entry(
            id=f"E{number}", minutes=minutes, payable=0, undecided=minutes, why=effort.UNPROVEN, job_id=job.id
        )
    facts = {"id": f"R{number}", "minutes": minutes, "waits": True, "proof": Proof.CLAIMED, "job_id": job.id} | report
    return Waiting(a_report(**facts), entry, job, sums, owner=an_owner(id=job.owner_id, display_name=job.owner_id))


def office(cap: int | None, minutes: list[int], week_cap: int | None = None) -> Slice:
    job = a_job(brief=a_brief(cap_minutes=cap), phase=Phase.BRIEFED)
    total = sum(minutes)
    sums = Effort(total, 0, 0, total)
    waits = tuple(waiting(number, one, job, sums) for number, one in enumerate(minutes, start=1))
    return a_slice(
        worker=a_worker(week_cap_minutes=week_cap, confirm_asked_at=NOW),
        waiting=waits,
        job=None,
        worker_days=((date(2026, 11, 23), sums),),
        seq=9,
    )


def answer(slice_: Slice, *, was_him: bool | None = True, number: int = 0) -> Decision:
    return decide(slice_, Confirmed(a_mail(), "ana", number, was_him), NOW)


def entries(decision: Decision) -> list[TimeEntry]:
    return [change.after for change in decision.changes if isinstance(change.after, TimeEntry)]


def test_what_waited_becomes_payable_in_the_room_there_is() -> None:
    decision = answer(office(100, [60, 60]))

    first, second = entries(decision)
    assert (first.settles, first.minutes, first.payable, first.undecided) == ("E1", 0, 60, -60)
    assert (second.payable, second.over_cap, second.undecided) == (40, 20, -60)
    letter, *told = decision.letters
    assert letter.kind is LetterKind.SETTLED
    assert [one.id for one in told] == ["dana/owner-news/R1-first-report", "dana/owner-news/R2-at-cap"]
    assert isinstance(letter.contents, SettledContents)
    assert (letter.contents.payable, letter.contents.over_cap) == (100, 20)


def test_the_week_cap_holds_too() -> None:
    assert [entry.payable for entry in entries(answer(office(None, [60, 60], week_cap=90)))] == [60, 30]


def settled(decision: Decision) -> SettledContents:
    (contents,) = (one.contents for one in decision.letters if isinstance(one.contents, SettledContents))
    return contents


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.CANCELLED, Phase.DECLINED])
def test_what_he_confirms_of_a_closed_job_waits_for_the_owner(phase: Phase) -> None:
    job = a_job(phase=phase)
    slice_ = a_slice(worker=a_worker(confirm_asked_at=NOW), waiting=(waiting(1, 60, job, Effort(60, 0, 0, 60)),))

    decision = answer(slice_)

    (entry,) = entries(decision)
    assert (entry.payable, entry.over_cap, entry.undecided, entry.why) == (0, 0, 0, effort.JOB_CLOSED)
    assert (settled(decision).payable, settled(decision).undecided) == (0, 60)
    assert settled(decision).undecided_why == (effort.JOB_CLOSED,)


def test_the_same_words_twice_count_once_when_he_confirms_them() -> None:
    job, sums = a_job(), Effort(120, 0, 0, 120)
    first = waiting(1, 60, job, sums)
    again = replace(waiting(2, 60, job, sums), earlier=(first.report,))

    decision = answer(a_slice(worker=a_worker(confirm_asked_at=NOW), waiting=(first, again)))

    assert [(one.payable, one.undecided, one.why) for one in entries(decision)] == [
        (60, -60, "confirmed by the worker"),
        (0, 0, effort.SENT_AGAIN),
    ]
    assert settled(decision).undecided == 60


def test_the_minutes_of_a_day_end_at_sixteen_hours_when_he_confirms_them_too() -> None:
    slice_ = office(None, [120])
    full = replace(slice_, worker_days=((date(2026, 11, 23), Effort(1020, 900, 0, 120)),))

    decision = answer(full)

    (entry,) = entries(decision)
    assert (entry.payable, entry.undecided, entry.why) == (60, -60, effort.OVER_THE_DAY)
    assert (settled(decision).payable, settled(decision).undecided) == (60, 60)


def test_reports_stop_waiting_and_move_the_job() -> None:
    decision = answer(office(100, [60]))

    reports = [change.after for change in decision.changes if isinstance(change.after, Report)]
    jobs = [change.after for change in decision.changes if isinstance(change.after, Job)]
    assert [report.waits for report in reports] == [False]
    assert [job.phase for job in jobs] == [Phase.WORKING]


def test_the_clock_begins_when_he_confirms_and_not_when_he_wrote() -> None:
    later = NOW + timedelta(days=2)
    job = a_job(chased=1, chased_at=later, clock_from=NOW - timedelta(days=1))
    slice_ = a_slice(worker=a_worker(confirm_asked_at=NOW), waiting=(waiting(1, 60, job, Effort(60, 0, 0, 60)),))

    decision = decide(slice_, Confirmed(a_mail(received_at=later), "ana", 0, was_him=True), later)

    (moved,) = (change.after for change in decision.changes if isinstance(change.after, Job))
    assert (moved.clock_from, moved.chased, moved.last_reported_at) == (later, 0, NOW)


def test_several_reports_about_one_job_are_one_change_of_the_job() -> None:
    job = a_job(phase=Phase.BRIEFED)
    slice_ = a_slice(
        worker=a_worker(confirm_asked_at=NOW),
        waiting=(
            waiting(1, 30, job, Effort(30, 0, 0, 30), status=Status.STARTED),
            waiting(2, None, job, Effort(30, 0, 0, 30), status=Status.DONE),
        ),
    )

    changes = [change for change in answer(slice_).changes if isinstance(change.after, Job)]

    assert [(change.before, change.after.phase) for change in changes] == [(job, Phase.DONE)]


@pytest.mark.parametrize(("phase", "told"), [(Phase.WORKING, ("Need", "quit")), (Phase.CANCELLED, ())])
def test_what_a_waiting_report_could_not_keep_is_to_be_written_again(phase: Phase, told: tuple[str, ...]) -> None:
    one = waiting(1, 30, a_job(phase=phase), Effort(30, 0, 0, 30), left_out=("Need", "quit"))

    decision = answer(a_slice(worker=a_worker(confirm_asked_at=NOW), waiting=(one,)))

    assert [line.left_out for line in settled(decision).settled] == [told]


def test_each_owner_hears_of_what_waited_in_his_jobs() -> None:
    jobs = (a_job(), a_job(id="J2", owner_id="eva"))
    waits = tuple(waiting(number, 30, job, Effort(30, 0, 0, 30)) for number, job in enumerate(jobs, start=1))

    decision = answer(a_slice(worker=a_worker(confirm_asked_at=NOW), waiting=waits, job=None))

    _, *told = decision.letters
    assert [(one.recipient_id, one.id) for one in told] == [
        ("dana", "dana/owner-news/R1-first-report"),
        ("eva", "eva/owner-news/R2-first-report"),
    ]
    assert settled(decision).owner_name == "dana and eva"


def test_a_no_books_it_out_and_tells_the_owner() -> None:
    decision = answer(office(100, [60]), was_him=False)

    (entry,) = entries(decision)
    assert (entry.minutes, entry.payable, entry.undecided, entry.settles) == (-60, 0, -60, "E1")
    assert [letter.id for letter in decision.letters] == ["dana/alert/denied-" + "0" * 32]


def test_a_no_is_told_also_where_nothing_waited_and_where_it_comes_late() -> None:
    nothing = answer(a_slice(worker=a_worker(confirm_asked_at=NOW)), was_him=False)
    late = answer(a_slice(worker=a_worker(confirm_number=2)), was_him=False, number=1)

    assert [letter.recipient_id for letter in nothing.letters] == ["dana"]
    assert [letter.recipient_id for letter in late.letters] == ["dana"]
    assert "had been confirmed before" in late.letters[0].contents.to_do[0]


def test_the_code_of_an_older_question_settles_nothing() -> None:
    slice_ = office(100, [60])
    newer = replace(slice_, worker=a_worker(confirm_asked_at=NOW, confirm_number=2))

    assert entries(answer(newer, number=1)) == []
    assert len(entries(answer(newer, number=2))) == 1


def test_neither_yes_nor_no_is_asked_again_with_the_same_code_and_not_for_ever() -> None:
    slice_ = office(100, [60])
    asked = []
    for tries in range(4):
        worker = a_worker(confirm_asked_at=NOW, confirm_number=3, confirm_tries=tries)
        asked += answer(replace(slice_, worker=worker), was_him=None, number=3).letters

    assert [letter.kind for letter in asked] == [LetterKind.CONFIRM, LetterKind.CONFIRM]
    assert {(letter.contents.number, letter.contents.again) for letter in asked} == {(3, True)}
    assert answer(replace(slice_, worker=a_worker()), was_him=None).letters == ()


def test_a_code_that_was_used_settles_nothing_more() -> None:
    slice_ = office(100, [60])
    assert slice_.worker is not None
    used = replace(slice_, worker=replace(slice_.worker, confirm_asked_at=None))

    decision = answer(used)

    assert [type(change.after) for change in decision.changes] == [Mail]
    assert decision.letters == ()


def test_a_yes_to_nothing_is_answered_honestly() -> None:
    decision = answer(a_slice(worker=a_worker(confirm_asked_at=NOW)))

    workers = [change.after for change in decision.changes if isinstance(change.after, Worker)]
    assert workers[0].confirm_asked_at is None
    (letter,) = decision.letters
    assert isinstance(letter.contents, SettledContents)
    assert letter.contents.settled == ()


@given(
    st.one_of(st.none(), st.integers(0, 600)),
    st.lists(st.integers(0, 300), min_size=1, max_size=6),
    st.one_of(st.none(), st.integers(0, 600)),
)
def test_settling_keeps_every_minute_and_stays_under_both_caps(
    cap: int | None, minutes: list[int], week_cap: int | None
) -> None:
    slice_ = office(cap, minutes, week_cap)
    start = slice_.waiting[0].effort

    after = list(accumulate(entries(answer(slice_)), Effort.plus, initial=start))[-1]

    assert after.payable + after.over_cap + after.undecided == after.reported == sum(minutes)
    assert after.undecided == max(0, sum(minutes) - slice_.policy.day_limit_minutes)
    assert after.payable <= min(limit for limit in (cap, week_cap, after.reported) if limit is not None)
