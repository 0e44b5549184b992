"""FAULTS section 2, headers and senders: B20 to B39 and B68 to B71, as far as reading decides them."""

import pytest

from mailagent.mail import wire
from mailagent.mail.reading import sift
from tests.mail.mails import OURS, TOKEN, a_mail, seen

MIB = 1024 * 1024


def envelope(raw: bytes) -> wire.Sifted:
    return sift(raw[: 100 * 1024], OURS)


def test_b20_look_alike_letters_are_another_address() -> None:
    assert envelope(a_mail(From="аna@example.org")).addr_spec is None  # a Cyrillic а
    assert envelope(a_mail(From="ａna@example.org")).addr_spec is None
    assert envelope(a_mail(From="ana@example.org")).addr_spec == "ana@example.org"


def test_b22_a_subject_of_five_mebibytes_is_cut_before_it_is_read() -> None:
    raw = a_mail(Subject=" [J12] folded\r\n" * (5 * MIB // 15) + " end")

    assert envelope(raw).subject_keys == ("J12",)
    assert seen(raw).glanced.problem == "The header is larger than 100 KiB."


@pytest.mark.parametrize("sign", ['"', "(", "<", ",", "\\", "=?"])
def test_b23_b24_a_hostile_from_is_no_claim(sign: str) -> None:
    assert envelope(a_mail(From=sign * 32_768)).addr_spec is None
    assert envelope(a_mail(From=sign * 2000 + "ana@example.org")).addr_spec is None


def test_b25_very_many_addresses_and_parameters_are_bounded() -> None:
    many = ", ".join(f"user{n}@example.com" for n in range(20_000))

    assert seen(a_mail(To=many)).glanced.problem is not None
    assert seen(a_mail(Content_Type="text/plain" + "; a=b" * 5000)).glanced.problem is None
    assert envelope(a_mail(Cc=", ".join(f"user{n}@example.com" for n in range(200)))).tokens == (TOKEN,)


def test_b26_very_many_fields_are_quarantined() -> None:
    assert seen(b"X: y\r\n" * 100_000 + a_mail()).glanced.problem == "The header is larger than 100 KiB."
    assert seen(b"X: y\r\n" * 1100 + a_mail()).glanced.problem == "The header has more than 1000 fields."
    assert seen(b"X: y\r\n" * 900 + a_mail()).glanced.problem is None


@pytest.mark.parametrize("value", ["<a@", "<[>", "<a@b> <c@d>", "<" + "x" * 10_240 + "@b>", "", "a@b"])
def test_b32_b33_a_broken_message_id_is_none(value: str) -> None:
    found = envelope(a_mail(Message_ID=value)).message_id

    assert found is None or found == "<[>"


def test_b33_a_repeated_message_id_is_none() -> None:
    assert envelope(b"Message-ID: <x@y>\r\n" + a_mail()).message_id is None


@pytest.mark.parametrize(
    "subject", ["=?utf-8?q?a=0ABcc:_x?=", "=?utf-8?q?a=0D=0ABcc:_x?=", "a\r\n Bcc: x", "=?utf-8?b?YQpCY2M6IHg=?="]
)
def test_b34_a_subject_is_one_line(subject: str) -> None:
    assert envelope(a_mail(Subject=subject)).subject == "a Bcc: x"


def test_b35_a_bare_cr_makes_no_field() -> None:
    raw = b"Subject: a\rFrom: owner@corp.example\r\n" + a_mail()

    assert envelope(raw).addr_spec == "ana@example.org"
    assert envelope(raw).subject == "a From: owner@corp.example"


def test_b35_what_follows_the_first_mail_is_its_text() -> None:
    raw = a_mail("Hours: 1\n.\nMAIL FROM:<x@evil.example>\nDATA\nFrom: owner@corp.example\n\nHours: 9\n")

    assert seen(raw).glanced.envelope.addr_spec == "ana@example.org"


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 +0000",
        "Thu, 01 Jan 2099 00:00:00 +9999",
        "garbage",
        "Mon, 23 Nov 0000 15:27:11 +0000",
        "",
        "Mon, 45 Nov 2026",
        "x" * 5000,
    ],
)
def test_b36_an_absurd_date_is_none(date: str) -> None:
    assert envelope(a_mail(Date=date)).written_at is None


def test_b37_of_very_many_references_fifty_are_kept() -> None:
    assert len(envelope(a_mail(References=" ".join(f"<{n}@b>" for n in range(5000)))).references) == 50


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "no", "X_Autoreply": "yes"},
        {"Auto_Submitted": "no", "Precedence": "auto_reply"},
        {"X_Mailagent_Nature": "person", "Auto_Submitted": "auto-replied"},
        {"X_Mailagent_Proof": "5", "Auto_Submitted": "auto-generated"},
    ],
)
def test_b38_forged_fields_excuse_nothing(fields: dict[str, str]) -> None:
    assert seen(a_mail(**fields)).glanced.nature != wire.PERSON


@pytest.mark.parametrize(
    "forged",
    [
        "evil.example; dmarc=pass header.from=example.org",
        "evil.example (mx.agent.example; dmarc=pass header.from=example.org); none",
        '"mx.agent.example; dmarc=pass"; none',
        "; dmarc=pass header.from=example.org",
        "mx.agent.example mx.agent.example; dmarc=pass header.from=example.org",
        "mx.agent.example; spf=pass smtp.mailfrom=example.org",
    ],
)
def test_b39_forged_results_prove_nothing(forged: str) -> None:
    assert not seen(a_mail(Authentication_Results=forged)).glanced.auth.proves_domain


def test_b39_twin_the_trusted_servers_result_proves_the_domain() -> None:
    real = "mx.agent.example; dmarc=pass header.from=example.org"

    assert seen(a_mail(Authentication_Results=real)).glanced.auth.proves_domain


@pytest.mark.parametrize(
    ("fields", "nature"),
    [
        ({"From": "mailagent@agent.example"}, wire.OURS),
        ({"Message_ID": f"<t.{TOKEN}.1@agent.example>"}, wire.OURS),
        ({"Auto_Submitted": "auto-replied"}, wire.OUT_OF_OFFICE),
        ({"List_Id": "<list.example.org>"}, wire.LIST),
        ({"Precedence": "bulk"}, wire.AUTOMATIC),
    ],
)
def test_b68_to_b71_machines_are_no_persons(fields: dict[str, str], nature: str) -> None:
    assert nature == seen(a_mail(**fields)).glanced.nature
