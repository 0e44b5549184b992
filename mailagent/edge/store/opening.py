"""Open a state folder: take it, check every line, bring the office up to date, and only then change anything."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from mailagent.core.settings import Policy
from mailagent.edge.files import Lock, Reserve, check_owner, own_folder, sync_folder, unusable
from mailagent.edge.store.journal import Journal, Position
from mailagent.edge.store.journal_store import JournalStore
from mailagent.edge.store.lines import Line
from mailagent.edge.store.office import Office
from mailagent.edge.store.port import Store
from mailagent.edge.store.projection import Projection
from mailagent.edge.store.tinydb_backend import NotOurs, load_office
from mailagent.errors import StateError

_log = logging.getLogger(__name__)

OFFICE = "office.json"
JOURNAL = "journal"


def open_store(state_dir: Path, *, policy: Policy, write: bool = True) -> Store:
    """Open the office in `state_dir`, making it at the first start.

    `write` False takes no lock and changes nothing: for looking while the daemon runs; what is staged then cannot be
    committed. Raises: Busy; StateError with one sentence that says what to do, and nothing was changed.
    """
    if not write:
        check_owner(state_dir)
        with _no_garbage_rounds():
            return _open(state_dir, policy, None)
    own_folder(state_dir)
    lock = Lock(state_dir)
    try:
        own_folder(state_dir / JOURNAL)
        with _no_garbage_rounds():
            return _open(state_dir, policy, lock)
    except BaseException:
        lock.release()
        raise


def _open(state_dir: Path, policy: Policy, lock: Lock | None) -> Store:
    path = state_dir / OFFICE
    office, position, wrong = _load(path)
    written_seq = office.seq
    journal = Journal(state_dir / JOURNAL)
    for line in journal.scan(position):
        _apply(office, line)
    if journal.seq < office.seq:
        raise StateError(
            f"The office stands at number {office.seq}, but the journal ends at {journal.seq}: lines of "
            f"{journal.folder} are missing. "
            f"Nothing was changed. Restore {journal.folder} from a backup."
        )
    notes = [wrong] if wrong else []
    if not wrong and not path.exists() and journal.seq:
        notes.append(f"{path} was not there; it is built anew from the journal")
    if lock is not None:
        notes += [note for note in (_set_aside(path) if wrong else "", journal.mend()) if note]
    for note in notes:
        _log.warning("opened=%s note=%s", state_dir, note)
    projection = Projection(path, seq=written_seq)
    return JournalStore(office, journal, projection, policy, lock=lock, reserve=Reserve(state_dir), notes=tuple(notes))


@contextmanager
def _no_garbage_rounds() -> Iterator[None]:
    """Let the collector rest while a big office comes in.

    It makes no garbage, and looking for it takes a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(path: Path) -> tuple[Office, Position | None, str]:
    """The office of the file, or an empty one and what was wrong with the file."""
    try:
        return *load_office(path), ""
    except FileNotFoundError:
        return Office(), None, ""
    except NotOurs as error:
        return Office(), None, f"{path} is not as mailagent wrote it: {error}; it is built anew from the journal"


def _apply(office: Office, line: Line) -> None:
    try:
        payload = orjson.loads(line.payload)
        for effect in office.effects_of(payload["changes"], payload["letters"]):
            office.put(effect)
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"Number {line.seq} of the journal does not fit the office: {error}. Nothing was changed. Run `mailagent "
            "verify`."
        ) from error
    office.seq, office.at = line.seq, line.at


def _set_aside(path: Path) -> str:
    number = 1
    while (beside := path.with_name(f"{path.name}.set-aside-{number}")).exists():
        number += 1
    try:
        path.rename(beside)
        sync_folder(path.parent)
    except OSError as error:
        raise unusable(path, error) from error
    return f"the old file is kept as {beside.name}"
