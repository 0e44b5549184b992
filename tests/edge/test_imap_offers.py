"""What a server offers and what we make of it: eight sets of capabilities, namespaces, read-only folders, odd IDLEs."""

import dataclasses
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mailagent.edge.imap import AuthenticationRefused, Mailbox, MailboxRefused
from tests.servers.accounts import AnAccount
from tests.servers.fake_imap import FakeImap, Line

RAWS = [f"Subject: {number}\r\n\r\ntext {number}\r\n".encode() for number in range(3)]
FOLDER = "mailagent/Processed"


@contextmanager
def opened(server: FakeImap, **changes: object) -> Iterator[Mailbox]:
    mailbox = Mailbox(dataclasses.replace(AnAccount(server.port), **changes))  # type: ignore[arg-type]
    mailbox.open()
    yield mailbox
    mailbox.close()


@pytest.fixture
def server() -> Iterator[FakeImap]:
    with FakeImap(RAWS) as server:
        yield server


MOVES, COPIES, KEYWORDS, STAYS = "moves", "copies and expunges", "sets a keyword", "stays"


@pytest.mark.parametrize(
    ("capabilities", "keywords", "files"),
    [
        (("IDLE", "MOVE", "UIDPLUS", "NAMESPACE", "LITERAL+"), True, MOVES),
        (("MOVE", "UIDPLUS"), False, MOVES),
        (("MOVE",), True, MOVES),
        (("IDLE", "UIDPLUS", "NAMESPACE"), True, COPIES),
        (("UIDPLUS",), False, COPIES),
        (("IDLE", "NAMESPACE"), True, KEYWORDS),
        ((), True, KEYWORDS),
        (("IDLE",), False, STAYS),
    ],
)
def test_filing_takes_what_is_offered(
    server: FakeImap, capabilities: tuple[str, ...], keywords: bool, files: str
) -> None:
    server.capabilities = capabilities
    server.permanent_flags = r"\Seen \Deleted \*" if keywords else r"\Seen \Deleted"

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.file([(FOLDER, (101, 103))])

    left = [mail.uid for mail in server.mails]
    assert left == ([102] if files in (MOVES, COPIES) else [101, 102, 103])
    assert server.folders.get(FOLDER) == (RAWS[::2] if files in (MOVES, COPIES) else None)
    assert server.mails[0].flags == ({"$Mailagent-Processed"} if files == KEYWORDS else set())
    assert "EXPUNGE" not in server.names()
    assert "CLOSE" not in server.names()


def test_copying_never_expunges_what_a_person_marked(server: FakeImap) -> None:
    server.capabilities = ("UIDPLUS",)
    server.mails[1].flags.add(r"\Deleted")

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.file([(FOLDER, (101,))])

    assert [mail.uid for mail in server.mails] == [102, 103]


def test_folders_go_where_the_server_lets_people_have_folders(server: FakeImap) -> None:
    server.prefix, server.separator = "INBOX.", "."

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.file([(FOLDER, (101,)), ("INBOX.given.in.full", (102,))])

    assert list(server.folders) == ["INBOX.mailagent.Processed", "INBOX.given.in.full"]


def test_without_namespace_the_separator_is_asked_for(server: FakeImap) -> None:
    server.capabilities, server.separator = ("MOVE",), "\\\\"

    with opened(server) as mailbox:
        facts = mailbox.facts()

    assert (facts.namespace_prefix, facts.separator) == ("", "\\")


def test_a_server_that_will_not_say_where_folders_go_is_used_all_the_same(server: FakeImap) -> None:
    server.answer["NAMESPACE"] = lambda line: line.no("not for you")

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.file([(FOLDER, (101,))])

    assert list(server.folders) == [FOLDER]


def test_a_full_folder_leaves_the_mail_where_it_is(server: FakeImap, caplog: pytest.LogCaptureFixture) -> None:
    server.answer["UID MOVE"] = lambda line: line.no("[OVERQUOTA] the folder is full")

    with opened(server) as mailbox, caplog.at_level(logging.WARNING):
        mailbox.select("INBOX")
        mailbox.file([(FOLDER, (101,))])
        assert mailbox.is_open

    assert len(server.mails) == 3
    assert "CREATE" not in server.names()
    assert "OVERQUOTA" in caplog.text


