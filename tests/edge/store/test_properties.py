"""What holds whatever happens: the real backend says what the plain one says, and the journal rebuilds the office."""

import random
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailagent.core import events as ev
from mailagent.core.model import Proof
from mailagent.core.settings import Policy
from mailagent.edge.store import Store, open_store
from mailagent.edge.store.replaying import replay
from tests.edge.store.memory import MemoryStore
from tests.edge.store.play import Play

POLICY = Policy()
_ASKED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 60))
@_ASKED
def test_the_embedded_backend_agrees_with_the_plain_one(seed: int, steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        real, plain = open_store(Path(folder), policy=POLICY), MemoryStore(POLICY)
        chance = random.Random(seed)
        one, other = Play(real), Play(plain)
        for play in (one, other):
            play.people()
        for _ in range(steps):
            again = chance.getrandbits(32)
            events = [play.anything(random.Random(again)) for play in (one, other)]

            assert events[0] == events[1]
            _assert_alike(real, plain, one)
            _commit_or_not(chance, real, plain)
        real.close()


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 80))
@_ASKED
def test_the_journal_alone_rebuilds_the_office(seed: int, steps: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state, chance = Path(folder), random.Random(seed)
        play = Play(open_store(state, policy=POLICY))
        play.people()
        for _ in range(steps):
            play.anything(chance)
            _commit_or_not(chance, play.store)
            if chance.random() < 0.1:
                play.store.write_office(force=True)
            if chance.random() < 0.1:
                play.store.commit()
                before = _picture(play)
                play.store.close()
                play.store = open_store(state, policy=POLICY)
                assert before == _picture(play)
        play.store.commit()
        play.store.write_office(force=True)

        report = replay(state)

        assert report.differences == ()
        assert play.store.seq == report.lines == report.office_seq
        play.store.close()


@given(seed=st.integers(0, 2**32), steps=st.integers(1, 60))
@_ASKED
def test_every_minute_is_payable_over_cap_or_undecided(seed: int, steps: int) -> None:
    play, chance = Play(MemoryStore(POLICY)), random.Random(seed)
    play.people()
    for _ in range(steps):
        play.anything(chance)

    for job in play.store.jobs():
        effort = play.store.effort(job.id)
        assert effort.reported == effort.payable + effort.over_cap + effort.undecided


def _commit_or_not(chance: random.Random, *stores: Store) -> None:
    act = chance.choice(("commit", "commit", "rollback", "wait"))
    for store in stores:
        if act == "commit":
            store.commit()
        elif act == "rollback":
            store.rollback()


def _assert_alike(real: Store, plain: Store, play: Play) -> None:
    now = play.now
    assert plain.owners() == real.owners()
    assert plain.workers() == real.workers()
    assert plain.jobs() == real.jobs()
    assert plain.books() == real.books()
    assert plain.due(now) == real.due(now)
    assert plain.next_due_at() == real.next_due_at()
    assert plain.next_letter_at() == real.next_letter_at()
    assert plain.letters_due(now, 99) == real.letters_due(now, 99)
    assert plain.finished_letters_before(now, 5) == real.finished_letters_before(now, 5)
    for event in _questions(play):
        assert plain.load(event, now) == real.load(event, now)


def _picture(play: Play) -> list[object]:
    store = play.store
    slices = [store.load(event, play.now) for event in _questions(play)]
    return [store.owners(), store.workers(), store.jobs(), store.letters_due(play.now, 99), store.due(play.now), slices]


def _questions(play: Play) -> list[ev.Event]:
    """Events that between them ask for every field of a slice."""
    mail = play.mail("ana")
    play.mails -= 1
    questions: list[ev.Event] = [
        ev.OwnerDue("dana"),
        ev.OwnerDue("eve"),
        ev.Bounced(mail, None, "jun@example.com", True, "5.1.1"),
        ev.MailboxRead("INBOX", 7, 1, 1, 1),
    ]
    for worker in play.store.workers():
        questions += [
            ev.WorkerDue(worker.id),
            ev.Confirmed(mail, worker.id, worker.confirm_number, True),
            ev.JobAdded(None, worker.id, play.store.jobs()[0].brief),
        ]
    for number, job in enumerate(play.store.jobs()):
        order = ev.Order("undo", ev.Verb.UNDO, job.id, number=play.store.seq - number)
        questions.append(ev.OwnerOrdered(replace(mail, proof=Proof.BOTH), job.owner_id, (order,)))
        questions.append(ev.Reported(mail, job.worker_id, job.id, False, None, None, None, None, None))
    for letter in play.store.letters_due(play.now, 99):
        questions.append(ev.LetterFailed(letter.id, "550", None))
    return questions
