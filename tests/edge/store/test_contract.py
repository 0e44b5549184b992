"""What any backend of the store must do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailagent.core import events as ev
from mailagent.core.decision import Change, Decision
from mailagent.core.model import Fate, LetterState, Proof, WorkingHours
from mailagent.core.slices import Effort
from mailagent.edge.store import Store
from tests.edge.store.play import MORNING, Play
from tests.factories import a_letter


def test_an_empty_store_knows_nobody(store: Store) -> None:
    assert (store.owners(), store.workers(), store.jobs(), store.seq) == ((), (), (), 0)
    assert (store.next_letter_at(), store.next_due_at(), store.due(MORNING)) == (None, None, ())
    assert (store.owner("dana"), store.job("J1"), store.mail("0"), store.letter("x")) == (None, None, None, None)


def test_what_is_staged_is_seen_at_once(play: Play) -> None:
    before = play.store.seq

    play.report(minutes=30)

    assert before + 1 == play.store.seq
    assert Effort(30, 30, 0, 0) == play.store.effort("J1")


def test_later_events_of_a_batch_see_the_earlier_ones(play: Play) -> None:
    for _ in range(3):
        play.report(minutes=200)
    play.store.commit()

    assert Effort(600, 480, 120, 0) == play.store.effort("J1")


def test_every_change_counts_the_revision_up(play: Play) -> None:
    job = play.store.job("J1")
    play.report()
    play.store.commit()
    after = play.store.job("J1")

    assert job is not None
    assert after is not None
    assert (job.rev, after.rev) == (1, 2)


def test_rollback_takes_everything_back(play: Play) -> None:
    play.report()
    play.send("ana/brief/J1")
    play.store.commit()
    event = ev.OwnerDue("dana")
    before = (play.store.load(event, play.now), play.store.seq, play.store.letters_due(play.now, 99))

    play.report(minutes=999, proof=Proof.CLAIMED)
    play.job("ana")
    play.worker("kai")
    play.settle(ev.MailSettled(play.mail("ana"), Fate.QUARANTINED, "too large"))
    play.settle(event)
    play.settle(ev.HouseKept(("ana/brief/J1",)))
    play.store.rollback()

    assert before == (play.store.load(event, play.now), play.store.seq, play.store.letters_due(play.now, 99))
    assert play.store.person_by_address("kai@example.com") is None
    assert play.store.letter("ana/brief/J1") is not None


def test_rolling_back_keeps_what_was_committed(play: Play) -> None:
    play.report()
    play.store.commit()

    play.store.rollback()

    assert Effort(30, 30, 0, 0) == play.store.effort("J1")


def test_a_decision_on_an_old_revision_is_not_staged(play: Play) -> None:
    old = play.store.job("J1")
    assert old is not None
    play.report()
    seq = play.store.seq

    with pytest.raises(ValueError, match="revision"):
        play.store.stage(ev.OwnerDue("dana"), Decision((Change(old, replace(old, rev=9)),)), play.now)

    assert seq == play.store.seq


def test_a_letter_is_not_written_twice(play: Play) -> None:
    letter = a_letter(id="ana/receipt/R1")
    play.store.stage(ev.OwnerDue("dana"), Decision(letters=(letter,)), play.now)

    with pytest.raises(ValueError, match="there already"):
        play.store.stage(ev.OwnerDue("dana"), Decision(letters=(letter,)), play.now)


def test_a_person_is_found_by_any_of_his_addresses_in_any_case(play: Play) -> None:
    ana = play.store.worker("ana")

    assert ana == play.store.person_by_address("ANA@Home.Example")
    assert play.store.owner("dana") == play.store.person_by_address("dana@example.com")
    assert play.store.person_by_address("stranger@example.com") is None


def test_a_taken_name_or_address_is_told_with_its_holder(play: Play) -> None:
    kai = ev.WorkerAdded("kai", "Kai", ("new@example.com", "ANA@example.com"), WorkingHours("Asia/Manila"))
    dana = ev.WorkerAdded("dana", "Dana", ("other@example.com",), WorkingHours("Asia/Manila"))

    assert play.store.load(kai, play.now).taken == (("ANA@example.com", "ana"),)
    assert play.store.load(dana, play.now).taken == (("dana", "dana"),)


def test_jobs_are_numbered_on(play: Play) -> None:
    play.job("ana")
    play.store.rollback()
    play.job("jun")

    assert [job.id for job in play.store.jobs()] == ["J1", "J2", "J3"]


def test_only_open_jobs_are_among_a_workers_open_jobs(play: Play) -> None:
    play.job("ana")

    assert [job.id for job in play.store.open_jobs("ana")] == ["J1", "J3"]
    assert play.store.open_jobs("nobody") == ()


def test_letters_are_due_when_written_and_digests_last(play: Play) -> None:
    play.now += timedelta(days=1)
    play.settle(ev.OwnerDue("dana"))
    play.report()
    play.store.commit()

    due = [letter.id for letter in play.store.letters_due(play.now, 10)]

    assert due[:2] == ["ana/brief/J1", "jun/brief/J2"]
    assert due[-1] == "dana/digest/2026-11-24"
    assert due[:2] == [letter.id for letter in play.store.letters_due(play.now, 2)]


def test_a_deferred_letter_waits_for_its_next_try(play: Play) -> None:
    play.send("jun/brief/J2")
    play.claim("ana/brief/J1")
    play.settle(ev.LetterDeferred("ana/brief/J1", "451 later", None))
    play.store.commit()

    next_at = play.store.next_letter_at()

    assert next_at is not None
    assert play.store.letters_due(next_at - timedelta(seconds=1), 9) == ()
    assert [letter.id for letter in play.store.letters_due(next_at, 9)] == ["ana/brief/J1"]


def test_a_letter_left_sending_is_due(play: Play) -> None:
    play.claim("ana/brief/J1")
    play.store.commit()

    due = play.store.letters_due(play.now, 9)

    assert LetterState.SENDING in {letter.state for letter in due if letter.id == "ana/brief/J1"}


def test_a_letter_is_found_by_its_message_id_before_and_after_it_went(play: Play) -> None:
    play.send("ana/brief/J1")
    letter = play.store.letter("ana/brief/J1")

    assert letter is not None
    assert letter.message_id is not None
    assert letter == play.store.letter_by_message_id(letter.message_id)
    assert play.store.letter_by_message_id("<nothing@example.com>") is None


def test_finished_letters_are_named_oldest_first_and_can_be_dropped(play: Play) -> None:
    play.send("jun/brief/J2")
    first_sent_at = play.now
    play.send("ana/brief/J1")

    assert play.store.finished_letters_before(first_sent_at, 9) == ()
    assert play.store.finished_letters_before(play.now, 9) == ("jun/brief/J2",)
    play.settle(ev.HouseKept(("jun/brief/J2",)))
    assert play.store.letter("jun/brief/J2") is None
    assert play.store.finished_letters_before(play.now + timedelta(days=1), 1) == ("ana/brief/J1",)


def test_an_unknown_letter_that_is_not_sent_again_is_finished(play: Play) -> None:
    play.report()
    play.claim("ana/receipt/R6")
    play.settle(ev.LetterUnknown("ana/receipt/R6", "lost", None))

    assert "ana/receipt/R6" not in [letter.id for letter in play.store.letters_due(play.now + timedelta(days=9), 9)]
    assert play.store.finished_letters_before(play.now + timedelta(seconds=1), 9) == ("ana/receipt/R6",)


def test_the_owner_is_due_once_a_day(store: Store) -> None:
    play = Play(store)
    play.owner("dana")
    due_at = play.store.next_due_at()
    assert due_at is not None

    assert play.store.due(due_at - timedelta(seconds=1)) == ()
    assert (ev.OwnerDue("dana"),) == play.store.due(due_at)
    play.now = due_at
    play.settle(ev.OwnerDue("dana"))
    assert play.store.due(play.now) == ()
    assert play.store.next_due_at() == due_at + timedelta(days=1)


def test_a_digest_counts_what_came_since_the_last_one_by_the_line_and_not_the_clock(play: Play) -> None:
    play.report(minutes=10)
    play.settle(ev.OwnerDue("dana"))
    play.now -= timedelta(hours=3)  # the clock was set back
    play.report(minutes=25)
    play.report(minutes=500)

    picture = play.store.load(ev.OwnerDue("dana"), play.now).pictures[0]

    assert (
        picture.job.id,
        picture.minutes_since,
        picture.reports_since,
        picture.over_cap_since,
    ) == ("J1", 525, 2, 55)
    assert picture.last_report is not None
    assert picture.effort.reported == 535


def test_what_settles_hours_of_before_takes_nothing_from_those_of_since(play: Play) -> None:
    play.report(minutes=30, proof=Proof.CLAIMED)
    play.settle(ev.OwnerDue("dana"))
    play.report(minutes=20, proof=Proof.CLAIMED)
    play.settle(ev.Confirmed(play.mail("ana"), "ana", 1, True))

    picture = play.store.load(ev.OwnerDue("dana"), play.now).pictures[0]

    # All of it is payable now. Of what came since, nothing is undecided: neither 20 nor -30 minutes.
    assert (picture.minutes_since, picture.undecided_since, picture.over_cap_since) == (20, 0, 0)
    assert picture.effort == Effort(50, 50, 0, 0)


def test_quarantined_mails_are_shown_until_the_next_digest_and_counted_for_good(play: Play) -> None:
    play.settle(ev.MailSettled(play.mail("ana"), Fate.QUARANTINED, "too large"))
    shown = play.store.load(ev.OwnerDue("dana"), play.now).quarantined
    play.settle(ev.OwnerDue("dana"))

    assert [mail.why for mail in shown] == ["too large"]
    assert play.store.load(ev.OwnerDue("dana"), play.now).quarantined == ()
    assert play.store.books().quarantined == 1


def test_unproven_reports_wait_with_their_entries_until_confirmed(play: Play) -> None:
    play.report(minutes=30, proof=Proof.CLAIMED)
    play.report(minutes=None, proof=Proof.CLAIMED)
    confirmed = ev.Confirmed(play.mail("ana"), "ana", 1, True)

    waiting = play.store.load(confirmed, play.now).waiting
    play.settle(confirmed)

    assert [one.entry and one.entry.undecided for one in waiting] == [30, None]
    assert play.store.load(confirmed, play.now).waiting == ()
    assert Effort(30, 30, 0, 0) == play.store.effort("J1")


def test_what_waits_long_brings_the_days_of_its_week_and_what_was_sent_before_it(play: Play) -> None:
    play.report(minutes=60)
    play.report(minutes=30, proof=Proof.CLAIMED)
    day = play.now.date()
    play.now += timedelta(days=40)
    confirmed = ev.Confirmed(play.mail("ana"), "ana", 1, True)

    slice_ = play.store.load(confirmed, play.now)

    assert slice_.worker_days == ((day, Effort(90, 60, 0, 30)),)
    assert [[earlier.minutes for earlier in one.earlier] for one in slice_.waiting] == [[60]]


def test_the_last_days_are_given_by_day_and_older_ones_are_not(play: Play) -> None:
    play.report(minutes=10)
    play.now += timedelta(days=20)
    play.report(minutes=20)
    play.report("ana", "J1", 30)

    days = play.store.load(ev.Reported(play.mail("ana"), "ana", "J1", False, *[None] * 5), play.now).worker_days

    assert [effort.reported for _, effort in days] == [50]


def test_recent_reports_of_the_job_are_given_in_order_of_receipt(play: Play) -> None:
    play.report()
    play.now += timedelta(hours=30)
    play.report()
    play.report()
    play.report("jun", "J2")

    recent = play.store.load(ev.Reported(play.mail("ana"), "ana", "J1", False, *[None] * 5), play.now).recent_reports

    assert [report.done for report in recent] == ["did 2", "did 3"]


def test_the_books_add_up_over_the_mailboxes(play: Play) -> None:
    play.settle(ev.MailboxRead("INBOX", 7, 9, 1, 8, 2, 1, ((1, 3),), (4, 5)))
    play.settle(ev.MailboxRead("Junk", 3, 2, 1, 2, 0, 0, ((1, 2),)))
    play.settle(ev.MailSettled(play.mail("ana"), Fate.AUTOMATIC, "out of office"))
    books = play.store.books()

    assert (books.seen, books.left_alone, books.vanished, books.duplicates, books.settled) == (10, 5, 2, 1, 1)
    assert play.store.cursor("Junk") is not None
    assert play.store.cursor("Sent") is None


def test_the_newest_mails_of_a_mailbox_are_given_oldest_first(play: Play) -> None:
    for _ in range(3):
        play.report()
    play.settle(ev.MailSettled(replace(play.mail("ana"), mailbox="Junk"), Fate.AUTOMATIC, "out of office"))

    assert [mail.id.lstrip("0") for mail in play.store.recent_mails("INBOX", 3)] == ["2", "3"]
    assert play.now == play.store.last_at


def test_a_new_policy_is_given_with_the_next_slice(play: Play) -> None:
    play.store.policy = replace(play.store.policy, repeat_hours=1)

    assert play.store.load(ev.OwnerDue("dana"), play.now).policy.repeat_hours == 1


def test_space_for_the_last_alert_can_be_held_and_given_back(store: Store) -> None:
    assert store.hold_reserve()
    store.release_reserve()
    store.release_reserve()
