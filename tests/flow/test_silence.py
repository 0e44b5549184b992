"""The proxy that falls silent does what it says; what is proven with it stands on that."""

import socket
import threading

import pytest

from tests.flow.silence import SilentProxy


@pytest.fixture
def echo():
    """Give the port of a server that sends back what it gets."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(100):
                connection.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_bytes_go_through_until_it_is_silent(echo: int) -> None:
    with SilentProxy(echo) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
        client.sendall(b"one")
        assert client.recv(10) == b"one"

        proxy.be_silent()
        client.sendall(b"two")
        client.settimeout(0.3)

        with pytest.raises(TimeoutError):
            client.recv(10)


def test_who_connects_to_a_silent_one_is_taken_and_never_answered(echo: int) -> None:
    with SilentProxy(echo) as proxy:
        proxy.be_silent()

        with socket.create_connection(("127.0.0.1", proxy.port), 0.3) as client:
            client.sendall(b"one")
            with pytest.raises(TimeoutError):
                client.recv(10)


def test_it_speaks_again_to_those_who_come_anew(echo: int) -> None:
    with SilentProxy(echo) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as before:
            before.sendall(b"one")
            assert before.recv(10) == b"one"
            proxy.be_silent()
            proxy.speak()
            before.settimeout(5)
            assert before.recv(10) == b""

        with socket.create_connection(("127.0.0.1", proxy.port), 5) as after:
            after.sendall(b"two")
            assert after.recv(10) == b"two"
