"""A worker and an owner for the demo: they read their mail over IMAP and answer it over SMTP, as a mail program does.

    python people.py < lines of JSON
    <- {"host": ..., "imap": port, "smtp": port, "agent": address, "clock_file": path,
        "people": [{"role": "worker" or "owner", "name": ..., "address": ..., "password": ...}, ...]}      first, once
    <- {"do": "wake"}      look now, and say anew whether you are idle; any line does that
    -> {"ready": true}
    -> {"who": address, "at": instant, "did": "read" or "sent", "subject": ...}
    -> {"idle": false}                        a mail has come, or something is due
    -> {"idle": true, "next": instant|null}   quiet until then; told after each time it was not, and after each line

All instants follow the clock file: seconds to add to the system's clock, as decimal text. The end of stdin ends it.
"""

import contextlib
import heapq
import imaplib
import itertools
import json
import os
import select
import smtplib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from pathlib import Path
from typing import Any

_STDIN = 0
_LOOK_S = 0.03  # real seconds between two looks at the mailboxes
_WAIT_S = 10.0


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox, and the part he plays."""

    role: str
    name: str
    address: str
    password: str


@dataclass(frozen=True)
class Setting:
    """The first line of stdin."""

    host: str
    imap: int
    smtp: int
    agent: str
    clock_file: str
    people: tuple[Person, ...]

    def now(self) -> datetime:
        """Return the present instant of the story, aware."""
        offset_s = 0.0
        with contextlib.suppress(OSError, ValueError):
            offset_s = float(Path(self.clock_file).read_text("ascii"))
        return datetime.now(UTC) + timedelta(seconds=offset_s)


@dataclass(frozen=True)
class Planned:
    """Something to say in answer to a mail, some time after it was read."""

    after: timedelta
    lines: tuple[str, ...]


# What the worker makes of a brief. Written for config/briefs/leads.md, and true of most.
_WORK = (
    Planned(timedelta(minutes=9), ("Status: started",)),
    Planned(
        timedelta(hours=2, minutes=20),
        (
            "Done: rows 1 to 15, the first 3 as a sample",
            "Hours: 2h15",
            "Next: rows 16 to 28",
            "Blocked: ",
            "Status: working",
        ),
    ),
    Planned(
        timedelta(hours=4, minutes=10),
        (
            "Done: rows 16 to 28",
            "Hours: 1.5",
            "Next: the rest tomorrow morning",
            "Blocked: the exhibitors' list asks for a login since noon",
            "Status: blocked",
        ),
    ),
)


class Mailbox:
    """One person's own mail program: it reads what is new and answers it."""

    def __init__(self, setting: Setting, person: Person) -> None:
        self.person = person
        self._setting = setting
        self._last_uid = 0
        self._imap = imaplib.IMAP4(setting.host, setting.imap, timeout=_WAIT_S)
        self._imap.login(person.address, person.password)
        self._imap.select("INBOX")

    def new_mails(self) -> Iterator[EmailMessage]:
        """Read each mail that came since the last look."""
        self._imap.noop()
        _, found = self._imap.uid("SEARCH", "UID", f"{self._last_uid + 1}:*")
        for uid in sorted(int(word) for word in (found[0] or b"").split()):
            if uid > self._last_uid:  # `n:*` always has the last mail, new or not
                self._last_uid = uid
                yield self._read(uid)

    def _read(self, uid: int) -> EmailMessage:
        _, pieces = self._imap.uid("FETCH", str(uid), "(BODY[])")
        raw = next(piece[1] for piece in pieces if isinstance(piece, tuple))
        mail = message_from_bytes(raw, policy=default)
        assert isinstance(mail, EmailMessage), "the policy makes them"
        return mail

    def answer(self, mail: EmailMessage, text: str) -> EmailMessage:
        """Answer a mail as programs do: to its Reply-To, in its thread, its text quoted below."""
        person, now = self.person, self._setting.now()
        reply = EmailMessage()
        to = parseaddr(str(mail["Reply-To"] or mail["From"]))[1]
        subject = str(mail["Subject"] or "")
        reply["From"] = formataddr((person.name, person.address))
        reply["To"] = to
        reply["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        reply["Date"] = format_datetime(now)
        reply["Message-ID"] = make_msgid(domain=person.address.partition("@")[2])
        reply["In-Reply-To"] = str(mail["Message-ID"])
        reply["References"] = " ".join(f"{mail['References'] or ''} {mail['Message-ID']}".split())
        reply.set_content(f"{text}\n\n{quoted(mail, now)}")
        with smtplib.SMTP(self._setting.host, self._setting.smtp, timeout=_WAIT_S) as smtp:
            smtp.login(person.address, person.password)
            smtp.send_message(reply, person.address, [to])
        return reply


def quoted(mail: EmailMessage, now: datetime) -> str:
    """Quote a mail's plain text below a line that says whose it is."""
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    lines = "\n".join(f"> {line}".rstrip() for line in text.rstrip().splitlines())
    return f"On {now:%a, %d %b %Y at %H:%M}, {parseaddr(str(mail['From']))[0]} wrote:\n\n{lines}\n"


class Story:
    """Who does what when. Acts are kept by their instant and done once it has come."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._mailboxes = [Mailbox(setting, person) for person in setting.people]
        self._acts: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # so that two acts at one instant keep their order
        self._is_idle = False

    def look(self) -> None:
        """Read what has come and do what is due, until there is nothing more."""
        while self._read() or self._act():
            pass

    def say_idle(self, *, again: bool) -> None:
        """Tell that all is quiet, and until when; once, or again."""
        if again or not self._is_idle:
            self._is_idle = True
            tell(idle=True, next=self._acts[0][0].isoformat() if self._acts else None)

    def _say_busy(self) -> None:
        if self._is_idle:
            self._is_idle = False
            tell(idle=False)

    def _read(self) -> bool:
        found = False
        for mailbox in self._mailboxes:
            for mail in mailbox.new_mails():
                found = True
                self._say_busy()
                tell(who=mailbox.person.address, at=self._at(), did="read", subject=str(mail["Subject"]))
                self._plan(mailbox, mail)
        return found

    def _act(self) -> bool:
        if not self._acts or self._acts[0][0] > self._setting.now():
            return False
        self._say_busy()
        heapq.heappop(self._acts)[2]()
        return True

    def _plan(self, mailbox: Mailbox, mail: EmailMessage) -> None:
        """Decide what a mail leads to. Of what the agent writes only a brief comes as if by hand (RFC 3834)."""
        is_the_agents = parseaddr(str(mail["From"]))[1].lower() == self._setting.agent.lower()
        is_a_brief = is_the_agents and mail["Auto-Submitted"] is None
        if mailbox.person.role != "worker" or not is_a_brief:
            return
        for planned in _WORK:
            at = self._setting.now() + planned.after
            act = self._answering(mailbox, mail, "\n".join(planned.lines))
            heapq.heappush(self._acts, (at, next(self._numbers), act))

    def _answering(self, mailbox: Mailbox, mail: EmailMessage, text: str) -> Callable[[], None]:
        def answer() -> None:
            sent = mailbox.answer(mail, text)
            tell(who=mailbox.person.address, at=self._at(), did="sent", subject=str(sent["Subject"]))

        return answer

    def _at(self) -> str:
        return self._setting.now().isoformat()


def tell(**facts: Any) -> None:
    """Write one line of JSON."""
    print(json.dumps(facts), flush=True)


def play(setting: Setting, heard: bytes) -> None:
    """Look, act and wait until stdin ends; `heard` is what came after the first line."""
    story = Story(setting)
    tell(ready=True)
    while True:
        story.look()
        story.say_idle(again=bool(heard))
        heard = b""
        if select.select([_STDIN], [], [], _LOOK_S)[0]:
            heard = os.read(_STDIN, 65536)
            if not heard:
                return


def main() -> None:
    """Read who plays, and play."""
    said = b""
    while b"\n" not in said:
        more = os.read(_STDIN, 65536)
        if not more:
            sys.exit("people.py: no first line")
        said += more
    first, _, rest = said.partition(b"\n")
    facts = json.loads(first)
    people = tuple(Person(**person) for person in facts.pop("people"))
    try:
        play(Setting(people=people, **facts), rest)
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever started us has gone; what Python would still flush at exit has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
