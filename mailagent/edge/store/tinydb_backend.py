"""The office as a TinyDB file: our own Storage, which replaces the file whole and notices what others changed.

The file is plain JSON that stock `TinyDB(path, access_mode="r")` reads at any moment: tables of documents by number,
and a table `meta` with one document: the journal line it stands at, the numbers that are next, where each table lies
in the file, and last of all the SHA-256 of every byte before it. We read one table at a time, so that a start never
holds the whole office as dicts.
"""

import hashlib
import re
from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson
from tinydb import TinyDB
from tinydb.storages import Storage

from mailagent.edge.files import replace_file, unusable
from mailagent.edge.instants import instant_from_text, instant_text
from mailagent.edge.store.blocks import Blocks
from mailagent.edge.store.documents import SCHEMA, TABLES
from mailagent.edge.store.journal import Position, Stand
from mailagent.edge.store.office import Office
from mailagent.errors import StateError

META = "meta"
CHUNK_BYTES = 256 << 10  # written and synced at once: no commit waits for more of it
_READ_BYTES = 256 << 10  # so much is parsed at once
_SEAL = re.compile(rb'"sha256":"([0-9a-f]{64})"\}\}\}\n\Z')
_SEAL_BYTES = len('"sha256":""}}}\n') + 64
_HASH_AT = len('"sha256":"')

RawTables = Mapping[str, Mapping[Any, Any]]


class NotOurs(Exception):
    """The file is not as we wrote it; says what is wrong with it."""


class StoredTable(Mapping[str, Any]):
    """A table as it lies in the file: a document a line, parsed in handfuls as TinyDB walks over them.

    A whole table as dicts would take ten times the memory of its text, and most of the time of a start goes into
    touching that.
    """

    def __init__(self, raw: bytes, start: int, end: int) -> None:
        self._raw = raw
        self._start = start + len(b"{\n")
        self._end = end - len(b"\n}")

    def items(self) -> ItemsView[str, Any]:
        """Numbers and documents, in the order of the file."""
        return cast(ItemsView[str, Any], self._items())

    def texts(self) -> Iterator[bytes]:
        """The JSON text of each document, in the order of `items`."""
        for chunk in self._chunks():
            for line in chunk.split(b"\n"):
                yield line[line.index(b":") + 1 : -1 if line.endswith(b",") else None]

    def __getitem__(self, number: str) -> Any:
        for found, document in self._items():
            if found == number:
                return document
        raise KeyError(number)

    def __iter__(self) -> Iterator[str]:
        return (number for number, _ in self._items())

    def __len__(self) -> int:
        return self._raw.count(b"\n", self._start, self._end) + 1 if self._end > self._start else 0

    def _items(self) -> Iterator[tuple[str, Any]]:
        for chunk in self._chunks():
            yield from orjson.loads(b"{%b}" % chunk.removesuffix(b",")).items()

    def _chunks(self) -> Iterator[bytes]:
        position = self._start
        while position < self._end:
            cut = self._raw.find(b"\n", position + _READ_BYTES, self._end)
            cut = self._end if cut < 0 else cut
            yield self._raw[position:cut]
            position = cut + 1


class Tables(dict[str, Any]):
    """The tables of the file, by name."""

    def __init__(self, raw: bytes) -> None:
        """Raises: NotOurs; StateError for the file of a newer mailagent."""
        self.meta = _sealed_meta(raw)
        super().__init__({name: StoredTable(raw, start, end) for name, (start, end) in self.meta["tables"].items()})
        self[META] = {"1": self.meta}


