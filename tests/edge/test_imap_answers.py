"""What IMAP servers say, in all the forms they say it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.edge.imap.answers import read_fetch, read_internal_date, read_search, shown, uid_set

HEADER = b"Subject: hello\r\n\r\n"
WHOLE = b'UID 5 RFC822.SIZE 700 INTERNALDATE "23-Nov-2026 08:00:00 +0100" BODY[HEADER]<0> {18}'
DATE = b"23-Nov-2026 08:00:00 +0100"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([(b"1 (" + WHOLE, HEADER), b")"], id="dovecot"),
        pytest.param([(b"1 (FLAGS (\\Seen) " + WHOLE, HEADER), b")"], id="flags come along"),
        pytest.param([(b"1 (FLAGS (\\Seen) MODSEQ (12) " + WHOLE, HEADER), b")"], id="modseq comes along"),
        pytest.param(
            [(b"1 (BODY[HEADER]<0> {18}", HEADER), b' UID 5 RFC822.SIZE 700 INTERNALDATE "' + DATE + b'")'],
            id="the literal comes first",
        ),
        pytest.param(
            [(b'1 (uid 5 rfc822.size 700 internaldate "' + DATE + b'" body[header]<0> {18}', HEADER), b")"],
            id="lower case",
        ),
        pytest.param(
            [b'1 (UID 5 RFC822.SIZE 700 INTERNALDATE "' + DATE + b'")', (b"1 (UID 5 BODY[HEADER] {18}", HEADER), b")"],
            id="two answers about one mail",
        ),
        pytest.param(
            [(b"1 (" + WHOLE, HEADER), b")", b"1 (FLAGS (\\Seen) UID 5)"],
            id="somebody changes its flags meanwhile",
        ),
        pytest.param(
            [b"9 (FLAGS (\\Deleted))", (b"1 (" + WHOLE, HEADER), b")", b"garbage", None], id="garbage between"
        ),
    ],
)
def test_a_listing_is_read_in_every_form(pieces: list[bytes | tuple[bytes, bytes] | None]) -> None:
    assert read_fetch(pieces) == ((5, 700, DATE, HEADER),)


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        pytest.param([(b"1 (UID 5 BODY[] {3}", b"a)b"), b")"], b"a)b", id="a literal"),
        pytest.param([b'1 (UID 5 BODY[] "ab")'], b"ab", id="a quoted string"),
        pytest.param([b'1 (UID 5 BODY[] "12")'], b"12", id="a quoted number"),
        pytest.param([b'1 (UID 5 BODY[] "")'], b"", id="an empty string"),
        pytest.param([b"1 (UID 5 BODY[] NIL)"], None, id="nothing, for it was expunged"),
        pytest.param([b"1 (UID 5 FLAGS ())"], None, id="not what was asked"),
        pytest.param([(b"1 (UID 5 BODY[] {9}", b"UID 6 x y"), b")"], b"UID 6 x y", id="text that looks like an answer"),
    ],
)
def test_a_mail_is_read_in_every_form(pieces: list[bytes | tuple[bytes, bytes] | None], body: bytes | None) -> None:
    assert read_fetch(pieces) == ((5, None, None, body),)


@given(st.lists(st.one_of(st.none(), st.binary(), st.tuples(st.binary(), st.binary()))))
def test_nothing_a_server_says_raises(pieces: list[bytes | tuple[bytes, bytes] | None]) -> None:
    read_fetch(pieces)
    read_search([piece for piece in pieces if not isinstance(piece, tuple)])


def test_a_search_may_come_in_several_lines() -> None:
    assert read_search([b"7 5", None, b"", b"9 5"]) == [5, 7, 9]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (b"23-Nov-2026 08:00:00 +0100", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        (b" 3-nov-2026 08:00:00 -0330", datetime(2026, 11, 3, 11, 30, tzinfo=UTC)),
        (b"23-Nov-2026 08:00:00", None),
        (b"31-Feb-2026 08:00:00 +0000", None),
        (b"23-Smarch-2026 08:00:00 +0000", None),
        (b"23-Nov-2026 08:00:00 +9999", None),
        (b"01-Jan-0001 00:00:00 +0100", None),
        (b"", None),
        (None, None),
    ],
)
def test_an_internal_date_is_an_instant_or_nothing(text: bytes | None, instant: datetime | None) -> None:
    assert read_internal_date(text) == instant


@pytest.mark.parametrize(("uids", "written"), [((), ""), ((5,), "5"), ((7, 5, 6, 6, 9), "5:7,9"), ((1, 3, 5), "1,3,5")])
def test_uids_are_written_with_ranges(uids: tuple[int, ...], written: str) -> None:
    assert uid_set(uids) == written


@given(st.sets(st.integers(1, 400)))
def test_a_set_with_ranges_has_just_those_uids(uids: set[int]) -> None:
    named: set[int] = set()
    for part in filter(None, uid_set(uids).split(",")):
        first, _, last = part.partition(":")
        named.update(range(int(first), int(last or first) + 1))

    assert named == uids


def test_what_a_server_says_is_fit_for_one_line() -> None:
    assert shown("b'[ALERT] no\\r\\n'") == "[ALERT] no\\r\\n"
    assert shown(b"a\r\n\x1b[31mb") == "a   [31mb"
    assert len(shown("x" * 500)) == 200
