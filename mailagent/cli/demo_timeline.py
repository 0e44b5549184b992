"""The demo as somebody watches it: what time it is for each, who writes to whom, what was understood, the hours."""

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from mailagent.cli.common import hours, several
from mailagent.cli.demo_record import Seen
from mailagent.cli.demo_stage import PLAYERS, Player
from mailagent.core import workday
from mailagent.core.letters import (
    BriefContents,
    FromOwnerContents,
    HoursStand,
    Letter,
    NudgeContents,
    OwnerNewsContents,
    ReceiptContents,
    TranscriptContents,
)
from mailagent.edge.logs import escape

WIDTH = max(40, min(80, shutil.get_terminal_size().columns))  # of this terminal; 80 where the output is none
_INDENT = " " * 6
_BAR = 20
_MINUTE = timedelta(minutes=1)
_HARD = "\N{NO-BREAK SPACE}"
_AMOUNT = re.compile(r"\d+ (?:h(?: \d\d)?|min|%)(?!\w)")  # not to be torn apart


class Timeline:
    """Turns what came in and went out into lines; remembers the clock and the bars that it showed last."""

    def __init__(self) -> None:
        self._shown_at: datetime | None = None
        self._stands: dict[str, HoursStand] = {}

    def lines(self, mails: Sequence[Seen], written: Iterable[Letter]) -> Iterator[str]:
        """Tell of mails, oldest first; from the letters that were written it is known what was made of them."""
        letters = {letter.id: letter for letter in written}
        answers = {cause: letter for letter in letters.values() for cause in letter.causes if _answers(letter)}
        for mail in mails:
            if self._shown_at is None or mail.at - self._shown_at >= _MINUTE:
                yield from self._clock(mail.at)
            letter = letters.get(mail.id) if mail.is_ours else None
            to = "desk" if mail.is_ours is False else _first(mail.recipient)
            who = f"{'desk' if mail.is_ours else _first(mail.sender)} -> {to}"
            yield from _wrapped(f"  {who:<14}{self._about(mail, letter)}", " " * 16)
            if not mail.is_ours:
                for said in _understood(answers.get(mail.id)):
                    yield from _wrapped(f"{_INDENT}understood: {said}", _INDENT + " " * 12)
            yield from self._bar(letter)

    def _clock(self, at: datetime) -> Iterator[str]:
        if self._shown_at is not None:
            leap = at - self._shown_at
            yield ""
            yield f"... {_ago(leap)} later"
        self._shown_at = at
        yield "  ".join(f"{_name(one)} {workday.local(at, one.zone):%a %H:%M}" for one in PLAYERS)

    def _about(self, mail: Seen, letter: Letter | None) -> str:
        contents = letter.contents if letter is not None else None
        match contents:
            case BriefContents():
                cap = "no cap" if contents.cap_minutes is None else f"cap {hours(contents.cap_minutes)}"
                return f"brief {contents.job_id}: {contents.title}, {several(len(contents.steps), 'step')}, {cap}"
            case ReceiptContents():
                return f"receipt: {'; '.join(_receipt(contents, _player(mail.recipient)))}"
            case NudgeContents(again=again, lines=lines):
                one = lines[0]
                due = workday.local(one.due_at, _player(mail.recipient).zone)
                return f"reminder {again}: {one.job_id}, the {one.waits_for} was due at {due:%H:%M}"
            case FromOwnerContents():
                return "; ".join(f"from the owner: {_part(one.what, one.words, one.minutes)}" for one in contents.parts)
            case TranscriptContents(undo_number=number):
                return "what was done" + (f"; `undo {number}` takes it back" if number is not None else "")
            case _:
                return mail.subject

    def _bar(self, letter: Letter | None) -> Iterator[str]:
        contents = letter.contents if letter is not None else None
        if isinstance(contents, ReceiptContents | FromOwnerContents | OwnerNewsContents):
            stand = contents.stand
            if stand != self._stands.get(contents.job_id, HoursStand(stand.cap, 0, 0, 0, stand.cap)):
                yield f"{_INDENT}{contents.job_id} {bar(stand)}"
            self._stands[contents.job_id] = stand


def bar(stand: HoursStand) -> str:
    """The hours against the cap: `[######--------------] 2 h 15 of 9 h`."""
    rest = [f"{hours(stand.over_cap)} over the cap"] if stand.over_cap else []
    rest += [f"{hours(stand.undecided)} undecided"] if stand.undecided else []
    if stand.cap is None:
        return ", ".join([f"{hours(stand.payable)}, no cap", *rest])
    full = min(_BAR, _BAR * stand.payable // max(1, stand.cap))
    return ", ".join([f"[{'#' * full}{'-' * (_BAR - full)}] {hours(stand.payable)} of {hours(stand.cap)}", *rest])


def _answers(letter: Letter) -> bool:
    return isinstance(letter.contents, ReceiptContents | TranscriptContents)


def _understood(letter: Letter | None) -> Iterable[str]:
    """What was made of a mail, by the letter that answers it."""
    match letter.contents if letter is not None else None:
        case ReceiptContents() as said:
            parts = [
                said.status.value if said.status is not None and said.minutes is None else "",
                hours(said.minutes) if said.minutes is not None else "",
                said.done or "",
                f"next {said.next}" if said.next else "",
                f"blocked by {said.blocked}" if said.blocked else "",
                f'asks "{said.question}"' if said.question else "",
                f"needs {hours(said.need_minutes)} more" if said.need_minutes else "",
                "all done" if said.status is not None and said.status.value == "done" else "",
            ]
            yield ", ".join(part for part in parts if part)
        case TranscriptContents(lines=lines):
            yield from (f"`{' '.join(line.words.split())}` - {line.result}" for line in lines)
        case _:
            return


def _receipt(said: ReceiptContents, player: Player) -> Iterator[str]:
    if said.question or said.blocked:
        yield "passed on"
    if said.over_cap:
        yield f"{hours(said.over_cap)} over the cap, not payable unless the owner agrees"
    if said.stand.left == 0:
        yield "the hours are used, please stop"
    elif said.stand.left is not None:
        yield f"{hours(said.stand.left)} left"
    if said.cap_passed:
        yield f"{said.cap_passed} % used"
    if said.next_due_at is not None:
        yield f"next report by {workday.local(said.next_due_at, player.zone):%a %H:%M}"


def _part(what: str, words: str, minutes: int | None) -> str:
    more = hours(minutes) if minutes is not None else ""
    return ": ".join(one for one in (what, more, f'"{words}"' if words else "") if one)


def _player(name: str) -> Player:
    return next((one for one in PLAYERS if one.name == name), PLAYERS[-1])


def _name(player: Player) -> str:
    return player.name.partition(" ")[0]


def _first(name: str) -> str:
    return escape(name.partition(" ")[0])


def _ago(leap: timedelta) -> str:
    minutes = round(leap.total_seconds() / 60)
    return hours(minutes)


def _wrapped(line: str, indent: str) -> list[str]:
    head = line[: len(line) - len(line.lstrip())]
    whole = _AMOUNT.sub(lambda found: found[0].replace(" ", _HARD), escape(line.strip()))
    return [one.replace(_HARD, " ") for one in _lines(whole, head, indent)]


def _lines(text: str, head: str = "", indent: str = "") -> list[str]:
    wrapped = textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return wrapped or [head]


def page(text: str) -> str:
    """A mail's plain text for a terminal."""
    return "\n".join(one for line in text.splitlines() for one in _lines(escape(line.rstrip())))
