"""Which text of a mail is looked at, what is listed as attached, and how a mail is undone that breaks a limit."""

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.message import InboundMail, Unreadable, body_of, header_block, open_message, plain_body
from mailagent.mail.reading import text_of
from mailagent.mail.wire import Attachment, Limits
from tests.mail.mails import LIMITS, a_mail, lines_of, parts

PLAIN = "Content-Type: text/plain; charset=utf-8\n\nHours: 1"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>Hours: 2</p>"
PICTURE = "Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="


def opened(raw: bytes, limits: Limits = LIMITS) -> InboundMail:
    mail = open_message(raw, limits)
    assert isinstance(mail, InboundMail), mail
    return mail


def problem(raw: bytes, **limits: int) -> str:
    mail = open_message(raw, dataclasses.replace(LIMITS, **limits))
    assert isinstance(mail, Unreadable)
    return mail.problem


def test_the_plain_alternative_is_read() -> None:
    assert lines_of(a_mail(**parts(PLAIN, HTML, kind="multipart/alternative"))) == ["Hours: 1"]
    assert lines_of(a_mail(**parts(HTML, PLAIN, kind="multipart/alternative"))) == ["Hours: 1"]


def test_an_empty_plain_alternative_gives_way() -> None:
    empty = "Content-Type: text/plain\n\n \n"

    assert lines_of(a_mail(**parts(empty, HTML, kind="multipart/alternative"))) == ["Hours: 2"]
    assert lines_of(a_mail(**parts(empty, empty, kind="multipart/alternative"))) == []


def test_text_on_both_sides_of_a_picture_is_read() -> None:
    assert lines_of(a_mail(**parts(PLAIN, PICTURE, PLAIN))) == ["Hours: 1", "Hours: 1"]
    assert lines_of(a_mail(**parts(PLAIN, HTML))) == ["Hours: 1", "Hours: 2"]
    assert lines_of(a_mail(**parts(HTML, PLAIN))) == ["Hours: 2", "Hours: 1"]


@pytest.mark.parametrize("kind", ["multipart/related", "multipart/signed", "multipart/report"])
def test_only_the_first_part_of_these_is_the_text(kind: str) -> None:
    assert lines_of(a_mail(**parts(PLAIN, HTML, kind=kind))) == ["Hours: 1"]


def test_a_forwarded_message_is_somebody_elses() -> None:
    forwarded = "Content-Type: message/rfc822\n\nFrom: x@example.org\nContent-Type: text/plain\n\nHours: 9"

    assert lines_of(a_mail(**parts(PLAIN, forwarded))) == ["Hours: 1"]
    assert lines_of(a_mail("From: x@example.org\n\nHours: 9", Content_Type="message/rfc822")) == []


def test_a_sole_attached_text_is_the_body() -> None:
    attached = "Content-Type: text/plain\nContent-Disposition: attachment; filename=report.txt\n\nHours: 1"

    assert lines_of(a_mail(**parts(PICTURE, attached))) == ["Hours: 1"]
    assert lines_of(a_mail(**parts(attached, attached))) == []
    assert lines_of(a_mail(**parts(PLAIN.replace("1", "2"), attached))) == ["Hours: 2"]
    assert lines_of(a_mail("Hours: 3", Content_Disposition="attachment")) == ["Hours: 3"]
    assert lines_of(a_mail(**parts(attached + "x" * 70_000))) == []


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"Content_Type": "multipart/mixed"}, "Hours: 1"),
        ({"Content_Type": "multipart/mixed; boundary=x"}, "Hours: 1"),
        ({"Content_Type": ""}, "Hours: 1"),
        ({"Content_Type": "text"}, "Hours: 1"),
        ({"Content_Type": "TEXT/PLAIN; charset"}, "Hours: 1"),
        ({"Content_Transfer_Encoding": "x-none"}, "Hours: 1"),
        ({"Content_Transfer_Encoding": "base64"}, base64.b64encode(b"Hours: 1").decode()),
        ({"Content_Transfer_Encoding": "base64"}, base64.b64encode(b"Hours: 1").decode().rstrip("=")),
        ({"Content_Transfer_Encoding": "base64"}, "Hours: 1"),
        ({"Content_Transfer_Encoding": "quoted-printable"}, "Hour=73: 1"),
        ({"Content_Transfer_Encoding": "quoted-printable"}, "Hou=\nrs: 1"),
        ({"Content_Transfer_Encoding": "8BIT"}, "Hours: 1"),
        ({"Content_Transfer_Encoding": "uuencode"}, "begin 644 x\n(2&]U<G,Z(#$ \n \nend\n"),
        ({"Content_Transfer_Encoding": "uuencode"}, "Hours: 1"),
    ],
)
def test_broken_and_odd_encodings_give_what_can_be_had(fields: dict[str, str], body: str) -> None:
    assert lines_of(a_mail(body, **fields)) == ["Hours: 1"]


def test_a_boundary_that_is_never_closed_costs_nothing() -> None:
    body = f"--=_b\n{PLAIN}\n--=_b\n{PICTURE}\n"

    assert lines_of(a_mail(body, Content_Type='multipart/mixed; boundary="=_b"')) == ["Hours: 1"]


def test_a_broken_header_hides_no_text() -> None:
    raw = b"From: a@example.org\r\nthis is no field\r\nSubject: x\r\n\r\nHours: 1"

    assert lines_of(raw) == ["Hours: 1"]


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\n\n\n", b"From: a@example.org", b"\r\nonly a body", b"\xff\xfe\x00"])
def test_hardly_a_mail_is_still_a_mail(raw: bytes) -> None:
    assert isinstance(open_message(raw, LIMITS), InboundMail)


