"""The daemon as a process, against servers that misbehave, a full disk and a clock that leaps.

FAULTS F15, F26 to F28, F33, F34, F55, F78, F80; HOUSE, Time and the loop.
"""

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailagent.core.decision import Change, Decision
from mailagent.core.events import HouseKept
from mailagent.core.settings import Policy
from mailagent.edge.store import open_store
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE
from tests.factories import a_report as a_report_record
from tests.factories import an_entry
from tests.flow.agent import Agent, Daemon, an_agent, environment
from tests.rooms import ANA, PROVEN, a_mail
from tests.servers.fake_imap import FakeImap, Line
from tests.servers.fake_smtp import FakeSmtp
from tests.servers.world import Endpoint, Person, World

NOBODY = Endpoint("127.0.0.1", 1, "none")


@pytest.fixture
def imap() -> Iterator[FakeImap]:
    with FakeImap() as running:
        yield running


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with FakeSmtp() as running:
        yield running


class NoLog:
    """These servers keep none."""

    def accepted(self) -> tuple[()]:
        return ()


@contextmanager
def an_office(
    imap: Endpoint | FakeImap, smtp: Endpoint | FakeSmtp, folder: Path, **settings: object
) -> Iterator[Agent]:
    """Give an agent between these servers."""
    imap_at, smtp_at = (
        one if isinstance(one, Endpoint) else Endpoint("127.0.0.1", one.port, "none") for one in (imap, smtp)
    )
    people = [Person(name, f"{name.lower()}@example.com", "secret") for name in ("Agent", "Dana", "Ana", "Ben")]
    world = World(
        *people,
        imap=imap_at,
        smtp=smtp_at,
        smtp_unproven=smtp_at,
        smtp_inbound=smtp_at,
        authserv_id=PROVEN.partition(";")[0],
        log=NoLog(),
        state=folder,
    )
    with an_agent(world, **settings) as agent:
        yield agent


@pytest.fixture
def agent(imap: FakeImap, smtp: FakeSmtp, tmp_path: Path) -> Iterator[Agent]:
    with an_office(imap, smtp, tmp_path) as made:
        yield made


def a_report(number: int = 1) -> bytes:
    return a_mail(ANA, f"Done: part {number}\nHours: 0:10\n", Authentication_Results=PROVEN)


def arrive(imap: FakeImap, raw: bytes, *, tell: bool = True) -> int:
    """Let a mail arrive now."""
    uid = imap.arrive(raw, tell=False)
    imap.mails[-1].internal_date = f"{datetime.now(UTC):%d-%b-%Y %H:%M:%S} +0000"
    for connection in list(imap.idling) if tell else ():
        connection.say(f"* {len(imap.mails)} EXISTS")
    return uid


