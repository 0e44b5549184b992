"""Three workers and an owner for the demo: they read their mail over IMAP and answer it over SMTP, as people do.

    python people.py < lines of JSON
    <- {"host": ..., "imap": port, "smtp": port, "agent": address, "clock_file": path, "people": [{"part": "reliable",
        "nudged", "asks" or "owner", "name": ..., "address": ..., "password": ..., "zone": ...}, ...]}   first, once
    <- {"do": "look"}      read what has come
    <- {"do": "act"}       do the next thing that was planned, one thing, whatever the clock says
    <- {"do": "live"}      from now on look by yourselves, and act when the time has come
    -> {"ready": true}
    -> {"who": address, "at": instant, "did": "read" or "sent", "subject": ...}
    -> {"idle": true, "next": instant or null}   the answer to each line, and when the next thing is planned

They know nothing but what stands in their mails. All instants follow the clock file: seconds to add to the system's
clock, as decimal text, or `@` and the Unix time at which the clock stands still. The end of stdin ends it.
"""

import contextlib
import heapq
import html
import imaplib
import itertools
import json
import os
import re
import select
import smtplib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, formataddr, make_msgid, parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from mailagent.demo.minds import MANNERS, Letter, Owner, Person, Planned, Worker, at_home, mailto

_STDIN = 0
_LOOK_S = 1.0  # real seconds between two looks at the mailboxes, once they live by themselves
_WAIT_S = 20.0
_SOON = timedelta(minutes=2)  # the longest that somebody lets a short answer wait, once they live by themselves


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
        with contextlib.suppress(OSError, ValueError):
            said = Path(self.clock_file).read_text("ascii").strip()
            if said.startswith("@"):
                return datetime.fromtimestamp(float(said[1:]), UTC)
            return datetime.now(UTC) + timedelta(seconds=float(said))
        return datetime.now(UTC)


# --- how they write ---


def plain(reply: EmailMessage, text: str, letter: Letter, now: datetime) -> None:
    """Write above a quoted mail, as most programs for plain text do."""
    reply.set_content(f"{text}\n\nOn {now:%a, %d %b %Y at %H:%M}, {_writer(letter)} wrote:\n\n{_quoted(letter)}\n")


def phone(reply: EmailMessage, text: str, letter: Letter, now: datetime) -> None:
    """Write a short answer on a telephone."""
    head = f"On {now:%a, %d %b %Y, %H:%M} {_writer(letter)} <{_address(letter)}> wrote:"
    reply.set_content(f"{text}\n\nSent from my phone\n\n{head}\n{_quoted(letter)}\n")


def apple(reply: EmailMessage, text: str, letter: Letter, now: datetime) -> None:
    """Write a short answer on another kind of telephone."""
    head = f"On {now.day} {now:%b %Y, at %H:%M}, {_writer(letter)} <{_address(letter)}> wrote:"
    reply.set_content(f"{text}\n\nSent from my iPhone\n\n> {head}\n> \n{_quoted(letter)}\n")


def office(reply: EmailMessage, text: str, letter: Letter, now: datetime) -> None:
    """Write HTML above the old mail, whose headers stand in a block between, as in an office."""
    lines = "".join(f'<p class="MsoNormal">{html.escape(line) or "&nbsp;"}</p>' for line in text.splitlines())
    facts = (
        ("From", f"{_writer(letter)} <{_address(letter)}>"),
        ("Sent", f"{now:%A, %B} {now.day}, {now:%Y %H:%M}"),
        ("To", parseaddr(str(reply["From"]))[0]),
        ("Subject", letter.subject),
    )
    block = "<br>".join(f"<b>{name}:</b> {html.escape(value)}" for name, value in facts)
    page = letter.mail.get_body(("html",))
    old = re.search(r"(?is)<body[^>]*>(.*)</body>", page.get_content() if page is not None else "")
    reply.set_content(
        f'<html><body lang="EN-US"><div class="WordSection1">{lines}<p class="MsoNormal">&nbsp;</p>'
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in">'
        f'<p class="MsoNormal">{block}</p></div>{old[1] if old else html.escape(letter.text)}</div></body></html>',
        subtype="html",
    )


STYLES = {"reliable": plain, "nudged": phone, "asks": office, "owner": apple}


def _writer(letter: Letter) -> str:
    return parseaddr(str(letter.mail["From"]))[0]


def _address(letter: Letter) -> str:
    return parseaddr(str(letter.mail["Reply-To"] or letter.mail["From"]))[1]


def _quoted(letter: Letter) -> str:
    return "\n".join(f"> {line}".rstrip() for line in letter.text.rstrip().splitlines())


