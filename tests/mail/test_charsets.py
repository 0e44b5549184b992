"""Charsets: what is decoded, what is mended, and what is never decoded (FAULTS B16 to B19)."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.charsets import CODECS, clean, decode, one_line

TEXT = "Grüße, żółć, привет, 测试, テスト"


def test_each_codec_of_the_list_is_there() -> None:
    assert all(codecs.lookup(name) for name in set(CODECS.values()))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("plain", "us-ascii"),
        ("Grüße", "utf-8"),
        ("Grüße", "UTF-8"),
        ("Grüße", '"utf8"'),
        ("Grüße", "iso-8859-1"),
        ("10 € “so”", "windows-1252"),
        ("żółć", "iso-8859-2"),
        ("привет", "koi8-r"),
        ("привет", "windows-1251"),
        ("测试", "gb2312"),
        ("测试", "gbk"),
        ("測試", "big5"),
        ("テスト", "iso-2022-jp"),
        ("テスト①", "shift_jis"),
        ("テスト", "euc-jp"),
        ("테스트", "ks_c_5601-1987"),
        ("ทดสอบ", "tis-620"),
        ("şğı", "iso-8859-9"),
        ("plain", "utf-16"),
        ("plain", "utf-16le"),
    ],
)
def test_a_charset_in_use_is_decoded(text: str, label: str) -> None:
    codec = {"ks_c_5601-1987": "cp949", "shift_jis": "cp932", "tis-620": "cp874"}.get(label, label.strip('"'))

    assert text == decode(text.encode(codec), label)


@pytest.mark.parametrize("label", ["", "utf-8", "us-ascii", "iso-8859-1", "x-unknown", "rot13", "\x00", "zlib", "idna"])
def test_utf8_is_recognised_under_any_label(label: str) -> None:
    assert decode(TEXT.encode(), label) == TEXT


@pytest.mark.parametrize("label", ["", "us-ascii", "iso-8859-1", "rot13", "x-unknown", "utf-8"])
def test_bytes_that_are_no_utf8_are_read_as_windows_1252(label: str) -> None:
    assert decode("Grüße für zwölf".encode("cp1252"), label) == "Grüße für zwölf"


def test_utf8_with_a_spoilt_byte_stays_utf8() -> None:
    assert decode("grün, süß".encode() + b"\xc3", "utf-8") == "grün, süß\ufffd"


@pytest.mark.parametrize("label", ["utf-7", "unicode_escape", "punycode", "raw_unicode_escape", "hex", "uu", "idna"])
def test_what_makes_markup_of_harmless_bytes_is_not_decoded(label: str) -> None:
    assert decode(b"+ADw-script+AD4- \\u003c 3c", label) == "+ADw-script+AD4- \\u003c 3c"


def test_a_wrong_label_is_mended_where_the_bytes_are_utf8() -> None:
    assert decode("测".encode(), "big5") == "测"
    assert decode(b"\x81\xff", "big5") == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00b\x07\x1b[31mc\td", "ab[31mc\td"),
        ("a\u200bb\u202ec\ufeff\xad", "abc"),
        ("a\u2028b\x85c", "a\nb\nc"),
        ("a\xa0b\u2003c", "a b c"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("نمی\u200cدانم", "نمی\u200cدانم"),
        ("plain", "plain"),
    ],
)
def test_what_nobody_sees_is_taken_out(text: str, cleaned: str) -> None:
    assert cleaned == clean(text)


@given(st.binary(max_size=300), st.sampled_from(["", "utf-8", "gb2312", "big5", "iso-2022-jp", "utf-16", "cp949", "x"]))
def test_decoding_never_raises_and_can_be_stored(content: bytes, label: str) -> None:
    clean(decode(content, label)).encode("utf-8")


@given(st.text(max_size=100))
def test_one_line_is_one_line(text: str) -> None:
    assert one_line(text).splitlines() in ([], [one_line(text)])
