"""The control socket: who may ask, what may be asked, and that nobody can keep the daemon waiting."""

import json
import os
import select
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailagent.core.events import JobAdded, OwnerAdded, TrialAdded, WorkerAdded
from mailagent.core.model import Brief, Step, WorkingHours
from mailagent.edge import control
from mailagent.edge.control import Answer, Ask, ControlServer, Do, Request
from mailagent.errors import EXIT_STATE, StateError, Unreachable, UserError
from tests.conftest import needs

BERLIN = WorkingHours("Europe/Berlin")
BRIEF = Brief("40 leads", "Because", "So", ("good",), (Step("look", 45), Step("write")), 360, due_on=date(2026, 12, 1))
EVENTS = [
    OwnerAdded("dana", "Dana", ("dana@example.com",), BERLIN, 450),
    WorkerAdded("ana", "Ana", ("ana@example.com", "a@example.org"), BERLIN, 1200, rate="6.50", currency="USD"),
    JobAdded(None, "ana", BRIEF),
    JobAdded("dana", "ana", replace(BRIEF, cap_minutes=None, due_on=None)),
    TrialAdded("dana", ("ana", "ben"), BRIEF),
]  # fmt: skip


class Daemon:
    """Drives a server in a thread, as the daemon's loop does: poll, then whatever is ready."""

    def __init__(self, path: Path, answer: Callable[[Request], None]) -> None:
        self.server = ControlServer(path)
        self.asked: list[Ask] = []
        self._answer = answer
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        poll = select.poll()
        for fileno in (self._stop, *self.server.filenos()):
            poll.register(fileno, select.POLLIN)
        while self._stop not in dict(poll.poll()):
            for request in self.server.ready():
                self.asked.append(request.ask)
                self._answer(request)

    def close(self) -> None:
        os.write(self._stopper, b"x")
        self._thread.join()
        self.server.close()
        os.close(self._stop)
        os.close(self._stopper)


