"""The three steps together: sift, glance, read."""

from datetime import UTC, datetime

from mailagent.mail import wire
from mailagent.mail.reading import sift, text_of
from tests.mail.mails import LIMITS, OURS, TOKEN, a_mail, seen


def test_a_header_tells_all_that_could_place_the_mail() -> None:
    block = a_mail(
        In_Reply_To=f"<t.{TOKEN}.1@agent.example>", References=f"<a@b> <t.{TOKEN}.1@agent.example>"
    ).partition(b"\r\n\r\n")[0]

    assert sift(block, OURS) == wire.Sifted(
        "ana@example.org",
        "From is one plain address",
        "<1@example.org>",
        (f"<t.{TOKEN}.1@agent.example>",),
        ("<a@b>", f"<t.{TOKEN}.1@agent.example>"),
        (TOKEN,),
        ("J12",),
        "Re: [J12] Cut out photos",
        False,
        datetime(2026, 11, 23, 14, 27, 11, tzinfo=UTC),
    )


def test_a_long_subject_is_cut() -> None:
    assert len(sift(b"Subject: " + b"x" * 5000, OURS).subject) == 500


def test_a_glance_keeps_the_text_of_people_lists_and_absence_notes_alone() -> None:
    assert seen(a_mail()).body is not None
    assert seen(a_mail(List_Id="<x>")).body is not None
    assert seen(a_mail(Auto_Submitted="auto-replied")).body is not None
    assert seen(a_mail(Auto_Submitted="auto-generated")).body is None


def test_a_mail_beyond_a_limit_still_tells_who_claims_to_write() -> None:
    found = seen(a_mail(X_Long="x" * 200_000))

    assert found.body is None
    assert found.glanced.problem == "The header is larger than 100 KiB."
    assert found.glanced.envelope.addr_spec == "ana@example.org"
    assert found.glanced.auth.dmarc == "none"


def test_a_glance_and_a_second_look_see_the_same_text() -> None:
    raw = a_mail("Hours: 1\n")

    assert seen(raw).body == text_of(raw, LIMITS)
