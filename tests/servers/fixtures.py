"""Pytest fixtures that start the servers; a conftest.py names the ones its tests want."""

from collections.abc import Callable, Iterator

import pytest

from tests.servers.dovecot_postfix import Stack, dovecot_and_postfix
from tests.servers.embedded import embedded
from tests.servers.world import World


@pytest.fixture
def embedded_world() -> Iterator[World]:
    """Give pymap and aiosmtpd in one child, with four empty mailboxes."""
    with embedded() as world:
        yield world


@pytest.fixture(scope="session")
def debian_stack(needs: Callable[..., None]) -> Iterator[Stack]:
    """Run Dovecot and Postfix once a session; each test takes a domain of its own from it."""
    needs("root", "dovecot", "postfix")
    with dovecot_and_postfix() as stack:
        yield stack


@pytest.fixture
def debian_world(debian_stack: Stack) -> World:
    """Give Dovecot and Postfix, with four empty mailboxes in a new domain."""
    return debian_stack.world()


@pytest.fixture(params=["embedded", "debian"])
def world(request: pytest.FixtureRequest) -> World:
    """Give each of the two worlds in turn; `world.without_results()` writes no Authentication-Results."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    return found
