"""The office in memory: every document as its JSON text, what decisions touch as values, and the indexes over them.

It changes only by effects, one entity at a time, and every effect can be taken back. It reads and writes no file.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, cast

import orjson
from tinydb.table import Document as NumberedDocument

from mailagent.core.decision import Entity
from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Fate, Job, Mail, Owner, Report, TimeEntry, Worker
from mailagent.edge.instants import instant_from_text, instant_text
from mailagent.edge.store.blocks import Blocks
from mailagent.edge.store.documents import TABLES, Document, decode_entity
from mailagent.edge.store.indexes import DoneLetterRow, EntryRow, Indexes, ReportRow, is_done

Marks = tuple[int, int, int]  # the next numbers of reports, time_entries and mails when an owner's digest was written

_FRESH = {"reports": 1000, "mails": 500}  # how many of the newest are held as values, too
_HELD_AS_VALUES = ("owners", "workers", "jobs", "cursors", "outbox")


@dataclass(slots=True)
class Table:
    """Documents by number; a number is never used twice."""

    ids: dict[str, int] = field(default_factory=dict)
    documents: Blocks = field(default_factory=Blocks)
    next_number: int = 1


@dataclass(frozen=True, slots=True)
class Effect:
    """One entity before and after; `raw` is the new document."""

    table: str
    before: Entity | None
    after: Entity | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Undo:
    """What it takes to take an effect back."""

    effect: Effect
    number: int
    raw: bytes | None
    marks: Marks | None


class Office:
    """The office as it stands after line `seq` of the journal, written at `at`."""

    def __init__(self) -> None:
        self.seq = 0
        self.at: datetime | None = None
        self.tables = {name: Table() for name in TABLES}
        self.index = Indexes()
        self.marks: dict[str, Marks] = {}
        self.owners: dict[str, Owner] = {}
        self.workers: dict[str, Worker] = {}
        self.jobs: dict[str, Job] = {}
        self.cursors: dict[str, Cursor] = {}
        self.letters: dict[str, Letter] = {}  # the unfinished ones
        # Of this process's life, by table and number, the newest last.
        self._fresh: dict[str, dict[int, Entity]] = {name: {} for name in _FRESH}
        self._values: dict[str, dict[str, Any]] = dict(
            zip(_HELD_AS_VALUES, (self.owners, self.workers, self.jobs, self.cursors, self.letters), strict=True)
        )

    # -- asking --

    def get(self, table: str, id_: str) -> Entity | None:
        """The entity with this id, or None."""
        number = self.tables[table].ids.get(id_)
        if number is None:
            return None
        held = self._values.get(table, {}).get(id_)
        return held if held is not None else self.read(table, number)

    def read(self, table: str, number: int) -> Entity:
        """The entity of a document."""
        held = self._fresh[table].get(number) if table in _FRESH else None
        return held or decode_entity(table, orjson.loads(self.tables[table].documents[number]))

    def raw(self, table: str, id_: str) -> bytes | None:
        """The document's text, or None."""
        number = self.tables[table].ids.get(id_)
        return None if number is None else self.tables[table].documents[number]

    def report(self, id_: str | None) -> Report | None:
        """The report, or None."""
        return cast(Report | None, self.get("reports", id_)) if id_ is not None else None

    def entry(self, id_: str | None) -> TimeEntry | None:
        """The time entry, or None."""
        return cast(TimeEntry | None, self.get("time_entries", id_)) if id_ is not None else None

    def letter(self, id_: str | None) -> Letter | None:
        """The letter, or None."""
        return cast(Letter | None, self.get("outbox", id_)) if id_ is not None else None

    def mail(self, id_: str | None) -> Mail | None:
        """The mail, or None."""
        return cast(Mail | None, self.get("mails", id_)) if id_ is not None else None

    # -- changing --

    def put(self, effect: Effect) -> Undo:
        """Apply one effect."""
        table, before, after = self.tables[effect.table], effect.before, effect.after
        if before is None:
            assert after is not None
            number, old = table.next_number, None
            table.next_number += 1
            table.ids[after.id] = number
        else:
            number = table.ids[before.id]
            old = table.documents[number]
        undo = Undo(effect, number, old, self._marks_of(effect))
        self._place(effect.table, number, before, after, effect.raw)
        self._set_marks(before, after)
        return undo

    def take_back(self, undo: Undo) -> None:
        """Undo one effect; the last one first."""
        effect, table = undo.effect, self.tables[undo.effect.table]
        if effect.after is None and effect.before is not None:
            table.ids[effect.before.id] = undo.number
        self._place(effect.table, undo.number, effect.after, effect.before, undo.raw or b"")
        if effect.before is None:
            table.next_number = undo.number
        elif isinstance(effect.before, Owner):
            self.marks.pop(effect.before.id, None)
            if undo.marks is not None:
                self.marks[effect.before.id] = undo.marks

    def _place(self, name: str, number: int, before: Entity | None, after: Entity | None, raw: bytes) -> None:
        table, values = self.tables[name], self._values.get(name)
        if after is None:
            assert before is not None
            del table.ids[before.id], table.documents[number]
        else:
            table.documents[number] = raw
        if name in _FRESH:
            self._hold(name, number, after)
        if values is not None:
            if after is None or (isinstance(after, Letter) and is_done(after)):
                values.pop((after or before).id, None)  # type: ignore[union-attr]
            else:
                values[after.id] = after
        _INDEXERS[name](self.index, number, before, after)

    def _hold(self, name: str, number: int, value: Entity | None) -> None:
        """A new report is held against those just before it, a new mail is filed: no need to read them from text."""
        held = self._fresh[name]
        held.pop(number, None)
        if value is not None:
            held[number] = value
            if len(held) > _FRESH[name]:
                del held[next(iter(held))]

    def _marks_of(self, effect: Effect) -> Marks | None:
        return self.marks.get(effect.before.id) if isinstance(effect.before, Owner) else None

    def _set_marks(self, before: Entity | None, after: Entity | None) -> None:
        """A digest was written: what comes after it has these numbers or higher ones."""
        if isinstance(before, Owner) and isinstance(after, Owner) and before.last_digest_at != after.last_digest_at:
            tables = self.tables
            self.marks[after.id] = (
                tables["reports"].next_number,
                tables["time_entries"].next_number,
                tables["mails"].next_number,
            )

    # -- starting --

    def fill(self, name: str, rows: Iterable[tuple[NumberedDocument, bytes]]) -> None:
        """Take the documents of a table with their texts, building no value where a row for the indexes will do."""
        ids, documents, index = self.tables[name].ids, self.tables[name].documents, self.index
        has_row = _FILLERS.get(name)
        words: dict[Any, Any] = {}  # a brief, or a text in it, that many were given is held once
        for document, text in rows:
            number = document.doc_id
            ids[document["id"]] = number
            documents[number] = text
            if has_row is not None and has_row(index, number, document):
                continue
            # From its own text, not from the table's: a value would hold on to strings that lie between what is
            # dropped, and the memory around each of them would never be given back.
            value = decode_entity(name, orjson.loads(text))
            if isinstance(value, Job):
                value = _with_shared_words(value, words)
            if name in self._values:
                self._values[name][value.id] = value
            _INDEXERS[name](index, number, None, value)

    def effects_of(self, changes: list[Any], letters: list[Any]) -> Iterator[Effect]:
        """Turn a journal line's payload into effects, one by one: each sees those before it applied.

        Raises: ValueError.
        """
        for change in changes:
            yield self._effect_of(change)
        for letter in letters:
            if letter["id"] in self.tables["outbox"].ids:
                raise ValueError(f"letter {letter['id']} is written twice")
            yield Effect("outbox", None, decode_entity("outbox", letter), _text(letter))

    def _effect_of(self, change: Any) -> Effect:
        table, id_, after = change["entity"], change["id"], change["after"]
        current = self.get(table, id_)
        if (current is None) is not (change["rev"] == 1) or (current is not None and current.rev != change["rev"] - 1):
            raise ValueError(f"{table} {id_} is not at revision {change['rev'] - 1}")
        if after is None:
            return Effect(table, current, None, b"")
        if current is not None:
            after = {**orjson.loads(self.raw(table, id_) or b"{}"), **after, "rev": change["rev"]}
        return Effect(table, current, decode_entity(table, after), _text(after))


