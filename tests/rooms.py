"""The rooms of the house behind the network, made for a test: a real store, archive, key, and reader child.

What comes in and goes out is the test's: it hands over a mail's bytes, and plays the outbox for letters.
"""

import atexit
import email.utils
import hashlib
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from types import TracebackType

from mailagent.core import events as ev
from mailagent.core.letters import Letter
from mailagent.core.model import Brief, LetterKind, LetterState, WorkingHours
from mailagent.core.settings import Policy
from mailagent.desk import Desk, Settled
from mailagent.edge.archive import Archive, Incoming, Outgoing
from mailagent.edge.keys import Keys, Purpose, letter_number, message_id
from mailagent.edge.sandbox import Bounds, Reader
from mailagent.edge.store import open_store
from mailagent.intake import Intake
from mailagent.mail import wire
from mailagent.placing import Placing
from mailagent.sent_texts import SentTexts
from mailagent.understanding import Kept, Understanding
from tests.factories import NOW, a_brief

AGENT = "agent@studio.example"
AUTHSERV_ID = "mx.studio.example"
ANA, BEN, DANA, STRANGER = "ana@example.com", "ben@example.com", "dana@example.com", "kim@elsewhere.example"
PROVEN = f"{AUTHSERV_ID}; dmarc=pass header.from=example.com"
DISOWNED = f"{AUTHSERV_ID}; dmarc=fail header.from=example.com"
REPORT = "Done: 20 rows\n\nHours: 1.5\n\nNext: the rest\n\nBlocked: no\n\nStatus: working\n"
_PURPOSES = {LetterKind.CONFIRM: Purpose.CONFIRM, LetterKind.DIGEST: Purpose.DIGEST}
_numbers = itertools.count(1)


@cache
def warm_reader() -> Reader:
    """Give the one child that all tests of a process share; it knows nothing from one mail to the next."""
    reader = Reader(Bounds())
    atexit.register(reader.close)
    return reader


@dataclass(frozen=True)
class Sent:
    """One letter as its recipient got it."""

    letter: Letter
    message_id: str
    token: str

    @property
    def reply_to(self) -> str:
        """The plus address that carries the token."""
        return AGENT.replace("@", f"+{self.token}@")

    @property
    def thread(self) -> dict[str, str]:
        """The headers with which a mail program answers it."""
        return {"In_Reply_To": self.message_id, "References": self.message_id}


class Rooms:
    """Made in a folder; made there again, it is the next start of the same office."""

    def __init__(
        self,
        folder: Path,
        *,
        authserv_id: str = AUTHSERV_ID,
        policy: Policy | None = None,
        reader: Reader | None = None,
        batch: int = 500,
    ) -> None:
        self.state = folder / "state"
        self.store = open_store(self.state, policy=policy or Policy())
        self.archive = Archive(self.state / "archive")
        key = self.state / "token.key"
        self.keys = Keys.load(key) if key.exists() else Keys.create(key)
        self.desk = Desk(self.store)
        self.placing = Placing(self.store, self.keys)
        self.reader = reader or warm_reader()
        self.ours = wire.Ours(AGENT, AGENT.partition("@")[2], authserv_id)
        sent = SentTexts(self.store, self.archive)
        self.understanding = Understanding(
            self.store, self.placing, self.reader, sent, self.ours, wire.Limits(message_bytes=1024 * 1024)
        )
        self.intake = Intake(self.store, self.desk, self.archive, self.understanding, batch)

    def __enter__(self) -> "Rooms":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self.archive.close()
        self.store.close()

    # --- the office ---

    def staff(self, now: datetime = NOW) -> None:
        """Add the owner Dana and the workers Ana and Ben."""
        hours = WorkingHours("Europe/Berlin")
        events = (
            ev.OwnerAdded("dana", "Dana Reed", (DANA,), hours, digest_at=7 * 60 + 30),
            ev.WorkerAdded("ana", "Ana Cruz", (ANA,), hours),
            ev.WorkerAdded("ben", "Ben Ode", (BEN,), hours),
        )
        self.settle(*events, now=now)

    def brief(self, worker_id: str = "ana", brief: Brief | None = None, now: datetime = NOW) -> Sent:
        """Give a worker a job, and send the brief."""
        self.settle(ev.JobAdded("dana", worker_id, brief or a_brief()), now=now)
        return self.send(f"{worker_id}/brief/{self.store.jobs()[-1].id}", now)

    def settle(self, *events: ev.Event, now: datetime = NOW) -> tuple[Settled, ...]:
        """Settle what must not be refused."""
        outcomes = self.desk.settle(events, now)
        assert [one.refused or one.broke for one in outcomes if one.decision is None] == []
        return outcomes

    def send(self, letter_id: str, now: datetime = NOW) -> Sent:
        """Play the outbox for one letter: claim it, keep its bytes, hand it over."""
        letter = self.store.letter(letter_id)
        assert letter is not None, f"no letter {letter_id}"
        record = int(letter.job_id[1:]) if letter.job_id else 0
        purpose = _PURPOSES.get(letter.kind, Purpose.JOB)
        token = self.keys.mint(letter.recipient_id, purpose, record, (now + timedelta(days=400)).date())
        named = message_id(token, letter_number(letter_id), AGENT.partition("@")[2])
        self.settle(ev.LetterClaimed(letter_id, named, token), now=now)
        raw = f"Message-ID: {named}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDone:\r\n\r\nHours:\r\n".encode()
        (place,) = self.archive.append([Outgoing(letter_id, raw, now)])
        self.settle(ev.LetterSent(letter_id, "250 taken", place), now=now)
        return Sent(letter, named, token)

    def queued(self, now: datetime = NOW) -> list[str]:
        """Name the letters that wait to be sent, by key."""
        due = self.store.letters_due(now + timedelta(days=30), 1000)
        return sorted(one.id for one in due if one.state is LetterState.QUEUED)

    def kinds(self, now: datetime = NOW) -> list[tuple[str, str]]:
        """Name recipient and kind of what waits to be sent."""
        due = self.store.letters_due(now + timedelta(days=30), 1000)
        return sorted((one.recipient_id, one.kind.value) for one in due if one.state is LetterState.QUEUED)

    # --- mail ---

    def keep(self, raw: bytes, now: datetime = NOW, *, uid: int = 0, tries: int = 0) -> Kept:
        """Archive a mail as intake does."""
        mail_id = hashlib.sha256(raw).hexdigest()[:32]
        uid = uid or next(_numbers)
        (place,) = self.archive.append([Incoming(mail_id, "INBOX", 7, uid, now, now, raw)])
        return Kept(mail_id, raw, place, "INBOX", 7, uid, now, tries)

    def understand(self, *raws: bytes, now: datetime = NOW) -> list[ev.Event]:
        """Say what mails mean, without settling it."""
        return list(self.understanding.events([self.keep(raw, now) for raw in raws], now))

    def take_in(self, *raws: bytes, now: datetime = NOW) -> tuple[Settled, ...]:
        """Understand and settle mails."""
        return self.settle(*self.understand(*raws, now=now), now=now)


def a_mail(sender: str, text: str = REPORT, *, to: str = AGENT, subject: str = "hello", **headers: str) -> bytes:
    """Write a mail as a mail program would, each one different; `In_Reply_To` stands for In-Reply-To."""
    message = EmailMessage()
    for name, value in headers.items():
        if name == "Authentication_Results":  # the receiving server writes it on top
            message[name.replace("_", "-")] = value
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = email.utils.format_datetime(NOW)
    message["Message-ID"] = f"<{next(_numbers)}@phone.example>"
    for name, value in headers.items():
        if name != "Authentication_Results":
            message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
