"""The mailbox against real servers: the embedded one and Dovecot. What people do meanwhile is done by imaplib."""

import dataclasses
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailagent.edge.imap import AuthenticationRefused, Mailbox, MailboxRefused
from mailagent.errors import ConfigError
from tests.servers.accounts import AnAccount, account_of
from tests.servers.dovecot_postfix import Stack
from tests.servers.world import World

PROCESSED, UNCLEAR = "mailagent/Processed", "mailagent/Unclear"


@pytest.fixture
def mailbox(world: World) -> Iterator[Mailbox]:
    mailbox = Mailbox(account_of(world))
    mailbox.open()
    yield mailbox
    mailbox.close()


def mails(world: World, count: int, size: int = 200) -> list[bytes]:
    return [
        world.letter(world.ana, world.agent.address, f"number {number}", "x" * size).as_bytes().replace(b"\n", b"\r\n")
        for number in range(count)
    ]


def test_new_mail_is_listed_by_uid_with_size_date_and_header(world: World, mailbox: Mailbox) -> None:
    raws = mails(world, 5)
    world.append(world.agent, raws)

    selected = mailbox.select("INBOX")
    listed = mailbox.list_new(0, 500)

    assert selected.exists == 5
    assert [mail.uid for mail in listed] == list(range(selected.uidnext - 5, selected.uidnext))
    assert [mail.size for mail in listed] == [len(raw) for raw in raws]
    assert [mail.header_block for mail in listed] == [raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" for raw in raws]
    for mail in listed:
        assert mail.internal_date is not None
        assert abs(datetime.now(UTC) - mail.internal_date) < timedelta(minutes=5)


def test_mails_are_listed_above_a_uid_and_never_more_than_asked_for(world: World, mailbox: Mailbox) -> None:
    world.append(world.agent, mails(world, 6))
    first = mailbox.select("INBOX").uidnext - 6

    assert [mail.uid for mail in mailbox.list_new(first, 3)] == [first + 1, first + 2, first + 3]
    assert [mail.uid for mail in mailbox.list_new(first + 3, 3)] == [first + 4, first + 5]
    assert mailbox.list_new(first + 5, 3) == ()


def test_mails_are_fetched_as_they_are_and_stay_unread(world: World, mailbox: Mailbox) -> None:
    raws = [*mails(world, 3), b"Subject: 8 bit\r\n\r\n\xff)\r\n* 1 FETCH (UID 1\r\n"]
    world.append(world.agent, raws)
    mailbox.select("INBOX")

    fetched = mailbox.fetch([mail.uid for mail in mailbox.list_new(0, 500)])

    assert [mail.raw for mail in fetched] == raws
    with world.session(world.agent) as people:
        assert people.search(None, "UNSEEN") == ("OK", [b"1 2 3 4"])


def vanish(world: World, uid: int) -> None:
    with world.session(world.agent) as people:
        people.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
        people.expunge()


def test_a_mail_that_vanished_is_absent(world: World, mailbox: Mailbox) -> None:
    world.append(world.agent, mails(world, 3))
    mailbox.select("INBOX")
    uids = [mail.uid for mail in mailbox.list_new(0, 500)]
    vanish(world, uids[1])

    mailbox.select("INBOX")

    assert [mail.uid for mail in mailbox.fetch(uids)] == [uids[0], uids[2]]


def test_a_mail_that_dovecot_calls_nil_has_vanished(debian_world: World) -> None:
    debian_world.append(debian_world.agent, mails(debian_world, 3))
    mailbox = Mailbox(account_of(debian_world))
    mailbox.open()
    mailbox.select("INBOX")
    uids = [mail.uid for mail in mailbox.list_new(0, 500)]
    vanish(debian_world, uids[1])

    assert [mail.uid for mail in mailbox.fetch(uids)] == [uids[0], uids[2]]
    mailbox.close()


def test_of_a_mail_that_is_too_large_only_so_much_is_fetched_that_it_shows(world: World) -> None:
    world.append(world.agent, mails(world, 1, size=900) + mails(world, 1, size=9000))
    mailbox = Mailbox(account_of(world), largest_bytes=4000)
    mailbox.open()
    mailbox.select("INBOX")

    small, large = mailbox.fetch([mail.uid for mail in mailbox.list_new(0, 500)])

    assert small.whole
    assert (large.whole, len(large.raw)) == (False, 4001)
    mailbox.close()


def test_batches_follow_count_and_size(world: World, mailbox: Mailbox) -> None:
    world.append(world.agent, mails(world, 3, size=5_000_000) + mails(world, 2))
    mailbox.select("INBOX")
    first = mailbox.list_new(0, 500)[0].uid

    assert list(mailbox.batches(range(first, first + 5))) == [(first,), (first + 1,), (first + 2, first + 3, first + 4)]


def test_mails_are_filed_into_folders_made_as_needed(world: World, mailbox: Mailbox) -> None:
    raws = mails(world, 4)
    world.append(world.agent, raws)
    first = mailbox.select("INBOX").uidnext - 4

    mailbox.file([(PROCESSED, (first, first + 2)), (UNCLEAR, (first + 1,)), ("", (first + 3,))])

    assert world.read(world.agent) == (raws[3],)
    assert world.read(world.agent, PROCESSED) == (raws[0], raws[2])
    assert world.read(world.agent, UNCLEAR) == (raws[1],)


def test_folders_may_have_names_that_are_not_ascii(debian_world: World) -> None:
    debian_world.append(debian_world.agent, mails(debian_world, 1))
    mailbox = Mailbox(account_of(debian_world))
    mailbox.open()
    uid = mailbox.select("INBOX").uidnext - 1

    mailbox.file([("Büro & Co/Erledigt", (uid,))])

    assert mailbox.select("Büro & Co/Erledigt").exists == 1
    mailbox.close()


def test_filing_what_has_gone_is_no_trouble(world: World, mailbox: Mailbox) -> None:
    world.append(world.agent, mails(world, 1))
    uid = mailbox.select("INBOX").uidnext - 1
    mailbox.file([(PROCESSED, (uid,))])

    mailbox.file([(PROCESSED, (uid, uid + 7))])

    assert len(world.read(world.agent, PROCESSED)) == 1


def test_a_mail_that_arrives_wakes_the_wait(world: World, mailbox: Mailbox) -> None:
    after = mailbox.select("INBOX").uidnext - 1
    sender = threading.Timer(0.05, world.append, (world.agent, mails(world, 1)))
    sender.start()

    woken = mailbox.wait((), 10)

    assert woken.mail
    assert len(mailbox.list_new(after, 500)) == 1
    sender.join()


def test_mail_that_came_before_the_wait_wakes_it_at_once(world: World, mailbox: Mailbox) -> None:
    after = mailbox.select("INBOX").uidnext - 1
    mailbox.list_new(after, 500)
    world.append(world.agent, mails(world, 1))

    mailbox.select("INBOX")

    assert mailbox.wait((), 10).mail


def test_a_descriptor_wakes_the_wait_and_time_ends_it(mailbox: Mailbox) -> None:
    mailbox.select("INBOX")
    readable, writable = os.pipe()
    waker = threading.Timer(0.05, os.write, (writable, b"!"))
    waker.start()

    woken = mailbox.wait((readable,), 10)

    assert (woken.mail, woken.ready) == (False, (readable,))
    os.read(readable, 1)
    ended = mailbox.wait((readable,), 0.05)
    assert (ended.mail, ended.ready) == (False, ())
    waker.join()
    os.close(readable)
    os.close(writable)


def test_a_folder_that_is_not_there_is_refused_and_the_session_goes_on(mailbox: Mailbox) -> None:
    with pytest.raises(MailboxRefused, match="Nowhere"):
        mailbox.select("Nowhere")

    assert mailbox.select("INBOX").exists == 0


def test_a_wrong_password_is_said_as_such(world: World) -> None:
    mailbox = Mailbox(dataclasses.replace(account_of(world), password="guessed"))

    with pytest.raises(AuthenticationRefused, match="Check user and password"):
        mailbox.open()

    assert not mailbox.is_open


def test_what_the_server_can_do_is_told(mailbox: Mailbox) -> None:
    facts = mailbox.facts()

    assert (facts.move, facts.uidplus, facts.idle, facts.keywords) == (True, True, True, None)
    assert (facts.namespace_prefix, facts.separator) == ("", "/")
    mailbox.select("INBOX")
    assert mailbox.facts().keywords is not None


def test_dovecot_is_reached_by_starttls_and_keeps_passwords_that_are_not_ascii(
    debian_world: World, debian_stack: Stack
) -> None:
    account = dataclasses.replace(account_of(debian_world), security="starttls", port=debian_stack.ports.imap)
    mailbox = Mailbox(account)

    mailbox.open()

    assert mailbox.facts().tls in ("TLSv1.2", "TLSv1.3")
    mailbox.close()
    with pytest.raises(AuthenticationRefused):
        Mailbox(dataclasses.replace(account, password="Schlüssel")).open()


def test_clear_text_goes_to_this_machine_only() -> None:
    with pytest.raises(ConfigError, match="clear text"):
        Mailbox(AnAccount(143, host="imap.example.com")).open()
    with pytest.raises(ConfigError, match="cannot be used"):
        Mailbox(AnAccount(1, security="tls", ca_file=Path("/nowhere/ca.pem"))).open()
