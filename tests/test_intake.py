"""Mail in, from a scripted IMAP server into a real office: what is fetched, kept, counted, filed, and what is not.

FAULTS F02, F07, F44 to F50; SPEC section 9.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from mailagent.core.model import Fate, Mail
from mailagent.edge.imap import Mailbox, MailboxUnreachable
from mailagent.intake import Batch, Folder
from tests.factories import NOW
from tests.rooms import ANA, PROVEN, REPORT, STRANGER, Rooms, a_mail
from tests.servers.accounts import AnAccount
from tests.servers.fake_imap import FakeImap, Line

START = NOW - timedelta(hours=4)  # the scripted server's mails are of 07:00 UTC, an hour later
OLD = a_mail(ANA, "Done: something long ago\nHours: 7\n", Authentication_Results=PROVEN)
LONG_AGO = "01-Nov-2026 08:00:00 +0100"
FOLDER = Folder(
    "INBOX",
    (
        (Fate.PROCESSED, "mailagent/Processed"),
        (Fate.DUPLICATE, "mailagent/Processed"),
        (Fate.AUTOMATIC, "mailagent/Automatic"),
        (Fate.QUARANTINED, "mailagent/Unclear"),
        (Fate.PARTLY, "mailagent/Unclear"),
    ),
)


@dataclass
class Post:
    """A server, a mailbox and the office behind it."""

    server: FakeImap
    rooms: Rooms
    mailbox: Mailbox

    def fetch(self) -> Batch:
        return self.rooms.intake.fetch(self.mailbox, FOLDER, NOW)

    def deliver(self, *raws: bytes) -> list[int]:
        return [self.server.arrive(raw) for raw in raws]

    def mail(self, raw: bytes) -> Mail | None:
        return self.rooms.store.mail(mail_id(raw))

    def asked(self, name: str) -> list[str]:
        return [line.rest for line in self.server.lines if line.name == name]

    def books(self) -> tuple[int, int, int, int, int]:
        """Seen, left alone, vanished, duplicates, settled; they always balance."""
        found = self.rooms.store.books()
        assert found.balance, found
        return found.seen, found.left_alone, found.vanished, found.duplicates, found.settled

    def payable(self) -> int:
        return self.rooms.store.effort("J1").payable


def mail_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:32]


def a_report(text: str = REPORT, sender: str = ANA) -> bytes:
    """A fresh report of a proven domain."""
    return a_mail(sender, text, Authentication_Results=PROVEN)


@contextmanager
def open_post(folder: Path, server: FakeImap, *, batch: int = 500) -> Iterator[Post]:
    mailbox = Mailbox(AnAccount(server.port, batch=batch), largest_bytes=1024 * 1024)
    with Rooms(folder, batch=batch) as rooms:
        mailbox.open()
        try:
            yield Post(server, rooms, mailbox)
        finally:
            mailbox.close()


@pytest.fixture
def server() -> Iterator[FakeImap]:
    with FakeImap([OLD, a_mail(STRANGER)]) as running:
        for one in running.mails:
            one.internal_date = LONG_AGO
        yield running


@pytest.fixture
def post(tmp_path: Path, server: FakeImap) -> Iterator[Post]:
    """An office whose first start is done: Ana has J1, and two older mails lie in the inbox."""
    with open_post(tmp_path, server) as made:
        made.rooms.staff(START)
        made.rooms.brief(now=START)
        made.rooms.intake.fetch(made.mailbox, FOLDER, START)
        server.lines.clear()
        yield made


# --- the first start ---


def test_the_first_start_touches_nothing_older(post: Post) -> None:
    post.fetch()

    assert post.asked("UID FETCH") == []
    assert (post.mail(OLD), post.books()) == (None, (0, 0, 0, 0, 0))
    assert [OLD in (one.raw for one in post.server.mails), post.server.folders] == [True, {}]


# --- a report, and what is around it ---


def test_a_report_is_kept_counted_and_filed(post: Post) -> None:
    raw = a_report()
    post.deliver(raw)

    batch = post.fetch()

    assert batch == Batch(1, more=False)
    assert (post.mail(raw).fate, post.payable()) == (Fate.PROCESSED, 90)
    assert post.rooms.archive.read(post.mail(raw).archived).raw == raw
    assert post.server.folders == {"mailagent/Processed": [raw]}
    assert post.books() == (1, 0, 0, 0, 1)


def test_strangers_are_left_where_they_lie_and_only_their_headers_are_read(post: Post) -> None:
    raw = a_mail(STRANGER)
    (uid,) = post.deliver(raw)

    post.fetch()

    assert post.books() == (1, 1, 0, 0, 0)
    assert [one for one in post.asked("UID FETCH") if "PEEK[]" in one] == []
    assert [(one.raw, one.flags) for one in post.server.mails if one.uid == uid] == [(raw, set())]
    assert post.rooms.queued() == []


def test_no_mail_is_marked_as_read(post: Post) -> None:
    post.deliver(a_report(), a_mail(STRANGER))

    post.fetch()

    assert post.asked("UID STORE") == []
    assert all("PEEK" in one for one in post.asked("UID FETCH"))


@pytest.mark.parametrize("flag", [r"\Seen", r"\Flagged", r"\Answered"])
def test_what_people_mark_counts_all_the_same(post: Post, flag: str) -> None:
    (uid,) = post.deliver(a_report())
    next(one for one in post.server.mails if one.uid == uid).flags.add(flag)

    post.fetch()

    assert post.payable() == 90


def test_mails_are_decided_in_the_order_they_came(post: Post) -> None:
    post.deliver(a_report("Done: a\nHours: 5\n"), a_report("Done: b\nHours: 4\n"))

    post.fetch()

    effort = post.rooms.store.effort("J1")
    assert (effort.reported, effort.payable, effort.over_cap) == (540, 480, 60)


def test_a_batch_is_no_larger_than_set_and_the_rest_follows(tmp_path: Path, server: FakeImap) -> None:
    with open_post(tmp_path, server, batch=3) as post:
        post.rooms.staff(START)
        post.rooms.brief(now=START)
        post.rooms.intake.fetch(post.mailbox, FOLDER, START)
        post.deliver(*(a_report(f"Done: {n}\nHours: 0:10\n") for n in range(7)))

        batches = [post.fetch() for _ in range(4)]

        assert batches == [Batch(3, more=True), Batch(3, more=True), Batch(1, more=False), Batch(0, more=False)]
        assert (post.payable(), post.books()) == (70, (7, 0, 0, 0, 7))


def test_large_mails_do_not_come_all_at_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailagent.intake.BATCH_BYTES", 100_000)
    text = "Done: {}\nHours: 0:10\n" + ("x" * 70 + "\n") * 800
    post.deliver(*(a_report(text.format(n)) for n in range(3)))

    batches = [post.fetch() for _ in range(3)]

    assert [one.listed for one in batches] == [1, 1, 1]
    assert [one.more for one in batches] == [True, True, False]
    assert post.payable() == 30


# --- twice ---


def test_the_same_bytes_twice_count_once(post: Post) -> None:
    raw = a_report()
    post.deliver(raw, raw)
    post.fetch()
    post.deliver(raw)

    post.fetch()

    assert (post.payable(), post.books()) == (90, (3, 0, 0, 2, 1))
    assert post.server.folders == {"mailagent/Processed": [raw, raw, raw]}
    assert [kind for _, kind in post.rooms.kinds()] == ["receipt", "owner-news"]


def test_the_same_words_in_a_new_mail_stay_undecided_and_are_asked_about(post: Post) -> None:
    post.deliver(a_report(), a_report())

    post.fetch()

    effort = post.rooms.store.effort("J1")
    assert (effort.reported, effort.payable, effort.undecided) == (180, 90, 90)


def test_the_same_message_id_with_other_words_is_two_mails(post: Post) -> None:
    first = a_report("Done: a\nHours: 1\n")
    second = first.replace(b"Done: a", b"Done: b")
    post.deliver(first, second)

    post.fetch()

    assert post.payable() == 120


# --- the server's tricks ---


def test_a_mail_that_vanishes_before_the_fetch_is_counted_as_vanished(post: Post) -> None:
    raw = a_report()

    def vanish(line: Line) -> None:
        if "PEEK[]" in line.rest:
            line.server.mails = [one for one in line.server.mails if one.raw != raw]
        line.server.honest(line)

    post.server.answer["UID FETCH"] = vanish
    post.deliver(raw)

    post.fetch()

    assert (post.mail(raw), post.books()) == (None, (1, 0, 1, 0, 0))


def test_mails_that_the_server_withholds_are_set_aside_each_for_itself(post: Post) -> None:
    def withhold(line: Line) -> None:
        if "PEEK[]" in line.rest:
            line.no("[SERVERBUG] internal error")
        else:
            line.server.honest(line)

    post.server.answer["UID FETCH"] = withhold
    uids = post.deliver(a_report("Done: a\nHours: 1\n"), a_report("Done: b\nHours: 1\n"))

    post.fetch()

    set_aside = post.rooms.store.recent_mails("INBOX", 9)
    why = "the mail server does not hand it out"
    assert [(one.uid, one.fate, one.why) for one in set_aside] == [(uid, Fate.QUARANTINED, why) for uid in uids]
    assert post.books() == (2, 0, 0, 0, 2)


def test_a_new_uidvalidity_recounts_nothing_and_mails_nobody(post: Post) -> None:
    raws = [a_report(f"Done: {n}\nHours: 0:10\n") for n in range(5)]
    post.deliver(*raws, a_mail(STRANGER))
    post.fetch()
    queued, payable = post.rooms.queued(), post.payable()
    post.server.uidvalidity = 8
    post.server.mails = []
    post.server.uidnext = 1
    for raw in [OLD, *raws]:
        post.server.arrive(raw)
    post.server.mails[0].internal_date = LONG_AGO

    post.fetch()

    assert (post.rooms.queued(), post.payable()) == (queued, payable)
    assert post.mail(OLD) is None
    assert OLD in [one.raw for one in post.server.mails]
    assert post.books() == (12, 2, 0, 5, 5)


@pytest.mark.parametrize(("seconds", "minutes"), [(-86400, 0), (-599, 0), (-1, 0), (0, 0), (1, 90)])
def test_after_a_new_uidvalidity_nothing_older_than_the_first_start_counts(
    post: Post, seconds: int, minutes: int
) -> None:
    """IMAP tells whole seconds; the second of the start itself counts as older."""
    raw = a_report()
    post.server.uidvalidity = 8
    post.deliver(raw)
    came_in = START.replace(microsecond=0) + timedelta(seconds=seconds)
    post.server.mails[-1].internal_date = f"{came_in:%d-%b-%Y %H:%M:%S} +0000"

    post.fetch()

    assert post.payable() == minutes
    assert (post.mail(raw) is not None) == (minutes > 0)


def test_after_a_new_uidvalidity_what_is_new_counts(post: Post) -> None:
    post.server.uidvalidity = 8
    post.deliver(a_report())

    post.fetch()

    assert post.payable() == 90


def test_uids_that_start_again_are_taken_as_a_new_mailbox(post: Post) -> None:
    post.deliver(a_report("Done: a\nHours: 1\n"))
    post.fetch()
    post.server.mails, post.server.uidnext = [], 1
    post.deliver(a_report("Done: b\nHours: 1\n"))

    post.fetch()

    assert post.payable() == 120


def test_a_connection_lost_in_the_fetch_loses_nothing(post: Post) -> None:
    raw = a_report()
    post.server.answer["UID FETCH"] = lambda line: (
        line.connection.close() if "PEEK[]" in line.rest else line.server.honest(line)
    )
    post.deliver(raw)
    with pytest.raises(MailboxUnreachable):
        post.fetch()
    post.server.answer.clear()
    post.mailbox.open()

    post.fetch()

    assert (post.payable(), post.books()) == (90, (1, 0, 0, 0, 1))


# --- filing ---


def test_each_fate_has_its_folder(post: Post) -> None:
    report, unclear = a_report(), a_report("This is about something else.\n")
    away = a_mail(ANA, "Back on Monday.\n", Auto_Submitted="auto-replied")
    post.deliver(report, unclear, away)

    post.fetch()

    assert post.server.folders == {
        "mailagent/Processed": [report],
        "mailagent/Unclear": [unclear],
        "mailagent/Automatic": [away],
    }


def test_an_empty_folder_name_leaves_mail_where_it_lies(post: Post) -> None:
    (uid,) = post.deliver(a_report())

    post.rooms.intake.fetch(post.mailbox, Folder("INBOX", ()), NOW)

    assert (post.payable(), uid in [one.uid for one in post.server.mails]) == (90, True)


def test_what_a_crash_left_unfiled_is_filed_at_the_next_start_though_nothing_new_came(
    post: Post, tmp_path: Path
) -> None:
    raw = a_report()
    post.server.answer["UID MOVE"] = lambda line: line.connection.close()
    post.deliver(raw)
    with pytest.raises(MailboxUnreachable):
        post.fetch()
    post.server.answer.clear()
    post.rooms.close()

    with open_post(tmp_path, post.server) as next_start:
        next_start.rooms.intake.refile(FOLDER)
        next_start.fetch()

        assert post.server.folders == {"mailagent/Processed": [raw]}
        assert (next_start.payable(), next_start.books()) == (90, (1, 0, 0, 0, 1))


def test_a_refused_move_is_no_reason_to_stop(post: Post) -> None:
    post.server.answer["UID MOVE"] = lambda line: line.no("[OVERQUOTA] the folder is full")
    post.deliver(a_report())

    post.fetch()

    assert (post.payable(), post.books()) == (90, (1, 0, 0, 0, 1))


# --- what is told ---


def test_each_mail_has_its_line_in_the_log_without_its_words(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    raw = a_report()
    post.deliver(raw, a_mail(STRANGER), a_mail(ANA, "Back on Monday.\n", Auto_Submitted="auto-replied"))

    post.fetch()

    lines = [one.getMessage() for one in caplog.records if one.name == "mailagent.fates"]
    assert any(mail_id(raw) in line and "job=J1" in line and "proof=domain" in line for line in lines)
    assert any("left-alone" in line for line in lines)
    assert any("fate=automatic why='out-of-office: " in line and "from=ana@example.com" in line for line in lines)
    assert not any("20 rows" in one.getMessage() for one in caplog.records)
