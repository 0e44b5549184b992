"""aiosmtpd as it is, keeping what comes in; on a port of its own, in a thread of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword


class Sink:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.sessions: set[tuple] = set()
        self.logins: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.envelopes.append(envelope)
        self.sessions.add(session.peer)
        return "250 2.0.0 taken"

    def authenticate(self, server, session, envelope, mechanism, login: LoginPassword) -> AuthResult:
        self.logins.append((mechanism, login.password))
        return AuthResult(success=login.password == b"right", handled=False)


class _AnyPort(Controller):
    """A controller that takes any free port; the stock one calls on the port it was told, 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def sink_server(*, login: bool = False, **options) -> Iterator[tuple[Sink, int]]:
    """Run a server: what it keeps, and its port. With `login` it takes mail only after the password `right`."""
    sink = Sink()
    if login:
        options |= {"authenticator": sink.authenticate, "auth_required": True}
    controller = _AnyPort(sink, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield sink, controller.port
    finally:
        controller.stop()
