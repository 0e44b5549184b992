"""The journal on disk: what a line holds, segments, torn ends."""

import hashlib
import os
import zlib
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from mailagent.core import events as ev
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
from mailagent.edge.store.replaying import replay
from mailagent.edge.store.verifying import verify
from mailagent.errors import StateError
from tests.edge.store.play import Play


def lines_of(state: Path) -> list[bytes]:
    return [line for path in sorted((state / "journal").glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def heads_of(state: Path) -> list[dict]:  # type: ignore[type-arg]
    return [orjson.loads(line[9:].partition(b"\t")[0]) for line in lines_of(state)]


def chain_faults(state: Path) -> list[str]:
    """What verify finds, but for the mails, which these offices do not archive."""
    return [problem for problem in verify(state).problems if "archive" not in problem]


def payload_of(line: bytes) -> dict:  # type: ignore[type-arg]
    found: dict = orjson.loads(line.partition(b"\t")[2])  # type: ignore[type-arg]
    return found


def reopened(play: Play, state: Path) -> Play:
    play.store.close()
    play.store = open_store(state, policy=Policy())
    return play


def test_a_line_is_checksum_head_and_payload(office: Play, state: Path) -> None:
    office.report(minutes=90)
    office.store.commit()
    line = lines_of(state)[-1]
    head, payload = line[9:].split(b"\t")

    assert b"%08x" % zlib.crc32(line[9:]) == line[:8]
    assert orjson.loads(head) == orjson.loads(head) | {
        "schema": 1,
        "seq": 6,
        "kind": "reported",
        "ids": [f"{1:032x}", "R6", "E6", "J1"],
        "minutes": {"reported": 90, "payable": 90, "over_cap": 0, "undecided": 0},
        "payload": hashlib.sha256(payload).hexdigest(),
    }


def test_no_head_names_a_person(office: Play, state: Path) -> None:
    office.report()
    office.send("ana/brief/J1")
    office.settle(ev.MailboxRead("INBOX", 7, 9, 1, 1))
    office.store.commit()

    heads = b"".join(line.partition(b"\t")[0] for line in lines_of(state))

    assert not any(name in heads for name in (b"ana", b"jun", b"dana", b"example"))


def test_an_update_tells_what_differs_a_creation_all_and_a_deletion_nothing(office: Play, state: Path) -> None:
    office.report()
    office.send("ana/brief/J1")
    office.settle(ev.HouseKept(("ana/brief/J1",)))
    office.store.commit()
    lines = lines_of(state)
    created, updated = payload_of(lines[5])["changes"][1], payload_of(lines[5])["changes"][3]
    deleted = payload_of(lines[-1])["changes"][0]

    assert (created["entity"], created["id"], created["rev"], created["before"]) == ("reports", "R6", 1, None)
    assert created["after"]["done"] == "did 1"
    assert (updated["entity"], updated["id"], updated["rev"], updated["schema"]) == ("jobs", "J1", 2, 1)
    moved = {"phase", "started_at", "last_report_id", "last_reported_at", "last_message_id"}
    assert moved | {"clock_from", "ramp", "first_report_at"} == set(updated["after"])
    assert set(updated["before"]) == set(updated["after"])
    assert (deleted["entity"], deleted["before"], deleted["after"]) == ("outbox", None, None)


def test_heads_are_chained_and_payloads_are_not(office: Play, state: Path) -> None:
    heads = [line[9:].partition(b"\t")[0] for line in lines_of(state)]

    assert orjson.loads(heads[0])["prev"] == "0" * 64
    for before, after in pairwise(heads):
        assert hashlib.sha256(before).hexdigest() == orjson.loads(after)["prev"]


def test_every_payload_has_a_salt_of_its_own(office: Play, state: Path) -> None:
    salts = [payload_of(line)["salt"] for line in lines_of(state)]

    assert len(salts) == len(set(salts))
    assert {32} == {len(salt) for salt in salts}


def test_a_batch_is_one_append(office: Play, state: Path) -> None:
    path = next((state / "journal").glob("*.jsonl"))
    size = path.stat().st_size
    for _ in range(3):
        office.report()

    assert size == path.stat().st_size
    office.store.commit()
    assert len(lines_of(state)) == 8


def test_each_month_has_a_segment_and_the_chain_goes_on(office: Play, state: Path) -> None:
    office.now += timedelta(days=31)
    office.report()
    office.store.commit()
    office.now += timedelta(days=31)
    office.report()
    office.store.commit()
    again = reopened(office, state)

    assert sorted(p.name for p in (state / "journal").iterdir()) == ["2026-11.jsonl", "2026-12.jsonl", "2027-01.jsonl"]
    assert again.store.seq == 7
    assert chain_faults(state) == []


def test_a_clock_that_goes_back_writes_on_in_the_newest_segment(office: Play, state: Path) -> None:
    office.now += timedelta(days=31)
    office.report()
    office.store.commit()
    office.now -= timedelta(days=31)
    office.report()
    office.store.commit()
    reopened(office, state)

    assert [len(p.read_bytes().splitlines()) for p in sorted((state / "journal").iterdir())] == [5, 2]


def test_folders_and_files_are_for_the_owner_alone(office: Play, state: Path) -> None:
    office.store.write_office(force=True)
    modes = {str(path.relative_to(state)): path.stat().st_mode & 0o777 for path in state.rglob("*")}

    assert modes == {"journal": 0o700, "journal/2026-11.jsonl": 0o600, "lock": 0o600, "office.json": 0o600}
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_torn_last_line_is_cut_off_kept_and_told(office: Play, state: Path) -> None:
    office.report(minutes=30)
    office.store.commit()
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])

    again = open_store(state, policy=Policy())

    assert again.seq == 5
    assert any("(number 6) was torn" in note for note in again.notes)
    assert whole.splitlines()[5][:-19] == (state / "journal" / "torn-6").read_bytes()
    assert len(lines_of(state)) == 5
    again.close()


