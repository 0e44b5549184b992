"""Lets modules of Python wait for their first use that others load at once and hardly ever use.

`dataclasses` loads inspect for the text about a class without one, `email.utils` sockets for the name of this machine,
and so on: a fifth of the reader's memory and of its start. Loaded with the package itself, before anything else. What
waits is the module itself, only not executed yet: it is as soon as it is asked for anything.
"""

import sys
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType

WAITING = (
    "inspect",  # dataclasses and attrs, for the text about a class that has none
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
_MARK = "__waits__"
_executing = RLock()


class _Waiting(ModuleType):
    """A module whose code runs when it is asked for something that it does not have yet."""

    def __getattr__(self, name: str) -> object:
        self.stop_waiting()
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None

    def stop_waiting(self) -> None:
        """Execute it, once. Raises what its code raises, or ImportError and OSError where that cannot be read."""
        with _executing:
            if not vars(self).pop(_MARK, False):
                return
            assert self.__spec__ is not None
            assert self.__spec__.loader is not None
            try:
                self.__spec__.loader.exec_module(self)
            except BaseException:
                vars(self)[_MARK] = True  # so that the next one is told the true reason, too
                raise
            self.__class__ = ModuleType  # type: ignore[assignment]


def let_wait(names: tuple[str, ...] = WAITING) -> None:
    """Let these wait, as far as nobody has loaded them."""
    for name in names:
        spec = None if name in sys.modules else find_spec(name)
        if spec is None:
            continue
        module = module_from_spec(spec)
        module.__class__ = _Waiting
        vars(module)[_MARK] = True
        sys.modules[name] = module
        package, _, last = name.rpartition(".")
        if package:
            setattr(sys.modules[package], last, module)


def end_waiting() -> None:
    """Execute what still waits: before rights are given up without which its code could not be read."""
    for module in list(sys.modules.values()):
        if isinstance(module, _Waiting):
            module.stop_waiting()


let_wait()
