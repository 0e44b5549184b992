"""What deciding about a trial is loaded with, from a real office."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from mailagent.core import events as ev
from mailagent.core.letters import DigestContents
from mailagent.core.settings import Policy
from mailagent.desk import Desk
from mailagent.edge.store import open_store
from tests.factories import NOW, a_brief, a_mail, a_reported, an_owner

HOURS = an_owner().hours
PEOPLE = (
    ev.OwnerAdded("dana", "Dana Reed", ("dana@example.com",), HOURS, 450),
    *(ev.WorkerAdded(name, name.title(), (f"{name}@example.com",), HOURS) for name in ("ana", "ben", "eva")),
)


def test_a_digest_has_the_trials_that_are_open(tmp_path: Path) -> None:
    store = open_store(tmp_path, policy=Policy())
    settle: Callable[..., object] = Desk(store).settle
    settle([*PEOPLE, ev.JobAdded(None, "eva", a_brief()), ev.TrialAdded(None, ("ana", "ben"), a_brief())], NOW)
    later = NOW + timedelta(hours=1)
    settle([a_reported(job_id="J2", mail=a_mail(received_at=later), gives_up=ev.GivingUp.QUIT)], later)

    due = ev.OwnerDue("dana")
    found = store.load(due, later).trial_jobs
    settle([due], later)

    assert [(one.job.id, one.job.trial_id, one.reports, one.job.is_open) for one in found] == [
        ("J2", "T2", 1, False),
        ("J3", "T2", 0, True),
    ]
    (digest,) = [one.contents for one in store.letters_due(later, 99) if isinstance(one.contents, DigestContents)]
    assert [(one.id, len(one.candidates)) for one in digest.trials] == [("T2", 2)]
    store.close()


def test_a_trial_that_is_taken_back_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path, policy=Policy())
    desk = Desk(store)
    desk.settle(PEOPLE, NOW)

    desk.preview([ev.TrialAdded(None, ("ana", "ben"), a_brief())], NOW)

    assert store.load(ev.OwnerDue("dana"), NOW).trial_jobs == ()
    assert store.load(ev.TrialAdded(None, ("ana", "ben"), a_brief()), NOW).next_job_number == 1
    store.close()
