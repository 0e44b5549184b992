"""FAULTS section 2, MIME and charset: B01 to B19. A bad mail has a twin that differs in the one thing and is read."""

import base64

import pytest

from mailagent.mail import wire
from mailagent.mail.reading import read
from tests.mail.mails import BRIEF, a_mail, parts, seen

PLAIN = "Content-Type: text/plain\n\nHours: 1\n"
REPORT = wire.Fields(minutes=60)


def reports(raw: bytes) -> tuple[wire.Fields, ...]:
    """What is booked of a mail that is read."""
    found = seen(raw)
    assert found.glanced.problem is None
    assert found.body is not None
    return read(found.body, wire.ReadContext((BRIEF,))).reports


def problem(raw: bytes) -> str | None:
    """Why a mail is quarantined."""
    found = seen(raw)
    assert (found.glanced.problem is None) == (found.body is not None)
    return found.glanced.problem


def nest(depth: int, kind: str) -> bytes:
    content = "Content-Type: text/plain\n\nHours: 1\n"
    for level in range(depth):
        head = f"Content-Type: {kind}" + (
            f"; boundary=b{level}\n\n--b{level}\n" if kind != "message/rfc822" else "\n\n"
        )
        content = head + content + (f"\n--b{level}--\n" if kind != "message/rfc822" else "")
    return a_mail(content.partition("\n\n")[2], Content_Type=content.partition("\n\n")[0].partition(": ")[2])


@pytest.mark.parametrize("depth", [20, 50, 1000])
@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/alternative", "message/rfc822"])
def test_b01_b02_nesting_is_quarantined(kind: str, depth: int) -> None:
    assert problem(nest(depth, kind)) == "The mail is nested more than 20 deep."


def test_b01_twin_a_shallow_mail_is_read() -> None:
    assert reports(nest(15, "multipart/mixed")) == (REPORT,)
    assert problem(nest(15, "message/rfc822")) is None


@pytest.mark.parametrize("count", [200, 5000, 50_000])
def test_b03_very_many_parts_are_quarantined(count: int) -> None:
    assert problem(a_mail(**parts(*[""] * count))) == "The mail has more than 200 parts."


def test_b03_twin_many_parts_are_read() -> None:
    assert reports(a_mail(**parts(PLAIN, *["Content-Type: image/png\n\n"] * 150))) == (REPORT,)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Hours: 1", "multipart/mixed"),
        ("Hours: 1", 'multipart/mixed; boundary=""'),
        (f"--x\n{PLAIN}", "multipart/mixed; boundary=x"),
        (f"--x\n{PLAIN}\n--x\n", "multipart/mixed; boundary=x; boundary=y"),
        (f"--x\n{PLAIN}\n--x--\n--x\nContent-Type: text/plain\n\nHours: 2\n", "multipart/mixed; boundary=x"),
    ],
)
def test_b04_broken_boundaries_give_the_text_there_is(body: str, kind: str) -> None:
    assert reports(a_mail(body, Content_Type=kind)) == (REPORT,)


@pytest.mark.parametrize("raw", [b"", b"From: ana@example.org\r\n", b"\r\n\r\n", a_mail(""), a_mail("\n \n")])
def test_b05_nothing_is_found_in_nothing(raw: bytes) -> None:
    assert reports(raw) == ()


def test_b06_a_text_that_is_only_attached_is_read() -> None:
    attached = "Content-Disposition: attachment; filename=text.txt\n" + PLAIN

    assert reports(a_mail(**parts(attached))) == (REPORT,)


def test_b07_the_plain_text_wins() -> None:
    page = "Content-Type: text/html\n\n<p>Hours: 5</p>"

    assert reports(a_mail(**parts(page, PLAIN, kind="multipart/alternative"))) == (REPORT,)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Hours: 1</p>",
        "<div><b>Hours</b>: 1</div>",
        "<img src='https://evil.example/x'><p>Hours: 1",
        "<script>document.write('Hours: 5')</script>Hours: 1",
        "<title>Hours: 5</title>Hours: 1",
        "<!-- Hours: 5 -->Hours: 1",
        "<p style='display:none'>Hours: 5</p>Hours: 1",
        "<p style='color:#fff'>Hours: 5</p>Hours: 1",
        "<p style='font-size:0'>Hours: 5</p>Hours: 1",
        "<p hidden>Hours: 5</p>Hours: 1",
    ],
)
def test_b08_b09_only_what_a_reader_sees_counts(page: str) -> None:
    assert reports(a_mail(page, Content_Type="text/html")) == (REPORT,)


