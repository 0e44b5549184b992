"""Composing: what goes in comes out of the standard library's reader again, and nothing else gets into a header."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailagent.errors import PermanentError
from mailagent.mail.compose import Heading, address, compose, is_message_id, one_line, recipient_of, text_of

BOUNDARY = "=_x1"
HEADING = Heading(
    from_name="Studio work desk",
    from_address="mailagent@example.com",
    to_name="Ana Lima",
    to_address="ana@example.net",
    subject="[J12] Sort the product photos",
    sent_at=datetime(2026, 11, 23, 9, 5, 7, tzinfo=UTC),
    message_id="<t.abc.def@example.com>",
    reply_to="mailagent+abc@example.com",
    in_reply_to="<last@example.net>",
    references=("<root@example.com>", "<last@example.net>"),
    auto_submitted="auto-replied",
    marks=(("X-Mailagent-Letter", "receipt"),),
)
TEXT = "Hello Ana,\n\nthank you.\n"
HTML = '<!doctype html><html lang="en"><body><p>Hello Ana,</p><p>thank you.</p></body></html>\n'


def a_mail(text: str = TEXT, html: str = HTML, **changes) -> bytes:
    return compose(replace(HEADING, **changes), text, html, BOUNDARY)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.iter_parts()
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def test_a_mail_reads_back_as_it_was_meant():
    message = read(a_mail())

    assert message["From"] == "Studio work desk <mailagent@example.com>"
    assert message["To"] == "Ana Lima <ana@example.net>"
    assert message["Subject"] == "[J12] Sort the product photos"
    assert message["Date"].datetime == HEADING.sent_at
    assert message["Message-ID"] == "<t.abc.def@example.com>"
    assert message["Reply-To"] == "mailagent+abc@example.com"
    assert message["In-Reply-To"] == "<last@example.net>"
    assert message["References"].split() == ["<root@example.com>", "<last@example.net>"]
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Mailagent-Letter"] == "receipt"
    assert message["MIME-Version"] == "1.0"
    assert parts(message) == (TEXT, HTML)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(part["Content-Type"].params["charset"] == "utf-8" for part in message.iter_parts())
    assert not message.defects
    assert not any(part.defects for part in message.walk())


def test_what_is_not_set_is_not_in_the_header():
    message = read(a_mail(reply_to=None, in_reply_to=None, references=(), auto_submitted="", marks=()))

    assert not {"Reply-To", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress"} & set(message)


def test_the_date_is_utc_whatever_zone_the_instant_has():
    berlin = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    assert b"\r\nDate: Sat, 28 Feb 2026 23:30:00 +0000\r\n" in a_mail(sent_at=berlin)


def test_text_of_any_language_reads_back():
    text = "Olá, fotografia número três — «ótimo».\nПривет, мир\n写真を整理する 📷\n"

    assert parts(read(a_mail(text=text)))[0] == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a line with blanks at its end  \nand a tab\t\n", id="blanks at the end"),
        pytest.param(".\n..\n.dot\n", id="dots"),
        pytest.param("From me\n>From you\n", id="From lines"),
        pytest.param("x" * 3000 + "\n", id="a very long line"),
        pytest.param("--=_x1\n--=_x1--\n", id="the boundary itself"),
        pytest.param("=3D =\n=\n", id="equals signs"),
        pytest.param("\n\n\n", id="blank lines"),
        pytest.param("ü" * 500 + "\n", id="a long line of umlauts"),
    ],
)
def test_awkward_text_reads_back(text: str):
    raw = a_mail(text=text)

    assert parts(read(raw))[0] == text
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_all_line_ends_become_crlf_and_controls_become_blanks():
    raw = a_mail(text="one\r\ntwo\rthree\nfour\x00\x1b[31m\x85end")

    assert parts(read(raw))[0] == "one\ntwo\nthree\nfour  [31m end\n"
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_mail_is_seven_bit_and_its_lines_fit():
    raw = a_mail(text="é" * 2000, html="ü" * 2000, subject="ö" * 400, to_name="ß" * 90)

    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


ATTACKS = [
    pytest.param("x\r\nBcc: victim@example.org", id="crlf"),
    pytest.param("x\nBcc: victim@example.org", id="lf"),
    pytest.param("x\rBcc: victim@example.org", id="cr"),
    pytest.param("x\r\n\r\nbody", id="an empty line"),
    pytest.param("x\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029y", id="every line break there is"),
    pytest.param("=?utf-8?q?a=0ABcc:_victim@example.org?=", id="an encoded word"),
    pytest.param('"><evil@example.org>', id="quotes and an angle"),
    pytest.param("a, b <evil@example.org>; c:", id="specials"),
    pytest.param("\\", id="a backslash"),
    pytest.param("\u202egro.elpmaxe@live", id="turned direction"),
    pytest.param("\ud800", id="half a character"),
    pytest.param("x" * 5000, id="one endless word"),
    pytest.param("x " * 5000, id="endless words"),
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_or_subject_cannot_add_a_field_or_an_address(attack: str):
    plain, message = read(a_mail()), read(a_mail(subject=attack, to_name=attack, from_name=attack))

    assert message.keys() == plain.keys()
    assert [one.addr_spec for one in message["To"].addresses] == ["ana@example.net"]
    assert [one.addr_spec for one in message["From"].addresses] == ["mailagent@example.com"]
    assert parts(message) == (TEXT, HTML)


def test_a_subject_that_looks_encoded_is_shown_as_it_was_written():
    subject = "=?utf-8?q?really?="

    assert read(a_mail(subject=subject))["Subject"] == subject


ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=300)


@settings(deadline=None)  # a busy machine is no fault
@given(subject=ANY_TEXT, name=ANY_TEXT)
def test_any_subject_and_name_come_back_as_one_line(subject: str, name: str):
    message = read(a_mail(subject=subject, to_name=name))

    assert str(message["Subject"]) == one_line(subject)
    # Python 3.11 keeps the blank between two encoded words of a name, where RFC 2047 section 6.2 drops it.
    assert message["To"].addresses[0].display_name.replace(" ", "") == one_line(name)[:100].replace(" ", "")
    assert message["To"].addresses[0].addr_spec == "ana@example.net"
    assert not message["To"].defects


@settings(deadline=None)
@given(text=ANY_TEXT, html=ANY_TEXT)
def test_any_text_comes_back_but_for_controls(text: str, html: str):
    raw = a_mail(text=text, html=html)

    kept = [part.rstrip("\n").replace("\t", " ") for part in parts(read(raw))]
    meant = [
        "".join(" " if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 else c for c in part).rstrip("\n")
        for part in (text.replace("\r\n", "\n").replace("\r", "\n"), html.replace("\r\n", "\n").replace("\r", "\n"))
    ]
    assert kept == meant
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.net",
        "ana.lima+tag@mail.example.co.uk",
        "o'brien@example.ie",
        "agent@localhost",
        "x_1-2@a-b.example",
    ],
)
def test_a_plain_address_is_taken(text: str):
    assert address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("ana", id="no at"),
        pytest.param("ana@", id="no domain"),
        pytest.param("@example.net", id="no local part"),
        pytest.param("Ana <ana@example.net>", id="a name"),
        pytest.param("ana@example.net\r\nBcc: x@example.org", id="line break"),
        pytest.param("ana@example.net ", id="blank"),
        pytest.param("ana@example.net,raj@example.net", id="two"),
        pytest.param('"ana lima"@example.net', id="quoted"),
        pytest.param("ana@[127.0.0.1]", id="literal"),
        pytest.param("ana..lima@example.net", id="two dots"),
        pytest.param("ana@-example.net", id="hyphen first"),
        pytest.param("añа@example.net", id="local part in other letters"),
        pytest.param("ana@bücher.example", id="domain in other letters"),
        pytest.param("ana@ex\u2028ample.net", id="separator in the domain"),
        pytest.param("a" * 65 + "@example.net", id="long local part"),
        pytest.param("ana@" + "a." * 130 + "net", id="long domain"),
    ],
)
def test_what_is_not_strictly_an_address_is_refused(text: str):
    with pytest.raises(PermanentError):
        address(text)
    with pytest.raises(PermanentError):
        a_mail(to_address=text)


def test_an_id_that_is_not_one_is_left_out_of_the_thread():
    bad = ("<a@b>\r\nBcc: x", "<a b@c>", "<a@>", "a@b", "<é@b>", "<" + "a" * 600 + "@b>", "")

    message = read(a_mail(in_reply_to=bad[0], references=("<root@example.com>", *bad, "<root@example.com>")))

    assert "In-Reply-To" not in message
    assert message["References"] == "<root@example.com>"
    assert not any(map(is_message_id, bad))


def test_ids_of_many_programs_are_kept():
    ids = ("<CAF=x+y_z%q@mail.gmail.com>", "<AM0PR01MB.eurprd01.prod.exchangelabs.com@x>", "<1.2.3@[127.0.0.1]>")

    assert read(a_mail(references=ids))["References"].split() == list(ids)


def test_our_own_message_id_and_boundary_must_be_right():
    with pytest.raises(PermanentError):
        a_mail(message_id="<a@b>\r\nX: y")
    with pytest.raises(PermanentError):
        compose(HEADING, TEXT, HTML, 'x"\r\n')


@pytest.mark.parametrize("name", ["Ana Lima", "Ana, Lima", "Añа " * 30, "", "x" * 100, "<evil@example.org>\r\n"])
def test_the_recipient_can_be_read_from_our_own_mail(name: str):
    assert recipient_of(a_mail(to_name=name)) == "ana@example.net"


def test_no_recipient_is_found_in_a_body():
    assert recipient_of(b"Subject: x\r\n\r\nTo: <a@b>\r\n") is None


@pytest.mark.parametrize("text", [TEXT, "Olá — ótimo  \n.\n\n--=_x1\n\n", "x" * 3000 + "\n", "\n"])
def test_the_text_can_be_read_from_our_own_mail(text: str):
    assert text_of(a_mail(text=text)) == text


def test_no_text_is_found_in_what_is_not_our_mail():
    assert text_of(b"Subject: x\r\n\r\nhello\r\n") == ""
    assert text_of(b"") == ""


def test_it_composes_the_same_bytes_each_time():
    assert a_mail() == a_mail()
