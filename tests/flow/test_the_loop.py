"""The whole loop on real servers: people write and read by stdlib, the agent is `mailagent run` as its own process.

Each test runs in both worlds: pymap and aiosmtpd, and Dovecot with Postfix.
"""

import imaplib
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailagent.errors import EXIT_BUSY, EXIT_UNREACHABLE
from tests.flow.agent import Agent, Daemon, an_agent
from tests.flow.letters import Letter, answer, answer_in_html, bare
from tests.servers.proxy import Proxy
from tests.servers.world import Endpoint, Person, World

REPORT = "Done: {done}\n\nHours: {hours}\n\nNext: the rest\n\nBlocked: no\n\nStatus: working\n"
PROMISED_S = 5.0  # from a report's commit to the TinyDB file
FIRST_START = "fate=first-start"
SEED = int(os.environ.get("MAILAGENT_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


@pytest.fixture
def agent(world: World) -> Iterator[Agent]:
    with an_agent(world) as made:
        yield made


@pytest.fixture
def small(embedded_world: World) -> Iterator[Agent]:
    """An office in the embedded world, for what no server has a part in."""
    with an_agent(embedded_world) as made:
        yield made


def letters(world: World, person: Person, count: int) -> list[Letter]:
    """Wait until a person has so many letters of the agent, and give them, oldest first."""
    return [Letter.of(raw) for raw in world.wait_for(person, count=count)]


def newest(world: World, person: Person, count: int) -> Letter:
    return letters(world, person, count)[-1]


def report(done: str = "20 rows", hours: str = "1.5") -> str:
    return REPORT.format(done=done, hours=hours)


def all_of(world: World, person: Person, mailbox: str = "INBOX") -> list[bytes]:
    return list(world.read(person, mailbox))


# --- the main road ---


@pytest.mark.timeout(120)
def test_a_job_from_its_brief_to_the_digest(agent: Agent) -> None:
    world = agent.world
    old = world.letter(world.ana, world.agent.address, "from before", report("something old", "3"))
    world.send(world.ana, world.agent.address, old)
    world.wait_for(world.agent)

    with agent.running(until=FIRST_START) as daemon:
        agent.hire_at_the_terminal(cap="4h")
        brief = newest(world, world.ana, 1)
        check_the_brief(agent, brief)

        world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, "started\n\n"))
        receipt = newest(world, world.ana, 2)
        check_a_receipt(receipt, brief)

        first = answer(world, world.ana, receipt, report("20 rows", "1.5"))
        world.send(world.ana, receipt.answers_go_to, first)
        sent = time.monotonic()
        (row,) = agent.wait_for_rows("reports", lambda row: row["done"] == "20 rows")
        assert time.monotonic() - sent < PROMISED_S
        assert (row["minutes"], row["status"], row["blocked"]) == (90, "working", None)
        receipt = newest(world, world.ana, 3)
        check_a_receipt(receipt, brief)
        assert receipt["In-Reply-To"] == first["Message-ID"]
        assert "1 h 30" in receipt.text
        assert "2 h 30" in receipt.text  # what is left of 4 h

        rich = answer_in_html(world, world.ana, receipt, report("the other 20 rows", "3h"))
        world.send(world.ana, receipt.answers_go_to, rich)
        receipt = newest(world, world.ana, 4)
        assert "30" in receipt.text
        assert "over" in receipt.text.lower()  # 4 h 30 of 4 h
        agent.wait_for_rows("time_entries", count=2)
        assert agent.minutes() == (270, 240, 30, 0)

        check_the_digest(agent)
        assert "error" not in daemon.log().lower(), daemon.log()
    check_the_agents_mailbox(agent, old)
    agent.prove()


def check_the_brief(agent: Agent, brief: Letter) -> None:
    world = agent.world
    assert brief["Subject"] == "[J1] 40 leads for the spring fair"
    assert brief.message["From"].addresses[0].addr_spec == world.agent.address
    assert brief.message["To"].addresses[0].addr_spec == world.ana.address
    assert brief["Auto-Submitted"] == ""  # an out-of-office answer to a brief is wanted
    local_part, _, domain = world.agent.address.partition("@")
    assert brief.answers_go_to == f"{local_part}+{brief.token}@{domain}"
    form = [line for line in brief.text.splitlines() if line.endswith(":") or line.startswith(("Blocked:", "Status:"))]
    labels = [line.partition(":")[0] for line in form]
    assert labels[-5:] == ["Done", "Hours", "Next", "Blocked", "Status"]
    for word in ("Leads spring fair", "40 rows", "wooden furniture", "Dana Reed"):
        assert word in brief.text
        assert word in brief.html
    assert brief["Bcc"] == ""


