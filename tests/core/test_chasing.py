"""What is decided when something of a worker is due: one nudge for all of it, and word to the owner."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decide.chasing import MOST_IN_FULL
from mailagent.core.decision import Decision
from mailagent.core.letters import Letter, NudgeContents, OwnerNewsContents
from mailagent.core.model import AskedFor, Job, LetterKind, Phase, Question, Role, WorkingHours
from mailagent.core.slices import Effort, JobFacts
from mailagent.errors import Refused
from tests.factories import a_brief, a_job, a_slice, a_worker, an_owner

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
DUE = MORNING + timedelta(hours=2)  # the first report
GRACE = timedelta(minutes=30)
WORKER = a_worker(hours=WorkingHours("UTC"))


def facts(
    number: int = 1, owner: str = "dana", used: int = 0, questions: tuple[Question, ...] = (), **changes: Any
) -> JobFacts:
    given: dict[str, Any] = {
        "id": f"J{number}",
        "owner_id": owner,
        "brief": a_brief(title=f"Job {number}"),
        "briefed_at": MORNING,
        "clock_from": MORNING,
        "root_message_id": f"<root-{number}@example.com>",
    }
    job = a_job(**(given | changes))
    return JobFacts(
        job, WORKER, Effort(used, used, 0, 0), questions, owner=an_owner(id=owner, display_name=owner.title())
    )


def tick(now: datetime, *jobs: JobFacts, **changes: Any) -> Decision:
    slice_ = a_slice(worker=WORKER, facts=jobs, job=None, **changes)
    return decide(slice_, ev.WorkerDue("ana"), now)


def nudge_of(decision: Decision) -> Letter:
    (letter,) = (one for one in decision.letters if one.kind is LetterKind.NUDGE)
    return letter


def lines_of(letter: Letter) -> list[tuple[str, str, datetime]]:
    assert isinstance(letter.contents, NudgeContents)
    return [(line.job_id, line.waits_for, line.due_at) for line in letter.contents.lines]


def jobs_after(decision: Decision) -> list[Job]:
    return [change.after for change in decision.changes if isinstance(change.after, Job)]


def test_a_nudge_is_written_at_the_end_of_the_grace_and_not_before() -> None:
    assert tick(DUE + GRACE - timedelta(seconds=1), facts()) == Decision()

    letter = nudge_of(tick(DUE + GRACE, facts()))

    assert (letter.id, letter.role, letter.recipient_id, letter.job_id) == ("ana/nudge/5", Role.WORKER, "ana", "J1")
    assert (letter.subject_topic, letter.thread_root, letter.in_reply_to) == (
        "[J1] Job 1",
        "<root-1@example.com>",
        None,
    )
    assert letter.causes == ("J1",)
    assert lines_of(letter) == [("J1", "first report", DUE)]


def test_a_step_is_counted_from_when_it_was_taken() -> None:
    now = DUE + timedelta(hours=3)

    (job,) = jobs_after(tick(now, facts()))

    assert (job.chased, job.chased_at, job.silent_since) == (1, now, None)


def test_several_jobs_come_in_one_mail_with_a_subject_of_its_own() -> None:
    decision = tick(
        DUE + GRACE,
        facts(1),
        facts(2, phase=Phase.BRIEFED, clock_from=MORNING - timedelta(days=3)),
        facts(3, clock_from=MORNING + timedelta(hours=1)),
        facts(4, first_report_at=MORNING),
    )

    letter = nudge_of(decision)
    assert (letter.job_id, letter.subject_topic, letter.thread_root) == (None, "", None)
    assert [line[:2] for line in lines_of(letter)] == [("J1", "first report"), ("J2", "start"), ("J4", "report")]
    assert [job.id for job in jobs_after(decision)] == ["J1", "J2", "J4"]
    assert len(decision.letters) == 1


def test_a_nudge_over_many_jobs_stays_short_and_leaves_none_out() -> None:
    decision = tick(DUE + GRACE, *(facts(n) for n in range(1, 41)))

    contents = nudge_of(decision).contents
    assert isinstance(contents, NudgeContents)
    assert len(jobs_after(decision)) == 40
    assert [one.job_id for one in contents.lines] + list(contents.others) == [f"J{n}" for n in range(1, 41)]
    assert len(contents.lines) == MOST_IN_FULL


def test_a_job_within_its_grace_joins_the_mail_that_is_written_anyway() -> None:
    decision = tick(
        DUE + GRACE, facts(1), facts(2, clock_from=MORNING + GRACE), facts(3, clock_from=MORNING + 2 * GRACE)
    )

    assert [line[0] for line in lines_of(nudge_of(decision))] == ["J1", "J2"]
    assert [job.chased for job in jobs_after(decision)] == [1, 1]


def test_a_job_within_its_grace_is_no_reason_to_write() -> None:
    assert tick(DUE + timedelta(minutes=1), facts(1)) == Decision()
    told = facts(1, chased=1, chased_at=DUE - timedelta(hours=1, minutes=-1))

    decision = tick(DUE + timedelta(minutes=1), told, facts(2))

    assert [letter.kind for letter in decision.letters] == [LetterKind.OWNER_NEWS]
    assert [job.id for job in jobs_after(decision)] == ["J1"]


def test_the_owner_is_told_once_that_nothing_comes() -> None:
    now = DUE + GRACE + timedelta(hours=1)

    decision = tick(now, facts(chased=1, chased_at=DUE + GRACE, used=60))

    (letter,) = decision.letters
    (job,) = jobs_after(decision)
    assert (letter.id, letter.role, letter.recipient_id) == ("dana/owner-news/J1-silent-5", Role.OWNER, "dana")
    assert isinstance(letter.contents, OwnerNewsContents)
    assert (letter.contents.news, letter.contents.since, letter.contents.worker_name) == ("silent", DUE, "Ana Cruz")
    assert (letter.contents.stand.payable, letter.numbers) == (60, ("J1",))
    assert (job.silent_since, job.chased, job.chased_at) == (now, 2, now)


def test_each_owner_is_told_of_his_own_job() -> None:
    late = {"chased": 1, "chased_at": DUE + GRACE}

    decision = tick(DUE + GRACE + timedelta(hours=1), facts(1, **late), facts(2, "eve", **late))

    assert [(letter.recipient_id, letter.job_id) for letter in decision.letters] == [("dana", "J1"), ("eve", "J2")]
    assert [letter.contents.owner_name for letter in decision.letters if letter.contents] == ["Dana", "Eve"]  # type: ignore[union-attr]


def test_a_nudge_names_every_owner_and_says_what_he_knows() -> None:
    late = {"chased": 2, "chased_at": DUE + GRACE, "silent_since": DUE + GRACE}

    contents = nudge_of(tick(DUE + timedelta(hours=5), facts(1, **late), facts(2, "eve", **late))).contents

    assert isinstance(contents, NudgeContents)
    assert (contents.owner_name, contents.owner_knows, contents.again) == ("Dana and Eve", True, 2)


@pytest.mark.parametrize("hour", [0, 8, 17, 23])
def test_nothing_is_written_outside_his_hours(hour: int) -> None:
    assert tick(MORNING.replace(hour=hour) + timedelta(days=1), facts()) == Decision()


def test_nothing_is_written_while_he_is_away_or_has_a_holiday() -> None:
    tuesday = MORNING + timedelta(days=1)
    away = replace(WORKER, away_from=tuesday, away_until=tuesday + timedelta(days=2))

    assert decide(a_slice(worker=away, facts=(facts(),)), ev.WorkerDue("ana"), tuesday) == Decision()
    assert tick(tuesday, facts(), days_off=(tuesday.date(),)) == Decision()
    assert tick(tuesday, facts()).letters


def test_nothing_is_written_while_the_owner_owes_an_answer() -> None:
    question = Question("Q7", "J1", "ana", "dana", AskedFor.ANSWER, MORNING, None, "Which sheet?")

    assert tick(DUE + GRACE, facts(questions=(question,))) == Decision()


def test_a_weeks_outage_gives_one_nudge_and_the_next_step_counts_from_it() -> None:
    now = DUE + timedelta(days=7)

    first = tick(now, facts())
    (job,) = jobs_after(first)
    again = tick(now + timedelta(minutes=59), replace(facts(), job=job))

    assert [letter.kind for letter in first.letters] == [LetterKind.NUDGE]
    assert again == Decision()
    assert [letter.kind for letter in tick(now + timedelta(hours=1), replace(facts(), job=job)).letters] == [
        LetterKind.OWNER_NEWS
    ]


def test_an_unknown_worker_is_refused() -> None:
    with pytest.raises(Refused, match="no worker called ana"):
        decide(a_slice(worker=None), ev.WorkerDue("ana"), MORNING)