def _with_shared_words(job: Job, known: dict[Any, Any]) -> Job:
    """The job with its brief, or the parts of it, as another job holds them already."""
    brief = known.get(job.brief)
    if brief is None:
        one = job.brief
        parts = {"why": one.why, "how": one.how, "accept": one.accept, "steps": one.steps}
        brief = replace(one, **{name: known.setdefault(part, part) for name, part in parts.items()})
        known[brief] = brief
    people = {"owner_id": job.owner_id, "worker_id": job.worker_id}
    return replace(job, brief=brief, **{name: known.setdefault(id_, id_) for name, id_ in people.items()})


def _text(document: Document) -> bytes:
    """The JSON text in just the memory it needs: what orjson gives stays many times larger for as long as it lives."""
    return bytes(memoryview(orjson.dumps(document)))


# -- how each table feeds the indexes --


def _index_person(name: str) -> Callable[..., None]:
    return lambda index, number, before, after: index.person(name, before, after)


def _index_report(index: Indexes, number: int, before: Report | None, after: Report | None) -> None:
    if before is not None:
        index.remove_report(_report_row(number, before))
    if after is not None:
        index.add_report(_report_row(number, after))


def _report_row(number: int, one: Report) -> ReportRow:
    return ReportRow(number, one.id, one.job_id, one.worker_id, instant_text(one.received_at), one.waits)


