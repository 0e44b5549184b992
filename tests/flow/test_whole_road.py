"""The whole road of a job on Dovecot and Postfix, its owner and its worker answering in mutt, over two zones and a day.

The agent's clock leaps from one act to the next. It starts days ahead of the servers, whose dates it then does not
believe, so what comes in has come when it was fetched.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import needs
from tests.flow.agent import BRIEF, Agent, an_agent
from tests.flow.letters import Letter
from tests.flow.mutt import answer_in_mutt
from tests.servers.world import Person, World

SUBJECT = "[J1] 40 leads for the spring fair"
HELD = timedelta(minutes=2, seconds=10)


class Road:
    """The agent, its clock, and the mailboxes of Ana (in India, 5 h 30 ahead) and Dana (in South Africa, 2 h ahead)."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.world = agent.world
        monday = datetime.now(UTC).date()
        monday += timedelta(days=14 - monday.weekday())
        self.monday = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        self.sent: Counter[str] = Counter()

    def at(self, clock: str) -> datetime:
        """That time of the Monday, in UTC."""
        hours, minutes = map(int, clock.split(":"))
        return self.monday + timedelta(hours=hours, minutes=minutes)

    def letters(self, person: Person, count: int) -> list[Letter]:
        """Wait until a person has so many letters; he must not have more."""
        found = [Letter.of(raw) for raw in self.world.wait_for(person, count=count)]
        assert len(found) == count, [one["Subject"] for one in found]
        return found

    def ana(self, count: int) -> Letter:
        """Ana's newest letter, which is her `count`-th."""
        return self.letters(self.world.ana, count)[-1]

    def dana(self, count: int) -> Letter:
        """Dana's newest letter, which is his `count`-th."""
        return self.letters(self.world.owner, count)[-1]

    def write(self, person: Person, typed: str, *, inside: bool = False, number: int = 0) -> str:
        """Answer the newest letter, or the `number`-th, in mutt."""
        self.sent[person.address] += 1
        number = number or len(self.world.read(person))
        return answer_in_mutt(self.world, person, number, typed, inside=inside)

    def later(self, time: timedelta = HELD) -> None:
        """Let the clock leap by so much from what it shows."""
        offset = timedelta(seconds=float(self.agent.clock_file.read_text()))
        self.agent.leap_to(datetime.now(UTC) + offset + time)


@pytest.fixture
def road(debian_world: World) -> Iterator[Road]:
    with an_agent(debian_world) as agent:
        yield Road(agent)


@needs("dovecot", "postfix", "mutt")
def test_the_whole_road(road: Road) -> None:
    agent = road.agent
    agent.set_clock(road.at("03:35"))  # 09:05 in India, 05:35 in South Africa
    _open_the_office(agent)
    with agent.running() as daemon:
        _started_late_and_nudged(road)
        _judged_asked_and_answered(road)
        _over_the_cap(road)
        _digested_and_accepted(road)
        assert "error" not in daemon.log().lower(), daemon.log()
        _nothing_is_left_over(road)
    assert agent.minutes() == (300, 240, 60, 0)
    agent.prove()
    _the_server_counts_the_same(road)


def _open_the_office(agent: Agent) -> None:
    world = agent.world
    agent.do("owner", "add", "dana", "--name", "Dana Reed", "--address", world.owner.address,
             "--zone", "Africa/Johannesburg", "--digest", "18:00")  # fmt: skip
    agent.do("worker", "add", "ana", "--name", "Ana Cruz", "--address", world.ana.address, "--zone", "Asia/Kolkata")
    path = agent.folder / "brief.md"
    path.write_text(BRIEF.format(cap="4h"))
    assert f"J1 goes to Ana Cruz <{world.ana.address}>" in agent.do("job", "add", str(path), "--worker", "ana")


def _started_late_and_nudged(road: Road) -> None:
    """The brief, `started`, silence for two and a half hours, the nudge, and the report in its form."""
    brief = road.ana(1)
    assert brief["Subject"] == SUBJECT
    assert "Hello Ana Cruz," in brief.text
    assert "- 40 rows, each company once." in brief.text
    draft = road.write(road.world.ana, "started")
    assert "> Hello Ana Cruz," in draft

    receipt = road.ana(2)
    assert "You have started." in receipt.text
    assert "0 h of 4 h is used on this job; 4 h is left." in receipt.text
    assert "Your next report is due by 11:05" in receipt.text
    (job,) = road.agent.wait_for_rows("jobs", lambda row: row["phase"] == "working")
    assert job["chased"] == 0

    road.agent.leap_to(road.at("06:04"))  # 11:34 in India: due at 11:05, and a minute of grace is left
    road.agent.ask(do="idle")
    road.ana(2)
    road.agent.leap_to(road.at("06:06"))
    nudge = road.ana(3)
    assert nudge["Subject"] == SUBJECT
    assert "A short reminder, in case it slipped your mind." in nudge.text
    assert "your first report was due at 11:05 on Mon" in nudge.text
    assert nudge["Auto-Submitted"] == "auto-generated"
    assert brief.message_id in nudge.references
    assert road.world.read(road.world.owner) == ()

    road.write(road.world.ana, "Done: the first 20 rows\nHours: 2\nNext: the other 20", inside=True)
    receipt = road.ana(4)

    for line in (
        "- You worked 2 h.",
        '- What you did: "the first 20 rows"',
        '- What comes next: "the other 20"',
        "In all, 2 h of 4 h is used on this job; 2 h is left.",
        "Half of the hours are used.",
        "Dana Reed gets this report at once. You need not wait for an answer.",
    ):
        assert line in receipt.text


