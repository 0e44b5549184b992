"""A trial is one brief to several candidates: all of them get it, or nobody does, and nobody reads of the others."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decide.trials import MOST_CANDIDATES
from mailagent.core.letters import BriefContents
from mailagent.core.model import Job, Phase, Standing
from mailagent.core.slices import Candidate, Needs, needs
from mailagent.errors import Refused
from tests.factories import NOW, a_brief, a_slice, a_worker

ANA = Candidate(a_worker(standing=Standing.CANDIDATE), has_had_mail=False)
BEN = Candidate(a_worker(id="ben", display_name="Ben Ochieng", addresses=("ben@example.com",)), has_had_mail=True)
SLICE = a_slice(next_job_number=12, candidates=(ANA, BEN))
BOTH = ev.TrialAdded(None, ("ana", "ben"), a_brief())


def test_each_candidate_gets_a_job_of_his_own() -> None:
    decision = decide(SLICE, BOTH, NOW)

    jobs = [change.after for change in decision.changes]
    assert all(isinstance(job, Job) and job.phase is Phase.BRIEFED and job.brief == a_brief() for job in jobs)
    assert [(job.id, job.worker_id, job.trial_id) for job in jobs if isinstance(job, Job)] == [
        ("J12", "ana", "T12"),
        ("J13", "ben", "T12"),
    ]
    assert [letter.id for letter in decision.letters] == ["ana/brief/J12", "ben/brief/J13"]
    assert decision.said == "The trial is T12: J12 goes to Ana Cruz, J13 goes to Ben Ochieng."


def test_nobody_reads_of_the_others_or_of_a_trial() -> None:
    briefs = {letter.recipient_id: letter.contents for letter in decide(SLICE, BOTH, NOW).letters}

    ana, ben = briefs["ana"], briefs["ben"]
    assert isinstance(ana, BriefContents)
    assert isinstance(ben, BriefContents)
    assert (ana.first_mail, ben.first_mail) == (True, False)
    assert replace(ana, job_id="J13", worker_name="Ben Ochieng", first_mail=False) == ben
    assert "Ben" not in repr(ana)
    assert "trial" not in repr(ana).lower()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("ana", "ben", "ana"), "ana is named twice"),
        (("ana",), "two candidates or more"),
        (("ana", "raj"), "no worker called raj"),
        (tuple(f"w{n}" for n in range(MOST_CANDIDATES + 1)), "at most 20 candidates, and 21 are named"),
    ],
)
def test_names_that_do_not_fit_are_refused(names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        decide(SLICE, replace(BOTH, worker_ids=names), NOW)


@pytest.mark.parametrize("standing", [Standing.ENDED, Standing.PAUSED])
def test_one_who_gets_no_jobs_keeps_all_of_it_back(standing: Standing) -> None:
    ended = replace(BEN, worker=replace(BEN.worker, standing=standing))

    with pytest.raises(Refused, match=f"Ben Ochieng is {standing} and gets no new jobs"):
        decide(replace(SLICE, candidates=(ANA, ended)), BOTH, NOW)


def test_a_day_that_has_passed_for_one_of_them_is_refused() -> None:
    brief = a_brief(due_on=(NOW - timedelta(days=1)).date())

    with pytest.raises(Refused, match="has passed where Ana Cruz lives"):
        decide(SLICE, replace(BOTH, brief=brief), NOW)


def test_it_needs_an_owner() -> None:
    with pytest.raises(Refused, match="no owner called eva"):
        decide(replace(SLICE, owner=None), replace(BOTH, owner_id="eva"), NOW)


def test_it_takes_all_who_are_named() -> None:
    assert needs(BOTH) == Needs(only_owner=True, worker_ids=("ana", "ben"), title=BOTH.brief.title)
    assert needs(replace(BOTH, owner_id="dana")) == Needs(
        owner_id="dana", worker_ids=("ana", "ben"), title=BOTH.brief.title
    )
