"""The candidates of a trial stand side by side, in working time, without a ranking."""

from datetime import timedelta

from mailagent.core import trials
from mailagent.core.model import Answered, AskedFor, Phase, Question
from mailagent.core.reminders import Step, taken
from mailagent.core.slices import Effort, TrialJob
from tests.factories import NOW, a_job, a_worker

BRIEFED = NOW.replace(hour=1)  # Monday 09:00 in Manila
HOUR = timedelta(hours=1)


def a_question(asked_for: AskedFor) -> Question:
    return Question("Q1", "J1", "ana", "dana", asked_for, NOW, None, "which sheet?")


def test_facts_of_a_candidate() -> None:
    job = a_job(
        trial_id="T1",
        briefed_at=BRIEFED,
        started_at=BRIEFED + HOUR / 2,
        first_report_at=BRIEFED + 24 * HOUR,
        phase=Phase.DONE,
        nudges=2,
        asked=(Answered("who?", "you"),),
    )
    asked = (a_question(AskedFor.WAY_ON), a_question(AskedFor.HOURS))

    ((one,),) = [
        trial.candidates for trial in trials.side_by_side([TrialJob(job, a_worker(), Effort(90, 60, 30), 4, asked)])
    ]

    assert (one.started_after, one.reported_after) == (30, 480), "a night is no working time"
    assert (one.payable, one.cap, one.reports, one.nudges, one.questions, one.is_done) == (60, 480, 4, 2, 2, True)


def test_what_has_not_come_is_none_and_a_holiday_is_no_working_time() -> None:
    job = a_job(trial_id="T1", briefed_at=BRIEFED, started_at=BRIEFED + 24 * HOUR)

    (trial,) = trials.side_by_side([TrialJob(job, a_worker(), Effort(), days_off=(BRIEFED.date(),))])

    assert (trial.candidates[0].started_after, trial.candidates[0].reported_after) == (0, None)


def test_trials_stand_in_order_with_all_their_candidates() -> None:
    jobs = [
        TrialJob(a_job(id="J1", trial_id="T1", phase=Phase.DECLINED), a_worker(), Effort()),
        TrialJob(a_job(id="J2", trial_id="T1"), a_worker(id="ben"), Effort()),
        TrialJob(a_job(id="J3", trial_id="T3"), a_worker(), Effort()),
    ]

    found = trials.side_by_side(jobs)

    assert [(one.id, [each.job_id for each in one.candidates]) for one in found] == [
        ("T1", ["J1", "J2"]),
        ("T3", ["J3"]),
    ]
    assert trials.side_by_side([]) == ()


def test_only_a_reminder_counts_as_one() -> None:
    job = taken(taken(a_job(), Step.NUDGE, NOW), Step.TELL_OWNER, NOW)

    assert (job.nudges, job.chased) == (1, 2)
