"""What the outbox tells becomes a letter's state; refusals are told once, lost answers go again where it matters."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decide.letters import retry_wait_s
from mailagent.core.decision import Decision
from mailagent.core.letters import Letter
from mailagent.core.model import ArchivePlace, Job, LetterKind, LetterState, Owner, Phase, Role, Worker
from mailagent.core.settings import Policy
from mailagent.errors import Refused
from tests.factories import NOW, a_job, a_letter, a_slice, a_worker, an_owner

PLACE = ArchivePlace("2026-11", 9)


def letter_after(decision: Decision) -> Letter:
    (letter,) = [change.after for change in decision.changes if isinstance(change.after, Letter)]
    return letter


def test_the_first_claim_fixes_id_and_token_and_later_ones_keep_them() -> None:
    first = letter_after(decide(a_slice(letter=a_letter()), ev.LetterClaimed("x", "<one@x>", "token1"), NOW))
    again = letter_after(decide(a_slice(letter=first), ev.LetterClaimed("x", "<two@x>", "token2"), NOW))

    assert (again.message_id, again.token, again.tries, again.state) == ("<one@x>", "token1", 2, LetterState.SENDING)


def test_the_claimed_brief_is_the_root_of_its_jobs_thread() -> None:
    slice_ = a_slice(letter=a_letter(kind=LetterKind.BRIEF))

    decision = decide(slice_, ev.LetterClaimed("x", "<root@x>", "token"), NOW)

    (job,) = [change.after for change in decision.changes if isinstance(change.after, Job)]
    assert job.root_message_id == "<root@x>"


def test_a_brief_that_goes_again_does_not_move_the_root() -> None:
    slice_ = a_slice(letter=a_letter(kind=LetterKind.BRIEF), job=a_job(root_message_id="<root@x>"))

    decision = decide(slice_, ev.LetterClaimed("x", "<other@x>", "token"), NOW)

    assert [change.after for change in decision.changes if isinstance(change.after, Job)] == []


def test_sent_is_the_end() -> None:
    after = letter_after(decide(a_slice(letter=a_letter()), ev.LetterSent("x", "250 ok", PLACE), NOW))

    assert (after.state, after.finished_at, after.archived, after.answer) == (LetterState.SENT, NOW, PLACE, "250 ok")


@pytest.mark.parametrize(("tries", "seconds"), [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 4000), (60, 4000)])
def test_retries_wait_five_minutes_doubling_to_4000_seconds(tries: int, seconds: int) -> None:
    after = letter_after(decide(a_slice(letter=a_letter(tries=tries)), ev.LetterDeferred("x", "451 later", None), NOW))

    assert retry_wait_s(tries) == seconds
    assert (after.state, after.next_try_at) == (LetterState.DEFERRED, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("age", "state"), [(timedelta(days=5), LetterState.DEFERRED), (timedelta(days=5, seconds=1), LetterState.FAILED)]
)
def test_after_five_days_a_deferred_letter_has_failed(age: timedelta, state: LetterState) -> None:
    letter = a_letter(written_at=NOW - age)

    decision = decide(a_slice(letter=letter), ev.LetterDeferred("x", "451 later", None), NOW)

    assert letter_after(decision).state is state


def test_a_permanent_refusal_marks_the_worker_and_tells_the_owner() -> None:
    decision = decide(a_slice(letter=a_letter()), ev.LetterFailed("x", "550 no such user", None), NOW)

    (worker,) = [change.after for change in decision.changes if isinstance(change.after, Worker)]
    assert worker.unreachable_why == "550 no such user"
    assert [(one.recipient_id, one.kind) for one in decision.letters] == [("dana", LetterKind.ALERT)]


@pytest.mark.parametrize(
    "event",
    [
        ev.LetterFailed("x", "554 content refused", None, about_address=False),
        ev.LetterDeferred("x", "451 later", None),
    ],
)
def test_a_letter_that_does_not_get_through_is_told_and_says_nothing_of_the_address(event: ev.Event) -> None:
    letter = a_letter(written_at=NOW - timedelta(days=6))

    decision = decide(a_slice(letter=letter), event, NOW)

    assert [type(change.after) for change in decision.changes] == [Letter]
    assert [one.id for one in decision.letters] == ["dana/alert/undelivered-ana/receipt/R3"]


@pytest.mark.parametrize(("has_sysadmin", "told"), [(True, ["sysadmin"]), (False, [])])
def test_an_undelivered_letter_to_an_owner_is_the_sysadmins_business(has_sysadmin: bool, told: list[str]) -> None:
    slice_ = a_slice(letter=a_letter(role=Role.OWNER, recipient_id="dana"), policy=Policy(has_sysadmin=has_sysadmin))

    decision = decide(slice_, ev.LetterFailed("x", "552 too large", None, about_address=False), NOW)

    assert [letter.recipient_id for letter in decision.letters] == told


def test_the_owner_is_told_once_and_not_for_every_letter() -> None:
    slice_ = a_slice(letter=a_letter(), worker=a_worker(unreachable_since=NOW))

    assert decide(slice_, ev.LetterFailed("x", "550 no such user", None), NOW).letters == ()


@pytest.mark.parametrize(("has_sysadmin", "told"), [(True, ["sysadmin"]), (False, [])])
def test_an_owner_whom_mail_does_not_reach_is_told_of_to_the_sysadmin(has_sysadmin: bool, told: list[str]) -> None:
    slice_ = a_slice(
        letter=a_letter(role=Role.OWNER, recipient_id="dana", job_id=None),
        worker=None,
        policy=Policy(has_sysadmin=has_sysadmin),
    )

    decision = decide(slice_, ev.LetterFailed("x", "550 no such user", None), NOW)

    assert [change.after.unreachable_since for change in decision.changes if isinstance(change.after, Owner)] == [NOW]
    assert [letter.recipient_id for letter in decision.letters] == told


def test_a_failed_alert_to_the_sysadmin_marks_nobody() -> None:
    slice_ = a_slice(letter=a_letter(role=Role.SYSADMIN, recipient_id="sysadmin"), worker=None)

    assert len(decide(slice_, ev.LetterFailed("x", "550 no", None), NOW).changes) == 1


@pytest.mark.parametrize(
    ("kind", "goes_again"),
    [
        (LetterKind.BRIEF, True),
        (LetterKind.CONFIRM, True),
        (LetterKind.ALERT, True),
        (LetterKind.OWNER_NOTE, True),
        (LetterKind.RECEIPT, False),
        (LetterKind.DIGEST, False),
        (LetterKind.UNCLEAR, False),
    ],
)
def test_when_the_answer_was_lost_only_what_matters_goes_once_more(kind: LetterKind, goes_again: bool) -> None:
    after = letter_after(decide(a_slice(letter=a_letter(kind=kind)), ev.LetterUnknown("x", "lost", PLACE), NOW))

    assert after.state is LetterState.UNKNOWN
    assert (after.next_try_at == NOW + timedelta(minutes=15)) is goes_again
    assert (after.finished_at is None) is goes_again


def test_it_goes_once_more_and_not_twice() -> None:
    letter = a_letter(kind=LetterKind.BRIEF)
    unknown = letter_after(decide(a_slice(letter=letter), ev.LetterUnknown("x", "lost", PLACE), NOW))
    claimed = letter_after(decide(a_slice(letter=unknown), ev.LetterClaimed("x", "<m@x>", "t"), NOW))

    after = letter_after(decide(a_slice(letter=claimed), ev.LetterUnknown("x", "lost", PLACE), NOW))

    assert claimed.resent
    assert after.next_try_at is None


def test_old_finished_letters_leave_the_office() -> None:
    letters = (a_letter(), a_letter(id="ana/receipt/R4"))

    decision = decide(replace(a_slice(), letters=letters), ev.HouseKept(("x", "y")), NOW)

    assert [(change.before, change.after) for change in decision.changes] == [(one, None) for one in letters]


def test_a_letter_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="no letter"):
        decide(a_slice(), ev.LetterSent("ana/receipt/R9", "250", PLACE), NOW)


def test_the_recipient_of_a_letter_to_another_person_is_not_marked() -> None:
    slice_ = a_slice(letter=a_letter(recipient_id="ben"), owner=an_owner())

    assert len(decide(slice_, ev.LetterFailed("x", "550", None), NOW).changes) == 1


def test_the_jobs_clock_begins_when_its_brief_goes_out() -> None:
    brief = a_letter(id="ana/brief/J1", kind=LetterKind.BRIEF)
    sent_at = NOW + timedelta(days=2)

    for phase, clock_from in ((Phase.BRIEFED, sent_at), (Phase.WORKING, None)):
        decision = decide(
            a_slice(letter=brief, job=a_job(phase=phase)),
            ev.LetterClaimed(brief.id, "<1@example.com>", "a" * 28),
            sent_at,
        )
        job = decision.changes[1].after
        assert isinstance(job, Job)
        assert (job.root_message_id, job.clock_from) == ("<1@example.com>", clock_from)


def test_an_address_that_fails_again_in_the_same_minute_is_told_again_under_a_key_of_its_own() -> None:
    failed = ev.LetterFailed("ana/receipt/R3", "550 no such user", None)
    letter = a_letter(state=LetterState.SENDING)

    keys = [one.id for seq in (5, 9) for one in decide(a_slice(seq=seq, letter=letter), failed, NOW).letters]

    assert len(set(keys)) == 2, keys
