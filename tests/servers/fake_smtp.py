"""A submission server that does as it is told: it answers by a script, falls silent, hangs up. Loopback, one thread.

`script` maps a point of the session (CONNECT, EHLO, AUTH, MAIL, RCPT, DATA, DOT, RSET, QUIT) to what happens there, one
thing after the other; when they are used up, the usual answer is given.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from typing import Self

SILENT = "(silent)"  # no answer, the connection stays
RESET = "(reset)"  # RST
CLOSE = "(close)"  # FIN
DROP_AFTER = "(then close) "  # + an answer: it is sent, and then the connection ends

USUAL = {
    "CONNECT": "220 fake.example ESMTP",
    "EHLO": "250-fake.example\n250-8BITMIME\n250-AUTH PLAIN LOGIN\n250 ENHANCEDSTATUSCODES",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 taken as 4711",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


class FakeSmtp:
    """`seen` has every command, `taken` the messages that came in whole, `connections` how often somebody called."""

    def __init__(self, script: Mapping[str, Sequence[str]] | None = None) -> None:
        self.script = {point: list(steps) for point, steps in (script or {}).items()}
        self.seen: list[str] = []
        self.taken: list[bytes] = []
        self.connections = 0
        self.reached = threading.Event()  # a silent point was reached
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Shut down first: closing alone does not wake a thread that waits in accept or recv.
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join(5)

    def verbs(self) -> list[str]:
        return [line.split(" ")[0].upper() for line in self.seen]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            with contextlib.suppress(OSError):
                self._session(connection)

    def _session(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        if not self._answer(connection, "CONNECT"):
            return
        while line := lines.readline():
            self.seen.append(line.decode("ascii").strip())
            verb = self.verbs()[-1]
            if not self._answer(connection, verb):
                return
            if verb == "DATA" and self._last.startswith("354") and not self._message(connection, lines):
                return
            if verb == "QUIT":
                connection.close()
                return

    def _message(self, connection: socket.socket, lines) -> bool:
        message = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return False
            message += line[1:] if line.startswith(b".") else line
        self.taken.append(message)
        return self._answer(connection, "DOT")

    def _answer(self, connection: socket.socket, point: str) -> bool:
        steps = self.script.get(point)
        step = self._last = steps.pop(0) if steps else USUAL.get(point, "500 5.5.2 what?")
        if step == SILENT:
            self.reached.set()
            return bool(connection.recv(1)) and False
        if step == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif step != CLOSE:
            text = step.removeprefix(DROP_AFTER)
            connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")
        if step in (RESET, CLOSE) or step.startswith(DROP_AFTER):
            with contextlib.suppress(OSError):
                if step != RESET:
                    connection.shutdown(socket.SHUT_RDWR)
            connection.close()
            return False
        return True
