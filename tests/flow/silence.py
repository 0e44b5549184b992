"""A TCP proxy that falls silent: connections stay open, new ones are taken, and not one byte more comes through.

That is what a dead peer, a full firewall table or a pulled cable looks like from inside a process.
"""

import selectors
import socket
import threading
from typing import Self


class SilentProxy:
    """Hands on bytes between whoever connects to `port` and a server on loopback, until `be_silent`."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._silent = self._hang_up = self._stop = False
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True, name="silent-proxy")

    def __enter__(self) -> Self:
        self._selector.register(self._listening, selectors.EVENT_READ, None)
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._wake.send(b"x")
        self._thread.join(10)
        for one in (*self._sockets, self._listening, self._wake, self._woken):
            one.close()
        self._selector.close()

    def be_silent(self) -> None:
        """From now on let nothing through."""
        self._silent = True
        self._wake.send(b"x")

    def speak(self) -> None:
        """Let new connections through again; those from before are hung up."""
        self._silent, self._hang_up = False, True
        self._wake.send(b"x")

    def _serve(self) -> None:
        while not self._stop:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(64)
                elif key.fileobj is self._listening:
                    self._connect()
                elif not self._silent and key.fileobj in self._sockets:
                    self._hand_on(key.fileobj, key.data)
            self._listen_or_not()

    def _listen_or_not(self) -> None:
        """A silent proxy must not spin on bytes that wait: it stops looking at them."""
        if not (self._silent or self._hang_up):
            return
        watched = {key.fileobj for key in self._selector.get_map().values()}
        for one in self._sockets:
            if one in watched:
                self._selector.unregister(one)
            if self._hang_up:
                one.close()
        if self._hang_up:
            self._sockets.clear()
            self._hang_up = False

    def _connect(self) -> None:
        near, _ = self._listening.accept()
        if self._silent:
            self._sockets.append(near)
            return
        far = socket.create_connection(("127.0.0.1", self._target), 10)
        self._sockets += [near, far]
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _hand_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data:
                sink.sendall(data)
                return
        except OSError:
            pass
        for one in (source, sink):
            self._selector.unregister(one)
            self._sockets.remove(one)
            one.close()
