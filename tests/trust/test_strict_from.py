"""The claim: a strict From, or none at all (FAULTS 3.3 rule 8, B27 to B31). Three parsers agree, or nobody wrote it."""

from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.headers import Headers
from mailagent.mail.sender import ADDR_SPEC, claimed_sender


def claim(value: str | bytes) -> str | None:
    raw = value if isinstance(value, bytes) else value.encode()
    return claimed_sender(Headers(b"From: " + raw.replace(b"\r\n", b"\n"))).addr_spec


@pytest.mark.parametrize(
    ("value", "addr_spec"),
    [
        ("ana@example.org", "ana@example.org"),
        (" ana@example.org ", "ana@example.org"),
        ("Ana Cruz <ana@example.org>", "ana@example.org"),
        ("Ana Cruz <Ana@Example.ORG>", "ana@example.org"),
        ("<ana@example.org>", "ana@example.org"),
        ('"Cruz, Ana" <ana@example.org>', "ana@example.org"),
        ('"Ana \\"the cutter\\" Cruz" <ana@example.org>', "ana@example.org"),
        ("John Q. Public <john@example.org>", "john@example.org"),
        ("Pat O'Neil <pat@example.org>", "pat@example.org"),
        ("=?utf-8?q?J=C3=BCrgen?= <j@example.org>", "j@example.org"),
        ("=?utf-8?b?SsO8?=\r\n =?utf-8?b?cmdlbg==?=\r\n <j@example.org>", "j@example.org"),
        ("=?x-unknown?q?J=FC?= <j@example.org>", "j@example.org"),
        ("first.last+tag=x@sub.example.co.uk", "first.last+tag=x@sub.example.co.uk"),
        ("a@localhost", "a@localhost"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_a_plain_address_is_a_claim(value: str, addr_spec: str) -> None:
    assert addr_spec == claim(value)


@pytest.mark.parametrize(
    "value",
    [
        # B27
        "",
        " ",
        "<>",
        ",,",
        "ana@example.org, eva@example.org",
        "ana@example.org; eva@example.org",
        "friends: ana@example.org, eva@example.org;",
        "Ana",
        "Ana <>",
        # B28
        "alice@example.org)bob@evil.example",
        "owner@corp.example <x@evil.example>",
        "<owner@corp.example><x@evil.example>",
        "<owner@corp.example> <x@evil.example>",
        "owner@corp.example\r\n <x@evil.example>",
        "Owner <owner@corp.example>\r\n , x@evil.example",
        "<owner@corp.example(x)>",
        "Owner <owner@corp.example,x@evil.example>",
        "<@relay.example:owner@corp.example>",
        '"owner@corp.example"@evil.example',
        '"a b"@corp.example',
        "owner@[192.0.2.1]",
        # B29
        "Owner <owner@corp.example (x@evil.example)>",
        "(comment) owner@corp.example",
        "owner@corp.example (Owner)",
        "Owner (the boss) <owner@corp.example>",
        "undisclosed:owner@corp.example;",
        # more
        "owner@corp.example>",
        "<owner@corp.example",
        "Owner <owner@corp.example> x",
        'Owner" <owner@corp.example>',
        '"Owner <owner@corp.example>',
        "a..b@corp.example",
        ".a@corp.example",
        "a.@corp.example",
        "a@-corp.example",
        "a@corp..example",
        "a@corp.example.",
        "a" * 65 + "@corp.example",
        "a@" + "x" * 64 + ".example",
        "a@" + ".".join(["x" * 60] * 5),
        "a b@corp.example",
        "a\tb@corp.example",
        "Ana <ana@example.org>" + " " * 1000,
    ],
)
def test_anything_else_is_no_claim(value: str) -> None:
    assert claim(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "оwner@corp.example".encode(),  # a Cyrillic o
        "Jürgen <j@example.org>".encode(),
        b"a\xff@corp.example",
        b"a@corp.example\x00",
        b"a\x00@corp.example",
    ],
)
def test_only_ascii_is_a_claim(value: bytes) -> None:
    assert claim(value) is None


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (b"To: x@example.org", "there is no From field"),
        (b"From: a@example.org\nFrom: a@example.org", "there is more than one From field"),
        (b"From: a@example.org\nFROM : b@example.org", "there is more than one From field"),
        (b"From: a@example.org\nnot a field", "the header has a line that is no field"),
        (b"From: " + b'"' * 65536, "From is too long"),
        (b"From: \xc3\xbc@example.org", "From is not plain ASCII"),
        (b"From: (a) b@example.org", "From is not one plain address"),
    ],
)
def test_a_header_that_is_not_exact_is_told_why(block: bytes, why: str) -> None:
    claimed = claimed_sender(Headers(block))

    assert (None, why) == (claimed.addr_spec, claimed.why)


def test_a_name_that_looks_like_an_address_is_told() -> None:
    claimed = claimed_sender(Headers(b'From: "owner@corp.example" <x@evil.example>'))

    assert (claimed.addr_spec, claimed.why) == (
        "x@evil.example",
        "From is one plain address, its name looks like another",
    )


def test_reply_to_and_sender_are_never_identity() -> None:
    owner = b"owner@corp.example"
    block = b"Reply-To: %s\nSender: %s\nReturn-Path: <%s>\nFrom: x@evil.example" % (owner, owner, owner)

    assert claimed_sender(Headers(block)).addr_spec == "x@evil.example"


def test_parsers_that_disagree_are_no_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stdlib's two parsers get what our own lets through; were one to differ, nobody would have written it."""
    monkeypatch.setattr("mailagent.mail.sender.parseaddr", lambda text: ("", "victim@corp.example"))

    claimed = claimed_sender(Headers(b"From: only.for.this.test@example.org"))

    assert (claimed.addr_spec, claimed.why) == (None, "parsers disagree about From")


class _Raises:
    @staticmethod
    def header_factory(name: str, value: str) -> None:
        raise IndexError(f"{name}: {value}")


def test_a_parser_that_raises_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("email.policy.default", _Raises)

    assert claim("only.for.that.test@example.org") is None


@given(st.text(alphabet=st.sampled_from("ab.@<>()\"\\,;: \t\n=?!'[]"), max_size=40))
def test_a_claim_is_what_each_parser_says(value: str) -> None:
    found = claim(value)

    if found is not None:
        assert ADDR_SPEC.fullmatch(found)
        assert found == parseaddr(" ".join(value.split()))[1].lower()