def check_a_receipt(receipt: Letter, brief: Letter) -> None:
    assert receipt["Subject"] in (brief["Subject"], f"Re: {brief['Subject']}")
    assert receipt.references[0] == brief.message_id
    assert receipt["In-Reply-To"] in receipt.references
    assert receipt["Auto-Submitted"].startswith("auto-")
    assert receipt.token == brief.token or receipt.answers_go_to != brief.answers_go_to
    assert "Hours:" in receipt.text


def check_the_digest(agent: Agent) -> None:
    now = datetime.now(UTC)
    due = now.replace(hour=7, minute=30, second=0, microsecond=0)
    due += timedelta(days=1) if due <= now else timedelta()
    agent.leap_to(due + timedelta(seconds=5))
    digest = the_digest(agent)
    assert digest["Auto-Submitted"].startswith("auto-")
    assert "40 leads for the spring fair" in digest.text
    assert "Ana Cruz" in digest.text
    assert "4 h of 4 h" in digest.text, digest.text
    agent.ask(do="wake")
    assert agent.ask(do="idle")["ok"]
    the_digest(agent)


def the_digest(agent: Agent) -> Letter:
    """Wait for a digest among what the owner was told, and give it; it is the only one."""
    agent.wait_for_rows("outbox", lambda row: (row["kind"], row["state"]) == ("digest", "sent"))
    found = [Letter.of(raw) for raw in all_of(agent.world, agent.world.owner)]
    (digest,) = (one for one in found if one["X-Mailagent-Letter"] == "digest")
    return digest


def check_the_agents_mailbox(agent: Agent, old: EmailMessage) -> None:
    """What was read is filed; what was there before lies as it lay, and nobody has read it."""
    world = agent.world
    left = all_of(world, world.agent)
    assert [old["Message-ID"].encode() in raw for raw in left] == [True]
    assert len(all_of(world, world.agent, "mailagent/Processed")) == 3
    assert seen_flags(world) == [False]


def seen_flags(world: World) -> list[bool]:
    """Say of each mail in the agent's inbox whether somebody has marked it as read."""
    with world.session(world.agent) as connection:
        _, found = connection.uid("SEARCH", "ALL")
        flags = []
        for uid in found[0].split():
            _, said = connection.uid("FETCH", uid.decode(), "(FLAGS)")
            flags.append(b"\\Seen" in b"".join(one if isinstance(one, bytes) else one[0] for one in said))
        return flags


# --- who really sent this ---


def test_a_fresh_mail_that_nothing_proves_waits_for_one_yes(world: World) -> None:
    world = world.without_results()
    with an_agent(world) as agent, agent.running(until=FIRST_START):
        agent.hire()
        newest(world, world.ana, 1)

        for number in (1, 2):
            fresh = world.letter(world.ana, world.agent.address, "my report", report(f"part {number}", "1"))
            world.send(world.ana, world.agent.address, fresh)
        agent.wait_for_rows("time_entries", count=2)
        asked = newest(world, world.ana, 2)
        assert (agent.minutes(), asked["Auto-Submitted"][:5]) == ((120, 0, 0, 120), "auto-")
        assert {row["waits"] for row in agent.rows("reports")} == {True}

        world.send(world.ana, asked.answers_go_to, answer(world, world.ana, asked, "yes\n\n"))
        settled = newest(world, world.ana, 3)
        agent.wait_for_rows("time_entries", count=4)

        assert agent.minutes() == (120, 120, 0, 0)
        assert "2 h" in settled.text
        assert {row["waits"] for row in agent.rows("reports")} == {False}
        agent.ask(do="idle")
        assert len(all_of(world, world.ana)) == 3  # a brief, one confirmation for both, one settlement


def test_a_fresh_mail_of_a_proven_domain_counts_at_once(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START):
        agent.hire()
        newest(world, world.ana, 1)

        world.send(world.ana, world.agent.address, world.letter(world.ana, world.agent.address, "hello", report()))
        receipt = newest(world, world.ana, 2)

        agent.wait_for_rows("time_entries")
        assert agent.minutes() == (90, 90, 0, 0)
        assert "1 h 30" in receipt.text


def test_without_plus_addresses_the_thread_carries_the_token(world: World) -> None:
    world = world.without_results()
    with an_agent(world, plus_addressing=False) as agent, agent.running(until=FIRST_START):
        agent.hire()
        brief = newest(world, world.ana, 1)
        assert brief.answers_go_to == world.agent.address

        world.send(world.ana, world.agent.address, bare(world, world.ana, brief, report()))

        agent.wait_for_rows("time_entries")
        assert agent.minutes() == (90, 90, 0, 0)