class Mailbox:
    """One person's own mail program."""

    def __init__(self, setting: Setting, person: Person) -> None:
        self.person = person
        self._setting = setting
        self._last_uid = 0
        self._imap = imaplib.IMAP4(setting.host, setting.imap, timeout=_WAIT_S)
        self._imap.login(person.address, person.password)
        self._imap.select("INBOX")

    def new_mails(self) -> Iterator[EmailMessage]:
        """Read each mail that came since the last look; whoever looks over the shoulder still finds it unread."""
        self._imap.noop()
        _, found = self._imap.uid("SEARCH", "UID", f"{self._last_uid + 1}:*")
        for uid in sorted(int(word) for word in (found[0] or b"").split()):
            if uid > self._last_uid:  # `n:*` always has the last mail, new or not
                self._last_uid = uid
                _, pieces = self._imap.uid("FETCH", str(uid), "(BODY.PEEK[])")
                raw = next(piece[1] for piece in pieces if isinstance(piece, tuple))
                mail = message_from_bytes(raw, policy=default)
                assert isinstance(mail, EmailMessage), "the policy makes them"
                yield mail

    def send(self, planned: Planned, letter: Letter) -> EmailMessage:
        """Answer a mail in its thread, or send the mail that a link in it opens."""
        person, now, old = self.person, self._setting.now(), letter.mail
        tapped = mailto(planned.link)
        reply = EmailMessage(policy=default.clone(max_line_length=900))  # nothing is folded
        reply["From"] = formataddr((person.name, person.address))
        reply["To"] = tapped.get("to") or _address(letter)
        is_again = letter.subject.lower().startswith("re:")
        reply["Subject"] = tapped.get("subject") or (letter.subject if is_again else f"Re: {letter.subject}")
        reply["Date"] = format_datetime(now.astimezone(ZoneInfo(person.zone)))
        reply["Message-ID"] = make_msgid(domain=person.address.partition("@")[2])
        if tapped:
            reply.set_content(f"{tapped['body']}\n\nSent from my iPhone\n")
        else:
            reply["In-Reply-To"] = str(old["Message-ID"])
            reply["References"] = " ".join(f"{old['References'] or ''} {old['Message-ID']}".split())
            STYLES[person.part](reply, planned.text, letter, now.astimezone(ZoneInfo(person.zone)))
        with smtplib.SMTP(self._setting.host, self._setting.smtp, timeout=_WAIT_S) as smtp:
            smtp.login(person.address, person.password)
            smtp.send_message(reply)
        return reply


class Story:
    """Who does what when. Acts are kept by their instant."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._cast: list[tuple[Mailbox, Worker | Owner]] = [
            (Mailbox(setting, one), Owner() if one.part == "owner" else Worker(MANNERS[one.part]))
            for one in setting.people
        ]
        self._acts: list[tuple[datetime, int, Mailbox, Worker | Owner, Planned, Letter]] = []
        self._numbers = itertools.count()  # so that two acts at one instant keep their order
        self.is_live = False

    def look(self) -> None:
        """Read what has come, and plan."""
        for mailbox, who in self._cast:
            for mail in mailbox.new_mails():
                self._tell(mailbox, "read", mail)
                if parseaddr(str(mail["From"]))[1].lower() == self._setting.agent.lower():
                    self._plan(mailbox, who, Letter.of(mail))

    def _plan(self, mailbox: Mailbox, who: Worker | Owner, letter: Letter) -> None:
        now = self._setting.now()
        for planned in who.read(letter):
            at = at_home(now, mailbox.person, planned.after_minutes)
            if self.is_live and not planned.is_work:
                at = min(at, now + _SOON)
            heapq.heappush(self._acts, (at, next(self._numbers), mailbox, who, planned, letter))

    def act(self) -> None:
        """Do the next thing that is planned."""
        if self._acts:
            _, _, mailbox, who, planned, letter = heapq.heappop(self._acts)
            who.sent(letter)
            self._tell(mailbox, "sent", mailbox.send(planned, letter))

    def live(self) -> None:
        """Look, and do what is due."""
        self.look()
        while self._acts and self._acts[0][0] <= self._setting.now():
            self.act()

    def say_idle(self) -> None:
        """Tell when the next thing is planned."""
        tell(idle=True, next=self._acts[0][0].isoformat() if self._acts else None)

    def _tell(self, mailbox: Mailbox, did: str, mail: EmailMessage) -> None:
        at = self._setting.now().isoformat()
        tell(who=mailbox.person.address, at=at, did=did, subject=str(mail["Subject"]))


def tell(**facts: Any) -> None:
    """Write one line of JSON."""
    print(json.dumps(facts), flush=True)


def play(setting: Setting, heard: bytes) -> None:
    """Do what stdin says, until it ends; `heard` is what came after the first line."""
    story = Story(setting)
    tell(ready=True)
    while True:
        while b"\n" in heard:
            line, _, heard = heard.partition(b"\n")
            do = json.loads(line)["do"]
            story.is_live = story.is_live or do == "live"
            if do == "act":
                story.act()
            story.look()
            story.say_idle()
        if story.is_live:
            story.live()
        if select.select([_STDIN], [], [], _LOOK_S if story.is_live else None)[0]:
            more = os.read(_STDIN, 65536)
            if not more:
                return
            heard += more


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
