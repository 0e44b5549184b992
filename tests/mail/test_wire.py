"""Questions and answers survive the way between parent and child, and stay bounded."""

import dataclasses
from datetime import UTC, datetime

import pytest

from mailagent.mail import wire
from tests.mail.mails import OURS

SIFTED = wire.Sifted(
    "ana@example.org",
    "why",
    "<1@example.org>",
    ("<a@b>",),
    ("<a@b>", "<c@d>"),
    ("t" * 28,),
    ("J12",),
    "Re: [J12]",
    False,
    datetime(2026, 11, 23, 14, 27, 11, tzinfo=UTC),
    True,
)
BARE = wire.Sifted(None, "why", None, (), (), (), (), "", True)
VERDICT = wire.AuthVerdict("pass", False, "why")
FACTS = wire.BounceFacts("ana@example.org", True, "550", "<t@b>", ("t" * 28,))


@pytest.mark.parametrize("value", [SIFTED, BARE])
def test_a_sifted_header_comes_back_whole(value: wire.Sifted) -> None:
    assert value == wire.decode_sifted(wire.encode_sifted(value))


@pytest.mark.parametrize(
    "value",
    [
        wire.Glanced(None, wire.PERSON, "why", VERDICT, SIFTED, (wire.Attachment("a.png", 9),)),
        wire.Glanced(None, wire.BOUNCE, "why", VERDICT, BARE, (), FACTS),
        wire.Glanced("too large", wire.PERSON, "why", VERDICT, BARE),
    ],
)
def test_a_glance_comes_back_whole(value: wire.Glanced) -> None:
    assert value == wire.decode_glanced(wire.encode_glanced(value))


def test_an_understanding_comes_back_whole() -> None:
    value = wire.Understood(
        (wire.Fields("J12", "x", 90, "y", "", "done"), wire.Fields()),
        (wire.Doubt("a", "b?"),),
        ("J12",),
        "own",
        "remark",
        "yes",
        True,
        (wire.Line(1, "x", "own", "why"),),
    )

    assert value == wire.decode_understood(wire.encode_understood(value))


def test_too_many_lines_are_cut_and_the_cut_is_told() -> None:
    lines = tuple(wire.Line(n, "x" * 1000, "own", "why") for n in range(5000))
    value = wire.Understood((), (), (), "", "", "", False, lines)

    body = wire.encode_understood(value)

    found = wire.decode_understood(body)
    assert len(body) <= wire.ANSWER_LIMIT_BYTES
    assert found.truncated
    assert found.lines == lines[: len(found.lines)] != ()


def test_questions_come_back_whole() -> None:
    limits = dataclasses.replace(wire.Limits(), parts=7)
    context = wire.ReadContext(("text",), ("pl", "en"), ("J12",), want_lines=True)

    sift, block = wire.sift_question("m", b"From: x", OURS)
    glance, raw = wire.glance_question("m", b"mail", OURS, limits)
    read, again = wire.read_question("m", context, b"mail", limits)

    assert (block, raw, again) == (b"From: x", b"mail", b"mail")
    assert wire.decode_question(sift) == wire.SiftAsked("m", OURS)
    assert wire.decode_question(glance) == wire.GlanceAsked("m", OURS, limits)
    assert wire.decode_question(read) == wire.ReadAsked("m", context, limits)


@pytest.mark.parametrize(
    ("dmarc", "dkim", "proves"),
    [("pass", False, True), ("pass", True, True), ("none", True, True), ("none", False, False), ("fail", True, False)],
)
def test_a_failed_check_outweighs_all(dmarc: str, dkim: bool, proves: bool) -> None:
    assert proves == wire.AuthVerdict(dmarc, dkim, "").proves_domain


def test_fields_with_a_key_alone_are_empty() -> None:
    assert wire.Fields("J12").is_empty
    assert not wire.Fields(blocked="").is_empty