@pytest.fixture
def path() -> Iterator[Path]:
    """A short one: these tests also connect by hand, and sockaddr_un holds 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="door-", dir="/tmp") as folder:
        yield Path(folder) / "control.sock"


@pytest.fixture
def daemon(path: Path) -> Iterator[Daemon]:
    running = Daemon(path, lambda request: request.reply(Answer(said=f"did {request.ask.do}")))
    yield running
    running.close()


# --- what goes over it ---


@pytest.mark.parametrize("event", EVENTS, ids=["owner", "worker", "job", "job without a cap", "trial"])
def test_an_event_arrives_as_it_was(event: control.CommandEvent, path: Path, daemon: Daemon) -> None:
    answer = control.ask(path, Ask(Do.SETTLE, event))

    assert daemon.asked == [Ask(Do.SETTLE, event)]
    assert answer == Answer(said="did settle")


def test_an_answer_arrives_as_it_was(path: Path) -> None:
    full = Answer(
        False, "no", 78, 12, True, datetime(2026, 11, 23, 8, 30, tzinfo=UTC), (("imap", "idle"), ("jobs", "3"))
    )
    daemon = Daemon(path, lambda request: request.reply(full))
    try:
        assert control.ask(path, Ask(Do.IDLE)) == full
    finally:
        daemon.close()


def test_an_answer_larger_than_the_sockets_buffer_arrives_whole(path: Path) -> None:
    full = Answer(facts=(("log", "x" * 900_000),))
    daemon = Daemon(path, lambda request: request.reply(full))
    try:
        assert control.ask(path, Ask(Do.STATUS)) == full
    finally:
        daemon.close()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b'{"do":"dance"}',
        b'{"do":"settle"}',
        b'{"do":"status","event":{"kind":"JobAdded"}}',
        b'{"do":"status","extra":1}',
        b'{"do":"settle","event":{"kind":"LetterSent","letter_id":"x","answer":"","archived":{"segment":"","offset":0}}}',
        b'{"do":"settle","event":{"kind":"JobAdded","owner_id":null,"worker_id":"ana","brief":7}}',
        b"[" * 100_000,
    ],
)
def test_what_makes_no_sense_is_refused_and_the_next_request_is_heard(line: bytes, path: Path, daemon: Daemon) -> None:
    with _connected(path) as door:
        door.sendall(line + b"\n")
        refused = _line(door)
        door.sendall(b'{"do":"wake"}\n')

        assert refused["ok"] is False
        assert _line(door)["said"] == "did wake"


def test_a_request_without_an_end_is_cut_off(path: Path, daemon: Daemon) -> None:
    with _connected(path) as door, pytest.raises((BrokenPipeError, ConnectionResetError)):
        door.sendall(b"x" * 50 * control.LARGEST_REQUEST)

    assert control.ask(path, Ask(Do.WAKE)) is not None


# --- who may ask ---


def test_the_socket_is_for_owner_and_group(path: Path, daemon: Daemon) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@needs("root")
def test_a_stranger_is_turned_away_even_where_the_mode_would_let_him_in(path: Path, daemon: Daemon) -> None:
    path.chmod(0o666)
    for folder in [path.parent, *path.parent.parents][:-2]:
        folder.chmod(0o755)
    code = (
        "import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        'door = socket.socket(socket.AF_UNIX); door.connect(sys.argv[1]); door.sendall(b\'{"do":"wake"}\\n\')\n'
        "print(door.makefile().readline())"
    )

    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=30, check=True)

    assert json.loads(done.stdout)["exit_code"] == EXIT_STATE
    assert daemon.asked == []


# --- nobody keeps the daemon waiting ---


def test_a_silent_client_and_one_that_never_reads_do_not_delay_another(path: Path) -> None:
    daemon = Daemon(path, lambda request: request.reply(Answer(said="x" * 500_000)))
    try:
        with _connected(path), _connected(path) as deaf:
            deaf.sendall(b'{"do":"status"}\n' * 20)

            assert control.ask(path, Ask(Do.WAKE), timeout_s=5) is not None
    finally:
        daemon.close()


def test_more_clients_than_there_is_room_for_push_out_the_oldest(path: Path, daemon: Daemon) -> None:
    doors = [_connected(path) for _ in range(control.MOST_CLIENTS + 5)]
    try:
        assert control.ask(path, Ask(Do.WAKE), timeout_s=5) is not None
        assert doors[0].recv(1) == b""
    finally:
        for door in doors:
            door.close()


def test_a_client_that_left_takes_no_answer(path: Path) -> None:
    server = ControlServer(path)
    with _connected(path) as door:
        door.sendall(b'{"do":"status"}\n')
        requests = _until_ready(server)
    server.ready()

    for request in requests:
        request.reply(Answer())
    server.close()


def test_a_client_whose_time_is_up_is_hung_up_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CLIENT_S", -1.0)
    server = ControlServer(path)
    with _connected(path) as door:
        server.ready()

        assert door.recv(1) == b""
    server.close()


# --- asking ---


def test_where_no_daemon_listens_there_is_no_answer(path: Path) -> None:
    assert control.ask(path, Ask(Do.WAKE)) is None


def test_a_socket_left_by_a_killed_daemon_is_no_daemon(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    assert control.ask(path, Ask(Do.WAKE)) is None


def test_a_socket_left_by_a_killed_daemon_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    ControlServer(path).close()

    assert not path.exists()


def test_a_daemon_that_does_not_answer_is_told_so(path: Path) -> None:
    daemon = Daemon(path, lambda request: None)
    try:
        with pytest.raises(Unreachable, match="has not answered"):
            control.ask(path, Ask(Do.WAKE), timeout_s=0.1)
    finally:
        daemon.close()


def test_an_answer_of_another_version_is_no_traceback(path: Path) -> None:
    with pytest.raises(UserError, match="do both run the same version"):
        control.decode_answer(b'{"ok": true, "mood": "fine"}')


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30)
    folder.mkdir()
    daemon = Daemon(folder / "control.sock", lambda request: request.reply(Answer()))
    try:
        assert control.ask(folder / "control.sock", Ask(Do.WAKE)) == Answer()
    finally:
        daemon.close()


def test_a_folder_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="the control socket cannot be made: No such file or directory"):
        ControlServer(tmp_path / "gone" / "control.sock")


def _connected(path: Path) -> socket.socket:
    door = socket.socket(socket.AF_UNIX)
    door.settimeout(10)
    door.connect(str(path))
    return door


def _line(door: socket.socket) -> dict[str, object]:
    read = b""
    while not read.endswith(b"\n"):
        read += door.recv(65536)
    return json.loads(read)  # type: ignore[no-any-return]


def _until_ready(server: ControlServer) -> tuple[Request, ...]:
    poll = select.poll()
    poll.register(server.filenos()[0], select.POLLIN)
    while True:
        assert poll.poll(5000)
        if requests := server.ready():
            return requests
