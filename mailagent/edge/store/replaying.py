"""Rebuild the office from the journal alone, and compare it with the TinyDB file.

It works on documents: it lays each change's fields over the document before it, and shares no code with what the
daemon applies changes by (office.py, indexes.py). So a fault there shows here as a difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mailagent.edge.files import check_owner, unusable
from mailagent.edge.store.documents import TABLES
from mailagent.edge.store.journal import Journal
from mailagent.edge.store.lines import FORGOTTEN, Line
from mailagent.edge.store.port import ReplayReport
from mailagent.edge.store.tinydb_backend import META, NotOurs, OfficeStorage, Tables

_TOLD_AT_MOST = 50


def replay(state_dir: Path) -> ReplayReport:
    """Rebuild and compare; changes nothing and takes no lock. Raises: StateError where the journal is damaged."""
    check_owner(state_dir)
    path = state_dir / "office.json"
    tables, wrong = _file(path)
    stands_at = None if tables is None else int(tables.meta["seq"])
    journal = Journal(state_dir / "journal")
    rebuilt = _Rebuilt()
    differences = [wrong] if wrong else []
    compared = False
    for line in journal.scan():
        if line.seq - 1 == stands_at and tables is not None:
            differences += rebuilt.compare(tables)
            compared = True
        rebuilt.apply(line)
    if tables is not None and not compared and stands_at == journal.seq:
        differences += rebuilt.compare(tables)
    elif stands_at is not None and stands_at > journal.seq:
        differences.append(f"The office stands at number {stands_at}, but the journal ends at {journal.seq}.")
    return ReplayReport(
        lines=journal.seq,
        last_at=journal.at,
        office_seq=stands_at,
        documents=rebuilt.count,
        differences=tuple((rebuilt.problems + differences)[:_TOLD_AT_MOST]),
    )


def _file(path: Path) -> tuple[Tables | None, str]:
    try:
        tables = OfficeStorage(path).read()
    except NotOurs as error:
        return None, f"{path} is not as mailagent wrote it: {error}."
    except OSError as error:
        raise unusable(path, error) from error
    return tables, "" if tables is not None else f"There is no {path} to compare with; the next start writes it."


@dataclass(slots=True)
class _Rebuilt:
    """Documents as text with sorted keys, by table, id and number."""

    texts: dict[str, dict[str, bytes]] = field(default_factory=lambda: {name: {} for name in TABLES})
    numbers: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in TABLES})
    given: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    marks: dict[str, list[int]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(texts) for texts in self.texts.values())

    def apply(self, line: Line) -> None:
        if line.payload == FORGOTTEN:
            return
        payload = orjson.loads(line.payload)
        for change in payload["changes"]:
            self._change(line.seq, change)
        for letter in payload["letters"]:
            self._create(line.seq, "outbox", letter["id"], letter)

    def _change(self, seq: int, change: dict[str, Any]) -> None:
        table, id_, before, after = change["entity"], change["id"], change["before"], change["after"]
        if after is None:
            if self.texts[table].pop(id_, None) is None:
                self.problems.append(f"Number {seq} drops {table} {id_}, which is not there.")
        elif before is None:
            self._create(seq, table, id_, after)
        else:
            document = orjson.loads(self.texts[table].get(id_, b"{}"))
            unlike = [name for name, value in before.items() if document.get(name) != value]
            if unlike or document.get("rev") != change["rev"] - 1:
                self.problems.append(f"Number {seq} changes {table} {id_} from what it was not: {', '.join(unlike)}.")
            self.texts[table][id_] = _text({**document, **after, "rev": change["rev"]})
            if table == "owners" and "last_digest_at" in after:
                self.marks[id_] = [self.given[name] + 1 for name in ("reports", "time_entries", "mails")]

    def _create(self, seq: int, table: str, id_: str, document: dict[str, Any]) -> None:
        if id_ in self.texts[table]:
            self.problems.append(f"Number {seq} makes {table} {id_} a second time.")
        self.given[table] += 1
        self.numbers[table][id_] = self.given[table]
        self.texts[table][id_] = _text(document)

    def compare(self, tables: Tables) -> Iterator[str]:
        """Say in whole sentences where the file differs."""
        for name in TABLES:
            found = {document["id"]: (int(number), _text(document)) for number, document in tables[name].items()}
            for id_ in self.texts[name].keys() - found.keys():
                yield f"{name} {id_} is missing in the office."
            for id_ in found.keys() - self.texts[name].keys():
                yield f"{name} {id_} is in the office, but not in the journal."
            for id_ in self.texts[name].keys() & found.keys():
                if found[id_] != (self.numbers[name][id_], self.texts[name][id_]):
                    yield f"{name} {id_} differs."
        if tables.meta["digest_marks"] != self.marks:
            yield f"{META}: the marks of the last digests differ."


def _text(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
