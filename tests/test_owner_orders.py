"""An owner's orders from his mail to the office and back: read by the child, placed, decided, kept, and undone."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.decision import Change, Decision
from mailagent.core.events import Verb
from mailagent.core.letters import BriefContents, FromOwnerContents, Letter, TranscriptContents
from mailagent.core.model import (
    Answered,
    AskedFor,
    Fate,
    Job,
    LetterKind,
    LetterState,
    Phase,
    Proof,
    Question,
    Role,
    WorkingHours,
)
from mailagent.core.slices import Effort
from mailagent.edge.templates import Frame, Templates
from mailagent.mail import wire
from mailagent.mail.orders import Ordered
from tests.factories import NOW, a_brief, a_mail, a_reported
from tests.rooms import ANA, DANA, PROVEN, REPORT, Rooms, Sent
from tests.rooms import a_mail as raw_mail

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with Rooms(tmp_path) as made:
        made.staff()
        yield made


def write_to_owner(rooms: Rooms, job_id: str | None, *numbers: str) -> Sent:
    """Send the owner a letter of ours, for him to answer."""
    contents = TranscriptContents("Dana Reed", "", (), None)
    letter = Letter(
        id=f"dana/transcript/{rooms.store.seq}",
        kind=LetterKind.TRANSCRIPT,
        role=Role.OWNER,
        recipient_id="dana",
        job_id=job_id,
        causes=(),
        contents=contents,
        written_at=NOW,
        numbers=numbers,
    )
    stage(rooms, letters=(letter,))
    return rooms.send(letter.id)


def stage(rooms: Rooms, *changes: Change, letters: tuple[Letter, ...] = ()) -> None:
    """Put something into the office that no event of this test brings."""
    rooms.store.stage(ev.MailboxRead("INBOX", 7, 0, 1, 0), Decision(changes, letters), NOW)
    rooms.store.commit()


def answered(rooms: Rooms, sent: Sent, text: str, *, proven: bool = True) -> bytes:
    headers = {"Authentication_Results": PROVEN} if proven else {}
    return raw_mail(DANA, text, to=sent.reply_to, **sent.thread, **headers)


def ordered(rooms: Rooms, raw: bytes) -> ev.OwnerOrdered:
    (event,) = rooms.understand(raw)
    assert isinstance(event, ev.OwnerOrdered)
    return event


def report(rooms: Rooms, brief: Sent, text: str = REPORT) -> None:
    rooms.take_in(raw_mail(ANA, text, to=brief.reply_to, Authentication_Results=PROVEN, **brief.thread))


def queued(rooms: Rooms, start: str) -> Letter:
    (key,) = [key for key in rooms.queued() if key.startswith(start)]
    letter = rooms.store.letter(key)
    assert letter is not None
    return letter


# --- the child ---

ORDERED = Ordered("cap J12 +2h", "cap", "J12", 120, True, False, True, "words", 47, "a problem")


def test_orders_survive_the_way_between_parent_and_child() -> None:
    value = wire.Understood((), (), (), "own", "", "", False, (), (ORDERED, Ordered("great")), True)
    context = wire.ReadContext(is_owner=True, about="J12", numbers=("J5", "J12"))

    assert value == wire.decode_understood(wire.encode_understood(value))
    assert wire.decode_question(wire.read_question("m", context)[0]) == wire.ReadAsked("m", context, wire.Limits())


def test_the_longest_answer_about_orders_fits() -> None:
    orders = tuple(Ordered("\x01" * 300, "tell", "J123456789", text="\x01" * 1500, problem="") for _ in range(20))
    value = wire.Understood((), (), (), "\x01" * 4000, "", "", False, (), orders, True)

    assert len(wire.encode_understood(value)) <= wire.ANSWER_LIMIT_BYTES


# --- understood ---


def test_an_answer_about_one_job_needs_no_key(rooms: Rooms) -> None:
    rooms.brief()
    sent = write_to_owner(rooms, "J1")

    event = ordered(rooms, answered(rooms, sent, "pause\n"))

    assert [(one.verb, one.job_id) for one in event.orders] == [(Verb.PAUSE, "J1")]
    assert (event.mail.proof, event.mail.by_dmarc) == (Proof.BOTH, True)


def test_the_reply_code_alone_tells_the_job_too(rooms: Rooms) -> None:
    rooms.brief()
    sent = write_to_owner(rooms, "J1")

    event = ordered(rooms, raw_mail(DANA, "pause\n", to=sent.reply_to, Authentication_Results=PROVEN))

    assert event.orders[0].job_id == "J1"


def test_a_number_is_a_line_of_the_mail_that_is_answered_and_of_no_other(rooms: Rooms) -> None:
    rooms.brief()
    rooms.brief("ben")
    sent = write_to_owner(rooms, None, "J2", "J1")

    event = ordered(rooms, answered(rooms, sent, "ok 1\nok 3\n"))
    fresh = ordered(rooms, raw_mail(DANA, "ok 1\n", Authentication_Results=PROVEN))

    assert [(one.job_id, one.problem[:11]) for one in event.orders] == [("J2", ""), (None, "The mail th")]
    assert "Use the key" in fresh.orders[0].problem


def test_the_key_in_the_subject_tells_the_job_where_the_thread_is_lost(rooms: Rooms) -> None:
    rooms.brief()

    event = ordered(rooms, raw_mail(DANA, "pause\n", subject="Re: [J1] Leads", Authentication_Results=PROVEN))

    assert event.orders[0].job_id == "J1"


def test_a_mail_without_an_order_is_what_it_was(rooms: Rooms) -> None:
    (event,) = rooms.understand(raw_mail(DANA, "How is it going?\n", Authentication_Results=PROVEN))

    assert isinstance(event, ev.OwnerWrote)


def test_an_owner_in_the_thread_of_his_worker_orders_about_that_job(rooms: Rooms) -> None:
    brief = rooms.brief()

    event = ordered(rooms, answered(rooms, brief, "pause\n"))

    assert event.orders[0].job_id == "J1"


def test_what_he_sends_us_only_in_copy_is_filed_and_never_an_order(rooms: Rooms) -> None:
    rooms.brief()
    sent = write_to_owner(rooms, "J1")
    raw = raw_mail(DANA, "cancel J1\n", to=ANA, Cc=sent.reply_to, Authentication_Results=PROVEN, **sent.thread)

    (event,) = rooms.understand(raw)

    assert isinstance(event, ev.MailSettled)
    assert event.fate is Fate.PROCESSED


# --- done ---


def test_an_order_is_carried_out_and_answered(rooms: Rooms) -> None:
    report(rooms, rooms.brief(), "Done: all\n\nHours: 1\n\nStatus: done\n")
    sent = write_to_owner(rooms, "J1")

    rooms.take_in(answered(rooms, sent, "Ok J1!\n\nthanks\n"))

    job = rooms.store.job("J1")
    assert job is not None
    assert (job.phase, job.closed_at) == (Phase.ACCEPTED, NOW)
    contents = queued(rooms, "dana/transcript/").contents
    assert isinstance(contents, TranscriptContents)
    assert [(line.words, line.done) for line in contents.lines] == [("Ok J1!", True)]
    assert queued(rooms, "ana/from-owner/").next_try_at == NOW + 2 * MINUTE


def test_a_letter_at_his_word_is_not_due_before_its_two_minutes(rooms: Rooms) -> None:
    rooms.brief()
    rooms.take_in(answered(rooms, write_to_owner(rooms, "J1"), "pause\n"))

    def due(at: timedelta) -> list[str]:
        return [one.kind.value for one in rooms.store.letters_due(NOW + at, 10) if one.kind is LetterKind.FROM_OWNER]

    assert (due(MINUTE), due(2 * MINUTE)) == ([], ["from-owner"])


@pytest.mark.parametrize("with_token", [True, False])
def test_money_needs_both_proofs(rooms: Rooms, with_token: bool) -> None:
    report(rooms, rooms.brief(), "Done: all\n\nHours: 1\n\nStatus: done\n")
    sent = write_to_owner(rooms, "J1")
    raw = answered(rooms, sent, "ok J1\n", proven=False)
    if not with_token:
        raw = raw_mail(DANA, "ok J1\n", Authentication_Results=PROVEN)

    rooms.take_in(raw)

    job = rooms.store.job("J1")
    assert job is not None
    assert job.phase is Phase.DONE
    contents = queued(rooms, "dana/transcript/").contents
    assert isinstance(contents, TranscriptContents)
    assert "sure that it is you" in contents.lines[0].result or contents.waiting == 1


def test_a_forged_mail_orders_nothing_and_the_true_owner_gets_one_note_a_day(rooms: Rooms) -> None:
    rooms.brief()

    for text in ("cancel J1\n", "list\n", "pause J1\n"):
        rooms.take_in(raw_mail(DANA, text))

    job = rooms.store.job("J1")
    assert job is not None
    assert job.phase is Phase.BRIEFED
    assert [kind for _, kind in rooms.kinds()] == ["owner-note"]


# --- any sequence of orders ---


def ask(rooms: Rooms, asked_for: AskedFor, number: int) -> None:
    minutes = 90 if asked_for is AskedFor.HOURS else None
    question = Question(f"Q{number}", "J1", "ana", "dana", asked_for, NOW, None, "may I?", minutes)
    stage(rooms, Change(None, question))


def book(rooms: Rooms, minutes: int, number: int) -> None:
    facts = a_mail(id=f"{number:032d}", proof=Proof.BOTH)
    rooms.settle(a_reported(mail=facts, done=f"part {number}", minutes=minutes))


ANY_ORDER = (
    *(ev.Order(verb.value, verb, "J1", text="words") for verb in Verb if verb not in (Verb.UNDO, Verb.DIGEST)),
    *(ev.Order("cap", Verb.CAP, "J1", minutes=minutes) for minutes in (0, 30, 60, 600)),
    *(ev.Order("+", Verb.CAP, "J1", minutes=45, is_more=True) for _ in range(3)),
    ev.Order("none", Verb.CAP, "J1", no_cap=True),
    ev.Order("yes from now", Verb.YES, "J1", only_from_now=True),
    ev.Order("yes 1h", Verb.YES, "J1", minutes=60),
)


def stands(rooms: Rooms) -> tuple[Job | None, tuple[Question, ...], Effort]:
    """What an undo has to bring back: the job, its open questions, its hours; all but the revisions."""
    slice_ = rooms.store.load(ev.OwnerOrdered(a_mail(proof=Proof.BOTH), "dana", (ANY_ORDER[0],)), NOW)
    (facts,) = slice_.facts
    questions = tuple(replace(one, rev=1) for one in facts.questions)
    return replace(facts.job, rev=1), questions, facts.effort


def give(rooms: Rooms, number: int, *orders: ev.Order) -> int:
    mail = a_mail(id=f"f{number:031d}", message_id=f"<{number}@dana.example>", person_id="dana", proof=Proof.BOTH)
    (settled,) = rooms.settle(ev.OwnerOrdered(mail, "dana", orders))
    assert settled.seq is not None
    return settled.seq


@pytest.mark.parametrize("seed", range(25))
def test_minutes_are_conserved_and_an_undo_right_after_gives_the_same_office(rooms: Rooms, seed: int) -> None:
    chance = random.Random(seed)
    rooms.brief(brief=a_brief(cap_minutes=120))
    for number in range(1, 16):
        if chance.random() < 0.4:
            book(rooms, chance.choice((15, 60, 90)), number)
        if chance.random() < 0.3:
            ask(rooms, chance.choice(tuple(AskedFor)), number)
        before = stands(rooms)
        seq = give(rooms, number, *chance.sample(ANY_ORDER, chance.randint(1, 3)))
        after = stands(rooms)
        assert after[2].payable + after[2].over_cap + after[2].undecided == after[2].reported == before[2].reported
        assert min(after[2].payable, after[2].over_cap, after[2].undecided) >= 0
        cap = after[0].brief.cap_minutes if after[0] else None
        assert cap is None or after[2].payable <= cap
        if chance.random() < 0.5:
            give(rooms, 100 + number, ev.Order(f"undo {seq}", Verb.UNDO, number=seq))
            assert stands(rooms) == before


def test_what_is_undone_in_time_never_reaches_the_worker(rooms: Rooms) -> None:
    rooms.brief()
    seq = give(rooms, 1, ev.Order("pause", Verb.PAUSE, "J1"))

    give(rooms, 2, ev.Order(f"undo {seq}", Verb.UNDO, number=seq))

    letter = rooms.store.letter(f"ana/from-owner/D{seq}-J1")
    assert letter is not None
    assert letter.state is LetterState.FAILED
    assert [one.kind for one in rooms.store.letters_due(NOW + timedelta(days=30), 10)] == [LetterKind.TRANSCRIPT] * 2


def test_what_has_reached_him_is_corrected(rooms: Rooms) -> None:
    rooms.brief()
    seq = give(rooms, 1, ev.Order("pause", Verb.PAUSE, "J1"))
    rooms.send(f"ana/from-owner/D{seq}-J1", NOW + 2 * MINUTE)

    give(rooms, 2, ev.Order(f"undo {seq}", Verb.UNDO, number=seq))

    contents = queued(rooms, "ana/from-owner/").contents
    assert isinstance(contents, FromOwnerContents)
    assert [part.what for part in contents.parts] == ["correction"]


def reminders_at(rooms: Rooms, at: datetime) -> list[str]:
    """Settle what is due of workers; give the reminders that wait to be sent."""
    rooms.settle(*(event for event in rooms.store.due(at) if isinstance(event, ev.WorkerDue)), now=at)
    return [key for key in rooms.queued() if "/nudge/" in key]


def test_a_reminder_does_not_stand_in_the_way_of_an_undo(rooms: Rooms) -> None:
    report(rooms, rooms.brief())
    sent = write_to_owner(rooms, "J1")
    before = cap_of(rooms)
    rooms.take_in(answered(rooms, sent, "cap J1 +2h\n"))
    number = transcript_of(rooms).undo_number
    morning = NOW + timedelta(hours=22)
    assert len(reminders_at(rooms, morning)) == 1

    rooms.take_in(answered(rooms, sent, f"undo {number}\n"), now=morning + MINUTE)

    assert cap_of(rooms) == before


def test_nobody_is_reminded_right_after_a_pause_was_taken_back(rooms: Rooms) -> None:
    report(rooms, rooms.brief())
    sent = write_to_owner(rooms, "J1")
    rooms.take_in(answered(rooms, sent, "pause J1\n"))
    number = transcript_of(rooms).undo_number
    rooms.send(next(key for key in rooms.queued() if key.startswith("ana/from-owner/")))
    morning = NOW + timedelta(hours=22, minutes=30)

    rooms.take_in(answered(rooms, sent, f"undo {number}\n"), now=morning)

    assert phase(rooms) is Phase.WORKING
    assert reminders_at(rooms, morning + 31 * MINUTE) == []
    assert len(reminders_at(rooms, morning + timedelta(hours=6))) == 1


def test_what_he_does_not_pay_is_not_paid_by_a_later_grant(rooms: Rooms) -> None:
    rooms.brief(brief=a_brief(cap_minutes=60))
    book(rooms, 90, 1)
    more = ev.Order("+1h", Verb.CAP, "J1", minutes=60, is_more=True)
    give(rooms, 1, ev.Order("yes 1h from now", Verb.YES, "J1", minutes=60, only_from_now=True))
    give(rooms, 2, more)
    assert stands(rooms)[2] == Effort(90, 60, 30, 0)

    last = give(rooms, 3, more)
    give(rooms, 4, ev.Order("undo", Verb.UNDO, number=last))
    assert stands(rooms)[2] == Effort(90, 60, 30, 0)


def test_a_replayed_journal_gives_the_same_office(rooms: Rooms, tmp_path: Path) -> None:
    rooms.brief(brief=a_brief(cap_minutes=60))
    book(rooms, 90, 1)
    seq = give(rooms, 1, ev.Order("+1h", Verb.CAP, "J1", minutes=60, is_more=True), ev.Order("pause", Verb.PAUSE, "J1"))
    give(rooms, 2, ev.Order("undo", Verb.UNDO, number=seq))
    before = stands(rooms)
    rooms.close()
    (tmp_path / "state" / "office.json").unlink(missing_ok=True)

    with Rooms(tmp_path) as again:
        assert stands(again) == before


# --- asked and answered ---


def test_what_is_answered_reaches_the_worker_and_whoever_gets_the_brief_next(rooms: Rooms) -> None:
    brief = rooms.brief()
    report(rooms, brief, "Question: do duplicates count?\n\nStatus: working\n")
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/owner-news/")))
    later = NOW + timedelta(days=3)
    assert ev.WorkerDue("ana") not in rooms.store.due(later)  # the owner's clock runs, not his

    rooms.take_in(answered(rooms, asked, "Answer: no, mark them\n"))

    told = queued(rooms, "ana/from-owner/").contents
    assert isinstance(told, FromOwnerContents)
    assert [(one.question, one.words) for one in told.parts] == [("do duplicates count?", "no, mark them")]
    assert ev.WorkerDue("ana") in rooms.store.due(later)
    rooms.settle(ev.JobAdded(None, "ben", a_brief(cap_minutes=60)), ev.JobAdded(None, "ben", a_brief(title="Other")))
    again, other = (queued(rooms, f"ben/brief/J{n}").contents for n in (2, 3))
    assert isinstance(again, BriefContents)
    assert isinstance(other, BriefContents)
    assert again.asked == (Answered("do duplicates count?", "no, mark them"),)
    assert other.asked == ()


def test_an_answer_that_is_taken_back_is_in_no_later_brief(rooms: Rooms) -> None:
    report(rooms, rooms.brief(), "Question: do duplicates count?\n")
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/owner-news/")))
    rooms.take_in(answered(rooms, asked, "answer: no\n"))
    transcript = queued(rooms, "dana/transcript/").contents
    assert isinstance(transcript, TranscriptContents)

    rooms.take_in(answered(rooms, asked, f"undo {transcript.undo_number}\n"))

    rooms.settle(ev.JobAdded(None, "ben", a_brief()))
    contents = queued(rooms, "ben/brief/J2").contents
    assert isinstance(contents, BriefContents)
    assert contents.asked == ()


# --- an order that came as a mail of its own: from a button, as a rule ---


def test_an_accept_by_button_is_done_after_one_yes(rooms: Rooms) -> None:
    report(rooms, rooms.brief(), "Done: all\n\nHours: 1\n\nStatus: done\n")
    rooms.take_in(raw_mail(DANA, "ok J1\n", subject="[J1] Accept it", Authentication_Results=PROVEN))
    assert (phase(rooms), "answer this mail with the one word: yes" in words_of(rooms)) == (Phase.DONE, True)

    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    rooms.take_in(answered(rooms, asked, "Yes, please\n\nDana\n\n> This is what became of your orders:\n"))

    assert phase(rooms) is Phase.ACCEPTED
    assert [one.done for one in transcript_of(rooms).lines] == [True]


def test_a_yes_is_good_once_and_for_a_day(rooms: Rooms) -> None:
    rooms.brief()
    rooms.take_in(raw_mail(DANA, "cap J1 +2h\nok J7\n", Authentication_Results=PROVEN))
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    before = cap_of(rooms)

    late = rooms.understand(answered(rooms, asked, "yes\n"))
    (tried,) = rooms.desk.preview(late, NOW + timedelta(hours=25))
    assert tried.decision is not None
    assert not any(isinstance(change.entity, Job) for change in tried.decision.changes)
    rooms.take_in(answered(rooms, asked, "yes\n"))
    rooms.take_in(answered(rooms, asked, "yes!\n"))

    assert cap_of(rooms) == before + 120


def test_two_yes_that_are_fetched_together_are_one(rooms: Rooms) -> None:
    rooms.brief()
    rooms.take_in(raw_mail(DANA, "cap J1 +2h\n", Authentication_Results=PROVEN))
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    before = cap_of(rooms)

    kept = [rooms.keep(answered(rooms, asked, text)) for text in ("yes\n", "yes!\n")]
    rooms.desk.settle(rooms.understanding.events(kept, NOW), NOW)  # read together, decided one after the other

    assert cap_of(rooms) == before + 120
    assert "was confirmed before" in transcript_of(rooms).lines[0].result


@pytest.mark.parametrize("typed", ["yes", "ok", "Ok!", "Yes, thanks a lot", "ok \N{THUMBS UP SIGN}"])
def test_a_yes_to_what_is_done_already_grants_nothing_else(rooms: Rooms, typed: str) -> None:
    brief = rooms.brief()
    rooms.take_in(raw_mail(DANA, "cap J1 +2h\n", Authentication_Results=PROVEN))
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    rooms.take_in(answered(rooms, asked, "yes\n"))
    report(rooms, brief, "Done: all\n\nHours: 1\n\nNeed: +30h because\n\nStatus: done\n")
    before = (cap_of(rooms), phase(rooms))

    rooms.take_in(answered(rooms, asked, typed + "\n"))

    assert (cap_of(rooms), phase(rooms)) == before
    (line,) = transcript_of(rooms).lines
    assert (line.words, line.done, line.result[:25]) == ("yes: cap J1 +120m", False, "This was confirmed before")


@pytest.mark.parametrize("typed", ["yes", "ok, thanks a lot"])
def test_a_yes_that_comes_too_late_grants_nothing_else(rooms: Rooms, typed: str) -> None:
    brief = rooms.brief()
    rooms.take_in(raw_mail(DANA, "cap J1 +2h\n", Authentication_Results=PROVEN))
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    report(rooms, brief, "Done: all\n\nHours: 1\n\nNeed: +30h because\n\nStatus: done\n")
    before = (cap_of(rooms), phase(rooms))

    rooms.take_in(answered(rooms, asked, typed + "\n"), now=NOW + timedelta(hours=25))

    assert (cap_of(rooms), phase(rooms)) == before
    assert "more than a day" in transcript_of(rooms).lines[0].result


def test_a_yes_from_a_mailbox_that_nobody_vouches_for_does_nothing(rooms: Rooms) -> None:
    rooms.brief()
    rooms.take_in(raw_mail(DANA, "cap J1 +2h\n", Authentication_Results=PROVEN))
    asked = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    before = cap_of(rooms)

    rooms.take_in(answered(rooms, asked, "yes\n", proven=False))
    assert cap_of(rooms) == before

    rooms.take_in(answered(rooms, asked, "yes\n"))
    assert cap_of(rooms) == before + 120


def phase(rooms: Rooms) -> Phase:
    job = rooms.store.job("J1")
    assert job is not None
    return job.phase


def cap_of(rooms: Rooms) -> int:
    job = rooms.store.job("J1")
    assert job is not None
    return job.brief.cap_minutes or 0


def transcript_of(rooms: Rooms) -> TranscriptContents:
    """The last one that waits to be sent."""
    keys = [key for key in rooms.queued() if key.startswith("dana/transcript/")]
    key = max(keys, key=lambda key: int(key.rpartition("D")[2]))
    letter = rooms.store.letter(key)
    assert letter is not None
    assert isinstance(letter.contents, TranscriptContents)
    return letter.contents


def words_of(rooms: Rooms) -> str:
    return (
        Templates().render(LetterKind.TRANSCRIPT, transcript_of(rooms), Frame("Desk", "desk@example.com", "UTC")).text
    )


def test_every_button_of_a_busy_hour_is_answered(rooms: Rooms) -> None:
    for number in range(1, 13):
        rooms.brief()
        rooms.take_in(raw_mail(DANA, f"cap J{number} +2h\n", Authentication_Results=PROVEN))

    assert len([key for key in rooms.queued() if key.startswith("dana/transcript/")]) == 12


# --- a mail that comes twice ---


def copies(raw: bytes, count: int) -> list[bytes]:
    """One mail as a server delivers it by several ways: other bytes, the same Message-ID."""
    return [b"Received: from relay%d.example by mx.studio.example\r\n%b" % (n, raw) for n in range(count)]


def fates(rooms: Rooms) -> list[Fate]:
    """What became of the mails that came, in their order."""
    return [one.fate for one in rooms.store.recent_mails("INBOX", 100)]


@pytest.mark.parametrize("together", [True, False])
def test_a_mail_that_is_delivered_again_orders_nothing_twice(rooms: Rooms, together: bool) -> None:
    rooms.brief()
    before, raw = cap_of(rooms), answered(rooms, write_to_owner(rooms, "J1"), "cap J1 +2h\n")

    if together:
        rooms.take_in(*copies(raw, 3))
    else:
        for copy in copies(raw, 3):
            rooms.take_in(copy)

    assert cap_of(rooms) == before + 120
    assert fates(rooms) == [Fate.PROCESSED, Fate.DUPLICATE, Fate.DUPLICATE]
    assert len([key for key in rooms.queued() if key.startswith("dana/transcript/")]) == 1


@pytest.mark.parametrize("is_written", [True, False])
def test_a_mail_that_is_delivered_again_is_known_after_a_start(tmp_path: Path, is_written: bool) -> None:
    with Rooms(tmp_path) as rooms:
        rooms.staff()
        rooms.brief()
        before, raw = cap_of(rooms), answered(rooms, write_to_owner(rooms, "J1"), "cap J1 +2h\n")
        first, second = copies(raw, 2)
        rooms.take_in(first)
        if is_written:
            rooms.store.write_office(force=True)

    with Rooms(tmp_path) as rooms:
        rooms.take_in(second)

        assert (cap_of(rooms), fates(rooms)) == (before + 120, [Fate.PROCESSED, Fate.DUPLICATE])


def test_an_order_that_was_declined_is_not_done_when_its_mail_comes_again(rooms: Rooms) -> None:
    brief = rooms.brief()
    sent = write_to_owner(rooms, "J1")
    first, second = copies(answered(rooms, sent, "ok J1\n"), 2)

    rooms.take_in(first)
    report(rooms, brief, "Done: all\n\nHours: 1\n\nStatus: done\n")
    rooms.take_in(second)

    assert phase(rooms) is Phase.DONE


def test_a_forged_mail_does_not_stand_in_the_way_of_the_true_one(rooms: Rooms) -> None:
    rooms.brief()
    true = raw_mail(DANA, "pause J1\n", Authentication_Results=PROVEN)
    forged = true.replace(b"dmarc=pass", b"dmarc=fail")

    rooms.take_in(forged)
    rooms.take_in(true)

    assert phase(rooms) is Phase.PAUSED


def test_explaining_a_mail_that_was_settled_still_says_what_it_orders(rooms: Rooms) -> None:
    rooms.brief()
    raw = answered(rooms, write_to_owner(rooms, "J1"), "pause J1\n")
    event = ordered(rooms, raw)
    rooms.settle(event)

    (again,) = rooms.desk.preview((event,), NOW)

    assert again.decision is not None
    assert [letter.kind for letter in again.decision.letters] == [LetterKind.TRANSCRIPT]


# --- in a hurry, on a phone ---

DIGEST_BELOW = """

