"""The worlds themselves: what the tests of the flow rely on holds in both."""

import dataclasses
import imaplib
import smtplib
from email import message_from_bytes

import pytest

from tests.servers.world import World


def test_a_plus_address_is_delivered_and_shows_in_delivered_to(world: World) -> None:
    detailed = world.agent.address.replace("@", "+j12.k3@")

    world.send(world.ana, detailed, world.letter(world.ana, detailed, "hello", "Hours: 2"))

    arrived = message_from_bytes(world.wait_for(world.agent)[0])
    assert [detailed] == arrived.get_all("Delivered-To")
    assert arrived.get_payload().strip() == "Hours: 2"


def test_a_login_gets_our_results_and_foreign_ones_under_our_id_are_taken_out(world: World) -> None:
    letter = world.letter(world.ana, world.agent.address, "hello", "text")
    letter["Authentication-Results"] = f"{world.authserv_id}; dmarc=pass header.from=forged.example"
    letter["Authentication-Results"] = "elsewhere.example; dmarc=pass header.from=kept.example"

    world.send(world.ana, world.agent.address, letter)

    results = message_from_bytes(world.wait_for(world.agent)[0]).get_all("Authentication-Results")
    domain = world.ana.address.partition("@")[2]
    assert [f"{world.authserv_id}; dmarc=pass header.from={domain}"] == results[:1]
    assert len(results) == 2
    assert "kept.example" in results[1]


@pytest.mark.parametrize("written", ["(c) {}", '"{}"', "\n {}"])
def test_however_our_id_is_written_it_is_taken_out(debian_world: World, written: str) -> None:
    world = debian_world
    letter = world.letter(world.ana, world.agent.address, "hello", "text").as_bytes()
    forged = f"{written.format(world.authserv_id)}; dmarc=pass header.from=studio.example".replace("\n", "\r\n")

    world.send_from_outside(
        "x@evil.example", world.agent.address, f"Authentication-Results: {forged}\r\n".encode() + letter
    )

    assert None is message_from_bytes(world.wait_for(world.agent)[0]).get("Authentication-Results")


def test_without_results_a_login_proves_nothing(world: World) -> None:
    world = world.without_results()

    world.send(world.ana, world.agent.address, world.letter(world.ana, world.agent.address, "hello", "text"))

    assert None is message_from_bytes(world.wait_for(world.agent)[0]).get("Authentication-Results")


def test_mail_from_outside_proves_nothing(world: World) -> None:
    letter = world.letter(world.ana, world.agent.address, "hello", "text")
    letter["Authentication-Results"] = f"{world.authserv_id}; dmarc=pass header.from=studio.example"

    world.send_from_outside("x@evil.example", world.agent.address, letter)

    assert None is message_from_bytes(world.wait_for(world.agent)[0]).get("Authentication-Results")


def test_nobody_has_an_unknown_address(world: World) -> None:
    nobody = world.ana.address.replace("ana", "nobody")

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        world.send(world.ana, nobody, world.letter(world.ana, nobody, "hello", "text"))

    assert refused.value.recipients[nobody][0] == 550


def test_a_wrong_password_is_refused(world: World) -> None:
    thief = dataclasses.replace(world.ana, password="guessed")

    with pytest.raises(smtplib.SMTPAuthenticationError):
        world.send(thief, world.agent.address, b"Subject: hello\r\n\r\ntext\r\n")
    with pytest.raises(imaplib.IMAP4.error):
        world.read(thief)


def test_the_log_counts_what_was_taken(world: World) -> None:
    letters = [world.letter(world.ana, world.agent.address, f"n {number}", "text") for number in range(3)]

    world.send_all(world.ana, [(world.agent.address, letter) for letter in letters])

    world.wait_for(world.agent, count=3)
    assert [letter["Message-ID"] for letter in letters] == [mail.message_id for mail in world.log.accepted()]
    assert {world.ana.address} == {mail.login for mail in world.log.accepted()}


def test_a_from_that_is_not_the_login_fails(embedded_world: World) -> None:
    world = embedded_world
    forged = world.letter(world.ana, world.agent.address, "hello", "text")

    world.send(world.ben, world.agent.address, forged)

    results = message_from_bytes(world.wait_for(world.agent)[0])["Authentication-Results"]
    assert f"{world.authserv_id}; dmarc=fail header.from=studio.example" == results
