"""The TinyDB file: what stands in it, who may read it, and what becomes of one that others touched."""

import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from tinydb import TinyDB, where

from mailagent.core import events as ev
from mailagent.core.model import Fate, Proof
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store, read_office
from mailagent.edge.store.documents import TABLES
from mailagent.edge.store.journal import Position
from mailagent.edge.store.lines import NO_HEAD
from mailagent.edge.store.office import Office
from mailagent.edge.store.projection import Projection
from mailagent.edge.store.tinydb_backend import META, OfficeStorage, open_office
from mailagent.errors import StateError
from tests.edge.store.play import Play


@pytest.fixture
def written(office: Play) -> Play:
    """An office with two reports, a sent brief and a mail set aside, whose file is written."""
    office.report(minutes=90)
    office.report("jun", "J2", minutes=30, proof=Proof.CLAIMED)
    office.send("ana/brief/J1")
    office.settle(ev.MailSettled(office.mail("ana"), Fate.QUARANTINED, "too large"))
    office.settle(ev.MailboxRead("INBOX", 7, 9, 1, 8))
    office.store.commit()
    office.store.write_office(force=True)
    return office


def test_stock_tinydb_reads_every_table(written: Play, state: Path) -> None:
    with TinyDB(state / "office.json", access_mode="r") as stock:
        counts = {name: len(stock.table(name)) for name in stock.tables()}
        report = stock.table("reports").search(where("job_id") == "J1")[0]
        meta = stock.table("meta").all()[0]

    assert counts == {
        "owners": 1,
        "workers": 2,
        "jobs": 2,
        "reports": 2,
        "time_entries": 2,
        "mails": 3,
        "questions": 0,
        "deeds": 0,
        "outbox": 5,
        "cursors": 1,
        "meta": 1,
    }
    assert (report["schema"], report["done"], report["minutes"], report.doc_id) == (1, "did 1", 90, 1)
    assert (written.store.seq, 1) == (meta["seq"], meta["schema"])


def test_each_document_lies_on_a_line_of_its_own(written: Play, state: Path) -> None:
    lines = (state / "office.json").read_text().splitlines()

    assert sum(line.startswith('"1":{"schema":1,"id":"R6"') for line in lines) == 1


def test_our_storage_gives_tinydb_what_stock_storage_gives(written: Play, state: Path) -> None:
    with TinyDB(state / "office.json", access_mode="r") as stock, open_office(state / "office.json") as ours:
        assert stock.tables() == ours.tables()
        for name in stock.tables():
            assert stock.table(name).all() == ours.table(name).all()
            assert [one.doc_id for one in stock.table(name)] == [one.doc_id for one in ours.table(name)]
        assert stock.table("mails").get(doc_id=3) == ours.table("mails").get(doc_id=3)
        assert ours.table("mails").get(doc_id=99) is None
        assert ours.table("mails").contains(doc_id=1)
        assert ours.table("mails").count(where("fate") == "quarantined") == 1


def test_what_tinydb_writes_through_our_storage_is_sealed_anew(written: Play, state: Path) -> None:
    with open_office(state / "office.json") as ours:
        ours.table("cursors").insert({"id": "Junk", "schema": 1})
    with open_office(state / "office.json") as ours:
        assert [one["id"] for one in ours.table("cursors")] == ["INBOX", "Junk"]


def test_a_table_bigger_than_a_handful_reads_whole(tmp_path: Path) -> None:
    documents = {number: orjson.dumps({"id": f"R{number}", "done": "words " * 50}) for number in range(1, 3000)}
    path = tmp_path / "office.json"
    empty: dict[int, bytes] = {}
    OfficeStorage(path, chunk_bytes=10_000).write(
        {**dict.fromkeys(TABLES, empty), "reports": documents, META: {1: {"schema": 1}}}
    )

    with open_office(path) as ours, TinyDB(path, access_mode="r") as stock:
        assert stock.table("reports").all() == ours.table("reports").all()
        assert (len(ours.table("reports")), len(ours.table("jobs"))) == (2999, 0)
        assert ours.table("jobs").all() == []


def test_the_reader_finds_by_tinydbs_queries(written: Play, state: Path) -> None:
    with read_office(state) as reader:
        assert (written.store.seq, written.now) == (reader.seq, reader.at)
        assert written.store.owners() == reader.owners()
        assert written.store.workers() == reader.workers()
        assert written.store.jobs() == reader.jobs()
        assert [job.id for job in reader.jobs(worker_id="jun", owner_id="dana")] == ["J2"]
        assert reader.jobs(worker_id="jun", owner_id="eve") == ()
        assert [report.id for report in reader.reports("J1")] == ["R6"]
        assert [entry.id for entry in reader.entries(job_id="J2", worker_id="jun")] == ["E7"]
        assert (("J1", written.store.effort("J1")), ("J2", written.store.effort("J2"))) == reader.efforts()
        assert [letter.id for letter in reader.unfinished_letters()][:2] == ["jun/brief/J2", "ana/receipt/R6"]
        assert [mail.why for mail in reader.quarantined()] == ["too large"]
        assert [cursor.id for cursor in reader.cursors()] == ["INBOX"]
        assert written.store.books() == reader.books()


