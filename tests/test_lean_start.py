"""What a start loads: a run by cron that finds nothing, and a daemon at rest, pay for no more than they use."""

import subprocess
import sys

LATER = ("jinja2", "asyncio", "aiosmtplib", "markdown_it")  # with the first letter
NEVER = ("zipfile", "lzma", "difflib", "html.entities", "mailagent.reader", "mailagent.edge.store.verifying")
# With the first of its kind: an order, a reminder, a trial, a digest, a worker's holidays.
SELDOM = (
    *(f"mailagent.core.decide.{name}" for name in ("orders", "bench", "chasing", "trials", "confirmations")),
    *(f"mailagent.core.{name}" for name in ("digest", "pulse", "trials")),
    "holidays",
    "mailagent.rehearsing",
    "mailagent.samples",
    "mailagent.mail.command",
    "mailagent.mail.orderline",
)
# With the first mail that needs them: an owner's, an absence.
READ_SELDOM = tuple(f"mailagent.mail.{name}" for name in ("command", "orderline", "absences", "days"))
# What others load at once and the reader never uses (mailagent/lean.py).
UNUSED = ("inspect", "socket", "random", "calendar", "locale", "ipaddress", "urllib.parse", "traceback")


def test_the_daemon_is_loaded_without_what_waits_for_the_first_letter() -> None:
    code = (
        "import sys, mailagent.cli.run, mailagent.daemon; "
        f"print([n for n in {(*LATER, *NEVER, *SELDOM)!r} if n in sys.modules])"
    )

    assert _printed(code) == "[]"


def test_a_worker_s_report_is_read_and_decided_without_what_is_seldom_needed() -> None:
    code = (
        "import sys, mailagent.daemon; from tests import factories as a; from mailagent.core.decide import decide; "
        "decide(a.a_slice(owner=a.an_owner(), worker=a.a_worker(), job=a.a_job()), a.a_reported(), a.NOW); "
        "from mailagent.mail.reading import read; from mailagent.mail.message import Body; "
        "from mailagent.mail.wire import ReadContext; "
        "read(Body(('Done: the rows\\nHours: 2\\nNeed: 2h because\\nQuestion: red?',), False), ReadContext()); "
        f"print([n for n in {(*SELDOM, *READ_SELDOM)!r} if n in sys.modules])"
    )

    assert _printed(code) == "[]"


def test_the_reader_is_loaded_without_what_python_s_own_modules_load_for_nothing() -> None:
    code = (
        "import sys, mailagent.reader; "
        f"print([n for n in {UNUSED!r} if '__waits__' not in vars(sys.modules[n])], "
        f"[n for n in {READ_SELDOM!r} if n in sys.modules])"
    )

    assert _printed(code) == "[] []"


def test_a_module_that_waits_becomes_itself_when_it_is_used() -> None:
    code = (
        "import mailagent.reader, calendar, email.utils, urllib.parse, inspect, dataclasses; "
        "from ipaddress import ip_address; "
        "print(calendar.timegm((1970, 1, 2, 0, 0, 0)), urllib.parse.quote('a b'), ip_address('::1'), "
        "inspect.signature(dataclasses.make_dataclass('C', ['a'])), email.utils.make_msgid(domain='x.test')[-8:])"
    )

    assert _printed(code) == "86400 a%20b ::1 (a: 'typing.Any') -> None @x.test>"


def test_imapclient_works_without_knowing_its_own_release() -> None:
    code = "from mailagent.edge.imap import Mailbox; import imapclient; print(imapclient.IMAPClient.__name__)"

    assert _printed(code) == "IMAPClient"


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