def test_a_stranger_is_neither_read_nor_moved_nor_answered(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START) as daemon:
        agent.hire()
        brief = newest(world, world.ana, 1)

        world.send(world.ben, world.agent.address, world.letter(world.ben, world.agent.address, "hello", report()))
        daemon.wait_for("fate=left-alone")
        stolen = bare(world, world.ben, brief, report())
        world.send(world.ben, brief.answers_go_to, stolen)
        (row,) = agent.wait_for_rows("mails")

        assert (row["fate"], row["proof"]) == ("quarantined", 0)
        assert "Was this you?" in newest(world, world.ana, 2).text
        agent.ask(do="idle")
        assert all_of(world, world.ben) == []
        assert (agent.rows("reports"), seen_flags(world)) == ([], [False])


def test_out_of_office_and_bounces_are_not_answered(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START):
        agent.hire()
        brief = newest(world, world.ana, 1)
        away = bare(world, world.ana, brief, "I am back on Thursday.\n")
        away["Auto-Submitted"] = "auto-replied"
        world.send(world.ana, brief.answers_go_to, away)
        world.send_from_outside("", brief.answers_go_to, a_bounce(world, brief))

        agent.wait_for_rows("mails", lambda row: row["fate"] == "automatic", count=2)
        agent.ask(do="idle")

        (worker,) = agent.rows("workers")
        assert worker["unreachable_since"] is not None
        told = letters(world, world.owner, 2)
        assert sorted("550 5.1.1" in one.text for one in told) == [False, True]  # her absence, and the bounce
        assert (agent.rows("reports"), len(all_of(world, world.ana))) == ([], 1)
        assert len(world.wait_for(world.agent, count=2, mailbox="mailagent/Automatic")) == 2


def a_bounce(world: World, brief: Letter) -> EmailMessage:
    """A delivery status notification (RFC 3464) that the brief did not reach Ana."""
    about = (
        "Reporting-MTA: dns; mx.elsewhere.example\r\n\r\n"
        f"Final-Recipient: rfc822; {world.ana.address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 nobody here has this address\r\n\r\n"
    )
    text = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>\r\n"
        f"To: {brief.answers_go_to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nMessage-ID: <bounce.1@mx.elsewhere.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{about}"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {brief.message_id}\r\n\r\n--b--\r\n"
    )
    return text.encode()  # type: ignore[return-value]


# --- people's hands in the mailbox ---


def test_what_people_read_and_move_counts_once(agent: Agent) -> None:
    world = agent.world
    with agent.running(until=FIRST_START):
        agent.hire()
        brief = newest(world, world.ana, 1)
    # While the agent is down somebody reads the mail on his phone, and the mail comes a second time.
    raw = answer(world, world.ana, brief, report()).as_bytes(policy=SMTP)
    world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, report("by phone", "1")))
    world.wait_for(world.agent)
    with world.session(world.agent) as connection:
        connection.uid("STORE", "1:*", "+FLAGS", r"(\Seen)")
    world.append(world.agent, [raw] * 2)

    with agent.running():
        agent.wait_for_rows("time_entries", count=2)
        world.wait_for(world.agent, count=3, mailbox="mailagent/Processed")
        move_back(world)
        agent.wait_for_rows("cursors", lambda row: row["duplicates"] == 4)
        agent.ask(do="idle")

        assert agent.minutes()[0] == 150
        assert len(all_of(world, world.ana)) == 3  # the brief and two receipts
    agent.prove()


def move_back(world: World) -> None:
    """Somebody moves everything back into the inbox."""
    with world.session(world.agent, "mailagent/Processed") as connection:
        imaplib.Commands.setdefault("MOVE", ("SELECTED",))
        answered, said = connection.uid("MOVE", "1:*", "INBOX")
        assert answered == "OK", said


def test_a_proven_mail_in_the_junk_folder_counts(world: World) -> None:
    with world.session(world.agent) as connection:
        connection.create("Junk")
    with an_agent(world, junk="Junk") as agent, agent.running(until="fate=first-start mailbox=INBOX"):
        agent.hire()
        brief = newest(world, world.ana, 1)

        spam = world.letter(world.ben, world.agent.address, "cheap", "buy now").as_bytes(policy=SMTP)
        world.append(world.agent, [answer(world, world.ana, brief, report()).as_bytes(policy=SMTP), spam], "Junk")

        agent.wait_for_rows("time_entries")
        assert agent.minutes() == (90, 90, 0, 0)
        world.wait_for(world.agent, mailbox="mailagent/Processed")
        assert all_of(world, world.agent, "Junk") == [spam]


# --- faults ---


