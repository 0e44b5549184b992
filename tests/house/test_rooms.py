"""What belongs in one room only, where import-linter cannot say it.

Clocks, the environment, printing, broad catches, and third parties in core.
"""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house.tree import ROOT, Module, imports, is_broad, mentions, modules

# Each of these reads the wall clock or the machine's zone.
# Monotonic clocks measure, and may be anywhere but in core and mail.
WALL_CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "time.ctime",
    "time.localtime",
    "time.gmtime",
    "time.clock_gettime",
    "utils.localtime",
    "utils.formatdate",
    "utils.make_msgid",
    "uuid.uuid1",
}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv", "os.path.expandvars"}
MAY_CATCH_EVERYTHING = ("intake", "outbox", "desk", "reader", "daemon", "demo")
CORE_STDLIB_BANS = {
    *(
        "logging",
        "os",
        "time",
        "random",
        "uuid",
        "socket",
        "asyncio",
        "pathlib",
        "json",
        "email",
        "secrets",
        "subprocess",
    ),
    *(
        "threading",
        "multiprocessing",
        "io",
        "sys",
        "shutil",
        "tempfile",
        "sqlite3",
        "pickle",
        "signal",
        "locale",
        "urllib.request",
    ),
}
MAIL_STDLIB_BANS = {
    *(
        "logging",
        "os",
        "time",
        "random",
        "uuid",
        "socket",
        "asyncio",
        "pathlib",
        "secrets",
        "hmac",
        "ssl",
        "subprocess",
    ),
    *(
        "threading",
        "multiprocessing",
        "shutil",
        "tempfile",
        "pickle",
        "signal",
        "locale",
        "urllib.request",
        "imaplib",
        "smtplib",
        "sqlite3",
    ),
}


def test_the_import_contracts_hold(repository: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([linter, "--no-cache"], cwd=repository, capture_output=True, text=True, timeout=50)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("floor", "banned"), [("core", CORE_STDLIB_BANS), ("mail", MAIL_STDLIB_BANS)])
def test_a_pure_floor_imports_nothing_of_the_world(floor: str, banned: set[str]) -> None:
    found = _imported(
        lambda module: module.is_in(floor), lambda name: any(f"{name}.".startswith(f"{one}.") for one in banned)
    )

    assert found == []


def test_core_imports_no_third_party() -> None:
    found = _imported(
        lambda module: module.is_in("core"),
        lambda name: name.split(".")[0] not in sys.stdlib_module_names | {"mailagent"},
    )

    assert found == []


@pytest.mark.parametrize("room", ["reader", "demo", "cli"])
def test_nobody_imports_what_is_started_as_a_process(room: str) -> None:
    # The contracts name their rooms one by one; this holds for those that come later, too.
    found = [
        f"{module.name}:{line}"
        for module in modules()
        if not module.is_in(room, "__main__")
        for line, name in imports(module.syntax)
        if f"{name}.".startswith(f"mailagent.{room}.")
    ]

    assert found == []


def test_only_the_clock_room_reads_the_wall_clock() -> None:
    # Followed through its imports: `from datetime import datetime as dt; dt.now()` is found, too.
    assert _uses(WALL_CLOCKS, allowed=("edge/clock", "demo")) == []


def test_only_loop_and_door_ask_what_time_it_is() -> None:
    assert _uses({"clock.now"}, allowed=("daemon", "cli", "edge/clock", "demo")) == []


def test_only_the_config_room_reads_the_environment() -> None:
    assert _uses(ENVIRONMENT, allowed=("edge/config", "demo")) == []


def test_only_the_door_prints() -> None:
    assert _uses({"print", "builtins.print"}, allowed=("cli", "demo")) == []


def test_only_hallways_and_loop_catch_everything() -> None:
    found = [
        f"{module.name}:{handler.lineno}"
        for module in modules()
        if not module.is_in(*MAY_CATCH_EVERYTHING)
        for handler in ast.walk(module.syntax)
        if isinstance(handler, ast.ExceptHandler) and is_broad(handler)
    ]

    assert found == []


def test_nothing_that_runs_text_as_code_or_unpickles() -> None:
    assert (
        _uses(
            {"eval", "exec", "compile", "pickle.loads", "pickle.load", "marshal.loads", "os.system"}, allowed=("demo",)
        )
        == []
    )


def test_an_editable_tree_has_no_packaged_data() -> None:
    assert not (ROOT / "mailagent" / "_data").exists()


def _imported(where: Callable[[Module], bool], is_banned: Callable[[str], bool]) -> list[str]:
    return [
        f"{module.name}:{line} imports {name}"
        for module in modules()
        if where(module)
        for line, name in imports(module.syntax)
        if is_banned(name)
    ]


def _uses(names: set[str], allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{module.name}:{line} {name}"
        for module in modules()
        if not module.is_in(*allowed)
        for line, name in mentions(module)
        if name in names or ".".join(name.split(".")[-2:]) in names
    ]
