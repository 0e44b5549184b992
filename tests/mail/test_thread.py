"""What could place a mail: tokens, ids and keys, found and never believed."""

import pytest

from mailagent.mail.headers import Headers
from mailagent.mail.thread import body_keys, ids_of, message_id_of, only_in_copy, subject_keys, token_candidates
from tests.mail.mails import OTHER_TOKEN, OURS, TOKEN


def candidates(block: str) -> tuple[str, ...]:
    return token_candidates(Headers(block.encode()), OURS)


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_token_is_found_in_each_address_field(name: str) -> None:
    assert candidates(f"{name}: Agent <mailagent+{TOKEN.upper()}@agent.example>") == (TOKEN,)


@pytest.mark.parametrize("name", ["In-Reply-To", "References"])
def test_a_token_is_found_in_an_id_of_ours(name: str) -> None:
    assert candidates(f"{name}: <x@y>\n <t.{TOKEN}.1@agent.example>") == (TOKEN,)


def test_a_token_is_found_where_the_plus_was_eaten() -> None:
    assert candidates(f"To: mailagent{TOKEN}@agent.example") == (TOKEN,)
    assert candidates(f"To: othermailagent{TOKEN}@agent.example") == ()


def test_tokens_come_in_the_order_of_their_places() -> None:
    block = (
        f"References: <t.{TOKEN}.1@a> <t.{OTHER_TOKEN}.2@a>\nIn-Reply-To: <t.{OTHER_TOKEN}.2@a>\n"
        f"To: mailagent+{'c' * 28}@a, mailagent+{'d' * 28}@a"
    )

    assert candidates(block) == ("c" * 28, "d" * 28, OTHER_TOKEN, TOKEN)


@pytest.mark.parametrize(
    "block",
    [
        f"To: mailagent+{TOKEN}x@agent.example",
        f"To: mailagent+{TOKEN[:-1]}@agent.example",
        f"To: mailagent+{TOKEN[:-1]}1@agent.example",
        f"Subject: mailagent+{TOKEN}@agent.example",
        f"In-Reply-To: <t.{TOKEN}@agent.example>",
        f"In-Reply-To: <t.{TOKEN}.!@agent.example>",
        f"In-Reply-To: t.{TOKEN}.1@agent.example",
    ],
)
def test_what_is_not_exactly_one_is_no_token(block: str) -> None:
    assert candidates(block) == ()


def test_no_more_than_twenty_tokens_are_looked_at() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"

    assert len(candidates("To: " + ", ".join(f"x+{letter * 28}@y" for letter in letters))) == 20


@pytest.mark.parametrize(
    ("block", "message_id"),
    [
        ("Message-ID: <a@b>", "<a@b>"),
        ("Message-Id:\n <a@b>", "<a@b>"),
        ("Message-ID: <a@b> <c@d>", None),
        ("Message-ID: <a@b>\nMessage-ID: <a@b>", None),
        ("Message-ID: a@b", None),
        ("Message-ID: <a@", None),
        ("Message-ID: x <a@b>", None),
        ("Message-ID: <" + "x" * 10_000 + "@b>", None),
        ("To: x", None),
    ],
)
def test_a_message_id_is_exact_or_none(block: str, message_id: str | None) -> None:
    assert message_id == message_id_of(Headers(block.encode()))


def test_ids_of_a_field_are_found() -> None:
    assert ids_of(Headers(b"References: <a@b> <c@d>"), "references") == ("<a@b>", "<c@d>")
    assert ids_of(Headers(b"To: x"), "references") == ()


@pytest.mark.parametrize(
    ("subject", "keys"),
    [
        ("Re: [J12] Photos", ("J12",)),
        ("AW: [ j12 ] and [J13]", ("J12", "J13")),
        ("J12 without brackets", ()),
        ("[J0] [J1234567890] [JX]", ()),
    ],
)
def test_keys_are_found_in_a_subject(subject: str, keys: tuple[str, ...]) -> None:
    assert keys == subject_keys(subject)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("J12: done\nand J13, (J14) [J15].", ("J12", "J13", "J14", "J15")),
        ("https://x.example/J12 J12-b aJ13 J14x j15 J0", ()),
        ("none", ()),
    ],
)
def test_keys_are_found_in_words(text: str, keys: tuple[str, ...]) -> None:
    assert keys == body_keys(text)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("To: mailagent@agent.example", False),
        ("To: ana@example.org\nCc: MailAgent@agent.example", True),
        (f"To: ana@example.org\nCc: Desk <mailagent+{TOKEN}@agent.example>", True),
        ("To: Desk <mailagent@agent.example>, ana@example.org\nCc: mailagent@agent.example", False),
        (f"To: mailagent{TOKEN}@agent.example\nCc: mailagent@agent.example", False),
        ("To: mailagent-list@agent.example\nCc: mailagent@agent.example", True),
        ("To: ana@example.org", False),
        ("", False),
    ],
)
def test_a_copy_is_not_spoken_to_us(block: str, expected: bool) -> None:
    assert only_in_copy(Headers(block.encode()), OURS) is expected
