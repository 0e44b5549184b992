"""The demo as it is typed: a day in seconds, and what it made is still readable afterwards; `explain` on its mails."""

import json
import os
import signal
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from tinydb import TinyDB

from mailagent.edge.archive import Archive, Way
from mailagent.errors import EXIT_STATE
from tests.cli.conftest import Door

MAILAGENT = [sys.executable, "-m", "mailagent"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was played; `summary.json` is what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    done = subprocess.run(
        [*MAILAGENT, "demo", "--json", "--keep", folder], capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    (folder / "summary.json").write_text(done.stdout)
    return folder


def command(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAILAGENT, "--config", folder / "mailagent.toml", *map(str, words)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_one_job_goes_from_brief_to_digest(played: Path) -> None:
    summary = json.loads((played / "summary.json").read_text())

    assert (summary["briefs"], summary["receipts"], summary["digests"]) == (1, 3, 1)
    # The owner hears at once of the first report and of what blocks her; nobody is late, so nobody is reminded.
    assert (summary["letters_sent"], summary["mails_in"]) == (7, 3)
    assert summary["minutes_reported"] == 225
    decided = summary["minutes_payable"] + summary["minutes_over_cap"] + summary["minutes_undecided"]
    assert decided == summary["minutes_reported"]
    assert "NEEDS YOU" in summary["digest_text"]
    assert "<html" in Path(summary["digest_html"]).read_text("utf-8")


def test_what_it_made_is_an_office_like_any_other(played: Path) -> None:
    assert command(played, "verify").stdout.startswith("sound: ")
    assert command(played, "replay").stdout.startswith("the same: ")
    assert "J1 dana ana - working" in " ".join(command(played, "job", "list").stdout.split())
    assert "3 seen: 3 settled" in command(played, "status").stdout


def test_stock_tinydb_reads_it(played: Path) -> None:
    with TinyDB(played / "state" / "office.json", access_mode="r") as database:
        assert [job["id"] for job in database.table("jobs")] == ["J1"]
        assert len(database.table("reports")) == 3


def test_nothing_is_logged_that_is_nobodys_business(played: Path) -> None:
    log = (played / "daemon.log").read_text()

    assert "fate=sent" in log
    assert "ERROR" not in log
    assert "rows 16 to 28" not in log
    assert (played / "password").read_text().strip() not in log


def test_none_of_its_processes_is_left(played: Path) -> None:
    assert _processes_about(played) == []


def test_a_folder_that_holds_something_is_left_alone(played: Path) -> None:
    done = command(played, "demo", "--keep", played)

    assert (done.returncode, done.stderr) == (EXIT_STATE, f"mailagent: {played}: is not empty; name a new folder\n")


def test_ctrl_c_ends_all_that_was_started(tmp_path: Path) -> None:
    with subprocess.Popen([*MAILAGENT, "demo", "--keep", tmp_path / "kept"], stdout=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.send_signal(signal.SIGINT)

        assert demo.wait(20) == 130
    assert _processes_about(tmp_path) == []


# --- explain ---


@pytest.fixture(scope="module")
def replies(played: Path) -> list[Path]:
    """The worker's mails, as they came."""
    archive, paths = Archive(played / "state" / "archive", write=False), []
    for segment in archive.segments():
        for one in archive.records(segment):
            if one.way is Way.IN:
                paths.append(played / f"{len(paths)}.eml")
                paths[-1].write_bytes(one.raw)
    archive.close()
    return paths


def test_a_reply_is_explained_in_words(played: Path, replies: list[Path]) -> None:
    said = command(played, "explain", replies[1]).stdout

    assert "job      J1" in said
    assert "own          Done: rows 1 to 15, the first 3 as a sample" in said
    assert "hours    2 h 15" in said
    assert "would    write to ana: receipt" in said


def test_a_script_gets_a_line_of_json_a_mail(played: Path, replies: list[Path]) -> None:
    before = json.loads(command(played, "status", "--json").stdout)["as_of"]
    lines = [json.loads(line) for line in command(played, "explain", "--json", *replies).stdout.splitlines()]
    after = json.loads(command(played, "status", "--json").stdout)["as_of"]

    assert [set(line) for line in lines] == 3 * [
        {"schema", "mail", "nature", "sender", "job", "lines", "fields", "unclear", "would"}
    ]
    assert [line["fields"]["minutes"] for line in lines] == [None, 135, 90]
    assert [line["fields"]["status"] for line in lines] == ["started", "working", "blocked"]
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
