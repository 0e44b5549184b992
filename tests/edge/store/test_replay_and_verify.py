"""Proving the record: rebuilt from the journal alone, and every hash walked."""

import hashlib
import zlib
from pathlib import Path

import orjson
import pytest

from mailagent.core import events as ev
from mailagent.core.model import ArchivePlace, Proof
from mailagent.core.settings import Policy
from mailagent.edge.archive import Archive, Incoming, Outgoing
from mailagent.edge.store import open_store
from mailagent.edge.store.documents import TABLES
from mailagent.edge.store.replaying import replay
from mailagent.edge.store.tinydb_backend import META, OfficeStorage
from mailagent.edge.store.verifying import verify
from mailagent.errors import StateError
from tests.edge.store.play import Play


@pytest.fixture
def archived(office: Play, state: Path) -> Play:
    """An office of two archived mails and a letter that went out, all committed and written."""
    archive = Archive(state / "archive")
    for number in (1, 2):
        raw = b"mail %d" % number
        mail_id = hashlib.sha256(raw).hexdigest()[:32]
        place = archive.append([Incoming(mail_id, "INBOX", 7, number, None, office.now, raw)])[0]
        mail = office.mail("ana", proof=Proof.TOKEN, mail_id=mail_id)
        mail = ev.MailFacts(**{name: getattr(mail, name) for name in mail.__slots__} | {"archived": place})
        office.settle(ev.Reported(mail, "ana", "J1", False, f"did {number}", 30, None, None, None))
    place = archive.append([Outgoing("ana/brief/J1", b"a brief", office.now)])[0]
    office.claim("ana/brief/J1")
    office.settle(ev.LetterSent("ana/brief/J1", "250 ok", place))
    office.store.commit()
    office.store.write_office(force=True)
    archive.close()
    return office


def test_replay_rebuilds_the_same_office_while_the_daemon_runs(archived: Play, state: Path) -> None:
    report = replay(state)

    assert (True, 9, 9, archived.now) == (report.is_same, report.lines, report.office_seq, report.last_at)
    assert report.documents == 16


def test_replay_compares_at_the_number_the_file_stands_at(archived: Play, state: Path) -> None:
    archived.report()
    archived.store.commit()

    report = replay(state)

    assert (report.is_same, report.lines, report.office_seq) == (True, 10, 9)


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("reports", lambda docs: docs[1].update(minutes=1), "reports R6 differs."),
        ("reports", lambda docs: docs.pop(2), "reports R7 is missing in the office."),
        ("time_entries", lambda docs: docs.update({9: docs.pop(2)}), "time_entries E7 differs."),
        (
            "workers",
            lambda docs: docs.update({3: {"id": "kai"}}),
            "workers kai is in the office, but not in the journal.",
        ),
    ],
)
def test_replay_names_what_differs(archived: Play, state: Path, table: str, change, told: str) -> None:  # type: ignore[no-untyped-def]
    path = state / "office.json"
    found = orjson.loads(path.read_bytes())
    tables = {name: {int(n): doc for n, doc in found[name].items()} for name in (*TABLES, META)}
    change(tables[table])
    OfficeStorage(path).write(tables)  # as a fault of our own would: the seal is right, the contents are wrong

    assert (told,) == replay(state).differences


def test_replay_without_a_file_says_so(archived: Play, state: Path) -> None:
    (state / "office.json").unlink()

    report = replay(state)

    assert report.office_seq is None
    assert "to compare with" in report.differences[0]


def test_replay_tells_of_a_file_that_others_changed(archived: Play, state: Path) -> None:
    path = state / "office.json"
    path.write_bytes(path.read_bytes() + b" ")

    assert "is not as mailagent wrote it" in replay(state).differences[0]


