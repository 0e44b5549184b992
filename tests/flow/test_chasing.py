"""Nothing is heard of two jobs: one reminder for both, word to the owner, and an answer under each key."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.flow.agent import Agent
from tests.flow.letters import Letter, answer
from tests.servers.embedded import embedded
from tests.servers.world import Person


@pytest.fixture
def agent() -> Iterator[Agent]:
    """An office whose servers show the agent's own clock."""
    with tempfile.TemporaryDirectory(prefix="c") as name, embedded(clock_file=Path(name) / "clock") as world:
        (Path(name) / "clock").write_text("0")
        yield Agent(world, Path(name))


def newest(agent: Agent, person: Person, count: int) -> Letter:
    found = [Letter.of(raw) for raw in agent.world.wait_for(person, count=count)]
    assert len(found) == count
    return found[-1]


@pytest.mark.timeout(120)
def test_two_silent_jobs(agent: Agent) -> None:
    world = agent.world
    morning = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
    agent.set_clock(morning)
    with agent.running() as daemon:
        agent.hire()
        agent.give("ana")
        newest(agent, world.ana, 2)

        agent.leap_to(morning + timedelta(hours=4, minutes=31))
        nudge = newest(agent, world.ana, 3)
        assert nudge["Subject"] == "2 jobs wait for a word from you: J1, J2"
        assert "have you started? I had hoped to know by 13:00" in nudge.text
        assert nudge.text.index("[J1]") < nudge.text.index("[J2]")
        assert nudge["Auto-Submitted"] == "auto-generated"

        agent.leap_to(morning + timedelta(hours=6, minutes=32))
        assert newest(agent, world.ana, 4)["Subject"] == nudge["Subject"]
        agent.leap_to(morning + timedelta(hours=7, minutes=50))
        assert len(list(world.read(world.owner))) == 0
        agent.leap_to(morning + timedelta(days=1, minutes=45))  # two working hours later
        world.wait_for(world.owner, count=2)

        filled = answer(world, world.ana, nudge, "")
        quoted = filled.get_content().replace("> Hours:\n", "> Hours:\n1.5\n", 1)
        head, _, tail = quoted.rpartition("> Done:\n")
        filled.set_content(f"{head}> Done:\n20 rows\n{tail}")
        world.send(world.ana, nudge.answers_go_to, filled)
        rows = agent.wait_for_rows("reports", count=2)
        said = [(row["job_id"], row["done"], row["minutes"]) for row in rows]
        assert said == [("J1", None, 90), ("J2", "20 rows", None)]
        assert "error" not in daemon.log().lower(), daemon.log()
    assert [row["chased"] for row in agent.rows("jobs")] == [0, 0]
    agent.prove()
