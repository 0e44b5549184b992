"""What the demo's people make of the mails they read: what to answer, and when. They know nothing else.

Part of people.py; bytes and sockets are there.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import unquote
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Person:
    """Somebody with a mailbox, and the part he plays."""

    part: str
    name: str
    address: str
    password: str
    zone: str


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where a link goes."""
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


@dataclass(frozen=True)
class Letter:
    """A mail as somebody reads it."""

    mail: EmailMessage
    subject: str
    text: str
    links: tuple[str, ...]

    @classmethod
    def of(cls, mail: EmailMessage) -> "Letter":
        """Read a mail: its plain text with soft line breaks closed, and the links of its HTML."""
        plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
        links = _Links()
        if page is not None:
            links.feed(page.get_content())
        text = "" if plain is None else plain.get_content().replace("\r\n", "\n")
        if plain is not None and plain.get_param("format") == "flowed":
            text = re.sub(r"(?<!\n--) \n", " ", text)
        return cls(mail, str(mail["Subject"] or ""), text, tuple(links.found))

    @property
    def key(self) -> str:
        """The job's key, from the subject or from the first line that names one."""
        found = re.search(r"\bJ\d+\b", f"{self.subject}\n{self.text}")
        return found[0] if found else ""

    @property
    def is_brief(self) -> bool:
        """Of what the agent writes only a brief comes as if by hand (RFC 3834)."""
        return self.mail["Auto-Submitted"] is None and "\nHours:" in self.text

    def says(self, *phrases: str) -> bool:
        """Whether one of these stands in it."""
        return any(phrase in self.text for phrase in phrases)

    def steps(self) -> list[tuple[str, int]]:
        """The steps of a brief with their minutes."""
        found = re.findall(r"(?m)^\d+\. (.+) \(about (?:(\d+) h)? ?(\d+)?(?: min)?\)$", self.text)
        return [(text, 60 * int(whole or 0) + int(rest or 0)) for text, whole, rest in found]


# --- what they decide ---


@dataclass(frozen=True)
class Planned:
    """Something to write, some time after a mail was read; `link` is what is tapped instead of answering."""

    after_minutes: int
    text: str
    link: str = ""
    is_work: bool = False  # it takes so long because work does


@dataclass(frozen=True)
class Manner:
    """How a worker works and writes."""

    pace: float = 1.0  # of the estimates
    stint: int = 150  # minutes of work that he reports at once, at most
    waits_for_nudge: bool = False
    question: str = ""  # asked before the work begins
    tells_next: bool = True


MANNERS = {
    "reliable": Manner(),
    "nudged": Manner(stint=90, waits_for_nudge=True, tells_next=False),
    "asks": Manner(pace=1.5, stint=100, question="Do the prices count with or without VAT?"),
}


@dataclass
class Job:
    """What a worker has in mind about a job."""

    steps: list[tuple[str, int]]
    started: bool = False
    rests: bool = False  # until the owner has said something
    planned: bool = False


@dataclass
class Worker:
    """Decides what a worker answers."""

    manner: Manner
    jobs: dict[str, Job] = field(default_factory=dict)

    def read(self, letter: Letter) -> list[Planned]:
        """Take in a mail, and plan what to do about it."""
        if letter.is_brief and letter.key not in self.jobs:
            self.jobs[letter.key] = Job(letter.steps() or [("what the brief asks for", 60)])
            return [] if self.manner.waits_for_nudge else self._plan(self.jobs[letter.key])
        job = self.jobs.get(letter.key)
        if job is None or letter.says("has accepted your work", "has cancelled it"):
            return []
        if letter.says("asks you to change it"):
            job.steps.append(("what was to be changed", 30))
        if letter.says("What you wait for has been passed on", "Please stop here", "Please stop working"):
            job.rests = True
            return []
        is_word = letter.says("answers what you asked", "please go on", "new cap", "more for J", "asks you to")
        job.rests = job.rests and not is_word
        is_nudge = letter.says("have you started?", "was due at")
        if is_nudge or (not self.manner.waits_for_nudge and (is_word or letter.says("Thank you. Your report"))):
            return self._plan(job)
        return []

    def _plan(self, job: Job) -> list[Planned]:
        if job.planned or job.rests or (job.started and not job.steps):
            return []
        job.planned = True
        if not job.started:
            job.started = True
            question = f"\nQuestion: {self.manner.question}" if self.manner.question else ""
            return [Planned(38 if self.manner.waits_for_nudge else 9, f"Status: started{question}")]
        done: list[str] = []
        minutes = 0
        while job.steps and (not done or minutes + self._takes(job.steps[0]) <= self.manner.stint):
            minutes += self._takes(job.steps[0])
            done.append(job.steps.pop(0)[0])
        lines = [f"Done: {' and '.join(done)}", f"Hours: {minutes // 60}h{minutes % 60:02}"]
        if job.steps and self.manner.tells_next:
            lines.append(f"Next: {job.steps[0][0]}")
        text = "\n".join([*lines, f"Status: {'working' if job.steps else 'done'}"])
        return [Planned(21 if self.manner.waits_for_nudge else minutes + 5, text, is_work=True)]

    def _takes(self, step: tuple[str, int]) -> int:
        return 5 * round(step[1] * self.manner.pace / 5)

    def sent(self, letter: Letter) -> None:
        """Know that what was planned about this mail's job is done."""
        if letter.key in self.jobs:
            self.jobs[letter.key].planned = False