def test_a_reader_without_a_file_says_what_to_do(state: Path) -> None:
    with pytest.raises(StateError, match="run `mailagent once`"):
        read_office(state)


def test_the_start_takes_the_file_and_the_lines_after_it(written: Play, state: Path) -> None:
    written.report(minutes=15)
    written.store.commit()
    written.store.close()

    again = open_store(state, policy=Policy())

    assert again.effort("J1").reported == 105
    assert again.notes == ()
    assert again.office_behind
    again.close()


def _changed_by_stock_tinydb(path: Path) -> None:
    with TinyDB(path) as stock:
        stock.table("reports").update({"minutes": 9000})


def _one_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"minutes":90,', b'"minutes":91,'))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _edited(path: Path) -> None:
    found = orjson.loads(path.read_bytes())
    del found["jobs"]
    path.write_bytes(orjson.dumps(found))


@pytest.mark.parametrize("touch", [_changed_by_stock_tinydb, _one_byte, _cut, _emptied, _edited])
def test_a_file_that_others_changed_is_set_aside_told_and_rebuilt(written: Play, state: Path, touch) -> None:  # type: ignore[no-untyped-def]
    written.store.close()
    path = state / "office.json"
    touch(path)
    touched = path.read_bytes()

    with pytest.raises(StateError, match=r"builds it anew from the journal"):
        read_office(state)
    again = open_store(state, policy=Policy())

    assert any("is not as mailagent wrote it" in note for note in again.notes)
    assert touched == (state / "office.json.set-aside-1").read_bytes()
    assert again.effort("J1").reported == 90
    again.write_office(force=True)
    with read_office(state) as reader:
        assert reader.reports("J1")[0].minutes == 90
    again.close()


def test_a_file_that_is_gone_is_built_anew_and_told(written: Play, state: Path) -> None:
    written.store.close()
    os.unlink(state / "office.json")

    again = open_store(state, policy=Policy())

    assert any("was not there" in note for note in again.notes)
    assert again.effort("J1").reported == 90
    again.close()


def test_a_file_of_a_newer_mailagent_stops_and_stays(written: Play, state: Path) -> None:
    written.store.close()
    path = state / "office.json"
    with TinyDB(path) as stock:
        stock.table("meta").update({"schema": 2})
    before = path.read_bytes()

    with pytest.raises(StateError, match=r"newer mailagent \(schema 2"):
        open_store(state, policy=Policy())
    assert before == path.read_bytes()


def test_the_file_is_written_beside_the_loop_within_seconds(office: Play, state: Path) -> None:
    office.store.write_office()
    office.report(minutes=90)
    office.store.commit()
    committed_s = time.monotonic()
    while office.store.office_behind and time.monotonic() < committed_s + 5:
        office.store.write_office()
        time.sleep(0.01)

    assert not office.store.office_behind
    with read_office(state) as reader:
        assert office.store.seq == reader.seq


def test_what_is_staged_is_never_in_the_file(office: Play, state: Path) -> None:
    office.report()
    office.store.write_office(force=True)
    assert not (state / "office.json").exists()

    office.store.rollback()
    office.store.write_office(force=True)
    with read_office(state) as reader:
        assert (reader.seq, reader.reports("J1")) == (5, ())


def test_nothing_is_written_when_nothing_is_new(written: Play, state: Path) -> None:
    before = (state / "office.json").stat().st_mtime_ns

    written.store.write_office(force=True)

    assert before == (state / "office.json").stat().st_mtime_ns


def test_writing_takes_no_more_than_a_twentieth_of_the_time(tmp_path: Path) -> None:
    projection = Projection(tmp_path / "office.json", seq=0)
    office = Office()
    office.seq = 1
    projection.write(office, Position(1, None, NO_HEAD, {}), force=True)
    written_at_s = time.monotonic()
    office.seq = 2
    while projection.seq < 2:
        projection.write(office, Position(2, None, NO_HEAD, {}), force=False)
        time.sleep(0.005)

    assert time.monotonic() - written_at_s >= 0.9  # AT_LEAST_S, as such a small office takes no time


def test_stock_tinydb_reads_whole_offices_while_the_daemon_writes(office: Play, state: Path) -> None:
    office.store.write_office(force=True)
    seen: list[int] = []
    failed: list[Exception] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            try:
                with TinyDB(state / "office.json", access_mode="r") as stock:
                    reports = stock.table("reports").all()
                    seen.append(stock.table("meta").all()[0]["seq"])
                    assert all(report["schema"] == 1 for report in reports)
            except Exception as error:
                failed.append(error)

    looker = threading.Thread(target=look)
    looker.start()
    for _ in range(60):
        office.now += timedelta(hours=3)
        office.report(minutes=1)
        office.store.commit()
        office.store.write_office(force=True)
    stop.set()
    looker.join()

    assert failed == []
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
