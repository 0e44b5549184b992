"""The settings of the agent's mailbox, as plain values, for tests that talk to a server without a config file."""

from dataclasses import dataclass
from pathlib import Path

from tests.servers.world import World


@dataclass(frozen=True)
class AnAccount:
    """Fits edge/imap's `Account`; impatient, as tests are."""

    port: int
    host: str = "127.0.0.1"
    security: str = "none"
    user: str = "agent@example.com"
    password: str = "secret"
    ca_file: Path | None = None
    batch: int = 500
    idle: bool = True
    idle_seconds: int = 1500
    connect_timeout_s: float = 2.0
    read_timeout_s: float = 2.0

    def secret(self) -> str:
        """Return the password."""
        return self.password


def account_of(world: World) -> AnAccount:
    """Make the settings for the agent's mailbox in a world."""
    imap = world.imap
    return AnAccount(
        imap.port,
        imap.host,
        imap.security,
        world.agent.address,
        world.agent.password,
        imap.ca_file,
        connect_timeout_s=10.0,
        read_timeout_s=10.0,
    )