def _judged_asked_and_answered(road: Road) -> None:
    """The owner hears of the first report and says `go on`; a question finds its answer, which waits two minutes."""
    news = road.dana(1)
    assert news["Subject"] == "First report of Ana Cruz on J1: 40 leads for the spring fair"
    assert "Please see whether it goes the right way." in news.text
    assert '- Done: "the first 20 rows"' in news.text
    assert "2 h of 4 h is used; 2 h is left." in news.text
    road.write(road.world.owner, "go on")
    transcript = road.dana(2)
    assert '- "go on": Ana Cruz is told to go on with J1.' in transcript.text
    assert "What goes to your workers waits 2 minutes" in transcript.text
    assert len(road.world.read(road.world.ana)) == 4
    road.later()
    assert 'Dana Reed says: please go on with J1 "40 leads for the spring fair".' in road.ana(5).text

    road.write(road.world.ana, "Question: May I leave out firms without a phone?")
    receipt = road.ana(6)
    assert '- What you ask: "May I leave out firms without a phone?"' in receipt.text
    assert "What you wait for has been passed on to Dana Reed. An answer is likely by" in receipt.text
    news = road.dana(3)
    assert news["Subject"] == "Ana Cruz asks about J1: May I leave out firms without a phone?"
    road.write(road.world.owner, "answer: Yes, leave them out.\nthanks")
    assert "Your answer goes to Ana Cruz, and is kept with J1." in road.dana(4).text
    road.later()
    told = road.ana(7)
    assert 'Dana Reed answers what you asked: "May I leave out firms without a phone?"' in told.text
    assert "Yes, leave them out." in told.text
    assert "thanks" not in told.text


def _over_the_cap(road: Road) -> None:
    """Three hours where two are left: both are told; then he is done all the same."""
    road.write(road.world.ana, "Done: the other 20 rows\nHours: 3", inside=True)
    receipt = road.ana(8)
    for line in (
        "Of this report, 2 h is payable.",
        "1 h is over the cap: it is in the record, and is paid only if Dana Reed agrees.",
        "In all, 4 h of 4 h is used on this job; 0 h is left.",
        "The hours of this job are used up. Please stop here",
    ):
        assert line in receipt.text
    news = road.dana(5)
    assert news["Subject"] == "The hours of J1 are used up: 40 leads for the spring fair"
    assert "1 h was worked over it, and is paid only if you allow it." in news.text

    road.write(road.world.ana, "done")
    assert "You are finished. Dana Reed will look at the result." in road.ana(9).text
    assert road.dana(6)["Subject"] == "Ana Cruz is done with J1: 40 leads for the spring fair"


def _digested_and_accepted(road: Road) -> None:
    """18:00 in South Africa: the digest, `ok 1` in answer to it, and word to Ana after two minutes."""
    road.agent.leap_to(road.at("15:59"))
    road.agent.ask(do="idle")
    road.dana(6)
    road.agent.leap_to(road.at("16:00") + timedelta(seconds=5))
    digest = road.dana(7)
    assert digest["Subject"].endswith(": 1 needs you - Ana done")
    assert "1. Ana Cruz, 40 leads for the spring fair (J1)" in digest.text
    assert "4 h of 4 h" in digest.text
    assert "1 h is over the cap, and not payable unless you allow it." in digest.text

    road.write(road.world.owner, "ok 1")
    transcript = road.dana(8)
    assert '- "ok 1": J1 is accepted and closed. Ana Cruz is told.' in transcript.text
    assert "1 h is over the cap and not paid; to pay it too, type: cap J1 +60m" in transcript.text
    road.later()
    accepted = road.ana(10)
    assert 'Dana Reed has accepted your work on J1 "40 leads for the spring fair". Thank you!' in accepted.text
    assert "Hours:" not in accepted.text


def _nothing_is_left_over(road: Road) -> None:
    """Two days later every mail has its end, and nobody has been reminded of the closed job."""
    road.agent.ask(do="idle")
    (job,) = road.agent.wait_for_rows("jobs", lambda row: row["phase"] == "accepted")
    assert job["nudges"] == 1
    assert [row["fate"] for row in road.agent.rows("mails")] == ["processed"] * 8
    road.later(timedelta(days=2))
    road.dana(9)  # the digest
    road.ana(10)


def _the_server_counts_the_same(road: Road) -> None:
    """Postfix took each mail once, to those whom it was written to."""
    world = road.world
    taken = Counter(one.forward_path.partition("@")[0].partition("+")[0] for one in world.log.accepted())
    assert taken == {"ana": 10, "owner": 9, "agent": 8}
    assert dict(road.sent) == {world.ana.address: 5, world.owner.address: 3}
