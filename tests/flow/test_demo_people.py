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
from typing import cast

import pytest

from tests.servers.embedded import WORLD, embedded
from tests.servers.world import World

PEOPLE = WORLD.with_name("people.py")
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


class Players:
    """The child, its clock, and what it said last."""

    def __init__(self, world: World, clock_file: Path) -> None:
        self.clock_file = clock_file
        self._child = subprocess.Popen([sys.executable, str(PEOPLE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        people = [
            {
                "part": part,
                "name": person.name,
                "address": person.address,
                "password": person.password,
                "zone": "Etc/UTC",
            }
            for part, person in (("reliable", world.ana), ("nudged", world.ben), ("owner", world.owner))
        ]
        setting = {"host": world.imap.host, "imap": world.imap.port, "smtp": world.smtp.port}
        self.say({**setting, "agent": world.agent.address, "clock_file": str(clock_file), "people": people})
        assert self.hear() == {"ready": True}

    def stop_clock(self, at: datetime) -> None:
        self.clock_file.write_text(f"@{at.timestamp()}")

    def say(self, line: dict[str, object]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(line).encode() + b"\n")
        self._child.stdin.flush()

    def hear(self) -> dict[str, object]:
        assert self._child.stdout is not None
        said: dict[str, object] = json.loads(self._child.stdout.readline())
        return said

    def do(self, what: str) -> tuple[list[str], datetime | None]:
        """Have them do something: what they did, and when they plan the next thing."""
        self.say({"do": what})
        did: list[str] = []
        while not (said := self.hear()).get("idle"):
            did.append(f"{str(said['who']).partition('@')[0]} {said['did']}")
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
    players.stop_clock(MONDAY)
    yield players
    players.end()


def brief(
    world: World, text: str = "STEPS\n\n1. the first shelf (about 0 h 45)\n2. the rest (about 2 h)\n"
) -> EmailMessage:
    letter = world.letter(world.agent, world.ana.address, "[J1] Count the chairs", f"{text}\nHours:\n")
    letter["Reply-To"] = world.agent.address.replace("@", "+token@")
    return letter


def ours(world: World, to: str, subject: str, text: str) -> EmailMessage:
    """What the agent writes by itself."""
    letter = world.letter(world.agent, to, subject, text)
    letter["Reply-To"] = world.agent.address.replace("@", "+token@")
    letter["Auto-Submitted"] = "auto-generated"
    return letter


def answers(world: World, count: int = 1) -> list[EmailMessage]:
    found = world.wait_for(world.agent, count=count)
    return [cast(EmailMessage, message_from_bytes(raw, policy=default)) for raw in found]


def test_nothing_is_planned_before_the_first_mail(players: Players) -> None:
    assert players.do("look") == ([], None)
    assert players.do("act") == ([], None)


def test_a_reliable_worker_starts_and_reports_what_the_brief_has_as_steps(world: World, players: Players) -> None:
    letter = brief(world)
    world.send(world.agent, world.ana.address, letter)
    assert players.do("look") == (["ana read"], MONDAY + timedelta(minutes=9))
    players.stop_clock(MONDAY + timedelta(minutes=9))

    assert players.do("act") == (["ana sent"], None)
    (answer,) = answers(world)
    assert answer["Delivered-To"] == world.agent.address.replace("@", "+token@")
    assert answer["In-Reply-To"] == answer["References"] == letter["Message-ID"]
    assert answer["Subject"] == "Re: [J1] Count the chairs"
    assert parsedate_to_datetime(answer["Date"]) == MONDAY + timedelta(minutes=9)
    lines = answer.get_content().splitlines()
    assert lines[0] == "Status: started"
    assert "> 1. the first shelf (about 0 h 45)" in lines

    world.send(
        world.agent, world.ana.address, ours(world, world.ana.address, "Re: [J1] x", "Thank you. Your report on J1")
    )
    assert players.do("look") == (["ana read"], MONDAY + timedelta(minutes=9 + 45 + 5))
    players.do("act")
    assert (
        answers(world, 2)[1]
        .get_content()
        .startswith("Done: the first shelf\r\nHours: 0h45\r\nNext: the rest\r\nStatus: working\r\n")
    )


def test_who_is_told_to_stop_waits_for_the_owner(world: World, players: Players) -> None:
    def hears(text: str) -> datetime | None:
        world.send(world.agent, world.ana.address, ours(world, world.ana.address, "Re: [J1] x", text))
        return players.do("look")[1]

    world.send(world.agent, world.ana.address, brief(world))
    players.do("look")
    players.do("act")

    assert hears("Thank you. Your report on J1. The hours are used up. Please stop here") is None
    assert hears("Thank you. Your report on J1") is None
    assert hears("Olga gives you 2 h more for J1") == MONDAY + timedelta(minutes=50)
    assert hears("please go on with J1") == MONDAY + timedelta(minutes=50)  # it is planned already


def test_the_silent_one_answers_a_nudge_only(world: World, players: Players) -> None:
    world.send(world.agent, world.ben.address, brief(world))
    assert players.do("look") == (["ben read"], None)

    world.send(world.agent, world.ben.address, ours(world, world.ben.address, "[J1] x", "J1: have you started?"))
    assert players.do("look") == (["ben read"], MONDAY + timedelta(minutes=38))


def test_nobody_works_at_night(world: World, players: Players) -> None:
    players.stop_clock(MONDAY + timedelta(days=4, hours=7, minutes=55))  # Friday, 16:55

    world.send(world.agent, world.ana.address, brief(world))

    assert players.do("look")[1] == MONDAY + timedelta(days=7, minutes=9)


def test_the_owner_taps_what_a_button_says_and_types_by_the_number(world: World, players: Players) -> None:
    owner = world.owner.address
    rows = (
        "NEEDS YOU\n\n1. Luz, Parcels (J3)\nThe work stands still.\n- Allow 2 h more: cap J3 +2h\n\n"
        "2. Ana, Chairs (J1)\n- Accept it: ok J1\n\nWHAT YOU CAN ANSWER\n\n- ok 3\n"
    )
    letter = ours(world, owner, "Tue 1 Dec: 2 need you - Luz, Ana", rows)
    tap = "mailto:desk+tap@studio.example?subject=%5BJ1%5D%20Accept%20it&body=ok%20J1"
    other = "mailto:desk+tap@studio.example?subject=x&body=cap%20J3%20%2B2h"
    page = f'<a href="{other}">Allow it</a><a href="{tap.replace("&", "&amp;")}">Accept it</a>'
    letter.add_alternative(page, subtype="html")
    tapped_to = world.agent.address.replace("@", "+tap@")
    raw = letter.as_bytes().replace(b"desk+tap@studio.example", tapped_to.encode())
    world.send(world.agent, owner, cast(EmailMessage, message_from_bytes(raw, policy=default)))

    assert players.do("look") == ([f"{owner.partition('@')[0]} read"], MONDAY + timedelta(minutes=11))
    players.do("act")
    players.do("act")

    tapped, typed = answers(world, 2)
    assert (tapped["To"], tapped["Subject"]) == (tapped_to, "[J1] Accept it")
    assert tapped["In-Reply-To"] is None
    assert tapped.get_content().split()[:2] == ["ok", "J1"]
    assert typed.get_content().splitlines()[0] == "cap 1 +1h"
    assert typed["In-Reply-To"] == letter["Message-ID"]


def test_they_go_on_by_themselves_once_they_are_told_to(world: World, players: Players) -> None:
    world.send(world.agent, world.ana.address, brief(world))
    assert players.do("live") == (["ana read"], MONDAY + timedelta(minutes=2))

    players.stop_clock(MONDAY + timedelta(minutes=2))

    assert answers(world)[0].get_content().startswith("Status: started")


def test_mails_of_others_are_left_alone(world: World, players: Players) -> None:
    world.send(world.ben, world.ana.address, world.letter(world.ben, world.ana.address, "[J1] x", "Hello\nHours:\n"))

    assert players.do("look") == (["ana read"], None)


def test_they_end_with_their_input(world: World, tmp_path: Path) -> None:
    assert Players(world, tmp_path / "clock").end() == 0
