"""Caps by order of the owner: more hours, a new cap, and what was worked over the cap before.

A cap is part of the brief, so a new one is a new version of it. Minutes over the cap become payable as far as job and
week have room now, by entries that settle them (SPEC section 4).
"""

from dataclasses import replace
from datetime import date

from mailagent.core import effort, reminders, workday
from mailagent.core import events as ev
from mailagent.core.decide.bench import Bench, Outcome, Work
from mailagent.core.effort import hours_text
from mailagent.core.letters import FromOwnerPart
from mailagent.core.model import AskedFor, TimeEntry
from mailagent.core.slices import OverCap


def raise_cap(bench: Bench, work: Work, minutes: int, *, only_from_now: bool = False) -> Outcome:
    """Add to the cap; with `only_from_now` what was worked over it before stays unpaid."""
    cap = work.job.brief.cap_minutes
    assert cap is not None, "no cap cannot be raised"
    if only_from_now:
        _decline_what_is_over(bench, work)
    taken = _move_cap(bench, work, cap + minutes, pays=not only_from_now)
    part = FromOwnerPart("more hours", minutes=minutes)
    said = f"{work.job.id} has {hours_text(minutes)} more: the cap is {hours_text(cap + minutes)} now. "
    return Outcome(said + _told(work, taken), done=True, part=part)


def set_cap(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    """Set the cap, add to it, or take it away; never below what is payable already."""
    key, before = work.job.id, work.job.brief.cap_minutes
    if order.is_more and order.minutes:
        if before is None:
            return Outcome(f"{key} has no cap that could be raised.")
        return raise_cap(bench, work, order.minutes)
    after = None if order.no_cap else order.minutes
    if after == before:
        return Outcome(f"The cap of {key} is that already.")
    if after is not None and after < max(1, work.effort.payable):
        return Outcome(_too_low(work, after))
    taken = _move_cap(bench, work, after, pays=True)
    now = "has no cap now" if after is None else f"has a cap of {hours_text(after)} now"
    return Outcome(f"{key} {now}. {_told(work, taken)}", done=True, part=FromOwnerPart("cap", minutes=after))


def _too_low(work: Work, minutes: int) -> str:
    key, payable = work.job.id, work.effort.payable
    if minutes == 0:
        return (
            f"0 would mean no work at all. To stop the work, type: pause {key} or cancel {key}. For no cap, type: "
            f"cap {key} none"
        )
    least = f"{payable // 60}h{payable % 60:02d}" if payable % 60 else f"{payable // 60}h"
    return (
        f"{hours_text(payable)} of {key} is payable already, and a cap cannot take that back. The lowest is: "
        f"cap {key} {least}"
    )


def _move_cap(bench: Bench, work: Work, cap: int | None, *, pays: bool) -> int:
    """Make the new version of the brief, and give the minutes that became payable by it."""
    job, before = work.job, work.job.brief.cap_minutes
    brief = replace(job.brief, cap_minutes=cap, version=job.brief.version + 1)
    work.job = replace(job, brief=brief, cap_told=0)
    is_more = cap is None or (before is not None and cap > before)
    if not is_more:
        return 0
    answer = "no cap" if cap is None else f"the cap is {hours_text(cap)} now"
    work.close(work.open_questions(AskedFor.HOURS), answer, bench.now)
    work.job = reminders.restart(work.job, bench.now)
    return _pay_what_is_over(bench, work) if pays else 0


def _pay_what_is_over(bench: Bench, work: Work) -> int:
    """Settle what stands over the cap, oldest first, as far as job and week have room."""
    left: list[OverCap] = []
    taken, weeks = 0, dict[date, int]()  # payable minutes by Monday
    for place, one in enumerate(work.over_cap):
        job_room = effort.room(work.job.brief.cap_minutes, work.effort.payable)
        if job_room == 0:
            left += work.over_cap[place:]
            break
        monday = workday.week_of(one.entry.worked_on)
        if monday not in weeks:
            weeks[monday] = effort.week_payable(work.days.items(), monday)
        week_room = effort.room(work.facts.worker.week_cap_minutes, weeks[monday])
        split = effort.split(one.minutes, job_room=job_room, week_room=week_room)
        if split.payable:
            bench.book(work, settling(one.entry, effort.GRANTED, split.payable))
        if split.over_cap:
            left.append(replace(one, minutes=split.over_cap))
        weeks[monday] += split.payable
        taken += split.payable
    work.over_cap = tuple(left)
    return taken


def settling(entry: TimeEntry, why: str, payable: int) -> TimeEntry:
    """The entry that moves minutes of another between over cap and payable; its id is given when it is booked."""
    return replace(
        entry, minutes=0, payable=payable, over_cap=-payable, undecided=0, why=why, settles=entry.settles or entry.id
    )


def _decline_what_is_over(bench: Bench, work: Work) -> None:
    """Note of each entry over the cap that the owner does not pay it, so that no later grant does."""
    for one in work.over_cap:
        bench.book(work, settling(one.entry, effort.NOT_PAID, 0))
    work.over_cap = ()


def _told(work: Work, taken: int) -> str:
    """What became payable, what is left, and that the worker hears of it."""
    parts = [f"{hours_text(taken)} that was worked over it before is payable with that."] if taken else []
    stand = effort.stand(work.job.brief.cap_minutes, work.effort)
    if work.effort.over_cap:
        whose = "the cap" if stand.left == 0 or not work.over_cap else f"the cap of the week of {work.name}"
        parts.append(f"{hours_text(work.effort.over_cap)} stays over {whose} and is not paid.")
    if stand.left is not None:
        parts.append(f"{hours_text(stand.left)} is left.")
    parts.append(f"{work.name} is told.")
    return " ".join(parts)
