"""Keeps imapclient lean; imported before anything else of this room.

`imapclient.version` asks importlib.metadata for its own release at every import (3.1.0). That loads zipfile, lzma, csv
and tempfile: 1.4 MB of a daemon that is to be small, and 9 ms of every start, for a number that nobody reads here.
"""

import sys
from types import ModuleType

_NAME = "imapclient.version"


def _version() -> ModuleType:
    module = ModuleType(_NAME, "Stands in for a module that only finds out its own number.")
    module.version = "0.0.0"  # type: ignore[attr-defined]
    module.version_info = (0, 0, 0, "final")  # type: ignore[attr-defined]
    return module


if "imapclient" not in sys.modules:
    sys.modules.setdefault(_NAME, _version())
