"""An owner's orders as values, and as the short JSON arrays that travel between parent and child."""

from dataclasses import dataclass
from typing import Any

# The verbs, as in core.events.Verb.
OK = "ok"
BACK = "back"
GO_ON = "go on"
YES = "yes"
NO = "no"
CAP = "cap"
TELL = "tell"
ANSWER = "answer"
PAUSE = "pause"
RESUME = "resume"
CANCEL = "cancel"
LIST = "list"
SHOW = "show"
DIGEST = "digest"
UNDO = "undo"
HELP = "help"


@dataclass(frozen=True, slots=True)
class Ordered:
    """One line of an owner, as core.events.Order; with a `problem` nothing is to be done on it.

    `verb` is None for a line that is no order at all. `job_key` is as he named it, or that of the mail he answers.
    """

    words: str
    verb: str | None = None
    job_key: str | None = None
    minutes: int | None = None
    is_more: bool = False
    no_cap: bool = False
    only_from_now: bool = False
    text: str = ""
    number: int | None = None
    problem: str = ""


def orders_out(orders: tuple[Ordered, ...]) -> list[list[Any]]:
    """Give orders as arrays in field order."""
    return [
        [
            one.words,
            one.verb,
            one.job_key,
            one.minutes,
            one.is_more,
            one.no_cap,
            one.only_from_now,
            one.text,
            one.number,
            one.problem,
        ]
        for one in orders
    ]


def orders_in(arrays: list[list[Any]]) -> tuple[Ordered, ...]:
    """Read what `orders_out` gave."""
    return tuple(Ordered(*one) for one in arrays)