def test_b10_a_signed_mail_is_read() -> None:
    signature = "Content-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\n"

    assert reports(a_mail(**parts(PLAIN, signature, kind="multipart/signed"))) == (REPORT,)


def test_b11_an_encrypted_mail_says_nothing() -> None:
    content = ["Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream\n\nxyz"]

    assert reports(a_mail(**parts(*content, kind="multipart/encrypted"))) == ()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("unknown", "Hours: 1"),
        ("base64", "Hours: 1"),
        ("base64", base64.b64encode(b"Hours: 1\nmore").decode().rstrip("=")),
        ("base64", base64.b64encode(b"Hours: 1").decode() + "\n-- \nlist footer"),
        ("quoted-printable", "Hours=3A 1=\n"),
        ("quoted-printable", "Hours: 1=ZZ".replace("=ZZ", "=")),
        ("uuencode", "Hours: 1"),
        ("", "Hours: 1"),
    ],
)
def test_b12_broken_encodings_give_the_text_there_is(encoding: str, body: str) -> None:
    assert [one.minutes for one in reports(a_mail(body, Content_Transfer_Encoding=encoding))] == [60]


def test_b13_attachments_are_listed_and_never_opened() -> None:
    bomb = "Content-Type: application/zip; name=bomb.zip\nContent-Transfer-Encoding: base64\n\n" + "QUJD" * 100_000

    found = seen(a_mail(**parts(PLAIN, bomb))).glanced

    assert found.attachments == (wire.Attachment("bomb.zip", 300_000),)


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "a\x00b", "x" * 300, "\u202egpj.exe", "CON", "Re: hours.eml", "/"]
)
def test_b14_a_name_is_only_ever_shown(name: str) -> None:
    attached = f'Content-Type: application/x; name="{name}"\nContent-Disposition: attachment\n\nx'

    (shown,) = seen(a_mail(**parts(PLAIN, attached))).glanced.attachments

    assert len(shown.name) <= 100
    assert not set(shown.name) & set("/\\:\x00\u202e")
    assert not shown.name.startswith(".")


def test_b15_long_and_flowed_lines_are_read() -> None:
    long_line = "Done: " + "x" * 1_000_000 + "\nHours: 1"
    wrapped = "Done: a line that is so long that the mail program has wrapped it \nhere\nHours: 1"
    fields = {"Content_Type": "text/plain; format=flowed"}

    assert reports(a_mail(long_line))[0].done is not None
    assert reports(a_mail(wrapped, **fields))[0].done == wrapped.replace("\nhere", "here")[6:-9]


@pytest.mark.parametrize(
    "charset", ["rot13", "zlib", "idna", "x\x00y", "no-such", "", "unicode_escape", "utf-7", "punycode"]
)
def test_b16_b17_a_charset_that_is_none_is_read_as_text(charset: str) -> None:
    raw = a_mail("Done: +ADw-script+AD4- \\u003c grün\nHours: 1", Content_Type=f'text/plain; charset="{charset}"')

    assert reports(raw) == (wire.Fields(done="+ADw-script+AD4- \\u003c grün", minutes=60),)


@pytest.mark.parametrize(
    ("content", "charset", "done"),
    [
        ("grün".encode(), "iso-8859-1", "grün"),
        ("grün".encode("cp1252"), "utf-8", "grün"),
        ("grün".encode("cp1252"), "us-ascii", "grün"),
        ("测试".encode("gbk"), "gb2312", "测试"),
        (b"a \xed\xa0\x80 b", "utf-8", "a í\u00a0€ b".replace("\u00a0", " ")),
        ("a\ud800b".encode("utf-16-le", "surrogatepass"), "utf-16-le", None),
    ],
)
def test_b18_wrong_labels_are_mended_and_nothing_unstorable_is_left(
    content: bytes, charset: str, done: str | None
) -> None:
    body = b"Done: " + content if charset != "utf-16-le" else "Done: ".encode("utf-16-le") + content

    found = reports(a_mail(body, Content_Type=f"text/plain; charset={charset}"))

    assert done is None or [done] == [one.done for one in found]
    str(found).encode("utf-8")


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x1b", "\ufeff", "\u200b", "\u202e", "\u2066", "\xad"])
def test_b19_marks_that_nobody_sees_hide_no_label(mark: str) -> None:
    assert reports(a_mail(f"{mark}Ho{mark}urs{mark}: {mark}1{mark}")) == (REPORT,)
