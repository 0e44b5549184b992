"""Mail that books nothing has its end too, is answered at most once, and the books of each mailbox balance."""

from datetime import timedelta

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.letters import OwnerNoteContents
from mailagent.core.model import Cursor, Fate, LetterKind, Mail, Owner, Proof, Role, Worker
from mailagent.core.settings import Policy
from mailagent.core.slices import Effort, JobPicture
from mailagent.errors import Refused
from tests.factories import NOW, a_job, a_letter, a_mail, a_slice, a_worker, an_owner


def fate_in(decision: Decision) -> Fate:
    (mail,) = [change.after for change in decision.changes if isinstance(change.after, Mail)]
    return mail.fate


def test_an_owners_mail_is_kept_and_answered_honestly() -> None:
    picture = JobPicture(a_job(), a_worker(), Effort(), 0, 0, 0, 0, None)
    event = ev.OwnerWrote(a_mail(person_id="dana", subject="ok J1"), "dana")

    decision = decide(a_slice(pictures=(picture,)), event, NOW)

    (letter,) = decision.letters
    assert letter.kind is LetterKind.OWNER_NOTE
    assert letter.contents == OwnerNoteContents("Dana Reed", "ok J1", (("J1", "Clean the leads list"),))
    assert fate_in(decision) is Fate.PARTLY


@pytest.mark.parametrize(("told_today", "letters"), [(False, 1), (True, 0)])
def test_a_forged_owner_gets_the_true_one_at_most_one_mail_a_day(told_today: bool, letters: int) -> None:
    event = ev.OwnerWrote(a_mail(proof=Proof.CLAIMED), "dana")

    decision = decide(a_slice(letter=a_letter() if told_today else None), event, NOW)

    assert len(decision.letters) == letters
    assert all(letter.in_reply_to is None for letter in decision.letters)


@pytest.mark.parametrize(("asked_today", "letters"), [(False, 1), (True, 0)])
def test_a_strange_address_with_our_code_books_nothing_and_asks_the_stored_one(asked_today: bool, letters: int) -> None:
    event = ev.Suspected(a_mail(addr_spec="x@evil.example", person_id=None), "ana", "a strange address")

    decision = decide(a_slice(letter=a_letter() if asked_today else None), event, NOW)

    assert fate_in(decision) is Fate.QUARANTINED
    assert [letter.recipient_id for letter in decision.letters] == ["ana"] * letters


def test_automatic_mail_is_recorded_and_never_answered() -> None:
    decision = decide(a_slice(), ev.MailSettled(a_mail(), Fate.AUTOMATIC, "out-of-office"), NOW)

    assert fate_in(decision) is Fate.AUTOMATIC
    assert decision.letters == ()


@pytest.mark.parametrize(("has_sysadmin", "letters"), [(True, 1), (False, 0)])
def test_the_sysadmin_hears_of_a_mail_that_is_set_aside(has_sysadmin: bool, letters: int) -> None:
    slice_ = a_slice(policy=Policy(has_sysadmin=has_sysadmin))

    decision = decide(slice_, ev.MailSettled(a_mail(), Fate.QUARANTINED, "too many parts"), NOW)

    assert len(decision.letters) == letters


def test_a_mail_keeps_its_first_end() -> None:
    mail = decide(a_slice(), ev.MailSettled(a_mail(), Fate.AUTOMATIC, ""), NOW).changes[0].after
    assert isinstance(mail, Mail)

    again = decide(
        a_slice(mail=mail, policy=Policy(has_sysadmin=True)), ev.MailSettled(a_mail(), Fate.QUARANTINED, ""), NOW
    )

    assert (again.changes, again.letters) == ((), ())


def test_a_permanent_bounce_marks_the_worker_and_tells_the_owner() -> None:
    event = ev.Bounced(a_mail(person_id=None), "ana/brief/J1", "ana@example.com", permanent=True, diagnostic="550 gone")

    decision = decide(a_slice(letter=a_letter()), event, NOW)

    assert [change.after.unreachable_why for change in decision.changes if isinstance(change.after, Worker)] == [
        "550 gone"
    ]
    assert [letter.recipient_id for letter in decision.letters] == ["dana"]
    assert fate_in(decision) is Fate.AUTOMATIC


def test_a_temporary_bounce_is_only_recorded() -> None:
    event = ev.Bounced(a_mail(), "ana/brief/J1", "ana@example.com", permanent=False, diagnostic="still trying")

    decision = decide(a_slice(letter=a_letter()), event, NOW)

    assert (len(decision.changes), decision.letters) == (1, ())


def test_a_bounce_of_an_owners_letter_marks_the_owner_not_the_worker() -> None:
    event = ev.Bounced(a_mail(), "dana/digest/x", "dana@example.com", permanent=True, diagnostic="550 gone")
    letter = a_letter(role=Role.OWNER, recipient_id="dana")

    decision = decide(a_slice(letter=letter), event, NOW)

    assert [type(change.after) for change in decision.changes] == [Mail, Owner]


def test_the_cursor_moves_and_the_books_add_up() -> None:
    first = ev.MailboxRead("INBOX", 1, 10, 5, seen=6, settled=2, duplicates=1, left_alone=((5, 6),), vanished=(9,))
    (change,) = decide(a_slice(), first, NOW).changes
    second = ev.MailboxRead("INBOX", 1, 12, 5, seen=2, settled=1, left_alone=((11, 11),))

    (after,) = decide(a_slice(cursor=change.after), second, NOW).changes

    cursor = after.after
    assert isinstance(cursor, Cursor)
    assert (cursor.seen, cursor.settled, cursor.left_alone, cursor.vanished, cursor.duplicates) == (8, 3, 3, 1, 1)
    assert cursor.seen == cursor.settled + cursor.left_alone + cursor.vanished + cursor.duplicates


@pytest.mark.parametrize(
    "event",
    [
        ev.OwnerWrote(a_mail(), "dana"),
        ev.Suspected(a_mail(), "ana", ""),
        ev.Confirmed(a_mail(), "ana", 1, was_him=True),
        ev.NotUnderstood(a_mail(), "ana", None, ""),
        ev.OwnerDue("dana"),
    ],
)
def test_nobody_unknown_is_decided_on(event: ev.Event) -> None:
    with pytest.raises(Refused, match=r"no (owner|worker) called"):
        decide(a_slice(owner=None, worker=None), event, NOW)


@pytest.mark.parametrize(("asked", "minutes_ago", "letters"), [(9, 5, 1), (10, 5, 0), (10, 60, 1), (0, 5, 1)])
def test_a_program_that_answers_ours_is_not_answered_for_ever(asked: int, minutes_ago: int, letters: int) -> None:
    since = NOW - timedelta(minutes=minutes_ago)
    slice_ = a_slice(
        owner=an_owner(asked_back=asked, asked_back_since=since),
        worker=a_worker(asked_back=asked, asked_back_since=since),
    )

    to_owner = decide(slice_, ev.OwnerWrote(a_mail(person_id="dana"), "dana"), NOW)
    to_worker = decide(slice_, ev.NotUnderstood(a_mail(), "ana", "J1", "nothing"), NOW)

    assert (len(to_owner.letters), len(to_worker.letters)) == (letters, letters)
    assert fate_in(to_worker) is Fate.PARTLY