def cpu_s(process: Any) -> float:
    """CPU that a process has used, without its children."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def next_digest() -> datetime:
    due = datetime.now(UTC).replace(hour=7, minute=30, second=0, microsecond=0)
    return due if due > datetime.now(UTC) else due + timedelta(days=1)


# --- news of mail ---


def test_idle_tells_of_new_mail_at_once(agent: Agent, imap: FakeImap, smtp: FakeSmtp) -> None:
    with agent.running(until="fate=first-start"):
        agent.hire()
        imap.wait_for("IDLE")

        arrive(imap, a_report())

        agent.wait_for_rows("time_entries")


@pytest.mark.parametrize("capabilities", [("MOVE", "UIDPLUS", "NAMESPACE"), ("IDLE", "MOVE", "UIDPLUS", "NAMESPACE")])
def test_without_a_word_from_the_server_polling_finds_it(
    agent: Agent, imap: FakeImap, capabilities: tuple[str, ...]
) -> None:
    imap.capabilities = capabilities
    with agent.running(until="fate=first-start"):
        agent.hire()

        arrive(imap, a_report(), tell=False)

        agent.wait_for_rows("time_entries")


def test_a_junk_folder_that_is_not_there_does_not_stop_the_inbox(
    imap: FakeImap, smtp: FakeSmtp, tmp_path: Path
) -> None:
    with an_office(imap, smtp, tmp_path, junk="Spam") as agent, agent.running(until="mailbox=INBOX") as daemon:
        agent.hire()

        arrive(imap, a_report())

        agent.wait_for_rows("time_entries")
        assert "Spam" in daemon.log()


# --- servers that are away ---


def test_it_rests_while_the_mailbox_is_away_though_a_digest_is_due(smtp: FakeSmtp, tmp_path: Path) -> None:
    with an_office(NOBODY, smtp, tmp_path) as agent:
        agent.set_clock(next_digest() - timedelta(minutes=10))
        agent.hire()
        with agent.running(until="fate=unreachable") as daemon:
            agent.leap_to(next_digest() + timedelta(minutes=1))
            daemon.wait_for("fate=clock-moved")
            used_s = cpu_s(daemon.process)

            time.sleep(1.5)  # a stretch of its life, to see what it costs

            assert cpu_s(daemon.process) - used_s < 0.3
        assert [row["kind"] for row in agent.rows("outbox")] == ["brief"]


def test_after_an_hour_without_the_mailbox_the_digest_goes_all_the_same_and_nobody_is_reminded(
    smtp: FakeSmtp, tmp_path: Path
) -> None:
    with an_office(NOBODY, smtp, tmp_path) as agent:
        agent.configure(more='[sysadmin]\naddress = "root@example.com"')
        with agent.running(until="fate=unreachable") as daemon:
            agent.hire()
            agent.wait_for_rows("outbox", lambda row: row["state"] == "sent")
            # Ana's start is long due by then, but her word may lie in the mailbox.
            agent.leap_to(next_digest() + timedelta(days=1, hours=8))
            daemon.wait_for("fate=unreachable", count=2)

            rows = agent.wait_for_rows("outbox", lambda row: row["state"] == "sent", count=3)

            assert sorted(row["kind"] for row in rows) == ["alert", "brief", "digest"]


def test_a_refused_login_is_not_hammered(agent: Agent, imap: FakeImap) -> None:
    imap.password = "changed"
    with agent.running() as daemon:
        line = daemon.wait_for("fate=unreachable what=imap retry_s=")

        assert int(line.partition("retry_s=")[2].split()[0]) >= 48
        assert "secret" not in daemon.log()


def test_letters_wait_while_no_server_takes_them(imap: FakeImap, smtp: FakeSmtp, tmp_path: Path) -> None:
    with an_office(imap, NOBODY, tmp_path) as agent:
        with agent.running(until="fate=first-start") as daemon:
            agent.hire()
            daemon.wait_for("fate=unreachable what=smtp")
            arrive(imap, a_report())
            agent.wait_for_rows("time_entries")
            used_s = cpu_s(daemon.process)
            time.sleep(1.0)  # a stretch of its life
            assert cpu_s(daemon.process) - used_s < 0.3
        assert {row["state"] for row in agent.rows("outbox")} == {"queued"}

        agent.smtp = Endpoint("127.0.0.1", smtp.port, "none")
        agent.configure()
        with agent.running():
            agent.wait_for_rows("outbox", lambda row: row["state"] == "sent", count=3)

    assert len(smtp.taken) == 3


# --- a disk that is full ---


def test_a_full_disk_holds_the_mail_until_there_is_room(agent: Agent, imap: FakeImap) -> None:
    with agent.running(until="fate=first-start") as daemon:
        agent.hire()
        agent.wait_for_rows("outbox", lambda row: row["state"] == "sent")
        fill(daemon, 100)
        arrive(imap, a_report())
        daemon.wait_for("fate=held part=fetch")
        assert agent.rows("mails") == []

        fill(daemon, resource.RLIM_INFINITY)

        agent.wait_for_rows("time_entries")
        assert agent.minutes() == (10, 10, 0, 0)
    agent.prove()


def fill(daemon: Daemon, room: int) -> None:
    """Let no file of the daemon grow beyond `room` bytes; writing more fails as on a full disk."""
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


def test_once_tells_of_a_disk_that_is_full(agent: Agent, imap: FakeImap) -> None:
    agent.do("once")
    agent.hire()
    arrive(imap, a_report())
    (journal,) = (agent.state / "journal").glob("*.jsonl")
    room = journal.stat().st_size + 200

    done = agent.run("once", preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))

    assert done.returncode == EXIT_STATE
    assert "Traceback" not in done.stderr
    agent.do("once")
    assert agent.minutes() == (10, 10, 0, 0)


# --- the clock ---


def test_a_clock_that_leaps_and_comes_back_brings_one_digest(agent: Agent, imap: FakeImap, smtp: FakeSmtp) -> None:
    with agent.running(until="fate=first-start") as daemon:
        agent.hire()
        agent.leap_to(next_digest() + timedelta(days=1))
        agent.wait_for_rows("outbox", lambda row: row["kind"] == "digest" and row["state"] == "sent")
        agent.leap_to(datetime.now(UTC))
        daemon.wait_for("fate=clock-moved", count=2)

        arrive(imap, a_report(), tell=False)

        agent.wait_for_rows("time_entries")
        agent.leap_to(next_digest() + timedelta(minutes=5))
        agent.ask(do="idle")
        assert [row["kind"] for row in agent.rows("outbox")].count("digest") == 1


def test_a_machine_without_a_clock_writes_to_nobody(agent: Agent, imap: FakeImap, smtp: FakeSmtp) -> None:
    with agent.running(until="fate=first-start"):
        agent.hire()
        agent.wait_for_rows("outbox", lambda row: row["state"] == "sent")
    agent.set_clock(datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    arrive(imap, a_report())

    with agent.running(until="clock is behind") as daemon:
        refused = agent.run("worker", "add", "ben", "--name", "Ben", "--address", "ben@example.com", "--zone", "UTC")
        assert (refused.returncode, "set it first" in refused.stderr) == (EXIT_STATE, True)
        used_s = cpu_s(daemon.process)
        time.sleep(1.0)  # a stretch of its life
        assert cpu_s(daemon.process) - used_s < 0.3
        assert (len(smtp.taken), agent.rows("mails")) == (1, [])

        agent.leap_to(datetime.now(UTC))

        agent.wait_for_rows("outbox", lambda row: row["kind"] == "receipt" and row["state"] == "sent")


# --- systemd, signals, reload ---


def test_systemd_hears_of_every_turn(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(agent.folder / "notify"))
        systemd.settimeout(20)

        def wait_for(word: str) -> None:
            while word not in systemd.recv(4096).decode().splitlines():
                pass

        monkeypatch.setattr(
            "tests.flow.agent.environment",
            lambda: {**environment(), "NOTIFY_SOCKET": str(agent.folder / "notify"), "WATCHDOG_USEC": "1000000"},
        )
        with agent.running(until="fate=first-start") as daemon:
            wait_for("READY=1")
            wait_for("WATCHDOG=1")
            wait_for("WATCHDOG=1")
            daemon.process.send_signal(signal.SIGHUP)
            wait_for("RELOADING=1")
            wait_for("READY=1")
            daemon.process.send_signal(signal.SIGTERM)
            wait_for("STOPPING=1")


def test_a_reload_sets_the_metronome_anew(imap: FakeImap, smtp: FakeSmtp, tmp_path: Path) -> None:
    imap.capabilities = ("MOVE", "UIDPLUS", "NAMESPACE")
    with (
        an_office(imap, smtp, tmp_path, poll_seconds=3600) as agent,
        agent.running(until="fate=first-start") as daemon,
    ):
        agent.hire()
        agent.config.write_text(agent.config.read_text().replace("poll_seconds = 3600", "poll_seconds = 1"))
        agent.do("reload")
        daemon.wait_for("fate=reloaded")
        agent.ask(do="idle")

        arrive(imap, a_report())

        agent.wait_for_rows("time_entries")


def test_a_reload_may_not_move_the_state(agent: Agent) -> None:
    with agent.running(until="fate=first-start"):
        agent.config.write_text(agent.config.read_text().replace("/state", "/elsewhere"))

        refused = agent.run("reload")

        assert refused.returncode == EXIT_STATE
        assert "agent.state_dir was changed; that takes a restart, not a reload" in refused.stderr
        assert agent.ask(do="status")["ok"]


def test_sigterm_ends_it_while_the_mailbox_is_silent(agent: Agent, imap: FakeImap) -> None:
    def hold(line: Line) -> None:
        """Say nothing."""

    with agent.running(until="fate=first-start") as daemon:
        agent.hire()
        imap.answer["UID SEARCH"] = hold
        arrive(imap, a_report())
        imap.wait_for("UID SEARCH", imap.names().count("UID SEARCH") + 1)

        took_s = daemon.stop()

    assert (daemon.process.returncode, took_s < 10) == (0, True)


def test_a_week_of_mail_is_drained_in_the_order_it_came(agent: Agent, imap: FakeImap, smtp: FakeSmtp) -> None:
    with agent.running(until="fate=first-start"):
        agent.hire(cap="8h")
    for number in range(200):
        arrive(imap, a_report(number), tell=False)

    with agent.running():
        agent.wait_for_rows("time_entries", count=200)
        agent.wait_for_rows("outbox", lambda row: row["state"] == "sent", count=201)

        assert agent.minutes() == (2000, 480, 1520 - undecided(agent), undecided(agent))
        assert [row["done"] for row in agent.rows("reports")] == [f"part {number}" for number in range(200)]
    assert agent.run("check").returncode in (0, EXIT_UNREACHABLE, EXIT_STATE)


def undecided(agent: Agent) -> int:
    """More than 16 hours of one day wait for the owner."""
    return agent.minutes()[3]


# --- a large office ---


def test_with_ten_thousand_reports_a_new_one_is_in_the_file_within_five_seconds(agent: Agent, imap: FakeImap) -> None:
    with agent.running(until="fate=first-start"):
        agent.hire(cap="9999h")
    grow(agent, 10_000)

    with agent.running() as daemon:
        assert len(agent.rows("reports")) == 10_000
        for number in range(2):
            before = (agent.state / "office.json").stat().st_ino
            arrive(imap, a_report(number))
            daemon.wait_for("fate=processed", count=number + 1)
            wait_for_a_new_file(agent.state / "office.json", before, within_s=5.0)
            assert f"part {number}" in [row["done"] for row in agent.rows("reports")]


def wait_for_a_new_file(path: Path, before: int, *, within_s: float) -> None:
    """Wait until another file has taken the place; looking at what is in it would keep a processor busy."""
    until = time.monotonic() + within_s
    while path.stat().st_ino == before:
        assert time.monotonic() < until, f"{path} is the same as {within_s} s ago"
        time.sleep(0.02)


def grow(agent: Agent, reports: int) -> None:
    """Let the office have so many reports with their hours and mails, all by one line of the journal."""
    store = open_store(agent.state, policy=Policy())
    try:
        now = datetime.now(UTC)
        changes = [
            Change(None, one)
            for n in range(1, reports + 1)
            for one in (
                a_report_record(id=f"R{n}.old", mail_id=f"{n:032x}", received_at=now - timedelta(minutes=n)),
                an_entry(id=f"E{n}.old", report_id=f"R{n}.old"),
            )
        ]
        store.stage(HouseKept(()), Decision(tuple(changes)), now)
        store.commit()
        store.write_office(force=True)
    finally:
        store.close()