def test_replay_tells_when_the_journal_ends_too_early(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    assert replay(state).differences == ("The office stands at number 9, but the journal ends at 8.",)


def test_replay_tells_of_changes_that_do_not_fit(archived: Play, state: Path) -> None:
    _rewrite(state, 7, lambda payload: payload["changes"][-1]["before"].update(last_report_id="R1"))

    assert replay(state).differences == ("Number 7 changes jobs J1 from what it was not: last_report_id.",)


def test_verify_walks_everything(archived: Play, state: Path) -> None:
    report = verify(state)

    assert (report.is_sound, report.segments, report.lines, report.forgotten, report.mails) == (True, 1, 9, 0, 3)


def test_verify_tells_when_the_journal_ends_too_early(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))

    (problem,) = verify(state).problems

    assert problem.startswith("The office stands at number 9, but the journal ends at 7: lines of ")


def test_verify_does_not_need_the_office(archived: Play, state: Path) -> None:
    (state / "office.json").write_bytes(b"{}")

    assert verify(state).is_sound


def test_verify_names_a_flipped_bit_and_goes_on(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"did 1")] ^= 1
    path.write_bytes(raw)

    report = verify(state)

    assert report.problems == ("2026-11.jsonl line 6 (number 6): it does not fit its checksum.",)
    assert report.lines == 9


def test_verify_finds_a_payload_that_was_exchanged(archived: Play, state: Path) -> None:
    _rewrite(state, 6, lambda payload: payload["event"].update(done="nothing"))

    expected = "2026-11.jsonl line 6 (number 6): its payload is not the one its head was written for."
    assert (expected,) == verify(state).problems


def test_verify_accepts_a_payload_that_was_forgotten_and_counts_it(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines()
    body = lines[5][9:].partition(b"\t")[0] + b"\tnull"
    lines[5] = b"%08x %b" % (zlib.crc32(body), body)
    path.write_bytes(b"\n".join(lines) + b"\n")

    assert (verify(state).is_sound, verify(state).forgotten) == (True, 1)


def test_verify_finds_archived_bytes_that_changed_or_are_gone(archived: Play, state: Path) -> None:
    path = state / "archive" / "2026-11.mails"
    path.write_bytes(path.read_bytes().replace(b"mail 2", b"mail 3"))

    problems = verify(state).problems

    assert len(problems) == 2
    assert "do not fit their SHA-256" in problems[0]
    assert "(number 7): the archive does not hold" in problems[1]


def test_verify_leaves_a_line_alone_that_is_being_written(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + b'0123abcd {"schema":1,')

    assert verify(state).is_sound


def test_verify_tells_of_a_flipped_last_byte(archived: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes()[:-1] + b"\x0b")

    assert not verify(state).is_sound


def test_a_place_that_does_not_exist_is_told(office: Play, state: Path) -> None:
    office.settle(ev.LetterClaimed("ana/brief/J1", "<x@example.com>", "a" * 28))
    office.settle(ev.LetterSent("ana/brief/J1", "250 ok", ArchivePlace("2026-11", 0)))
    office.store.commit()

    assert "the archive does not hold ana/brief/J1 at 2026-11:0" in verify(state).problems[0]


def test_a_payload_that_does_not_fit_stops_the_start(archived: Play, state: Path) -> None:
    archived.store.close()
    (state / "office.json").unlink()
    _rewrite(state, 7, lambda payload: payload["changes"][-1].update(rev=9))

    with pytest.raises(
        StateError, match="Number 7 of the journal does not fit the office: jobs J1 is not at revision 8"
    ):
        open_store(state, policy=Policy())


def _rewrite(state: Path, number: int, change) -> None:  # type: ignore[no-untyped-def]
    """Change a payload and set the checksum anew, as a hand would that knows the format."""
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines()
    head, _, said = lines[number - 1][9:].partition(b"\t")
    payload = orjson.loads(said)
    change(payload)
    body = head + b"\t" + orjson.dumps(payload)
    lines[number - 1] = b"%08x %b" % (zlib.crc32(body), body)
    path.write_bytes(b"\n".join(lines) + b"\n")