@pytest.mark.timeout(120)
def test_kills_at_random_moments_lose_nothing_and_double_nothing(small: Agent) -> None:
    world, draw = small.world, random.Random(SEED)
    with small.running(until=FIRST_START):
        small.hire(cap="40h")
        brief = newest(world, world.ana, 1)
    numbers = itertools.count(1)

    for _ in range(8):
        mails = [(brief.answers_go_to, answer(world, world.ana, brief, report(f"part {next(numbers)}", "0:10")))
                 for _ in range(3)]  # fmt: skip
        world.send_all(world.ana, [(to, mail.as_bytes()) for to, mail in mails])
        daemon = Daemon(small.command("run"))
        time.sleep(draw.uniform(0.2, 1.4))  # that it is any moment at all is the point
        daemon.kill()
    with small.running() as daemon:
        small.wait_for_rows("reports", count=24)
        wait_until_idle(small)
        assert "Traceback" not in daemon.log()

    assert small.minutes() == (240, 240, 0, 0), f"repeat with MAILAGENT_SEED={SEED}"
    assert [row["fate"] for row in small.rows("mails")] == ["processed"] * 24
    receipts = Counter(Letter.of(raw).message_id for raw in all_of(world, world.ana))
    assert max(receipts.values()) == 1, f"repeat with MAILAGENT_SEED={SEED}"
    unsure = sum(row["state"] == "unknown" for row in small.rows("outbox"))
    assert len(receipts) >= 25 - unsure
    assert len(world.read(world.agent, "mailagent/Processed")) == 24
    small.prove()


def wait_until_idle(agent: Agent) -> None:
    """Wait until the daemon has nothing to do."""
    until = time.monotonic() + 20
    while not agent.ask(do="idle")["idle"]:
        assert time.monotonic() < until, "the daemon is never idle"


@pytest.mark.timeout(60)
def test_it_comes_back_when_the_mail_server_does(small: Agent) -> None:
    world = small.world
    with Proxy(world.imap.host, world.imap.port) as proxy:
        small.imap = Endpoint("127.0.0.1", proxy.port, "none")
        small.configure()
        with small.running(until=FIRST_START) as daemon:
            small.hire()
            brief = newest(world, world.ana, 1)
            proxy.refuses = True
            proxy.cut()
            daemon.wait_for("fate=unreachable what=imap")
            world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, report()))
            proxy.refuses = False

            daemon.wait_for("fate=reachable what=imap")

            small.wait_for_rows("time_entries")
            assert small.minutes() == (90, 90, 0, 0)


def test_a_broken_config_keeps_the_old_one(small: Agent) -> None:
    world = small.world
    with small.running(until=FIRST_START) as daemon:
        small.hire()
        brief = newest(world, world.ana, 1)
        small.config.write_text(small.config.read_text().replace("[smtp]", "[smpt]"))

        daemon.process.send_signal(signal.SIGHUP)
        line = daemon.wait_for("fate=reload-refused")

        assert "smpt" in line
        world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, report()))
        newest(world, world.ana, 2)
        small.configure()
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("fate=reloaded")
        world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, report("more", "1")))
        newest(world, world.ana, 3)


def test_a_second_daemon_leaves_with_one_sentence(small: Agent) -> None:
    with small.running(until=FIRST_START):
        second = small.run("run")

        assert second.returncode == EXIT_BUSY
        assert len(second.stderr.splitlines()) == 1
        assert "Traceback" not in second.stderr
        assert small.run("once").returncode == EXIT_BUSY


def test_sigterm_ends_it_at_once_and_the_office_is_whole(small: Agent) -> None:
    world = small.world
    with small.running(until=FIRST_START) as daemon:
        small.hire()
        newest(world, world.ana, 1)

        took_s = daemon.stop()

        assert (daemon.process.returncode, took_s < 3) == (0, True)
    assert [row["state"] for row in small.rows("outbox")] == ["sent"]
    assert not (small.folder / "control.sock").exists()


def test_once_does_one_full_round(agent: Agent) -> None:
    world = agent.world
    agent.do("once")
    agent.hire()
    assert all_of(world, world.ana) == []

    agent.do("once")
    brief = newest(world, world.ana, 1)
    world.send(world.ana, brief.answers_go_to, answer(world, world.ana, brief, report()))
    world.wait_for(world.agent)
    agent.do("once")

    assert agent.minutes() == (90, 90, 0, 0)
    assert "1 h 30" in newest(world, world.ana, 2).text
    assert len(all_of(world, world.agent, "mailagent/Processed")) == 1


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_once_says_when_a_server_does_not_answer(small: Agent, which: str) -> None:
    small.do("once")
    small.hire()
    setattr(small, which, Endpoint("127.0.0.1", 1, "none"))
    small.configure()

    done = small.run("once")

    assert done.returncode == EXIT_UNREACHABLE
    assert "Traceback" not in done.stderr