Dana

Sent from my iPhone

> On 24 Nov 2026, at 07:30, Work desk <agent@studio.example> wrote:
>
> 1. Ana Cruz, Clean the leads list (J1)
> - Accept it: ok J1
> - Cancel the job: cancel J1
"""


@pytest.mark.parametrize(
    "typed", ["ok 1", "Ok 1!", "OK #1, thanks", "Hi,\n\nok J1 thank you", "j1 ok", "ok line 1 please"]
)
def test_an_accept_typed_in_a_hurry_accepts(rooms: Rooms, typed: str) -> None:
    report(rooms, rooms.brief(), "Done: all\n\nHours: 1\n\nStatus: done\n")

    rooms.take_in(answered(rooms, write_to_owner(rooms, None, "J1"), typed + DIGEST_BELOW))

    assert phase(rooms) is Phase.ACCEPTED
    assert len(transcript_of(rooms).lines) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("accept", "ok J1"),
        ("ok great work", "type only: ok J1"),
        ("2h more", "cap J1 +2h"),
        ("+2", "2h or 2m"),
        ("ok J2", "job of Eve"),
        ("ok J77", "no job J77"),
        ("undo 999", "nothing with the number 999"),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_says_what_to_type(rooms: Rooms, typed: str, says: str) -> None:
    rooms.settle(ev.OwnerAdded("eve", "Eve", ("eve@example.com",), WorkingHours("UTC"), 450))
    report(rooms, rooms.brief(), "Done: all\n\nHours: 1\n\nStatus: done\n")
    rooms.settle(ev.JobAdded("eve", "ben", a_brief()))
    before = rooms.store.jobs()

    rooms.take_in(answered(rooms, write_to_owner(rooms, "J1"), typed + DIGEST_BELOW))

    assert rooms.store.jobs() == before
    assert [one.done for one in transcript_of(rooms).lines] == [False]
    assert says in words_of(rooms)


def test_undo_alone_takes_back_what_that_answer_tells_of_and_only_once(rooms: Rooms) -> None:
    rooms.brief()
    rooms.take_in(answered(rooms, write_to_owner(rooms, "J1"), "Pause\n"))
    told = rooms.send(next(key for key in rooms.queued() if key.startswith("dana/transcript/")))
    assert phase(rooms) is Phase.PAUSED

    rooms.take_in(answered(rooms, told, "Undo please\n"), now=NOW + MINUTE)
    assert phase(rooms) is Phase.BRIEFED
    assert "had not gone yet and is stopped" in words_of(rooms)

    rooms.take_in(answered(rooms, told, "undo\n"), now=NOW + MINUTE)
    assert "is taken back already" in words_of(rooms)


def test_a_closed_job_says_what_it_is(rooms: Rooms) -> None:
    rooms.brief()
    sent = write_to_owner(rooms, "J1")
    rooms.take_in(answered(rooms, sent, "cancel\n"))

    for typed in ("go on", "pause", "tell: one more thing", "cancel", "cap +2h", "ok"):
        rooms.take_in(answered(rooms, sent, typed + "\n"))
        assert "J1 is cancelled, so nothing can be done on it any more." in words_of(rooms), typed