def test_a_body_without_a_header_is_read() -> None:
    assert lines_of(b"\r\nHours: 1\r\n") == ["Hours: 1"]


def test_attachments_are_listed_by_name_and_size() -> None:
    named = (
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf\n\nxyz"
    )
    nameless = "Content-Type: application/zip\nContent-Disposition: attachment\n\nxyz"
    forwarded = "Content-Type: message/rfc822; name=old.eml\n\nFrom: a@example.org\n\nx"

    mail = opened(a_mail(**parts(PLAIN, PICTURE, named, nameless, forwarded)))

    assert mail.attachments == (
        Attachment("a.png", 9),
        Attachment("résumé.pdf", 3),
        Attachment("", 3),
        Attachment("old.eml", 0),
    )


def test_a_mail_that_is_one_attachment_lists_it() -> None:
    fields = {"Content_Type": "application/pdf; name=a.pdf", "Content_Transfer_Encoding": "base64"}

    assert opened(a_mail("QUJD" * 100, **fields)).attachments == (Attachment("a.pdf", 300),)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/cron.d/x", "_.._etc_cron.d_x"),
        ("..\\\\x", "_x"),
        ("a\\0b", "a0b"),
        ("C:CON", "C_CON"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300, "x" * 100),
        ("Subject: hours.eml", "Subject_ hours.eml"),
        (".profile", "profile"),
    ],
)
def test_a_name_is_made_safe_to_show(name: str, shown: str) -> None:
    attached = f'Content-Type: application/x-y\nContent-Disposition: attachment; filename="{name}"\n\nx'

    assert opened(a_mail(**parts(PLAIN, attached))).attachments[0].name == shown


def test_flowed_text_is_joined() -> None:
    text = "this line is long enough to have been wrapped by a program \nand goes on here\n> quoted\n"

    assert lines_of(a_mail(text, Content_Type="text/plain; format=flowed")) == [
        "this line is long enough to have been wrapped by a program and goes on here",
        "> quoted",
    ]


def test_html_without_a_label_names_its_own_charset() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><body>żółć</body></html>'.encode("iso-8859-2")

    assert lines_of(a_mail(page, Content_Type="text/html")) == ["żółć"]


def test_html_that_is_nested_too_deep_is_read_flat() -> None:
    page = "<div>" * 2000 + "Hours: 1<br>&amp; more" + "</div>" * 2000

    assert lines_of(a_mail(page, Content_Type="text/html")) == ["Hours: 1", "& more"]


def test_the_limits_are_told() -> None:
    mail = a_mail(**parts(PLAIN, PLAIN))

    assert problem(mail, message_bytes=100) == "The mail is larger than 0 MiB."
    assert problem(mail, header_bytes=100) == "The header is larger than 0 KiB."
    assert problem(mail, header_fields=3) == "The header has more than 3 fields."
    assert problem(mail, lines=5) == "The mail has more than 5 lines."
    assert problem(mail, parts=2) == "The mail has more than 2 parts."
    assert (
        problem(a_mail(**parts("X: y\n" * 20 + "\nx")), header_fields=15) == "A part has more than 15 lines of fields."
    )
    assert problem(mail, depth=1) == "The mail is nested more than 1 deep."


def test_a_mail_beyond_a_limit_has_no_text() -> None:
    body = text_of(a_mail("x" * 100), dataclasses.replace(LIMITS, message_bytes=10))

    assert (body.texts, body.truncated) == ((), True)


@pytest.mark.parametrize(
    ("body", "limits", "texts", "truncated"),
    [
        ("ab\ncd", {"text_bytes": 3}, ("ab", ""), True),
        ("ab\ncd", {"text_lines": 1}, ("ab",), True),
        ("ab\ncd", {}, ("ab", "cd"), False),
        ("a" * 9000, {}, ("a" * 8192,), False),
        ("a" * 2000, {"text_bytes": 400}, ("a" * 400,), True),
    ],
)
def test_text_beyond_the_limits_is_cut_and_said_to_be(
    body: str, limits: dict[str, int], texts: tuple[str, ...], truncated: bool
) -> None:
    bounds = dataclasses.replace(LIMITS, **limits)

    assert (texts, truncated) == (
        (found := text_of(a_mail(body), bounds)).texts,
        found.truncated,
    )
    assert (texts, truncated) == ((bare := plain_body(body, bounds)).texts, bare.truncated)


def test_the_writer_is_the_name_in_from() -> None:
    assert body_of(opened(a_mail(From='"Cruz, Ana" <ana@example.org>')), LIMITS).writer == "Cruz, Ana"


def test_a_body_knows_about_its_size() -> None:
    assert text_of(a_mail("12345\n123"), LIMITS).size == 208


def test_a_header_block_is_read_as_far_as_the_limit_goes() -> None:
    block = b"From: a@example.org\r\nSubject: " + b"x" * 1000

    assert len(header_block(block, dataclasses.replace(LIMITS, header_bytes=50)).text("subject")) == 20


def test_eight_bit_names_of_parts_are_decoded() -> None:
    raw = a_mail(**parts(PLAIN, 'Content-Type: application/pdf; name="für.pdf"\n\nx'))

    assert opened(raw).attachments[0].name == "für.pdf"


@given(st.binary(max_size=400))
def test_opening_never_raises(content: bytes) -> None:
    for fields in ({"Content_Type": "multipart/mixed; boundary=b"}, {"Content_Type": "text/html"}, {}):
        text_of(a_mail(b"--b\n" + content + b"\n--b\n" + content, **fields), LIMITS)
    text_of(content, LIMITS)