def test_a_read_only_mailbox_is_read_and_left_alone(server: FakeImap, caplog: pytest.LogCaptureFixture) -> None:
    server.read_only = True

    with opened(server) as mailbox, caplog.at_level(logging.WARNING):
        selected = mailbox.select("INBOX")
        listed = mailbox.list_new(0, 500)
        fetched = mailbox.fetch([mail.uid for mail in listed])
        for _ in range(2):
            mailbox.file([(FOLDER, (101,))])

    assert (selected.read_only, selected.keywords_kept) == (True, False)
    assert [mail.raw for mail in fetched] == RAWS
    assert not {"UID MOVE", "UID STORE", "UID COPY"} & set(server.names())
    assert caplog.text.count("read-only") == 1


def test_only_peeks_and_never_the_whole_mailbox(server: FakeImap) -> None:
    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.fetch([mail.uid for mail in mailbox.list_new(0, 500)])

    fetches = [line.rest for line in server.lines if line.name == "UID FETCH"]
    assert len(fetches) == 2
    assert all("BODY.PEEK[" in rest and "*" not in rest and rest.startswith("101:103 ") for rest in fetches)


def test_the_last_mail_below_the_cursor_is_not_new(server: FakeImap) -> None:
    with opened(server) as mailbox:
        mailbox.select("INBOX")

        assert mailbox.list_new(103, 500) == ()
        assert mailbox.list_new(900, 500) == ()


def test_a_huge_mailbox_is_searched_by_windows(server: FakeImap) -> None:
    server.uidnext = 150_001
    server.mails[2].uid = 149_999

    server.answer["SELECT"] = lambda line: (
        line.untagged("60000 EXISTS"),
        line.untagged("OK [UIDVALIDITY 7] valid"),
        line.untagged("OK [UIDNEXT 150001] next"),
        line.ok("[READ-WRITE] selected"),
    )

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        assert [mail.uid for mail in mailbox.list_new(0, 500)] == [101, 102, 149_999]

    searched = [line.rest for line in server.lines if line.name == "UID SEARCH"]
    assert searched == ["UID 1:50000", "UID 50001:100000", "UID 100001:*"]


def test_a_server_without_uidnext_is_asked_for_its_last_mail(server: FakeImap) -> None:
    server.answer["SELECT"] = lambda line: (
        line.untagged("3 EXISTS"),
        line.untagged("OK [UIDVALIDITY 7] valid"),
        line.ok("[READ-WRITE] selected"),
    )

    with opened(server) as mailbox:
        selected = mailbox.select("INBOX")

    assert (selected.uidnext, selected.exists) == (104, 3)


def test_a_server_without_uidvalidity_is_refused(server: FakeImap) -> None:
    server.answer["SELECT"] = lambda line: line.ok("[READ-WRITE] selected")

    with opened(server) as mailbox, pytest.raises(MailboxRefused, match="UIDVALIDITY"):
        mailbox.select("INBOX")


def test_a_mail_the_server_will_not_hand_out_is_listed_as_withheld(server: FakeImap) -> None:
    def all_but_one(line: Line) -> None:
        uids, _, items = line.rest.partition(" ")
        for number, mail in server.chosen(uids):
            if mail.uid != 102:
                line.untagged(server.fetched(number, mail, items))
        line.no("some mails could not be fetched")

    server.answer["UID FETCH"] = all_but_one

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        listed = mailbox.list_new(0, 500)
        fetched = mailbox.fetch([101, 102, 103])

    assert [(mail.uid, mail.withheld) for mail in listed] == [(101, False), (102, True), (103, False)]
    assert [(mail.uid, mail.withheld) for mail in fetched] == [(101, False), (102, True), (103, False)]


def test_a_missing_or_wrong_internal_date_is_none(server: FakeImap) -> None:
    server.mails[0].internal_date = None
    server.mails[1].internal_date = "99-Xyz-2026 08:00:00 +0000"

    with opened(server) as mailbox:
        mailbox.select("INBOX")

        assert [mail.internal_date is None for mail in mailbox.list_new(0, 500)] == [True, True, False]


# --- waiting ---


def test_news_in_the_same_packet_as_the_idle_plus_is_heard(server: FakeImap) -> None:
    def at_once(line: Line) -> None:
        line.connection.send(b"+ idling\r\n* 4 EXISTS\r\n")
        if line.connection.line() == b"DONE":
            line.ok()

    server.answer["IDLE"] = at_once

    with opened(server) as mailbox:
        mailbox.select("INBOX")

        assert mailbox.wait((), 10).mail


def test_news_before_the_idle_plus_is_heard(server: FakeImap) -> None:
    def early(line: Line) -> None:
        line.untagged("4 EXISTS")
        server.honest(line)

    server.answer["IDLE"] = early

    with opened(server) as mailbox:
        mailbox.select("INBOX")

        assert mailbox.wait((), 10).mail


