"""The store: one port, and its embedded backend of a journal, an office in memory and a TinyDB file."""

from mailagent.edge.store.files import DiskTrouble
from mailagent.edge.store.opening import open_store
from mailagent.edge.store.port import ReplayReport, Store, VerifyReport

__all__ = ["DiskTrouble", "ReplayReport", "Store", "VerifyReport", "open_store"]
