"""The desk: several events, one commit; each sees those before it; what breaks, breaks alone."""

import errno
import resource
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Fate, Proof
from mailagent.edge.store import DiskTrouble
from tests.factories import NOW, a_mail, a_reported
from tests.rooms import Rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with Rooms(tmp_path) as made:
        made.staff()
        made.brief()
        yield made


def test_an_event_sees_what_the_one_before_it_changed(rooms: Rooms) -> None:
    first, second = rooms.settle(
        a_reported(mail=a_mail(id="a" * 32), minutes=300),
        a_reported(mail=a_mail(id="b" * 32), minutes=300, done="40 rows"),
    )

    entries = [change.after for change in second.decision.changes if change.before is None][2:]
    assert (entries[0].payable, entries[0].over_cap) == (180, 120)
    assert first.seq + 1 == second.seq


def test_a_batch_is_one_commit(rooms: Rooms) -> None:
    before = rooms.store.seq
    journal = next((rooms.state / "journal").glob("*.jsonl"))
    size = journal.stat().st_size

    # Room for the first line of the batch, not for the second.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 3000, limits[1]))
    try:
        with pytest.raises(DiskTrouble) as trouble:
            rooms.desk.settle([a_reported(mail=a_mail(id=f"{n:032}"), done=str(n)) for n in range(20)], NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert trouble.value.errno == errno.EFBIG
    assert before == rooms.store.seq
    assert None is rooms.store.mail(f"{0:032}")
    assert size == journal.stat().st_size


def test_after_a_disk_failed_the_same_events_settle(rooms: Rooms) -> None:
    events = [a_reported(mail=a_mail(id=f"{n:032}"), done=str(n), minutes=10) for n in range(20)]
    journal = next((rooms.state / "journal").glob("*.jsonl"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(DiskTrouble):
            rooms.desk.settle(events, NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    rooms.settle(*events)

    assert rooms.store.effort("J1").payable == 200


def test_a_refused_event_changes_nothing_and_says_why(rooms: Rooms) -> None:
    before = rooms.store.seq

    (outcome,) = rooms.desk.settle([ev.JobAdded("dana", "nobody", rooms.store.job("J1").brief)], NOW)

    assert outcome.decision is None
    assert outcome.refused == "There is no worker called nobody. See `mailagent worker list`."
    assert before == rooms.store.seq


def test_a_mail_that_is_refused_is_quarantined_and_the_others_go_on(rooms: Rooms) -> None:
    bad = a_reported(mail=a_mail(id="a" * 32), job_id="J99")
    good = a_reported(mail=a_mail(id="b" * 32))

    outcomes = rooms.desk.settle([bad, good], NOW)

    assert outcomes[0].refused == "J99 is not a job of ana."
    assert (
        rooms.store.mail("a" * 32).fate,
        rooms.store.mail("a" * 32).why,
    ) == (Fate.QUARANTINED, "J99 is not a job of ana.")
    assert Fate.PROCESSED is rooms.store.mail("b" * 32).fate


def test_a_mail_whose_decision_breaks_is_quarantined_alone(rooms: Rooms) -> None:
    # Nothing that the reader can say does this; a fault in core would.
    broken = a_reported(mail=a_mail(id="a" * 32), minutes="much")
    good = a_reported(mail=a_mail(id="b" * 32))

    outcomes = rooms.desk.settle([broken, good], NOW)

    assert outcomes[0].broke.startswith("TypeError")
    assert Fate.QUARANTINED is rooms.store.mail("a" * 32).fate
    assert Fate.PROCESSED is rooms.store.mail("b" * 32).fate
    assert rooms.store.effort("J1").payable == 90


def test_a_preview_decides_and_changes_nothing(rooms: Rooms) -> None:
    before, queued = rooms.store.seq, rooms.queued()

    (outcome,) = rooms.desk.preview([a_reported()], NOW)

    assert [one.kind.value for one in outcome.decision.letters] == ["receipt", "owner-news"]
    assert (before, queued) == (rooms.store.seq, rooms.queued())
    assert None is rooms.store.mail(a_mail().id)


def test_an_event_that_changes_nothing_writes_no_line(rooms: Rooms) -> None:
    rooms.settle(a_reported())
    before = rooms.store.seq

    (outcome,) = rooms.settle(ev.MailSettled(a_mail(), Fate.DUPLICATE, "again"))

    assert (None, before) == (outcome.seq, rooms.store.seq)


def test_one_letter_a_key_and_day_for_strange_mails(rooms: Rooms) -> None:
    strange = ev.Suspected(a_mail(id="a" * 32, person_id=None, proof=Proof.UNKNOWN), "ana", "it bears a token")

    rooms.settle(strange, replace(strange, mail=replace(strange.mail, id="b" * 32)))
    tomorrow = replace(strange.mail, id="c" * 32, received_at=NOW + timedelta(days=1))
    rooms.settle(replace(strange, mail=tomorrow), now=NOW + timedelta(days=1))

    assert rooms.kinds() == [("ana", "alert"), ("ana", "alert")]
