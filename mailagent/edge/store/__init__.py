"""The store: one port, and its embedded backend of a journal, an office in memory and a TinyDB file.

What only some commands need stands in its own room, and is not loaded with the daemon: replaying, verifying.
"""

from mailagent.edge.files import DiskTrouble
from mailagent.edge.store.documents import DocumentError, event_from_document, event_to_document
from mailagent.edge.store.opening import open_store
from mailagent.edge.store.port import ReplayReport, Store, VerifyReport
from mailagent.edge.store.reading import OfficeReader, journal_seq, read_office, written_letters

__all__ = [
    "DiskTrouble",
    "DocumentError",
    "OfficeReader",
    "ReplayReport",
    "Store",
    "VerifyReport",
    "event_from_document",
    "event_to_document",
    "journal_seq",
    "open_store",
    "read_office",
    "written_letters",
]
