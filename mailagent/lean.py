"""Lets modules of Python wait for their first use that others load at once and hardly ever use.

`dataclasses` loads inspect for the text about a class without one, `email.utils` sockets for the name of this machine,
and so on: a fifth of the reader's memory and of its start. Loaded with the package itself, before anything else. What
stands in becomes the module as soon as it is asked for anything.
"""

import sys
from importlib import import_module
from types import ModuleType

WAITING = (
    "attr.validators",  # attrs, for fields that are checked in its way; so the next one
    "attrs.validators",
    "inspect",  # dataclasses, for the text about a class that has none
    "calendar",  # imaplib and email, for instants that we read ourselves
    "ipaddress",  # urllib.parse, for hosts in brackets
    "locale",  # subprocess, for text
    "random",  # email.utils, for ids
    "shutil",  # tempfile
    "socket",  # email.utils, for the name of this machine
    "tempfile",  # jinja2, for a cache of compiled templates
    "traceback",  # logging, for what breaks
    "urllib.parse",  # email.utils, for parameters in the way of RFC 2231
)


def _waiting(name: str) -> ModuleType:
    """A module that becomes the one it stands for when somebody asks it for anything."""
    waiting = ModuleType(name)

    def load(attribute: str) -> object:
        if sys.modules.get(name) is waiting:
            del sys.modules[name]
        real = import_module(name)
        vars(waiting).update(vars(real))
        return getattr(real, attribute)

    waiting.__getattr__ = load  # type: ignore[method-assign]
    return waiting


def let_wait(names: tuple[str, ...] = WAITING) -> None:
    """Let these wait, as far as nobody has loaded them."""
    for name in names:
        if name in sys.modules:
            continue
        sys.modules[name] = _waiting(name)
        package, _, last = name.rpartition(".")
        if package in sys.stdlib_module_names:
            setattr(import_module(package), last, sys.modules[name])


let_wait()
