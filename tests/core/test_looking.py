"""What an owner sees when he asks about one job: all that is known of it, in his own time."""

from datetime import date, timedelta

from mailagent.core.events import Verb
from mailagent.core.model import AskedFor, Owner, Phase
from mailagent.core.slices import Effort, JobFacts
from tests.core.test_orders import a_question, give, order, said, to_worker, transcript
from tests.factories import NOW, a_brief, a_job, a_report, a_worker, an_owner

HOURS = Effort(600, 480, 90, 30)


def full() -> JobFacts:
    job = a_job(brief=a_brief(due_on=date(2026, 12, 4)), briefed_at=NOW - timedelta(days=3))
    questions = (
        a_question(),
        a_question(AskedFor.WAY_ON, id="Q4", words=""),
        a_question(AskedFor.HOURS, id="Q5", words="the photos are dark"),
    )
    return JobFacts(job, a_worker(), HOURS, questions, owner=an_owner(), last_report=a_report())


def test_a_job_is_shown_with_all_that_is_known() -> None:
    assert transcript(give(full(), order(Verb.SHOW))).shown == (
        ("J1", "Clean the leads list"),
        ("Worker", "Ana Cruz"),
        ("State", "under way"),
        ("Hours", "8 h used, of 8 h"),
        ("Over the cap", "1 h 30"),
        ("Not decided", "0 h 30"),
        ("Briefed", "11:00 on 20 Nov"),  # Berlin is an hour ahead
        ("Due", "2026-12-04"),
        ("Last report", "11:00 on 23 Nov"),
        ("Done so far", "20 rows"),
        ("Comes next", "the rest"),
        ("Asks you", "may I delete the duplicates?"),
        ("Is blocked by", "no reason given"),
        ("Asks for more hours", "the photos are dark"),
    )


def test_a_fresh_job_shows_only_what_there_is() -> None:
    fresh = JobFacts(
        a_job(phase=Phase.BRIEFED, brief=a_brief(cap_minutes=None)), a_worker(), Effort(), owner=an_owner()
    )

    names = [name for name, _ in transcript(give(fresh, order(Verb.SHOW))).shown]

    assert names == ["J1", "Worker", "State", "Hours", "Briefed"]


def test_a_job_is_shown_as_it_stands_after_the_lines_before() -> None:
    shown = dict(transcript(give(full(), order(Verb.PAUSE), order(Verb.SHOW))).shown)

    assert shown["State"] == "paused"


def test_a_job_without_a_cap_has_none_to_raise() -> None:
    job = JobFacts(a_job(brief=a_brief(cap_minutes=None)), a_worker(), Effort(), owner=an_owner())

    assert said(give(job, order(Verb.CAP, minutes=120, is_more=True))) == "J1 has no cap that could be raised."


def test_who_still_waits_for_an_answer_is_told_no_next_report() -> None:
    decision = give(full(), order(Verb.TELL, text="Hello"))

    assert to_worker(decision).contents.next_due_at is None


def test_an_owner_may_read_about_a_job_of_another_and_no_more() -> None:
    eve: Owner = an_owner(id="eve", display_name="Eve Stone")
    job = JobFacts(a_job(owner_id="eve"), a_worker(), Effort(), owner=eve)

    decision = give(job, order(Verb.SHOW), order(Verb.PAUSE))

    assert dict(transcript(decision).shown)["State"] == "under way"
    assert [line.done for line in transcript(decision).lines] == [True, False]
    assert "Eve Stone decides" in transcript(decision).lines[1].result
