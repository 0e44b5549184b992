"""What a worker said about one of his jobs, as read; and what could not be read."""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Fields:
    """One report as read. None: not said. `blocked` is "" where the worker says that nothing blocks him.

    `status` is a value of core.model.Status. `minutes` is whole minutes. `need_minutes` 0: more, he did not say how
    many. `away_from` None: he is away already; `away_until` is the day on which he is back. `gives_up` is "decline" or
    "quit".
    """

    job_key: str | None = None  # only where the block names its job
    done: str | None = None
    minutes: int | None = None
    next: str | None = None
    blocked: str | None = None
    status: str | None = None
    question: str | None = None
    need_minutes: int | None = None
    need_words: str = ""
    away_from: date | None = None
    away_until: date | None = None
    away_why: str = ""
    snooze_minutes: int | None = None
    gives_up: str = ""
    gives_up_why: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all was said; a job key alone says nothing."""
        return not self.is_about_work and not self.gives_up and self.other_words == (None, None, None, None)

    @property
    def is_about_work(self) -> bool:
        """Tell whether any of the five fields of the form was said."""
        return (self.done, self.minutes, self.next, self.blocked, self.status) != (None, None, None, None, None)

    @property
    def other_words(self) -> tuple[object, ...]:
        """What may be said at any time beside a report."""
        return self.question, self.need_minutes, self.away_until, self.snooze_minutes


@dataclass(frozen=True, slots=True)
class Doubt:
    """Words that could not be read, and the one question that would settle them."""

    text: str
    question: str


def fields_out(one: Fields) -> list[Any]:
    """Turn it into what JSON holds, in field order; dates become ISO 8601 text as they are written."""
    return [
        one.job_key,
        one.done,
        one.minutes,
        one.next,
        one.blocked,
        one.status,
        one.question,
        one.need_minutes,
        one.need_words,
        one.away_from,
        one.away_until,
        one.away_why,
        one.snooze_minutes,
        one.gives_up,
        one.gives_up_why,
    ]


def fields_in(one: list[Any]) -> Fields:
    """Read what `fields_out` gave. Raises: TypeError, ValueError."""
    for place in (9, 10):
        one[place] = None if one[place] is None else date.fromisoformat(one[place])
    return Fields(*one)
