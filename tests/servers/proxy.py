"""A TCP proxy that is unkind: it delays, throttles, cuts, goes silent or turns clients away, at the tests' word.

with Proxy("127.0.0.1", server.port) as proxy:
    proxy.cut_after = 1024          # bytes from the server, then both ends are closed
    proxy.bytes_per_s = 1           # from the server
    proxy.silence()                 # open, but nothing passes any more
    proxy.delay_s = 0.02            # each way, without a limit on what is under way
"""

import contextlib
import queue
import socket
import threading
import time
from types import TracebackType


class Proxy:
    """Stands between a client and one server; what a test sets holds for bytes that pass from then on."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.cut_after: int | None = None
        self.bytes_per_s: float | None = None
        self.delay_s = 0.0
        self.refuses = False
        self.passed = 0  # bytes from the server, all connections
        self.connections = 0
        self._loud = threading.Event()
        self._loud.set()
        self._open: list[socket.socket] = []

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self._listening.close()
        self._loud.set()
        self.cut()

    def silence(self) -> None:
        """Let nothing pass any more; connections stay open."""
        self._loud.clear()

    def speak(self) -> None:
        """Let things pass again."""
        self._loud.set()

    def cut(self) -> None:
        """Close every connection."""
        for one in self._open:
            _close(one)
        self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = None if self.refuses else socket.create_connection(self._server)
            except OSError:
                server = None
            if server is None:
                client.close()
                continue
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            threading.Thread(target=self._pass_on, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, from_server: bool) -> None:
        """Read from one side; a second thread writes to the other, so that a delay costs time and not bandwidth."""
        packets: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        threading.Thread(target=self._write, args=(packets, source, target, from_server), daemon=True).start()
        packet = b"first"
        while packet:
            try:
                packet = source.recv(65536)
            except OSError:
                packet = b""
            packets.put((time.monotonic() + self.delay_s, packet))

    def _write(
        self,
        packets: "queue.SimpleQueue[tuple[float, bytes]]",
        source: socket.socket,
        target: socket.socket,
        from_server: bool,
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while (due := packets.get())[1]:
                packet = due[1]
                time.sleep(max(0.0, due[0] - time.monotonic()))
                self._loud.wait()
                if from_server and self.cut_after is not None and passed + len(packet) >= self.cut_after:
                    target.sendall(packet[: max(0, self.cut_after - passed)])
                    break
                passed += len(packet)
                self.passed += len(packet) if from_server else 0
                self._send(target, packet, from_server)
        _close(source)
        _close(target)

    def _send(self, target: socket.socket, packet: bytes, from_server: bool) -> None:
        if not from_server or self.bytes_per_s is None:
            target.sendall(packet)
            return
        for number in range(len(packet)):
            target.sendall(packet[number : number + 1])
            time.sleep(1 / self.bytes_per_s)


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
