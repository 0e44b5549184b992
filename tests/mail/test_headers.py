"""Header blocks: fields in order and untouched, and the few decodings, none of which may raise or hang."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.headers import (
    Headers,
    decode_words,
    message_ids,
    parse_date,
    parse_parameters,
    plain,
    unify_line_ends,
)


def test_fields_are_found_without_case_and_in_order() -> None:
    headers = Headers(b"Received: one\nTO: a@b\nReceived: two\n\tfolded")

    assert headers.all("received") == (b" one", b" two\n\tfolded")
    assert [name for name, _ in headers.items] == ["received", "to", "received"]
    assert (headers.count, headers.is_broken) == (3, False)
    assert headers.has("to")
    assert not headers.has("cc")
    assert headers.plain("received") == "one"
    assert (headers.text("cc"), headers.plain("cc"), headers.all("cc")) == ("", "", ())


def test_a_blank_before_the_colon_hides_no_field() -> None:
    assert Headers(b"From : a@b\nfrom: c@d").all("from") == (b" a@b", b" c@d")


@pytest.mark.parametrize(
    ("block", "is_broken"),
    [
        (b"From a@b Mon\nTo: x", False),
        (b">From a@b Mon\nTo: x", False),
        (b"To: x\nno field at all", True),
        (b": no name", True),
        (b"Na\x00me: x", True),
        (b"N" * 300 + b": x", True),
        (b" starts folded\nTo: x", True),
        (b"", False),
    ],
)
def test_a_line_that_is_no_field_breaks_the_block(block: bytes, is_broken: bool) -> None:
    assert is_broken == Headers(block).is_broken


@pytest.mark.parametrize(
    ("raw", "unified", "end"),
    [
        (b"A: b\r\n\r\nbody\r\n", b"A: b\n\nbody\n", 4),
        (b"A: b\n\nbody", b"A: b\n\nbody", 4),
        (b"A: b\rBcc: c\r\n\r\nx\ry", b"A: b Bcc: c\n\nx\ny", 11),
        (b"\r\nbody", b"\nbody", 0),
        (b"A: b", b"A: b", 4),
    ],
)
def test_line_ends_are_unified(raw: bytes, unified: bytes, end: int) -> None:
    assert (unified, end) == unify_line_ends(raw)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b" Re: [J12] Photos", "Re: [J12] Photos"),
        (b" =?utf-8?B?w7w=?= x =?UTF-8?q?=C3=BC_y?=", "ü x ü y"),
        (b" =?utf-8?B?w7w=?=\n =?utf-8?B?w7w=?=", "üü"),
        (b" =?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü"),
        (b" =?utf-8*en?Q?a?=", "a"),
        (b"=?iso-2022-jp?B?GyRCJUYbKEI=?=", "テ"),
        (b"=?gb2312?B?suLK1A==?=", "测试"),
        (b" =?utf-8?q?a=0ABcc:_x?=", "a Bcc: x"),
        (b"=?utf-7?q?+ADw-script+AD4-?=", "+ADw-script+AD4-"),
        (b"=?x-unknown?q?a=FC?=", "aü"),
        (b"=?utf-8?B?!!!?=", ""),
        (b"=?utf-8?B?YQ?= b", "a b"),
        (b"=?utf-8?X?YQ?= b", "=?utf-8?X?YQ?= b"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"folded\n\t  line\x00\x07", "folded line"),
    ],
)
def test_encoded_words_are_decoded_into_one_line(value: bytes, text: str) -> None:
    assert text == decode_words(value)


@given(st.binary(max_size=200))
def test_decoding_a_field_never_raises_and_gives_one_line(value: bytes) -> None:
    for text in (
        decode_words(value),
        decode_words(b"=?utf-8?q?" + value + b"?= =?big5?b?" + value + b"?="),
        plain(value),
    ):
        assert text == " ".join(text.split())
        text.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "kind", "params"),
    [
        ("text/plain", "text/plain", {}),
        ('Text/HTML; Charset="utf-8"; format=flowed', "text/html", {"charset": "utf-8", "format": "flowed"}),
        ("a/b; name=x; name=y", "a/b", {"name": "x"}),
        ('a/b; name="a\\"b;c"', "a/b", {"name": 'a"b;c'}),
        ("a/b; filename*=utf-8''a%20%C3%BC", "a/b", {"filename": "a ü"}),
        ("a/b; filename*0*=utf-8'en'a%20; filename*1=b", "a/b", {"filename": "a b"}),
        ("a/b; filename*=plain", "a/b", {"filename": "plain"}),
        ("a/b; broken; =x", "a/b", {}),
    ],
)
def test_parameters_are_read(value: str, kind: str, params: dict[str, str]) -> None:
    assert (kind, params) == parse_parameters(value)


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (b" <a@b> <c@d>", ("<a@b>", "<c@d>")),
        (b"<a@b>\n\t<c@d>", ("<a@b>", "<c@d>")),
        (b"<a@", ()),
        (b"<[>", ("<[>",)),
        (b"none", ()),
    ],
)
def test_ids_are_found(value: bytes, ids: tuple[str, ...]) -> None:
    assert ids == message_ids(value)


def test_of_many_ids_the_first_and_last_count() -> None:
    found = message_ids(b" ".join(b"<%d@b>" % n for n in range(5000)))

    assert (found[0], found[24], found[25], found[-1], len(found)) == ("<0@b>", "<24@b>", "<4975@b>", "<4999@b>", 50)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("Mon, 23 Nov 2026 15:27:11 +0100", datetime(2026, 11, 23, 14, 27, 11, tzinfo=UTC)),
        ("23 Nov 2026 15:27 -0000", datetime(2026, 11, 23, 15, 27, tzinfo=UTC)),
        ("Mon, 23 Nov 0000 15:27:11 +0000", None),
        ("Mon, 23 Nov 1970 15:27:11 +0000", None),
        ("Mon, 23 Nov 2026 15:27:11 +9999", None),
        ("Mon, 23 Nov 2026 99:27:11", None),
        ("2026", None),
        ("garbage", None),
        ("", None),
    ],
)
def test_a_date_is_an_instant_or_nothing(value: str, instant: datetime | None) -> None:
    assert instant == parse_date(value)
