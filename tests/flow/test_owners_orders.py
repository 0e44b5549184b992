"""An owner's orders on real servers: he answers the mails he gets, and his words and verdicts reach the worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.flow.agent import Agent, an_agent
from tests.flow.letters import Letter, answer
from tests.servers.world import Person, World

FIRST_START = "fate=first-start"
HELD = timedelta(minutes=2, seconds=5)


@pytest.fixture
def agent(embedded_world: World) -> Iterator[Agent]:
    with an_agent(embedded_world) as made:
        yield made


def newest(world: World, person: Person, count: int) -> Letter:
    """Wait until a person has so many letters of the agent, and give the last."""
    return Letter.of(world.wait_for(person, count=count)[-1])


def write(world: World, person: Person, letter: Letter, text: str) -> None:
    """Answer a letter on top, with the letter quoted below."""
    world.send(person, letter.answers_go_to, answer(world, person, letter, f"{text}\n\n"))


def test_a_question_finds_its_answer(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START) as daemon:
        agent.hire()
        write(
            world, world.ana, newest(world, world.ana, 1), "started\n\nQuestion: May I leave out firms without a phone?"
        )
        newest(world, world.ana, 2)
        news = newest(world, world.owner, 1)
        assert "May I leave out firms without a phone?" in news.text

        write(world, world.owner, news, "answer: Yes, please do.\nThey do not answer mail either.\n\nthanks")
        transcript = newest(world, world.owner, 2)
        assert "Your answer goes to Ana" in transcript.text
        assert "undo " in transcript.text
        (question,) = agent.wait_for_rows("questions", lambda row: row["answered_at"] is not None)
        assert question["answer"] == "Yes, please do.\nThey do not answer mail either."
        assert len(world.read(world.ana, "INBOX")) == 2  # it waits, so that it can be stopped

        agent.leap_to(datetime.now(UTC) + HELD)
        told = newest(world, world.ana, 3)
        assert "Yes, please do." in told.text
        assert "They do not answer mail either." in told.html
        assert told["Subject"] == "Re: [J1] 40 leads for the spring fair"
        assert "Hours:" in told.text
        assert "error" not in daemon.log().lower(), daemon.log()
    agent.prove()


def test_an_undo_in_time_stops_what_goes_to_the_worker(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START):
        agent.hire()
        newest(world, world.ana, 1)
        fresh = world.letter(world.owner, world.agent.address, "pause", "pause J1\n")
        world.send(world.owner, world.agent.address, fresh)
        transcript = newest(world, world.owner, 1)
        assert "J1 is paused" in transcript.text
        (deed,) = agent.wait_for_rows("deeds")

        write(world, world.owner, transcript, f"undo {deed['id'][1:]}")
        assert "is taken back" in newest(world, world.owner, 2).text
        agent.leap_to(datetime.now(UTC) + HELD)
        agent.ask(do="idle")

        (job,) = agent.wait_for_rows("jobs", lambda row: row["phase"] == "briefed")
        assert job["paused_from"] is None
        assert len(world.read(world.ana, "INBOX")) == 1
    agent.prove()


def test_a_result_is_accepted_by_one_word(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START):
        agent.hire()
        write(world, world.ana, newest(world, world.ana, 1), "Done: all 40 rows\n\nHours: 1\n\nStatus: done")
        news = newest(world, world.owner, 1)

        write(world, world.owner, news, "Ok!")

        (job,) = agent.wait_for_rows("jobs", lambda row: row["phase"] == "accepted")
        assert job["closed_at"] is not None
        assert "is accepted and closed" in newest(world, world.owner, 2).text