def _index_entry(index: Indexes, number: int, before: TimeEntry | None, after: TimeEntry | None) -> None:
    if before is not None:
        index.remove_entry(_entry_row(number, before))
    if after is not None:
        index.add_entry(_entry_row(number, after))


def _entry_row(number: int, one: TimeEntry) -> EntryRow:
    day = one.worked_on.isoformat()
    return EntryRow(
        number,
        one.id,
        one.job_id,
        one.worker_id,
        one.report_id,
        day,
        one.minutes,
        one.payable,
        one.over_cap,
        one.undecided,
    )


def _index_mail(index: Indexes, number: int, before: Mail | None, after: Mail | None) -> None:
    id_ = (after or before).id  # type: ignore[union-attr]
    index.mail(id_, number, before.fate if before else None, after.fate if after else None)
    index.ordered_by(before, after)


_INDEXERS: dict[str, Callable[..., None]] = {
    "owners": _index_person("owners"),
    "workers": _index_person("workers"),
    "jobs": lambda index, number, before, after: index.job(before, after),
    "reports": _index_report,
    "time_entries": _index_entry,
    "mails": _index_mail,
    "outbox": lambda index, number, before, after: index.letter(number, before, after),
    "cursors": lambda index, number, before, after: None,
    "questions": lambda index, number, before, after: index.question(number, before, after),
    "deeds": lambda index, number, before, after: None,
}

_report_fields = itemgetter("id", "job_id", "worker_id", "received_at", "waits")
_entry_fields = itemgetter(
    "id", "job_id", "worker_id", "report_id", "worked_on", "minutes", "payable", "over_cap", "undecided"
)


def _fill_report(index: Indexes, number: int, document: Document) -> bool:
    index.add_report(ReportRow(number, *_report_fields(document)))
    return True


def _fill_entry(index: Indexes, number: int, document: Document) -> bool:
    index.add_entry(EntryRow(number, *_entry_fields(document)))
    return True


def _fill_mail(index: Indexes, number: int, document: Document) -> bool:
    if document["fate"] == Fate.QUARANTINED.value:
        index.quarantined[document["id"]] = number
    message_id = document.get("message_id")
    if message_id is not None:
        index.ordered[document["person_id"], message_id] = document["id"]
    return True


def _fill_letter(index: Indexes, number: int, document: Document) -> bool:
    """A finished letter by its row; False for one that is still to be sent."""
    if document["finished_at"] is None:
        return False
    finished_at = instant_from_text(document["finished_at"])
    index.add_done_letter(DoneLetterRow(number, document["id"], document["message_id"], finished_at))
    return True


def _fill_question(index: Indexes, number: int, document: Document) -> bool:
    """An answered question needs no place in the indexes."""
    return document["answered_at"] is not None


_FILLERS: dict[str, Callable[[Indexes, int, Document], bool]] = {
    "questions": _fill_question,
    "deeds": lambda index, number, document: True,
    "reports": _fill_report,
    "time_entries": _fill_entry,
    "mails": _fill_mail,
    "outbox": _fill_letter,
}
