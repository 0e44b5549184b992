"""Owners, workers and jobs by the command line, with a daemon and without one."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailagent.cli import common
from mailagent.core.events import JobAdded, OwnerAdded
from mailagent.edge.control import Answer, Do
from mailagent.errors import EXIT_BUSY, EXIT_STATE, EXIT_USAGE
from tests.cli.conftest import Door
from tests.conftest import needs
from tests.edge.test_control import Daemon


def test_whom_i_add_is_listed_with_all_that_i_said(door: Door) -> None:
    door("owner", "add", "dana", "--name", "Dana Reed", "--address", "dana@example.com", "--address", "d@example.org",
         "--zone", "Europe/Berlin", "--days", "mon-thu", "--hours", "8-16:30", "--digest", "06:45")  # fmt: skip
    door("worker", "add", "ana", "--name", "Ana Álvarez", "--address", "ana@example.com", "--zone", "Asia/Manila",
         "--week-cap", "20h", "--rate", "6.50 USD", "--holidays", "PH")  # fmt: skip

    owners, workers = door("owner", "list"), door("worker", "list")

    assert owners.out.splitlines()[1].split("  ") == [
        "dana", " Dana Reed", "dana@example.com, d@example.org", "Europe/Berlin", "mon-thu", "08:00-16:30", "06:45",
    ]  # fmt: skip
    assert " 20 h  6.50 USD  active" in workers.out
    assert "  09:00-17:00  PH  " in workers.out
    assert workers.out.splitlines()[-1].startswith("as of #2, ")


def test_a_job_goes_to_its_worker(staffed: Door, brief_path: Path) -> None:
    said = staffed("job", "add", brief_path, "--worker", "ana")

    assert (said.code, said.out) == (
        0,
        "J1 goes to Ana Álvarez <ana@example.com>. The mail goes out as soon as mailagent runs.\n",
    )
    row = " ".join(staffed("job", "list").out.splitlines()[1].split())
    assert row == "J1 dana ana - briefed 6 h 0 0 0 - 40 leads for the spring fair"


def test_a_script_gets_json(staffed: Door, brief_path: Path) -> None:
    staffed("job", "add", brief_path, "--worker", "ana")

    owners = json.loads(staffed("owner", "list", "--json").out)
    workers = json.loads(staffed("worker", "list", "--json").out)
    jobs = json.loads(staffed("job", "list", "--json").out)
    status = json.loads(staffed("status", "--json").out)

    assert [owner["id"] for owner in owners["owners"]] == ["dana"]
    assert workers["workers"][0]["hours"]["zone"] == "Asia/Manila"
    assert (jobs["as_of"], jobs["jobs"][0]["job"]["id"], jobs["jobs"][0]["left"]) == (3, "J1", 360)
    assert (status["as_of"], status["daemon"], status["letters"]) == (3, None, [["queued", 1]])


def test_status_tells_how_the_office_stands(staffed: Door) -> None:
    said = staffed("status")

    assert said.code == 0
    assert said.out.startswith("daemon   does not run\npeople   1 owner, 1 worker\n")


def test_replay_and_verify_find_all_well(staffed: Door, brief_path: Path) -> None:
    staffed("job", "add", brief_path, "--worker", "ana")

    replay, verify = staffed("replay"), staffed("verify")

    assert (replay.code, replay.out.split(":")[0]) == (0, "the same")
    assert (verify.code, verify.out.split(",")[0]) == (0, "sound: 3 lines in 1 segment")


def test_a_damaged_journal_is_told_by_verify(staffed: Door, config_path: Path) -> None:
    (segment,) = (config_path.parent / "state" / "journal").glob("*.jsonl")
    raw = bytearray(segment.read_bytes())
    raw[len(raw) // 2] ^= 1
    segment.write_bytes(raw)

    said = staffed("verify")

    assert said.code == EXIT_STATE
    assert "NOT sound" in said.out


# --- what is refused ---


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["job", "add", "{brief}", "--worker", "raj"], "There is no worker called raj"),
        (["job", "add", "{brief}", "--worker", "ana", "--owner", "eva"], "There is no owner called eva"),
        (["job", "add", "/no/such/brief.md", "--worker", "ana"], "/no/such/brief.md: cannot be read: No such file"),
        (["owner", "add", "ana", "--name", "x", "--address", "x@example.com", "--zone", "UTC"], "ana is already used"),
        (["worker", "add", "eva", "--name", "x", "--address", "DANA@example.com", "--zone", "UTC"], "already used by"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    words: list[str], sentence: str, staffed: Door, brief_path: Path
) -> None:
    said = staffed(*(word.format(brief=brief_path) for word in words))

    assert said.code == EXIT_USAGE
    assert sentence in said.err
    assert json.loads(staffed("status", "--json").out)["as_of"] == 2


@pytest.mark.parametrize("who", ["owner", "worker"])
@pytest.mark.parametrize("address", ["agent@example.com", "Agent@Example.COM", "agent+j1@example.com"])
def test_nobody_has_the_agents_own_address(door: Door, who: str, address: str) -> None:
    addresses = ("--address", "eva@example.com", "--address", address)

    said = door(who, "add", "eva", "--name", "Eva", *addresses, "--zone", "UTC")

    expected = f"{address} is mailagent's own address; write the one where the person reads mail"
    assert (said.code, said.out) == (2, "")
    assert expected in said.err


def test_an_address_that_only_begins_like_the_agents_is_anybodys(door: Door) -> None:
    for number, address in enumerate(["agents@example.com", "agent@mail.example.com", "x+agent@example.com"]):
        assert door("owner", "add", f"o{number}", "--name", "O", "--address", address, "--zone", "UTC").code == 0


def test_all_that_a_brief_lacks_is_named(staffed: Door, tmp_path: Path) -> None:
    (tmp_path / "brief.md").write_text('+++\ntitle = "x"\ncap = ""\n+++\n## Steps\n1. All of it - 3h\n')

    said = staffed("job", "add", tmp_path / "brief.md", "--worker", "ana")

    assert said.code == EXIT_USAGE
    assert [line.split(": ")[2] for line in said.err.splitlines()] == ["cap", "why", "how", "accept", "steps"]


def test_what_would_steer_a_terminal_is_shown_as_text(staffed: Door, brief_path: Path, tmp_path: Path) -> None:
    text = brief_path.read_text("utf-8").replace("40 leads for the spring fair", r"\u001b]0;owned\u0007 40 leads")
    (tmp_path / "brief.md").write_text(text)

    staffed("job", "add", tmp_path / "brief.md", "--worker", "ana")

    assert "\\x1b]0;owned\\x07 40 leads" in staffed("job", "list").out
    assert "\x1b" not in staffed("job", "list", "--json").out


def test_an_office_that_is_not_there_is_one_sentence(door: Door, config_path: Path) -> None:
    for command in ("status", "verify", "replay"):
        said = door(command)

        assert (said.code, said.err.count("\n")) == (EXIT_STATE, 1), said
    assert not (config_path.parent / "state").exists()


def test_status_tells_of_a_journal_that_is_cut_off_or_damaged(staffed: Door, config_path: Path) -> None:
    (path,) = (config_path.parent / "state" / "journal").glob("*.jsonl")
    whole = path.read_bytes()
    assert staffed("status").code == 0

    path.write_bytes(whole + b"0123abcd {torn")
    assert staffed("status").code == 0

    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    cut_off = staffed("status")
    path.write_bytes(whole[:-9] + b"#" + whole[-8:])
    damaged = staffed("status")

    assert (cut_off.code, "lines are MISSING: it ends at #1; run `mailagent verify`" in cut_off.out) == (
        EXIT_STATE,
        True,
    )
    assert (damaged.code, "its last line is DAMAGED; run `mailagent verify`" in damaged.out) == (EXIT_STATE, True)


# --- beside a daemon ---


def test_where_a_daemon_runs_it_settles(door: Door, config_path: Path, brief_path: Path) -> None:
    (config_path.parent / "state").mkdir(mode=0o700)
    daemon = Daemon(
        config_path.parent / "state" / "control.sock", lambda request: request.reply(Answer(said="Done so."))
    )
    try:
        said = door("owner", "add", "dana", "--name", "Dana", "--address", "dana@example.com", "--zone", "UTC")
        door("job", "add", brief_path, "--worker", "ana")
    finally:
        daemon.close()

    assert (said.code, said.out) == (0, "Done so.\n")
    assert [type(ask.event) for ask in daemon.asked] == [OwnerAdded, JobAdded]
    assert not (config_path.parent / "state" / "journal").exists()


def test_what_the_daemon_refuses_is_told_with_its_exit_code(door: Door, config_path: Path) -> None:
    (config_path.parent / "state").mkdir(mode=0o700)
    refusal = Answer(ok=False, said="No such luck.", exit_code=EXIT_STATE)
    daemon = Daemon(config_path.parent / "state" / "control.sock", lambda request: request.reply(refusal))
    try:
        said = door("reload")
    finally:
        daemon.close()

    assert (said.code, said.err) == (EXIT_STATE, "mailagent: No such luck.\n")
    assert [ask.do for ask in daemon.asked] == [Do.RELOAD]


def test_a_broken_file_is_not_reloaded(door: Door, config_path: Path) -> None:
    config_path.write_text(config_path.read_text().replace("port = 1", "port = 0.5"))

    said = door("reload")

    assert said.code == EXIT_STATE
    assert said.err.endswith("mailagent: a daemon that runs keeps its old configuration\n")


def test_a_folder_that_somebody_holds_is_busy(
    staffed: Door, config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "_STARTING_S", 0.0)
    with (config_path.parent / "state" / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        said = staffed("owner", "add", "eva", "--name", "Eva", "--address", "eva@example.com", "--zone", "UTC")

    assert (said.code, said.err.count("\n")) == (EXIT_BUSY, 1)


# --- as root ---


@needs("root")
def test_who_may_not_look_is_told_so(staffed: Door, config_path: Path) -> None:
    config_path.chmod(0o644)
    for folder in [config_path.parent, *config_path.parent.parents][:-2]:
        folder.chmod(0o755)
    code = (
        "import os, shutil, sys, mailagent.cli.job, mailagent.cli.lists; mailagent.lean.end_waiting()\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(mailagent.cli.main(sys.argv[1:]))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "--config", config_path, "job", "list"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert done.returncode == EXIT_STATE
    assert done.stderr.endswith("you may not look into it; be root, or the user it belongs to\n")


@needs("root")
def test_root_becomes_the_owner_of_the_state_before_it_opens_anything(config_path: Path) -> None:
    state = config_path.parent / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 65534, 65534)
    for folder in [config_path.parent, *config_path.parent.parents][:-2]:
        folder.chmod(0o755)
    # Imported beforehand, because the interpreter of a checkout may lie where only root can read.
    code = "import sys, mailagent.cli.owner, mailagent.cli.lists as l; sys.exit(mailagent.cli.main(sys.argv[1:]))"
    add = ["owner", "add", "dana", "--name", "Dana", "--address", "dana@example.com", "--zone", "UTC"]

    subprocess.run([sys.executable, "-c", code, "--config", config_path, *add], check=True, timeout=30)

    assert {(path.stat().st_uid, path.stat().st_mode & 0o077) for path in state.rglob("*")} == {(65534, 0)}
