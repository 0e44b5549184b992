"""Bytes to text: which charsets are decoded, and how broken or missing labels are mended.

Only charsets of an allow-list are decoded: utf-7, unicode_escape, punycode and their like turn harmless bytes into
markup (FAULTS B16, B17). Whatever is wrong with the label, text comes back: never an error, never a lone surrogate.
"""

import re

_FAMILIES = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 cp65001",
    # Mail programs that say us-ascii or latin-1 send what Windows calls windows-1252 (WHATWG Encoding, section 4.2).
    "cp1252": "us-ascii ascii ansi_x3.4-1968 iso-8859-1 iso8859-1 latin1 latin-1 l1 windows-1252 cp1252 x-ansi",
    "gb18030": "gb2312 gb_2312-80 gbk cp936 ms936 windows-936 gb18030 x-gbk chinese csgb2312 euc-cn",
    "big5hkscs": "big5 big5-hkscs cp950 big5-eten csbig5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis cp932 windows-31j ms_kanji csshiftjis",
    "iso2022_jp_ext": "iso-2022-jp iso-2022-jp-1 iso-2022-jp-ms csiso2022jp cp50220 cp50221",
    "euc_jp": "euc-jp eucjp x-euc-jp",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601 ksc5601 ks_c_5601-1989 cp949 windows-949 csksc56011987 korean",
    "iso2022_kr": "iso-2022-kr",
    "cp874": "tis-620 iso-8859-11 windows-874 cp874 dos-874",
    "cp1254": "iso-8859-9 latin5 latin-5 windows-1254 cp1254",
    "koi8-r": "koi8-r koi8 cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "cp866": "ibm866 cp866",
    "cp437": "ibm437 cp437",
    "cp850": "ibm850 cp850",
    "cp852": "ibm852 cp852",
    "cp858": "cp858 ibm00858",
    "mac-roman": "macintosh mac-roman x-mac-roman",
    "mac-cyrillic": "x-mac-cyrillic mac-cyrillic",
    "utf-16": "utf-16 unicode",
    "utf-16-le": "utf-16le utf-16-le",
    "utf-16-be": "utf-16be utf-16-be",
    **{f"iso8859-{n}": f"iso-8859-{n} iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16)},
    "iso8859-8": "iso-8859-8 iso-8859-8-i iso8859-8 visual",
    **{f"cp{n}": f"windows-{n} cp{n}" for n in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
}
CODECS = {label: codec for codec, labels in _FAMILIES.items() for label in labels.split()}

# Controls but tab and newline, lone surrogates, soft hyphens, zero-width and bidi marks, BOM (FAULTS B18, B19). The two
# joiners U+200C and U+200D stay: Persian, Hindi and emoji mean something by them.
_JUNK = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_ASCII_JUNK = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f]")


def decode(content: bytes, label: str) -> str:
    """Decode by `label`, an empty or unknown one by looking at the bytes: utf-8 where it fits, else windows-1252."""
    if content.isascii() and b"\x1b" not in content and not _is_wide(label):
        return content.decode("ascii")
    codec = CODECS.get(label.strip().strip("\"'").lower(), "")
    if codec in ("", "utf-8", "cp1252"):
        return _guessed(content, codec)
    try:
        return content.decode(codec)
    except UnicodeError:
        mended = _as_utf8(content)
        return mended if mended is not None else content.decode(codec, "replace")


def clean(text: str) -> str:
    """Unify line ends to newlines and all spaces to the plain one; take out what nobody sees."""
    if text.isascii():
        if _ASCII_JUNK.search(text) is None:
            return text
    else:
        text = _SPACES.sub(" ", text)
    return _JUNK.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Clean, with every run of white space as one space: fit for a header or a log."""
    return " ".join(clean(text).split())


def _is_wide(label: str) -> bool:
    return "16" in label


def _guessed(content: bytes, codec: str) -> str:
    """Try utf-8 first whatever the label: text that is valid utf-8 by chance and not by intent hardly exists."""
    exact = _as_utf8(content)
    if exact is not None:
        return exact
    as_utf8 = content.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    meant = len(re.findall("[^\x00-\x7f\ufffd]", as_utf8))
    if codec != "cp1252" and meant >= broken:
        return as_utf8  # utf-8 with a few bytes cut off or spoilt
    return content.decode("cp1252", "replace")


def _as_utf8(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