class Owner:
    """Decides what the owner answers: questions at once, money and finished work with the daily mail."""

    def read(self, letter: Letter) -> list[Planned]:
        """Take in a mail, and plan what to do about it."""
        if re.match(r"\w{3} \d{1,2} \w{3}: ", letter.subject):
            return self._daily(letter)
        if letter.says("waits for your answer"):
            vat = "Without VAT, please: we get it back."
            return [Planned(24, f"answer: {vat if 'VAT' in letter.text else 'Please decide, and write down why.'}")]
        if letter.says("answer this mail with the one word: yes"):
            return [Planned(3, "Yes")]
        if letter.subject.startswith("First report"):
            return [Planned(15, "Go on")]
        if letter.subject.startswith("No word from"):
            return [Planned(19, "tell: Can you do this? One line today is enough.")]
        if letter.says("asks for") and letter.says("Allow it"):
            return [Planned(17, "yes")]
        return []

    def _daily(self, letter: Letter) -> list[Planned]:
        """Accept what is finished, by its button; give an hour where a cap is used up, by the number of its line."""
        section = letter.text.partition("NEEDS YOU")[2].partition("WHAT YOU CAN ANSWER")[0]
        rows = re.findall(r"(?m)^(\d+)\. .*\((J\d+)\)\n((?:.+\n)*)", section)
        finished = {f"ok {key}" for _, key, row in rows if f": ok {key}\n" in row}
        raised = [f"cap {number} +1h" for number, key, row in rows if f": cap {key} " in row and "stands still" in row]
        taps = [link for link in letter.links if mailto(link).get("body") in finished]
        planned = [Planned(11 + 2 * place, "", link) for place, link in enumerate(taps)]
        return [*planned, Planned(18, "\n".join(raised))] if raised else planned

    def sent(self, letter: Letter) -> None:
        """Nothing to remember."""


def mailto(link: str) -> dict[str, str]:
    """Take a mailto link apart as a mail program does (RFC 6068): `to` and its fields; empty where it is none."""
    scheme, _, rest = link.partition(":")
    if scheme.lower() != "mailto":
        return {}
    to, _, query = rest.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {"to": unquote(to)} | {name.lower(): unquote(value) for name, _, value in pairs}


def at_home(now: datetime, person: Person, minutes: int) -> datetime:
    """When somebody does what takes `minutes` from now: within his hours, else from the start of his next day on."""
    first, last, days = (7, 22, 7) if person.part == "owner" else (9, 17, 5)
    local = now.astimezone(ZoneInfo(person.zone))
    opens = local.replace(hour=first, minute=0, second=0, microsecond=0)
    begin = max(local, opens)
    if local.weekday() < days and begin + timedelta(minutes=minutes) <= local.replace(hour=last, minute=0, second=0):
        return (begin.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(UTC)
    opens += timedelta(days=1)  # on the wall clock
    while opens.weekday() >= days:
        opens += timedelta(days=1)
    return opens.astimezone(UTC) + timedelta(minutes=minutes)
