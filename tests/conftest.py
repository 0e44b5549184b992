"""What all tests share: the tools a test needs from the machine, and the soaks that stay out of a normal run.

A test says what it needs, by mark or, for fixtures that start a server, by the `needs` fixture:

    @needs("dovecot", "postfix")            # from tests.conftest import needs
    def test_...

    @pytest.fixture
    def imap_server(needs):
        needs("dovecot")

Where the tool is missing the test skips and says so. Where MAILAGENT_REQUIRE names it, missing is a failure: that is
how CI makes sure that nothing was skipped by accident. What MAILAGENT_WITHOUT names counts as missing: that is how a
machine without servers is tried on one that has them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

needs = pytest.mark.needs

# A busy machine is no fault: what must be quick is measured under benchmarks/.
settings.register_profile("mailagent", deadline=None)
settings.load_profile("mailagent")
LONG_PROFILE = "MAILAGENT_LONG" in os.environ  # machines of states look for minutes: `make lives`

# Debian keeps servers out of an ordinary user's PATH.
_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


def _found(*programs: str) -> Callable[[], bool]:
    return lambda: all(shutil.which(program, path=_PLACES) for program in programs)


# name -> (is it here?, how to get it)
TOOLS: dict[str, tuple[Callable[[], bool], str]] = {
    "dovecot": (_found("dovecot", "doveadm"), "install dovecot-imapd and dovecot-lmtpd"),
    "postfix": (_found("postfix", "postconf"), "install postfix"),
    "strace": (_found("strace"), "install strace"),
    "root": (lambda: os.geteuid() == 0, "run the tests as root"),
    "systemd": (_found("systemd-analyze"), "install systemd"),
    "chromium": (_found("chromium"), "install chromium"),
    "mutt": (_found("mutt"), "install mutt"),
    "openssl": (_found("openssl"), "install openssl"),
}


def require_tools(*names: str) -> None:
    """Skip the running test unless each named tool is here; fail instead where MAILAGENT_REQUIRE names it."""
    required, without = _named("MAILAGENT_REQUIRE"), _named("MAILAGENT_WITHOUT")
    for name in names:
        is_here, remedy = TOOLS[name]
        if is_here() and name not in without:
            continue
        reason = f"needs {name}: {remedy}"
        if name in required:
            pytest.fail(f"{reason} (MAILAGENT_REQUIRE names it)", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session", name="needs")
def needs_fixture() -> Callable[..., None]:
    """Give fixtures `needs("dovecot")`, with the same meaning as the mark."""
    return require_tools


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Put the umask back: a command that becomes another user narrows it, and servers of other tests need theirs."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the tests that take minutes, too")


def pytest_configure(config: pytest.Config) -> None:
    unknown = (_named("MAILAGENT_REQUIRE") | _named("MAILAGENT_WITHOUT")) - TOOLS.keys()
    if unknown:
        raise pytest.UsageError(f"no test knows the tool {', '.join(sorted(unknown))}; known are {', '.join(TOOLS)}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the soaks out, and let `-m needs` find those that need a tool through a fixture."""
    for item in items:
        if "needs" in getattr(item, "fixturenames", ()):
            item.add_marker(needs())
        # A parameter asks for its fixture only when the test runs: too late for the collection to see it.
        if getattr(getattr(item, "callspec", None), "params", {}).get("world") == "debian":
            item.add_marker(needs("root", "dovecot", "postfix"))
    if config.getoption("soak"):
        return
    soaks = [item for item in items if item.get_closest_marker("soak")]
    if soaks:
        config.hook.pytest_deselected(items=soaks)
        items[:] = [item for item in items if item not in soaks]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        require_tools(*mark.args)


def _named(variable: str) -> set[str]:
    return {name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()}
