"""A real mutt in a terminal of its own: it opens one mail of a person's mailbox, answers it and sends the answer.

What the person types is put in by an editor that we give to mutt; everything else, the quoting, the threading, the
address of the answer, is mutt's own doing. IMAP over TLS, SMTP by STARTTLS, both verified.
"""

import contextlib
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from tests.servers.world import PATIENCE_S, Person, World

# Above the quoted mail, or, where a line is `Label: words` and `inside` is said, at that label of the quoted form.
_EDITOR = """\
import re, sys
where, typed, draft = sys.argv[1], open(sys.argv[2], encoding="utf-8").read(), sys.argv[3]
text = open(draft, encoding="utf-8").read()
open(sys.argv[2] + ".seen", "w", encoding="utf-8").write(text)
if where == "above":
    text = typed + "\\n\\n" + text
else:
    for label, words in re.findall(r"(?m)^([A-Z][a-z]+): (.*)$", typed):
        head, found, tail = text.rpartition(f"> {label}:")
        assert found, f"the form has no {label}"
        text = f"{head}> {label}: {words}{tail[tail.index(chr(10)):]}"
open(draft, "w", encoding="utf-8").write(text)
"""

_SETTINGS = """\
set spoolfile="imaps://{user}@{imap.host}:{imap.port}/INBOX"
set folder="imaps://{user}@{imap.host}:{imap.port}/"
set imap_user="{person.address}"
set imap_pass="{person.password}"
set smtp_url="smtp://{user}@{smtp.host}:{smtp.port}/"
set smtp_pass="{person.password}"
set ssl_starttls=yes
set ssl_force_tls=yes
set ssl_ca_certificates_file="{imap.ca_file}"
set from="{person.address}"
set realname="{person.name}"
set editor="{python} {home}/editor.py {where} {home}/typed"
set sort=mailbox-order
set include=yes
set reply_to=yes
set fast_reply=yes
set autoedit=yes
set edit_headers=no
set copy=no
set move=no
set delete=no
set quit=yes
set wait_key=no
set sleep_time=0
set mail_check=60
set charset=utf-8
set send_charset="us-ascii:utf-8"
set header_cache=""
set certificate_file=""
"""


def answer_in_mutt(world: World, person: Person, number: int, typed: str, *, inside: bool = False) -> str:
    """Answer the `number`-th mail of a mailbox; gives the draft as mutt showed it, the mail quoted in it."""
    home = Path(tempfile.mkdtemp(prefix="mutt-"))
    try:
        settings = _SETTINGS.format(
            user=urllib.parse.quote(person.address, safe=""),
            imap=world.imap,
            smtp=world.smtp,
            person=person,
            python=sys.executable,
            home=home,
            where="inside" if inside else "above",
        )
        (home / "muttrc").write_text(settings, "utf-8")
        (home / "editor.py").write_text(_EDITOR, "utf-8")
        (home / "typed").write_text(typed, "utf-8")
        _run(home, f"push {number}<enter><display-message><exit><reply>y<quit>")
        return (home / "typed.seen").read_text("utf-8")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(home: Path, keys: str) -> None:
    """Run mutt until it ends by itself."""
    ours, its = pty.openpty()
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    environment = {**kept, "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    command = ["mutt", "-n", "-F", str(home / "muttrc"), "-e", keys]
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, start_new_session=True)
    os.close(its)
    screen, until = b"", time.monotonic() + PATIENCE_S
    try:
        while process.poll() is None:
            assert time.monotonic() < until, f"mutt still waits: {screen[-2000:]!r}"
            if select.select([ours], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # mutt has closed its end
                    screen += os.read(ours, 65536)
        assert process.returncode == 0, f"mutt: {process.returncode}\n{screen[-2000:]!r}"
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        os.close(ours)
