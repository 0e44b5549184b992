"""The demo as it is typed: two days in seconds, its counts exact; what it made can be read; `explain`."""

import email
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from tinydb import TinyDB

from mailagent.edge.archive import Archive, Way
from mailagent.errors import EXIT_STATE, EXIT_USAGE
from tests.cli.conftest import Door

MAILAGENT = [sys.executable, "-m", "mailagent"]

pytestmark = pytest.mark.timeout(150)  # it takes seconds, but not beside everything else

# What three workers and an owner do in two days. Whatever the machine is busy with, and whatever day it is.
COUNTS = {
    "briefs": 3,
    "reports": 13,  # 3 say only that they have begun
    "receipts": 13,
    "nudges": 3,  # all to ben
    "questions": 1,
    "digests": 3,
    "letters_sent": 43,
    "mails_in": 20,  # 13 reports, 7 mails of the owner
    "mails_unplaced": 0,
    "minutes_reported": 915,
    "minutes_payable": 900,
    "minutes_over_cap": 15,
    "minutes_undecided": 0,
}


def play(folder: Path, *words: str) -> dict[str, object]:
    """Play the demo, and give what it printed."""
    done = subprocess.run(
        [*MAILAGENT, "demo", "--json", "--dir", folder, *words],
        capture_output=True, text=True, timeout=130, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was played; `summary.json` is what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    (folder.parent / "summary.json").write_text(json.dumps(play(folder)))
    return folder


@pytest.fixture(scope="module")
def summary(played: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((played.parent / "summary.json").read_text())
    return found


@pytest.fixture(scope="module")
def accepted(played: Path) -> list[dict[str, str]]:
    """What the mail servers noted of each mail they took."""
    return [json.loads(line) for line in (played / "accepted.jsonl").read_text().splitlines()]


def command(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAILAGENT, "--config", folder / "mailagent.toml", *map(str, words)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_counts_are_exact(played: Path, summary: dict[str, object]) -> None:
    assert {name: summary[name] for name in COUNTS} == COUNTS
    assert summary["state_dir"] == str(played / "state")
    assert "NEEDS YOU" in str(summary["digest_text"])
    assert "<html" in Path(str(summary["digest_html"])).read_text("utf-8")


def test_a_week_of_clock_changes_and_holidays_counts_the_same(tmp_path: Path) -> None:
    summary = play(tmp_path / "easter", "--monday", "2027-03-29")  # Easter Monday, the day after Berlin's change

    assert {name: summary[name] for name in COUNTS} == COUNTS
    assert "Wed 31 Mar" in str(summary["digest_text"])


def test_the_servers_logs_know_the_same_mails(summary: dict[str, object], accepted: list[dict[str, str]]) -> None:
    logins = Counter(entry["login"].partition("@")[0] for entry in accepted)
    boxes = Counter(re.split("[+@]", entry["forward_path"])[0] for entry in accepted)

    assert logins == {"desk": 43, "ana": 5, "ben": 3, "luz": 5, "dana": 7}
    assert logins["desk"] == summary["letters_sent"]
    assert boxes["desk"] == summary["mails_in"] == logins.total() - logins["desk"]
    assert boxes == {"desk": 20, "ana": 8, "ben": 8, "luz": 9, "dana": 18}
    assert len({entry["message_id"] for entry in accepted}) == len(accepted)


def test_journal_and_office_know_the_same_mails(
    played: Path, summary: dict[str, object], accepted: list[dict[str, str]]
) -> None:
    lines = (line for path in sorted((played / "state" / "journal").glob("*")) for line in path.open())
    kinds = Counter(json.loads(line.partition(" ")[2].partition("\t")[0])["kind"] for line in lines if "\t" in line)
    with TinyDB(played / "state" / "office.json", access_mode="r") as database:
        outbox = {one["message_id"]: one for one in database.table("outbox")}
        reports, entries, mails = (list(database.table(name)) for name in ("reports", "time_entries", "mails"))

    assert kinds["letter_sent"] == summary["letters_sent"]
    assert kinds["reported"] == len(reports) == summary["reports"]
    assert kinds["owner_ordered"] + kinds["reported"] == len(mails) == summary["mails_in"]
    sent = [entry for entry in accepted if entry["login"].startswith("desk@")]
    assert set(outbox) == {entry["message_id"] for entry in sent}
    assert {one["state"] for one in outbox.values()} == {"sent"}
    assert Counter(one["kind"] for one in outbox.values()) == {
        "brief": 3, "receipt": 13, "nudge": 3, "digest": 3, "owner-news": 8, "from-owner": 6, "transcript": 7,
    }  # fmt: skip
    assert sum(one["minutes"] for one in entries) == summary["minutes_reported"]
    for name in ("payable", "over_cap", "undecided"):
        assert sum(one[name] for one in entries) == summary[f"minutes_{name}"]


def test_what_it_made_is_an_office_like_any_other(played: Path) -> None:
    assert command(played, "verify").stdout.startswith("sound: ")
    assert command(played, "replay").stdout.startswith("the same: ")
    jobs = " ".join(command(played, "job", "list").stdout.split())
    assert "J1 dana ana - accepted" in jobs
    assert "J2 dana ben - done" in jobs
    assert "J3 dana luz - done" in jobs
    assert "20 seen: 20 settled" in command(played, "status").stdout


def test_each_worker_writes_in_his_own_way(mails: list[Path]) -> None:
    found = {}
    for path in mails:
        mail = email.message_from_bytes(path.read_bytes())
        body = mail.get_payload(decode=True)
        assert isinstance(body, bytes)
        found[str(mail["From"]).partition(" ")[0], str(mail["Subject"])] = (mail.get_content_type(), body.decode())

    kind, text = found["Ana", "Re: [J1] Product texts for the spring catalogue"]
    assert kind == "text/plain"
    assert text.index("Status: done") < text.index("Work desk wrote:") < text.index("> Hello Ana Cruz,")
    kind, text = found["Ben", "Re: [J2] Check the addresses of 40 dealers"]
    assert kind == "text/plain"
    assert "Sent from my phone" in text
    kind, text = found["Luz", "Re: [J3] Compare three parcel services"]
    assert kind == "text/html"
    assert "<b>Subject:</b>" in text
    tapped = found["Dana", "[J1] Accept it"]
    assert tapped == ("text/plain", "ok J1\r\n\r\nSent from my iPhone\r\n")


def test_nothing_is_logged_that_is_nobodys_business(played: Path) -> None:
    log = (played / "daemon.log").read_text()

    assert "fate=sent" in log
    assert "ERROR" not in log
    assert "rows 16 to 28" not in log
    assert (played / "password").read_text().strip() not in log


def test_none_of_its_processes_is_left(played: Path) -> None:
    assert _processes_about(played) == []


def test_a_folder_that_holds_something_is_left_alone(played: Path) -> None:
    done = command(played, "demo", "--dir", played)

    assert (done.returncode, done.stderr) == (EXIT_STATE, f"mailagent: {played}: is not empty; name a new folder\n")


def test_a_story_begins_on_a_monday(door: Door) -> None:
    said = door("demo", "--monday", "2027-03-30")

    assert said.code == EXIT_USAGE
    assert "2027-03-30 is a Tuesday; the story begins on a Monday" in said.err


def test_ctrl_c_ends_all_that_was_started(tmp_path: Path) -> None:
    with subprocess.Popen([*MAILAGENT, "demo", "--dir", tmp_path / "kept"], stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.send_signal(signal.SIGINT)

        assert demo.wait(20) == 130
    assert _processes_about(tmp_path) == []


@contextmanager
def kept(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A demo that goes on, and what it told up to the command line of mutt; ended by Ctrl-C."""
    with subprocess.Popen([*MAILAGENT, "demo", "--keep", "--dir", folder], stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        lines = [""]
        try:
            while not lines[-1].startswith("  mutt "):
                line = demo.stdout.readline()
                assert line, "it ended before it told how to connect"
                lines.append(line.rstrip("\n"))
            yield demo, lines
        finally:
            demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0
    assert _processes_about(folder) == []


def hear(fileno: int, until: str) -> str:
    """Read from a process until it has said something."""
    said = ""
    while until not in said:
        assert select.select([fileno], [], [], 60)[0], said
        said += os.read(fileno, 65536).decode("utf-8", "replace")
    return said


def test_somebody_watches_and_gives_a_job_of_his_own(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    with kept(folder) as (demo, lines):
        assert demo.stdout is not None
        assert "J4 goes to Ben Otieno" in command(folder, "job", "add", _brief(tmp_path), "--worker", "ben").stdout
        assert "desk -> Ben   brief J4: Ring the printer" in hear(demo.stdout.fileno(), "brief J4: Ring the printer")
    assert max(len(line) for line in lines[:-1] if str(folder) not in line) <= 80
    text = "\n".join(lines)
    assert "understood: 2 h 15, rows 1 to 5 as a sample and rows 6 to 15, next rows 16" in text
    assert "J3 [####################] 3 h of 3 h, 15 min over the cap" in text
    assert "... 9 min later\nAna Mon 09:39  Ben Mon 04:39  Luz Sun 20:39  Dana Mon 0" in text
    assert "reminder 1: J2, the start was due at 13:00" in text
    assert re.search(r"IMAP 127.0.0.1, port \d+; SMTP 127.0.0.1, port \d+", text)


@pytest.mark.needs("mutt")
def test_the_command_line_of_mutt_opens_the_owners_mail_and_answers_it(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "ok 1" > "$1"\n')
    editor.chmod(0o700)
    with kept(tmp_path / "kept") as (demo, lines):
        assert demo.stdout is not None
        pid, terminal = pty.fork()
        if pid == 0:
            home = {"HOME": str(tmp_path), "EDITOR": str(editor), "TERM": "xterm", "LINES": "40", "COLUMNS": "100"}
            os.execvpe("sh", ["sh", "-c", lines[-1]], {**os.environ, **home})
        try:
            hear(terminal, "2 need you")
            os.write(terminal, b"*r\r\ry")  # the last mail; to and subject as they are; quote it
            hear(terminal, "y:Send")
            os.write(terminal, b"y")
            hear(terminal, "Mail sent.")
            assert "`ok 1` - J2 is accepted" in hear(demo.stdout.fileno(), "J2 is accepted")
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)


def _brief(folder: Path) -> Path:
    path = folder / "errand.md"
    path.write_text('+++\ntitle = "Ring the printer"\ncap = "30m"\n+++\n\n## How\n\nAsk when the proofs come.\n')
    return path


# --- explain ---


@pytest.fixture(scope="module")
def mails(played: Path) -> list[Path]:
    """All mails that came in, as they came."""
    archive, paths = Archive(played / "state" / "archive", write=False), []
    for segment in archive.segments():
        for one in archive.records(segment):
            if one.way is Way.IN:
                paths.append(played.parent / f"{len(paths)}.eml")
                paths[-1].write_bytes(one.raw)
    archive.close()
    return paths


@pytest.fixture(scope="module")
def replies(mails: list[Path]) -> list[Path]:
    """Those of ben, whose job is still open."""
    return [path for path in mails if b"From: Ben Otieno" in path.read_bytes()]


def test_a_reply_is_explained_in_words(played: Path, replies: list[Path]) -> None:
    said = command(played, "explain", replies[1]).stdout

    assert "job      J2" in said
    assert "own          Done: dealers 1 to 8 and dealers 9 to 20" in said
    assert "hours    1 h 30" in said
    assert "would    write to ben: receipt" in said


def test_a_script_gets_a_line_of_json_a_mail(played: Path, replies: list[Path]) -> None:
    before = json.loads(command(played, "status", "--json").stdout)["as_of"]
    lines = [json.loads(line) for line in command(played, "explain", "--json", *replies).stdout.splitlines()]
    after = json.loads(command(played, "status", "--json").stdout)["as_of"]

    assert [set(line) for line in lines] == 3 * [
        {"schema", "mail", "nature", "sender", "job", "lines", "fields", "unclear", "would"}
    ]
    assert [line["fields"]["minutes"] for line in lines] == [None, 90, 90]
    assert [line["fields"]["status"] for line in lines] == ["started", "working", "done"]
    assert all(isinstance(change["document"], dict) for change in lines[1]["would"]["changes"])
    assert before == after


def test_a_strangers_mail_is_explained_too(played: Path, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Eve <eve@elsewhere.example>", "\x1b[31mDone"
    mail.set_content("Done: everything\nHours: 8\n")
    (tmp_path / "eve.eml").write_bytes(mail.as_bytes())

    done = command(played, "explain", tmp_path / "eve.eml")

    assert done.returncode == 0
    assert "sender   eve@elsewhere.example: unknown" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_mail_that_is_not_there_is_one_sentence(door: Door) -> None:
    said = door("explain", "/no/such.eml")

    assert said.err == "mailagent: /no/such.eml: cannot be read: No such file or directory\n"


def _processes_about(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder, or work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in words:
                found.append(words)
    return found
