"""`explain`: how a mail is understood and what would be done, as JSON version 1; nothing is changed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailagent.explaining import Explained, explain
from tests.factories import NOW
from tests.rooms import ANA, DANA, PROVEN, STRANGER, Rooms, Sent, a_mail


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with Rooms(tmp_path) as made:
        made.staff()
        yield made


@pytest.fixture
def brief(rooms: Rooms) -> Sent:
    return rooms.brief()


def explained(rooms: Rooms, raw: bytes) -> Explained:
    before = (rooms.store.seq, rooms.queued(), sorted(rooms.state.rglob("*")))
    found = explain(rooms.understanding, rooms.desk, raw, NOW)
    assert (rooms.store.seq, rooms.queued(), sorted(rooms.state.rglob("*"))) == before
    return found


def test_a_report_is_explained_step_by_step(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(ANA, to=brief.reply_to, **brief.thread))

    assert (found.schema, found.nature) == (1, "person")
    assert (found.sender.addr_spec, found.sender.proof) == (ANA, "token")
    assert (found.job.key, found.job.how) == ("J1", "reply code")
    fields = found.fields
    assert (fields.done, fields.minutes, fields.next, fields.blocked, fields.status) == (
        "20 rows",
        90,
        "the rest",
        "",
        "working",
    )
    assert found.unclear == ()


def test_what_would_be_done_is_the_whole_decision(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(ANA, to=brief.reply_to, **brief.thread))

    made = [(one.entity, one.what) for one in found.would.changes]
    assert made == [("mails", "created"), ("reports", "created"), ("time_entries", "created"), ("jobs", "changed")]
    assert json.loads(found.would.changes[2].document)["payable"] == 90
    assert [(one.kind, one.to) for one in found.would.letters] == [("receipt", "ana"), ("owner-news", "dana")]


def test_each_line_says_whose_it_is_and_why(rooms: Rooms, brief: Sent) -> None:
    text = "Done: 20 rows\nHours: 1.5\n\nOn Monday Desk wrote:\n> Done:\n>\n> Hours:\n"

    found = explained(rooms, a_mail(ANA, text, to=brief.reply_to, **brief.thread))

    by_text = {one.text.strip(): one for one in found.lines}
    assert by_text["Done: 20 rows"].kind != by_text["> Done:"].kind
    assert all(one.why for one in found.lines)
    assert [one.n for one in found.lines] == sorted(one.n for one in found.lines)


def test_what_is_unclear_comes_with_its_question(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(ANA, "Done: 20 rows\nHours: quite some\n", to=brief.reply_to, **brief.thread))

    assert ["quite some" in one.text for one in found.unclear] == [True]
    assert found.unclear[0].question.endswith("?") or "?" in found.unclear[0].question


def test_an_unproven_mail_would_wait(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(ANA))

    assert found.sender.proof == "claimed"
    assert found.job.how == "the only open job"
    assert [one.kind for one in found.would.letters] == ["confirm"]


def test_a_stranger_is_unknown(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(STRANGER, Authentication_Results=PROVEN))

    assert (found.sender.addr_spec, found.sender.proof) == (STRANGER, "unknown")
    assert found.sender.why == "no owner or worker has this address"
    assert (found.would.changes, found.would.letters) == ((), ())


def test_an_automatic_mail_says_so(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(ANA, to=brief.reply_to, Auto_Submitted="auto-replied", **brief.thread))

    assert (found.nature, found.fields.minutes, found.would.letters) == ("out-of-office", None, ())


def test_an_owners_mail_has_no_job(rooms: Rooms, brief: Sent) -> None:
    found = explained(rooms, a_mail(DANA, "digest\n", Authentication_Results=PROVEN))

    assert (found.job.key, [one.to for one in found.would.letters]) == (None, ["dana", "dana"])


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"From: ana@example.com", b"\r\n\r\n", b"a" * 100_000])
def test_no_bytes_break_it(rooms: Rooms, brief: Sent, raw: bytes) -> None:
    assert explained(rooms, raw).schema == 1


def test_a_mail_already_settled_is_explained_all_the_same(rooms: Rooms, brief: Sent) -> None:
    raw = a_mail(ANA, to=brief.reply_to, **brief.thread)
    rooms.take_in(raw)

    found = explained(rooms, raw)

    assert (found.fields.minutes, found.job.key) == (90, "J1")
