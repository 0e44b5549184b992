"""The demo's people, played with by a test in the agent's place."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.servers.embedded import WORLD, embedded
from tests.servers.world import World

PEOPLE = WORLD.with_name("people.py")


class Players:
    """The child, its clock, and what it said last."""

    def __init__(self, world: World, clock_file: Path) -> None:
        self.clock_file = clock_file
        self._child = subprocess.Popen([sys.executable, str(PEOPLE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        worker, owner = world.ana, world.owner
        people = [
            {"role": role, "name": person.name, "address": person.address, "password": person.password}
            for role, person in (("worker", worker), ("owner", owner))
        ]
        setting = {"host": world.imap.host, "imap": world.imap.port, "smtp": world.smtp.port}
        self.say({**setting, "agent": world.agent.address, "clock_file": str(clock_file), "people": people})
        assert self.hear() == {"ready": True}

    def say(self, line: dict[str, object]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(line).encode() + b"\n")
        self._child.stdin.flush()

    def hear(self) -> dict[str, object]:
        assert self._child.stdout is not None
        said: dict[str, object] = json.loads(self._child.stdout.readline())
        return said

    def hear_idle(self) -> tuple[list[str], datetime | None]:
        """Hear what was done until they are idle, and when they will do the next thing."""
        did: list[str] = []
        while not (said := self.hear()).get("idle"):
            if "did" in said:
                did.append(str(said["did"]))
        return did, datetime.fromisoformat(str(said["next"])) if said["next"] else None

    def end(self) -> int:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.stdout.close()
        return self._child.wait(10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with embedded(clock_file=tmp_path / "clock") as world:
        yield world


@pytest.fixture
def players(world: World, tmp_path: Path) -> Iterator[Players]:
    players = Players(world, tmp_path / "clock")
    yield players
    players.end()


def brief(world: World) -> EmailMessage:
    letter = world.letter(world.agent, world.ana.address, "Leads [J1]", "Please report.\nHours:\n")
    letter["Reply-To"] = world.agent.address.replace("@", "+token@")
    return letter


def test_they_are_idle_with_nothing_planned_before_the_first_mail(players: Players) -> None:
    assert players.hear_idle() == ([], None)
    players.say({"do": "wake"})
    assert players.hear_idle() == ([], None)


def test_the_worker_plans_his_start_and_answers_in_the_thread_once_the_clock_has_leapt(
    world: World, players: Players
) -> None:
    players.hear_idle()
    letter = brief(world)
    world.send(world.agent, world.ana.address, letter)
    did, next_at = players.hear_idle()
    assert did == ["read"]
    assert next_at is not None
    assert timedelta(minutes=8) < next_at - datetime.now(UTC) < timedelta(minutes=10)

    players.clock_file.write_text("600")
    players.say({"do": "wake"})

    assert players.hear_idle()[0] == ["sent"]
    answer = message_from_bytes(world.wait_for(world.agent)[0], policy=default)
    assert answer["Delivered-To"] == world.agent.address.replace("@", "+token@")
    assert answer["In-Reply-To"] == answer["References"] == letter["Message-ID"]
    assert answer["Subject"] == "Re: Leads [J1]"
    lines = answer.get_content().splitlines()
    assert lines[0] == "Status: started"
    assert "> Please report." in lines
    assert timedelta(minutes=9) < parsedate_to_datetime(answer["Date"]) - datetime.now(UTC) < timedelta(minutes=11)


def test_nobody_answers_what_was_sent_by_itself(world: World, players: Players) -> None:
    players.hear_idle()
    letter = brief(world)
    letter["Auto-Submitted"] = "auto-replied"

    world.send(world.agent, world.ana.address, letter)
    world.send(world.agent, world.owner.address, brief(world))

    read: list[str] = []
    while len(read) < 2:
        did, next_at = players.hear_idle()
        read += did
        assert next_at is None
    assert read == ["read", "read"]


def test_they_end_with_their_input(world: World, tmp_path: Path) -> None:
    assert Players(world, tmp_path / "clock").end() == 0
