"""What systemd is told, over a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailagent.edge.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@mailagent-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name[1:] if name.startswith("@") else name)
        listener.settimeout(5)
        yield listener, name


def test_ready_status_and_stopping_arrive(systemd: tuple[socket.socket, str]) -> None:
    listener, name = systemd
    notifier = Notifier(name, watchdog_s=60.0)

    notifier.ready("waiting for mail")
    notifier.status("3 jobs\nnext at 09:00")
    notifier.alive()
    notifier.stopping()

    assert [listener.recv(4096) for _ in range(4)] == [
        b"READY=1\nSTATUS=waiting for mail",
        b"STATUS=3 jobs next at 09:00",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_reloading_carries_the_instant(systemd: tuple[socket.socket, str]) -> None:
    listener, name = systemd

    Notifier(name).reloading()

    first, second = listener.recv(4096).split(b"\n")
    assert first == b"RELOADING=1"
    assert second.startswith(b"MONOTONIC_USEC=")


def test_outside_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)

    notifier = Notifier.from_environment()

    assert (notifier.address, notifier.watchdog_s, notifier.ready(), notifier.alive()) == (None, None, False, False)


def test_a_socket_that_is_gone_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert Notifier(str(tmp_path / "gone")).ready() is False


def test_a_full_socket_does_not_block(systemd: tuple[socket.socket, str]) -> None:
    _, name = systemd
    notifier = Notifier(name)

    assert not all(notifier.status("x" * 1000) for _ in range(2000))


def test_the_watchdog_is_fed_at_half_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "120000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))

    assert Notifier.from_environment().watchdog_s == 60.0


@pytest.mark.parametrize(("usec", "pid"), [("120000000", "1"), ("soon", ""), ("0", ""), ("", "")])
def test_a_watchdog_that_is_not_ours_is_not_fed(usec: str, pid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)

    assert Notifier.from_environment().watchdog_s is None
