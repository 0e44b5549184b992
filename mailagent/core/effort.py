"""Cap arithmetic: what each reported minute is (SPEC section 4). All effort is whole minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from mailagent.core import workday
from mailagent.core.letters import HoursStand
from mailagent.core.slices import Effort

UNPROVEN = "unproven"
NOT_HIS = "not from the worker"
OVER_THE_DAY = "more than 16 hours in a day"
JOB_CLOSED = "the job is not open"
SENT_AGAIN = "the same report again"
GRANTED = "granted by the owner"
NOT_PAID = "the owner pays only what follows"  # moves nothing; what it settles is not paid by a later grant either
TAKEN_BACK = "taken back by the owner"


@dataclass(frozen=True, slots=True)
class Split:
    """How reported minutes are booked: payable + over_cap + undecided = the minutes reported."""

    payable: int = 0
    over_cap: int = 0
    undecided: int = 0
    why: str = ""


def room(cap: int | None, payable: int) -> int | None:
    """Minutes that may still become payable under a cap; None where there is no cap."""
    return None if cap is None else max(0, cap - payable)


def split(minutes: int, *, job_room: int | None, week_room: int | None) -> Split:
    """Book minutes as payable as far as job and week both have room, the rest as over cap."""
    limits = [limit for limit in (job_room, week_room) if limit is not None]
    payable = min([minutes, *limits])
    return Split(payable=payable, over_cap=minutes - payable)


def undecided(minutes: int, why: str) -> Split:
    """Book minutes as undecided, with the reason that a person can read."""
    return Split(undecided=minutes, why=why)


def week_payable(days: Iterable[tuple[date, Effort]], day: date) -> int:
    """Payable minutes of the week (Monday to Sunday) that `day` lies in."""
    monday = workday.week_of(day)
    return sum(effort.payable for on, effort in days if monday <= on < monday + timedelta(days=7))


def day_reported(days: Iterable[tuple[date, Effort]], day: date) -> int:
    """Minutes reported for one day, over all jobs, as far as they are decided: what nobody proved fills no day."""
    return sum(effort.payable + effort.over_cap for on, effort in days if on == day)


def hours_text(minutes: int) -> str:
    """90 -> `1 h 30`, 30 -> `0 h 30`, 60 -> `1 h`: as people read it (SPEC section 1)."""
    whole, rest = divmod(minutes, 60)
    return f"{whole} h {rest:02d}" if rest else f"{whole} h"


def stand(cap: int | None, effort: Effort) -> HoursStand:
    """How a job's hours stand after these sums."""
    return HoursStand(cap, effort.payable, effort.over_cap, effort.undecided, room(cap, effort.payable))
