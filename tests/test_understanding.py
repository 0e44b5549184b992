"""What kept mails mean: the event of each kind of mail, at each level of proof (FAULTS 3.2, B62 to B75)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Fate, Proof, Status
from mailagent.edge.sandbox import Bounds, Reader
from tests.factories import NOW
from tests.rooms import AGENT, ANA, BEN, DANA, DISOWNED, PROVEN, REPORT, STRANGER, Rooms, Sent, a_mail


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with Rooms(tmp_path) as made:
        made.staff()
        yield made


@pytest.fixture
def brief(rooms: Rooms) -> Sent:
    return rooms.brief()


def only(rooms: Rooms, raw: bytes) -> ev.Event:
    (event,) = rooms.understand(raw)
    return event


def report_of(rooms: Rooms, raw: bytes) -> ev.Reported:
    event = only(rooms, raw)
    assert isinstance(event, ev.Reported)
    return event


def end_of(rooms: Rooms, raw: bytes) -> tuple[Fate, str]:
    event = only(rooms, raw)
    assert isinstance(event, ev.MailSettled)
    return event.fate, event.why


# --- a worker's report ---


def test_a_reply_is_a_report_with_its_fields(rooms: Rooms, brief: Sent) -> None:
    event = report_of(rooms, a_mail(ANA, to=brief.reply_to, **brief.thread))

    assert (event.worker_id, event.job_id, event.mail.proof) == ("ana", "J1", Proof.TOKEN)
    assert (event.done, event.minutes, event.next, event.status) == ("20 rows", 90, "the rest", Status.WORKING)
    assert (event.blocked, event.job_guessed) == (None, False)


def test_the_message_id_alone_carries_the_token(rooms: Rooms, brief: Sent) -> None:
    assert report_of(rooms, a_mail(ANA, **brief.thread)).mail.proof is Proof.TOKEN
    assert report_of(rooms, a_mail(ANA, References=brief.message_id)).mail.proof is Proof.TOKEN


def test_a_copy_of_our_own_letter_is_recognised_by_its_id(rooms: Rooms, brief: Sent) -> None:
    raw = a_mail(ANA).replace(b"Message-ID: <", f"Message-ID: {brief.message_id}\r\nX-Was: <".encode())

    assert end_of(rooms, raw) == (Fate.AUTOMATIC, "ours: its Message-ID is one of ours")


def test_started_in_one_word(rooms: Rooms, brief: Sent) -> None:
    event = report_of(rooms, a_mail(ANA, "started\n", to=brief.reply_to, **brief.thread))

    assert (event.status, event.minutes) == (Status.STARTED, None)


def test_a_fresh_mail_is_placed_by_the_only_open_job(rooms: Rooms, brief: Sent) -> None:
    event = report_of(rooms, a_mail(ANA))

    assert (event.job_id, event.job_guessed, event.mail.proof) == ("J1", True, Proof.CLAIMED)


def test_a_fresh_mail_of_a_proven_domain_counts(rooms: Rooms, brief: Sent) -> None:
    assert report_of(rooms, a_mail(ANA, Authentication_Results=PROVEN)).mail.proof is Proof.DOMAIN


def test_results_of_another_server_prove_nothing(rooms: Rooms, brief: Sent) -> None:
    forged = "mx.elsewhere.example; dmarc=pass header.from=example.com"

    assert report_of(rooms, a_mail(ANA, Authentication_Results=forged)).mail.proof is Proof.CLAIMED


def test_a_disowned_mail_with_a_token_is_only_a_claim(rooms: Rooms, brief: Sent) -> None:
    event = report_of(rooms, a_mail(ANA, to=brief.reply_to, Authentication_Results=DISOWNED, **brief.thread))

    assert event.mail.proof is Proof.CLAIMED


def test_one_mail_about_two_jobs_is_two_events(rooms: Rooms, brief: Sent) -> None:
    rooms.brief()
    text = "J1\nDone: the list\nHours: 1\n\nJ2\nDone: the page\nHours: 2\n"

    events = rooms.understand(a_mail(ANA, text, Authentication_Results=PROVEN))

    assert [(one.job_id, one.minutes) for one in events] == [("J1", 60), ("J2", 120)]


def test_a_block_about_a_job_of_somebody_else_is_asked_back(rooms: Rooms, brief: Sent) -> None:
    rooms.brief("ben")
    text = "J2\nDone: the page\nHours: 2\n"

    event = only(rooms, a_mail(ANA, text, to=brief.reply_to, **brief.thread))

    assert isinstance(event, ev.NotUnderstood)
    assert event.reason == "J2 is not one of your jobs."


def test_words_without_a_report_are_asked_back(rooms: Rooms, brief: Sent) -> None:
    event = only(rooms, a_mail(ANA, "The sheet looks fine to me.\n", to=brief.reply_to, **brief.thread))

    assert isinstance(event, ev.NotUnderstood)
    assert (event.job_id, event.reason) == ("J1", "nothing in it could be booked")


def test_what_cannot_be_read_is_named_and_the_rest_is_booked(rooms: Rooms, brief: Sent) -> None:
    text = "Done: 20 rows\n\nHours: quite some\n\nStatus: working\n"

    event = report_of(rooms, a_mail(ANA, text, to=brief.reply_to, **brief.thread))

    assert (event.done, event.minutes) == ("20 rows", None)
    assert ["quite some" in one.text for one in event.unclear] == [True]


def test_the_quoted_form_of_our_letter_is_no_answer(rooms: Rooms, brief: Sent) -> None:
    quoted = "ok, will look at it\n\nOn Mon, Nov 23, 2026 at 10:00 AM, Desk wrote:\n> Done:\n>\n> Hours: 3\n"

    events = rooms.understand(a_mail(ANA, quoted, to=brief.reply_to, **brief.thread))

    assert [getattr(one, "minutes", None) for one in events] == [None]


# --- what a worker says besides ---


def test_what_he_says_besides_is_in_his_report(rooms: Rooms, brief: Sent) -> None:
    text = (
        "Done: 20 rows\nBlocked: no\nQuestion: which sheet?\nNeed: +2h because it is long\n"
        "Away: 8-10 Dec, a wedding\nSnooze: 90m\n\nSee you on Friday.\n"
    )

    event = report_of(rooms, a_mail(ANA, text, to=brief.reply_to, **brief.thread))

    assert (event.blocked, event.unblocked, event.question) == (None, True, "which sheet?")
    assert (event.need_minutes, event.need_words) == (120, "because it is long")
    assert (event.away_from, event.away_until) == (date(2026, 12, 8), date(2026, 12, 11))
    assert (event.away_why, event.snooze_minutes, event.remark) == ("a wedding", 90, "See you on Friday.")


@pytest.mark.parametrize(
    ("text", "how", "why"),
    [
        ("decline: no time\n", ev.GivingUp.DECLINE, "no time"),
        ("Hello,\n\nI quit.\n\nAna\n", ev.GivingUp.QUIT, ""),
    ],
)
def test_a_job_is_given_back_in_a_word(rooms: Rooms, brief: Sent, text: str, how: ev.GivingUp, why: str) -> None:
    event = report_of(rooms, a_mail(ANA, text, to=brief.reply_to, **brief.thread))

    assert (event.gives_up, event.gives_up_why) == (how, why)


def test_days_are_read_by_the_date_where_the_worker_is(rooms: Rooms, brief: Sent) -> None:
    late = NOW.replace(hour=23)  # Tuesday in Berlin
    raw = a_mail(ANA, "Away: tomorrow\n", to=brief.reply_to, **brief.thread)

    (event,) = rooms.understand(raw, now=late)

    assert isinstance(event, ev.Reported)
    assert (event.away_from, event.away_until) == (date(2026, 11, 25), date(2026, 11, 26))


def test_an_absence_note_says_when_he_is_back_and_is_never_a_report(rooms: Rooms, brief: Sent) -> None:
    text = "I am away until Thursday.\nDone: x\nHours: 2\n"
    note = a_mail(ANA, text, to=brief.reply_to, Auto_Submitted="auto-replied", **brief.thread)
    silent = a_mail(ANA, "I am on holiday.\nHours: 2\n", to=brief.reply_to, Auto_Submitted="auto-replied")

    event = only(rooms, note)

    assert isinstance(event, ev.SeemedAway)
    assert (event.worker_id, event.until, event.mail.proof) == ("ana", date(2026, 11, 26), Proof.TOKEN)
    assert end_of(rooms, silent) == (Fate.AUTOMATIC, "out-of-office: Auto-Submitted is auto-replied")


# --- an owner's mail ---


def test_an_owners_mail_is_kept_and_nothing_is_done_on_it(rooms: Rooms) -> None:
    event = only(rooms, a_mail(DANA, "How is it going?\n", Authentication_Results=PROVEN))

    assert isinstance(event, ev.OwnerWrote)
    assert (event.owner_id, event.mail.proof) == ("dana", Proof.DOMAIN)


# --- the confirmation ---


@pytest.mark.parametrize(("answer", "was_him"), [("yes", True), ("Yes!", True), ("no", False)])
def test_a_plain_answer_to_the_confirmation_settles_it(rooms: Rooms, brief: Sent, answer: str, was_him: bool) -> None:
    asked = ask(rooms)

    event = only(rooms, a_mail(ANA, f"{answer}\n", to=asked.reply_to, **asked.thread))

    assert isinstance(event, ev.Confirmed)
    assert event.was_him is was_him


def test_any_other_answer_to_it_is_neither(rooms: Rooms, brief: Sent) -> None:
    asked = ask(rooms)

    event = only(rooms, a_mail(ANA, "what is this?\n", to=asked.reply_to, **asked.thread))

    assert isinstance(event, ev.Confirmed)
    assert event.was_him is None


def test_yes_without_the_token_of_the_confirmation_settles_nothing(rooms: Rooms, brief: Sent) -> None:
    ask(rooms)

    event = only(rooms, a_mail(ANA, "yes\n"))

    assert not isinstance(event, ev.Confirmed)


def test_yes_from_somebody_else_settles_nothing(rooms: Rooms, brief: Sent) -> None:
    asked = ask(rooms)

    event = only(rooms, a_mail(BEN, "yes\n", to=asked.reply_to, **asked.thread))

    assert not isinstance(event, ev.Confirmed)
    assert event.mail.proof is Proof.CLAIMED


def ask(rooms: Rooms) -> Sent:
    """Take in a mail that nothing proves, and send the confirmation it asks for."""
    rooms.take_in(a_mail(ANA))
    (key,) = [one for one in rooms.queued() if one.startswith("ana/confirm/")]
    return rooms.send(key)


# --- strangers and tokens ---


def test_our_token_from_a_strange_address_is_suspected(rooms: Rooms, brief: Sent) -> None:
    event = only(rooms, a_mail(STRANGER, to=brief.reply_to, **brief.thread))

    assert isinstance(event, ev.Suspected)
    assert (event.worker_id, event.mail.proof) == ("ana", Proof.UNKNOWN)
    assert STRANGER in event.reason


def test_an_owners_token_from_a_strange_address_is_set_aside_with_the_true_reason(rooms: Rooms, brief: Sent) -> None:
    note = only(rooms, a_mail(DANA, "hello\n", Authentication_Results=PROVEN))
    rooms.settle(note)
    sent = rooms.send(next(one for one in rooms.queued() if one.startswith("dana/")))

    fate, why = end_of(rooms, a_mail(STRANGER, to=sent.reply_to, **sent.thread))

    assert fate is Fate.QUARANTINED
    assert why == f"it answers our mail to Dana Reed, but comes from {STRANGER}"


# --- mail that no person wrote ---

AUTOMATIC = [
    ({"Auto_Submitted": "auto-replied"}, "out-of-office"),
    ({"Auto_Submitted": "auto-generated"}, "automatic"),
    ({"X_Autoreply": "yes"}, "out-of-office"),
    ({"Precedence": "bulk"}, "automatic"),
    ({"List_Id": "<crew.example.com>"}, "list"),
]


@pytest.mark.parametrize(("headers", "nature"), AUTOMATIC, ids=lambda one: str(one)[:40])
def test_automatic_mail_of_a_known_person_is_recognised_first(
    rooms: Rooms, brief: Sent, headers: dict[str, str], nature: str
) -> None:
    fate, why = end_of(rooms, a_mail(ANA, to=brief.reply_to, **brief.thread, **headers))

    assert fate is Fate.AUTOMATIC
    assert why.startswith(nature)


def test_list_mail_counts_with_token_and_domain(rooms: Rooms, brief: Sent) -> None:
    raw = a_mail(ANA, to=brief.reply_to, Authentication_Results=PROVEN, List_Id="<crew.example.com>", **brief.thread)

    assert report_of(rooms, raw).mail.proof is Proof.BOTH


def test_our_own_mail_is_recognised(rooms: Rooms, brief: Sent) -> None:
    fate, why = end_of(rooms, a_mail(AGENT, to=brief.reply_to))

    assert (fate, why) == (Fate.AUTOMATIC, "ours: From is our own address")


def test_a_bounce_of_our_letter_names_it(rooms: Rooms, brief: Sent) -> None:
    event = only(rooms, a_bounce(brief.message_id))

    assert isinstance(event, ev.Bounced)
    assert (event.letter_id, event.address, event.permanent) == ("ana/brief/J1", ANA, True)


def test_a_bounce_of_something_else_lies_where_it_lies(rooms: Rooms, brief: Sent) -> None:
    fate, why = end_of(rooms, a_bounce("<other@elsewhere.example>"))

    assert (fate, why) == (Fate.LEFT_ALONE, "a bounce of nothing that we sent")


def a_bounce(message_id: str) -> bytes:
    """A delivery status notification (RFC 3464) about a mail to Ana that nobody takes."""
    lines = (
        "Return-Path: <>",
        "From: MAILER-DAEMON@mx.example.com",
        f"To: {AGENT}",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "Message-ID: <bounce@mx.example.com>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "Nobody has this address.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.com",
        "",
        f"Final-Recipient: rfc822; {ANA}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 nobody has this address",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        f"To: {ANA}",
        "",
        "--b--",
        "",
    )
    return "\r\n".join(lines).encode()


# --- mail that breaks ---


def test_a_mail_above_the_limit_is_set_aside_with_the_reason(rooms: Rooms, brief: Sent) -> None:
    fate, why = end_of(rooms, a_mail(ANA, "x" * 70 + "\n" + ("y" * 70 + "\n") * 16_000))

    assert fate is Fate.QUARANTINED
    assert "large" in why or "longer" in why or "MiB" in why


def test_a_mail_that_was_tried_three_times_is_set_aside_unread(rooms: Rooms, brief: Sent) -> None:
    kept = rooms.keep(a_mail(ANA), tries=3)

    (event,) = rooms.understanding.events([kept], NOW)

    assert isinstance(event, ev.MailSettled)
    assert (event.fate, event.why) == (Fate.QUARANTINED, "it broke the program that reads mail three times")


def test_a_mail_too_slow_to_read_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    reader = Reader(Bounds(cpu_s=5, wall_s=0.3, memory_mib=256))
    with Rooms(tmp_path, reader=reader) as rooms:
        rooms.staff()
        rooms.brief()
        stop_the_child(rooms)

        events = rooms.understand(a_mail(ANA, Authentication_Results=PROVEN))

        assert isinstance(events[0], ev.Reported)
    reader.close()


def stop_the_child(rooms: Rooms) -> None:
    """Bring the child up, and let it hang as one that has met a hostile mail."""
    import os
    import signal

    rooms.understand(a_mail(BEN, REPORT))
    os.kill(rooms.reader._child._process.pid, signal.SIGSTOP)


def test_a_child_that_dies_is_replaced_and_the_mail_is_read(rooms: Rooms, brief: Sent) -> None:
    import os
    import signal

    rooms.understand(a_mail(ANA))
    os.kill(rooms.reader._child._process.pid, signal.SIGKILL)

    assert report_of(rooms, a_mail(ANA, to=brief.reply_to, **brief.thread)).minutes == 90


def test_no_header_block_makes_a_sender(rooms: Rooms, brief: Sent) -> None:
    blocks = [b"", b"\r\n", b"\xff" * 4096, b"From: " * 2000, a_mail(STRANGER), a_mail(ANA)]

    assert rooms.understanding.concern(blocks, NOW) == [False, False, False, False, False, True]


def test_a_header_that_the_child_cannot_read_concerns_us(tmp_path: Path) -> None:
    # Whose mail it is cannot be told, so nobody's is lost: it is fetched, tried, and set aside.
    reader = Reader(Bounds(cpu_s=1, wall_s=0.0, memory_mib=256))
    with Rooms(tmp_path, reader=reader) as rooms:
        rooms.staff()

        assert rooms.understanding.concern([a_mail(STRANGER)], NOW) == [True]
    reader.close()