def test_news_in_two_pieces_is_heard(server: FakeImap) -> None:
    def in_pieces(line: Line) -> None:
        line.connection.send(b"+ idling\r\n* 4 EX")
        heard_first = line.connection.line()
        line.connection.send(b"ISTS\r\n")
        if heard_first == b"DONE":
            line.ok()

    server.answer["IDLE"] = in_pieces

    with opened(server) as mailbox:
        mailbox.select("INBOX")

        assert mailbox.wait((), 10).mail


def test_news_in_the_answer_to_another_command_ends_the_next_wait(server: FakeImap) -> None:
    def and_more(line: Line) -> None:
        line.untagged("4 EXISTS")
        server.honest(line)

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.list_new(0, 500)
        server.answer["UID FETCH"] = and_more
        mailbox.fetch([101])

        assert mailbox.wait((), 10).mail
        assert "IDLE" not in server.names()


def test_what_a_search_has_seen_is_no_news(server: FakeImap) -> None:
    with opened(server) as mailbox:
        mailbox.select("INBOX")
        mailbox.list_new(0, 500)
        mailbox.select("INBOX")

        assert not mailbox.wait((), 0.02).mail


def test_other_peoples_doings_do_not_end_the_wait(server: FakeImap) -> None:
    def busy(line: Line) -> None:
        if server.names().count("IDLE") < 4:
            line.connection.send(b"+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK still here\r\n")
            line.connection.line()
            line.ok()
        else:
            server.honest(line)

    server.answer["IDLE"] = busy

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        threading.Thread(target=lambda: (server.wait_for("IDLE", 4), server.arrive(RAWS[0])), daemon=True).start()

        assert mailbox.wait((), 10).mail

    assert server.names().count("IDLE") >= 4


@pytest.mark.parametrize("refusal", [Line.no, Line.bad], ids=["no", "bad"])
def test_where_idle_is_refused_it_only_waits(server: FakeImap, refusal: object) -> None:
    server.answer["IDLE"] = lambda line: refusal(line, "not now")  # type: ignore[operator]

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        for _ in range(2):
            assert not mailbox.wait((), 0.02).mail

    assert server.names().count("IDLE") == 1


def test_without_idle_another_descriptor_still_wakes_it(server: FakeImap) -> None:
    server.capabilities = ()
    readable, writable = os.pipe()
    os.write(writable, b"!")

    with opened(server) as mailbox:
        mailbox.select("INBOX")
        woken = mailbox.wait((readable,), 10)

    assert woken.ready == (readable,)
    assert "IDLE" not in server.names()
    os.close(readable)
    os.close(writable)


def test_idle_can_be_switched_off(server: FakeImap) -> None:
    with opened(server, idle=False) as mailbox:
        mailbox.select("INBOX")
        mailbox.wait((), 0.02)

    assert "IDLE" not in server.names()


def test_no_idle_lasts_longer_than_its_cap(server: FakeImap) -> None:
    with opened(server, idle_seconds=0.02) as mailbox:
        mailbox.select("INBOX")

        assert not mailbox.wait((), 3600).mail


# --- login ---


@pytest.mark.parametrize(
    ("user", "password", "command"),
    [
        ("agent@example.com", "secret", "LOGIN"),
        ("agent@example.com", 'qu"o\\te', "LOGIN"),
        ("agent@example.com", "Schlüssel", "AUTHENTICATE"),
        ("agent desk", "secret", "AUTHENTICATE"),
    ],
)
def test_every_password_gets_through(server: FakeImap, user: str, password: str, command: str) -> None:
    server.password = password if command == "AUTHENTICATE" else password.replace("\\", "\\\\").replace('"', '\\"')

    with opened(server, user=user, password=password):
        pass

    assert command in server.names()


def test_a_password_with_a_line_break_is_no_further_command(server: FakeImap) -> None:
    with (
        pytest.raises(AuthenticationRefused, match="line break"),
        opened(server, password="secret\r\nX DELETE INBOX"),
    ):
        pass

    assert "LOGIN" not in server.names()


def test_capabilities_are_those_after_the_login(server: FakeImap) -> None:
    def more(line: Line) -> None:
        server.capabilities = ("MOVE", "IDLE")
        server.honest(line)

    server.capabilities = ()
    server.answer["LOGIN"] = more

    with opened(server) as mailbox:
        assert mailbox.facts().move
