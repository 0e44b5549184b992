"""A rehearsal ends: with the work, with the cap, or with what the agent does about silence."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Brief, Phase, Step
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
from mailagent.rehearsing import Cast, Life, Manner, Rehearsal
from tests.factories import NOW, a_brief, a_job, a_worker, an_entry, an_owner

LONG = a_brief(steps=(Step("all of it", 3000),), cap_minutes=None)
OVER_ITS_CAP = a_brief(steps=(Step("all of it", 3000),), cap_minutes=600)
UNKNOWN = a_brief(steps=(Step("all of it"),), cap_minutes=None)
ERRAND = a_brief(steps=(), cap_minutes=30)


def play(folder: Path, brief: Brief, manner: Manner, **worker: object) -> Life:
    return play_with(folder, brief, manner, Cast((an_owner(),), a_worker(**worker)))


def play_with(folder: Path, brief: Brief, manner: Manner, cast: Cast) -> Life:
    store = open_store(folder, policy=Policy())
    try:
        rehearsal = Rehearsal(store, cast, lambda letter: letter.kind.value)
        return rehearsal.play(ev.JobAdded(None, "ana", brief), manner, NOW)
    finally:
        store.close()


@pytest.mark.parametrize("brief", [LONG, OVER_ITS_CAP, UNKNOWN, ERRAND, a_brief()])
@pytest.mark.parametrize("manner", [Manner.RELIABLE, Manner.SLOW])
def test_who_writes_gets_done(brief: Brief, manner: Manner, tmp_path: Path) -> None:
    life = play(tmp_path, brief, manner)

    assert life.job.phase is Phase.DONE
    assert (life.job.nudges > 0) is (manner is Manner.SLOW)
    assert life.ended == "J1 is done, and waits for its owner to judge it."
    assert list(life.mails) == sorted(life.mails, key=lambda mail: mail.at)


@pytest.mark.parametrize("brief", [LONG, ERRAND])
def test_who_is_silent_is_left_to_his_owner(brief: Brief, tmp_path: Path) -> None:
    life = play(tmp_path, brief, Manner.SILENT)

    assert (life.job.phase, life.job.nudges) == (Phase.BRIEFED, 5)
    assert life.ended == "Nothing more is asked of ana: what becomes of J1 is for its owner to say."


def test_a_week_that_is_used_up_goes_on_the_next(tmp_path: Path) -> None:
    life = play(tmp_path, LONG, Manner.RELIABLE, week_cap_minutes=600)

    assert life.job.phase is Phase.DONE


def test_whom_no_mail_reaches_is_not_waited_for(tmp_path: Path) -> None:
    life = play(tmp_path, LONG, Manner.SILENT, unreachable_since=NOW, unreachable_why="550")

    assert [mail.kind for mail in life.mails] == ["brief", "digest"]
    assert life.ended == "Nothing more is due of J1."


def test_hours_of_this_week_count_and_the_next_key_follows_the_newest(tmp_path: Path) -> None:
    spent = an_entry(job_id="J7", minutes=600, payable=600, worked_on=NOW.date(), rev=1)
    jobs = (a_job(id="J7", rev=9), a_job(id="J11", worker_id="ben", owner_id="eva"))
    cast = Cast((an_owner(),), a_worker(week_cap_minutes=600), jobs, (spent,))

    life = play_with(tmp_path, a_brief(), Manner.RELIABLE, cast)

    reported = [mail.at for mail in life.mails if mail.kind == "report"]
    assert (life.job.id, life.job.phase) == ("J12", Phase.DONE)
    assert min(reported) >= NOW + timedelta(days=6), "the week's cap is used up"
    assert {mail.kind for mail in life.mails if mail.to == "dana"} == {"digest", "owner-news"}


def test_each_report_names_the_step_that_was_worked_on(tmp_path: Path) -> None:
    brief = a_brief(steps=(Step("the sample", 60), Step("all the rest", 300)), cap_minutes=None)

    life = play(tmp_path, brief, Manner.RELIABLE)

    told = [mail.says for mail in life.mails if "Part " in mail.says and mail.sender != "mailagent"]
    assert "Part 1: the sample" in told[0]
    assert all("all the rest" in one for one in told[1:])
    assert len(told) > 2
