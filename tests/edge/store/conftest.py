"""The backends of the store's contract. A new backend joins the tests by a line in BACKENDS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailagent.core.settings import Policy
from mailagent.edge.store import Store, open_store
from tests.edge.store.memory import MemoryStore
from tests.edge.store.play import Play

BACKENDS: dict[str, Callable[[Path], Store]] = {
    "journal": lambda folder: open_store(folder / "state", policy=Policy()),
    "memory": lambda folder: MemoryStore(Policy()),
}


@pytest.fixture(params=list(BACKENDS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of each backend."""
    opened = BACKENDS[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def play(store: Store) -> Play:
    """A store with Dana, Ana with J1 and Jun with J2."""
    begun = Play(store)
    begun.people()
    return begun


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The place of a state folder that is not there yet."""
    return tmp_path / "state"


@pytest.fixture
def office(state: Path) -> Iterator[Play]:
    """The embedded backend in `state`, with Dana, Ana and Jun; closed afterwards if it still is open."""
    store = open_store(state, policy=Policy())
    begun = Play(store)
    begun.people()
    yield begun
    begun.store.close()
