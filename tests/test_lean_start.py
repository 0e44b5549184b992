"""What a start loads: a run by cron that finds nothing, and a daemon at rest, pay for no more than they use."""

import subprocess
import sys

LATER = ("jinja2", "asyncio", "aiosmtplib", "markdown_it")  # with the first letter
NEVER = ("zipfile", "lzma", "difflib", "html.entities", "mailagent.reader", "mailagent.edge.store.verifying")


def test_the_daemon_is_loaded_without_what_waits_for_the_first_letter() -> None:
    code = (
        f"import sys, mailagent.cli.run, mailagent.daemon; print([n for n in {(*LATER, *NEVER)!r} if n in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_imapclient_works_without_knowing_its_own_release() -> None:
    code = "from mailagent.edge.imap import Mailbox; import imapclient; print(imapclient.IMAPClient.__name__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "IMAPClient"
