"""Promises that hold in any order of events: nothing lost, nothing counted twice, one letter a key, minutes conserved.

A real office behind a scripted IMAP server; what Hypothesis plays is the world: mail, crashes, a mailbox numbered anew.
"""

import hashlib
import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mailagent.edge.archive import Incoming
from mailagent.edge.imap import Mailbox
from mailagent.edge.store.replaying import replay
from mailagent.edge.store.verifying import verify
from mailagent.intake import Folder
from mailagent.recovery import recover
from tests.factories import NOW, a_brief
from tests.rooms import ANA, PROVEN, STRANGER, Rooms, a_mail
from tests.servers.accounts import AnAccount
from tests.servers.fake_imap import FakeImap
from tests.test_intake import FOLDER, START


class AnyOrder(RuleBasedStateMachine):
    """One worker, one job of 20 hours, and whatever happens."""

    @initialize()
    def first_start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="promises-"))
        self.server = FakeImap().__enter__()
        self.now = NOW
        self.reported: dict[str, int] = {}  # mail id -> minutes
        self.raws: list[bytes] = []
        self.strangers = 0
        self.open()
        self.rooms.staff(START)
        self.rooms.brief(brief=a_brief(cap_minutes=20 * 60), now=START)
        self.rooms.intake.fetch(self.mailbox, FOLDER, START)

    def open(self) -> None:
        """Start as the daemon does."""
        self.rooms = Rooms(self.folder)
        recover(self.rooms.store, self.rooms.desk, self.rooms.archive, self.rooms.understanding, self.now)
        self.mailbox = Mailbox(AnAccount(self.server.port))
        self.mailbox.open()
        self.rooms.intake.refile(FOLDER)

    def arrive(self, raw: bytes) -> None:
        self.server.arrive(raw, tell=False)

    def fetch(self, folder: Folder = FOLDER) -> None:
        while self.rooms.intake.fetch(self.mailbox, folder, self.now).more:
            pass

    # --- what may happen ---

    @rule(minutes=st.integers(0, 700), proven=st.booleans(), done=st.sampled_from(["rows", "calls", "the list"]))
    def a_report_comes(self, minutes: int, proven: bool, done: str) -> None:
        headers = {"Authentication_Results": PROVEN} if proven else {}
        raw = a_mail(ANA, f"Done: {done}\nHours: {minutes}m\n", **headers)
        self.reported[hashlib.sha256(raw).hexdigest()[:32]] = minutes
        self.raws.append(raw)
        self.arrive(raw)

    @precondition(lambda self: self.raws)
    @rule(which=st.integers(0, 99))
    def one_comes_again(self, which: int) -> None:
        self.arrive(self.raws[which % len(self.raws)])

    @rule()
    def a_stranger_writes(self) -> None:
        self.strangers += 1
        self.arrive(a_mail(STRANGER))

    @rule()
    def it_is_fetched(self) -> None:
        self.fetch()

    @rule()
    def time_goes_by(self) -> None:
        self.now += timedelta(hours=7)
        self.rooms.desk.settle(self.rooms.store.due(self.now), self.now)

    @rule(yes=st.booleans())
    def ana_is_asked_and_answers(self, yes: bool) -> None:
        asked = [one for one in self.rooms.queued(self.now) if one.startswith("ana/confirm/")]
        for sent in [self.rooms.send(key, self.now) for key in asked]:
            self.arrive(a_mail(ANA, "yes\n" if yes else "no\n", to=sent.reply_to, **sent.thread))

    @rule(dies_before_the_journal=st.booleans())
    def it_crashes_and_starts_again(self, dies_before_the_journal: bool) -> None:
        settled = self.rooms.store.cursor("INBOX").settled_uid
        waiting = [one for one in self.server.mails if one.uid > settled and b"ana@" in one.raw]
        if dies_before_the_journal:
            kept = {one.raw: one.uid for one in waiting}
            self.rooms.archive.append(
                [
                    Incoming(hashlib.sha256(raw).hexdigest()[:32], "INBOX", self.server.uidvalidity, uid, NOW, NOW, raw)
                    for raw, uid in kept.items()
                ]
            )
        self.mailbox.close()
        self.rooms.close()
        self.open()

    @rule()
    def the_mailbox_is_numbered_anew(self) -> None:
        self.server.uidvalidity += 1

    # --- what always holds ---

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "rooms"):
            books = self.rooms.store.books()
            assert books.balance, books

    @invariant()
    def minutes_are_conserved_and_the_cap_holds(self) -> None:
        if hasattr(self, "rooms"):
            effort = self.rooms.store.effort("J1")
            assert effort.reported == effort.payable + effort.over_cap + effort.undecided
            assert 0 <= effort.payable <= 20 * 60
            assert min(effort.over_cap, effort.undecided) >= 0

    def teardown(self) -> None:
        if not hasattr(self, "rooms"):
            return
        try:
            self.fetch()
            self.every_mail_counted_once()
            self.the_same_mails_again_change_nothing()
            self.rooms.store.write_office(force=True)
            assert replay(self.rooms.state).differences == ()
            assert verify(self.rooms.state).problems == ()
        finally:
            self.mailbox.close()
            self.rooms.close()
            self.server.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def every_mail_counted_once(self) -> None:
        store = self.rooms.store
        assert store.effort("J1").reported == sum(self.reported.values())
        assert all(store.mail(one) is not None for one in self.reported)
        causes = Counter(self.receipts())
        assert set(causes.values()) <= {1}
        assert set(causes) <= set(self.reported)

    def receipts(self) -> list[str]:
        """The mails that were answered with a receipt."""
        due = self.rooms.store.letters_due(self.now + timedelta(days=30), 10_000)
        return [one.causes[0] for one in due if one.kind.value == "receipt"]

    def the_same_mails_again_change_nothing(self) -> None:
        before = (self.rooms.queued(self.now), self.rooms.store.effort("J1"))
        for raw in self.raws:
            self.arrive(raw)
        self.fetch()
        assert (self.rooms.queued(self.now), self.rooms.store.effort("J1")) == before
        assert self.rooms.store.books().balance


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