class OfficeStorage(Storage):
    """The office's file for TinyDB: reads with its seal checked, writes atomically.

    Values may be documents or their JSON text.
    """

    def __init__(self, path: Path | str, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._path = Path(path)
        self._chunk_bytes = chunk_bytes
        self._tables: Tables | None = None

    def read(self) -> Tables | None:
        """Give the tables, or None where there is no file. Raises: NotOurs, StateError, OSError."""
        if self._tables is None:
            try:
                raw = self._path.read_bytes()
            except FileNotFoundError:
                return None
            self._tables = Tables(raw)
        return self._tables

    def write(self, data: RawTables) -> None:
        """Put the tables in place of the file; a seal is set anew. Raises: OSError."""
        meta = {**next(iter(data[META].values()))}
        tables = {name: data[name] for name in data if name != META}
        replace_file(self._path, _chunks(tables, meta, self._chunk_bytes), sync_each=True)
        self._tables = None

    def close(self) -> None:
        """Forget what was read."""
        self._tables = None


def open_office(path: Path) -> TinyDB:
    """Open the file by TinyDB with our storage; look only, do not insert: the journal is the truth."""
    return TinyDB(path, storage=OfficeStorage)


def snapshot(office: Office, position: Position) -> RawTables:
    """A copy of the office that nobody changes any more, ready for `OfficeStorage.write`.

    `position` is where the journal stands; the next start need not check those bytes line by line again.
    """
    tables: dict[str, Mapping[Any, Any]] = {name: table.documents.copy() for name, table in office.tables.items()}
    tables[META] = {
        1: {
            "schema": SCHEMA,
            "seq": office.seq,
            "at": instant_text(office.at) if office.at else None,
            "next_numbers": {name: table.next_number for name, table in office.tables.items()},
            "digest_marks": {owner: list(marks) for owner, marks in office.marks.items()},
            "head_hash": position.head_hash,
            "journal": {name: astuple(stand) for name, stand in position.stands.items()},
        }
    }
    return tables


def load_office(path: Path) -> tuple[Office, Position]:
    """Read the file through TinyDB's tables, and where the journal stood then.

    Raises: NotOurs, FileNotFoundError, StateError.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    office = Office()
    try:
        with open_office(path) as database:
            tables = cast(Tables, database.storage.read())
            meta = database.table(META).all()[0]
            office.seq, office.at = meta["seq"], instant_or_none(meta["at"])
            office.marks = {owner: (marks[0], marks[1], marks[2]) for owner, marks in meta["digest_marks"].items()}
            for name, table in office.tables.items():
                table.next_number = meta["next_numbers"][name]
                office.fill(name, zip(database.table(name), tables[name].texts(), strict=True))
            stands = {name: Stand(*stand) for name, stand in meta["journal"].items()}
            position = Position(office.seq, office.at, meta["head_hash"], stands)
    except OSError as error:
        raise unusable(path, error) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise NotOurs(f"it does not hold what it should ({error})") from error
    return office, position


def instant_or_none(text: str | None) -> datetime | None:
    """Read an instant where there is one."""
    return None if text is None else instant_from_text(text)


def _sealed_meta(raw: bytes) -> dict[str, Any]:
    """Check the seal and give the meta document."""
    seal = _SEAL.search(raw, max(0, len(raw) - _SEAL_BYTES))
    if seal is None:
        _refuse_newer(raw)
        raise NotOurs("another program has written it, or it is not complete")
    if hashlib.sha256(memoryview(raw)[: seal.start(1)]).hexdigest().encode() != seal[1]:
        raise NotOurs("another program has changed it, or the disk has")
    start = raw.rindex(b'"meta":')
    meta: dict[str, Any] = orjson.loads(raw[start + len(b'"meta":') : -2])["1"]
    if meta["schema"] > SCHEMA:
        raise _newer(meta["schema"])
    if set(TABLES) - set(meta["tables"]):
        raise NotOurs("tables are missing")
    return meta


def _refuse_newer(raw: bytes) -> None:
    """A file without our seal may still be JSON that a newer mailagent, or stock TinyDB after it, wrote."""
    try:
        schema = orjson.loads(raw)[META]["1"]["schema"]
    except (ValueError, KeyError, TypeError, IndexError):
        return
    if isinstance(schema, int) and schema > SCHEMA:
        raise _newer(schema)


def _newer(schema: int) -> StateError:
    return StateError(
        f"The office was written by a newer mailagent (schema {schema}, this one reads up to {SCHEMA}): install that "
        "version again."
    )


def _chunks(tables: RawTables, meta: dict[str, Any], size: int) -> Iterator[bytes]:
    """The file's text in chunks of about `size` bytes, sealed at the end."""
    digest = hashlib.sha256()
    pieces: list[bytes] = []
    held = 0
    for piece in _pieces(tables, meta):
        pieces.append(piece)
        held += len(piece)
        if held >= size:
            chunk = b"".join(pieces)
            digest.update(chunk)
            yield chunk
            pieces, held = [], 0
    rest = b"".join(pieces)
    digest.update(rest)
    yield b'%b%b"}}}\n' % (rest, digest.hexdigest().encode())


def _pieces(tables: RawTables, meta: dict[str, Any]) -> Iterator[bytes]:
    places: dict[str, tuple[int, int]] = {}
    position = 0
    lead = b"{"
    for name, documents in tables.items():
        opening = b'%b\n"%b":{' % (lead, name.encode())
        start = position + len(opening) - 1
        position += len(opening)
        yield opening
        for piece in _table_pieces(documents):
            position += len(piece)
            yield piece
        position += 2
        yield b"\n}"
        places[name] = (start, position)
        lead = b","
    said = {key: value for key, value in meta.items() if key not in ("tables", "sha256")}
    yield b',\n"meta":{"1":%b,"sha256":"' % orjson.dumps({**said, "tables": places})[:-1]


def _table_pieces(documents: Mapping[Any, Any]) -> Iterator[bytes]:
    blocks = documents.blocks() if isinstance(documents, Blocks) else iter([documents])
    lead = b""
    for block in blocks:
        texts = [
            b'\n"%d":%b' % (int(number), text if isinstance(text, bytes) else orjson.dumps(text))
            for number, text in block.items()
        ]
        yield b"%b%b" % (lead, b",".join(texts))
        lead = b","