def test_after_a_torn_line_the_next_one_takes_its_number(office: Play, state: Path) -> None:
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + b"0123")
    office.store = open_store(state, policy=Policy())

    office.report()
    office.store.commit()
    office.store.write_office(force=True)

    assert heads_of(state)[-1]["seq"] == 6
    assert replay(state).is_same
    assert chain_faults(state) == []


@pytest.mark.parametrize("end", [b"", b"\0", b"\0" * 4096], ids=["no-lf", "a-nul", "a-page-of-nuls"])
def test_a_whole_last_line_without_its_lf_counts(office: Play, state: Path, end: bytes) -> None:
    office.report()
    office.store.commit()
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes()[:-1] + end)

    office.store = open_store(state, policy=Policy())
    office.report()
    office.store.commit()

    assert [head["seq"] for head in heads_of(state)] == [1, 2, 3, 4, 5, 6, 7]
    assert reopened(office, state).store.seq == 7


def test_nuls_behind_the_last_line_are_torn(office: Play, state: Path) -> None:
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + b"\0" * 512)

    office.store = open_store(state, policy=Policy())

    assert office.store.seq == 5
    assert (state / "journal" / "torn-6").read_bytes() == b"\0" * 512


def test_torn_lines_do_not_overwrite_each_others_evidence(office: Play, state: Path) -> None:
    for _ in range(2):
        office.store.close()
        path = state / "journal" / "2026-11.jsonl"
        path.write_bytes(path.read_bytes() + b"torn")
        office.store = open_store(state, policy=Policy())

    assert sorted(path.name for path in (state / "journal").glob("torn-*")) == ["torn-6", "torn-6.2"]


def test_looking_without_writing_changes_nothing(office: Play, state: Path) -> None:
    path = state / "journal" / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + b"torn")
    before = {file: file.read_bytes() for file in state.rglob("*") if file.is_file()}

    looking = open_store(state, policy=Policy(), write=False)  # the daemon still has the lock

    assert looking.seq == 5
    assert before == {file: file.read_bytes() for file in state.rglob("*") if file.is_file()}
    looking.close()


def test_what_was_opened_for_looking_cannot_be_committed(office: Play, state: Path) -> None:
    looking = Play(open_store(state, policy=Policy(), write=False))
    looking.report(minutes=30)
    assert looking.store.effort("J1").reported == 30

    with pytest.raises(StateError, match="for looking only"):
        looking.store.commit()
    looking.store.write_office(force=True)

    assert (looking.store.seq, len(lines_of(state))) == (5, 5)
    assert not (state / "office.json").exists()


def test_an_empty_segment_left_by_a_failed_append_does_no_harm(office: Play, state: Path) -> None:
    office.store.close()
    (state / "journal" / "2026-12.jsonl").touch(mode=0o600)

    office.store = open_store(state, policy=Policy())
    office.report()
    office.store.commit()

    assert reopened(office, state).store.seq == 6


def test_a_missing_line_is_told(office: Play, state: Path) -> None:
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))

    with pytest.raises(StateError, match=r"line 3 of .*2026-11.jsonl is not number 3, lines are missing or doubled"):
        open_store(state, policy=Policy())


def test_a_line_that_was_written_anew_breaks_the_chain(office: Play, state: Path) -> None:
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines()
    forged = lines[2][9:].replace(b'"kind":"', b'"kind":"x', 1)
    lines[2] = b"%08x %b" % (zlib.crc32(forged), forged)
    path.write_bytes(b"\n".join(lines) + b"\n")

    with pytest.raises(StateError, match=r"number 4 .* does not follow from the line before it"):
        open_store(state, policy=Policy())
    assert any("(number 4): it does not follow" in problem for problem in verify(state).problems)


def test_a_segment_that_is_gone_is_told(office: Play, state: Path) -> None:
    office.now += timedelta(days=31)
    office.report()
    office.store.commit()
    office.store.close()
    os.unlink(state / "journal" / "2026-11.jsonl")

    with pytest.raises(StateError, match="is not number 1"):
        open_store(state, policy=Policy())


def test_an_office_ahead_of_the_journal_stops(office: Play, state: Path) -> None:
    office.report()
    office.store.commit()
    office.store.write_office(force=True)
    office.store.close()
    path = state / "journal" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))

    with pytest.raises(StateError, match="The office stands at number 6, but the journal ends at 5"):
        open_store(state, policy=Policy())


def test_a_journal_that_is_gone_never_starts_empty(office: Play, state: Path) -> None:
    office.store.write_office(force=True)
    office.store.close()
    os.unlink(state / "journal" / "2026-11.jsonl")

    with pytest.raises(StateError, match="the journal ends at 0"):
        open_store(state, policy=Policy())


def test_the_instant_of_a_line_is_the_one_it_was_given(office: Play, state: Path) -> None:
    office.report()
    office.store.commit()

    assert office.now == datetime.fromisoformat(heads_of(state)[-1]["at"])
