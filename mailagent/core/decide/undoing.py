"""`undo 47`: put back what an owner's mail changed, as far as nothing has moved since.

A job goes back with its questions and hours, or not at all: half of an order undone would be an order nobody gave.
What the agent did by itself meanwhile, a reminder above all, is no move of the job, and stays.
"""

from dataclasses import fields, replace
from datetime import timedelta

from mailagent.core import effort, reminders
from mailagent.core import events as ev
from mailagent.core.decide.bench import Bench, Outcome, Work
from mailagent.core.decide.granting import settling
from mailagent.core.letters import FromOwnerPart, Letter
from mailagent.core.model import Deed, Job, LetterState

UNDO_HOURS = 24
_UNSENT = frozenset({LetterState.QUEUED, LetterState.DEFERRED})
_BY_ITSELF = frozenset({"chased", "chased_at", "silent_since", "nudges", "root_message_id"})  # set by the agent
_JOB_FIELDS = tuple(each.name for each in fields(Job) if each.name != "rev")


def undo(bench: Bench, order: ev.Order) -> Outcome:
    """Take back a deed of this owner that is no older than a day."""
    deed = bench.slice.deed
    if deed is None or deed.id != f"D{order.number}" or deed.owner_id != bench.owner.id:
        return Outcome(f"I know of nothing with the number {order.number} that you ordered.")
    if deed.undone_at is not None or bench.deed_after is not None:
        return Outcome(f"{order.number} is taken back already.")
    if bench.now - deed.done_at > timedelta(hours=UNDO_HOURS):
        return Outcome(
            f"{order.number} is more than a day old and cannot be taken back as a whole. Please order what you want "
            f"instead, line by line; the answer to help shows how."
        )
    before = {job.id: job for job in deed.jobs}
    asked = (question.job_id for question in deed.questions)
    written = (letter.job_id or "" for letter in bench.slice.letters)
    keys = dict.fromkeys((*before, *asked, *written))
    works = [work for work in map(bench.work, keys) if work is not None]
    results = [_job_back(bench, work, deed, before.get(work.job.id)) for work in works]
    if not any(result.done for result in results):
        return Outcome(" ".join(result.said for result in results) or "Nothing of it is left to take back.")
    bench.deed_after = replace(deed, undone_at=bench.now)
    return Outcome(f"{order.number} is taken back. " + " ".join(result.said for result in results), done=True)


def _job_back(bench: Bench, work: Work, deed: Deed, before: Job | None) -> Outcome:
    """Put one job back as it was, with its questions and hours, and stop or correct what went to its worker."""
    current, revisions = work.facts.job, dict(deed.revisions)
    job = current if before is None else _as_before(bench, current, before, deed)
    if work.is_touched or job is None:
        return Outcome(f"{current.id} has moved on since, so it stays as it is.")
    if not _questions_back(bench, work, deed, revisions):
        return Outcome(f"A question about {current.id} has moved on since, so it stays as it is.")
    _hours_back(bench, work, deed)
    letters = [one for one in bench.slice.letters if one.job_id == current.id]
    has_gone = any(letter.state not in _UNSENT for letter in letters)
    if before is not None:
        work.job = reminders.restart(job, bench.now) if has_gone else job  # he hears of it now, and is late for nothing
    told = " ".join(_letter_back(bench, work, letter) for letter in letters)
    state = f"{current.id} stands as before." if before is not None else ""
    return Outcome(" ".join(filter(None, (state, told))), done=True)


def _as_before(bench: Bench, current: Job, before: Job, deed: Deed) -> Job | None:
    """The job with what the deed changed of it put back; None where that has moved on since.

    Where hours or questions hang on it nothing else of the job may have moved either: a report that counted under the
    new cap, or came after the answer, would not fit what is put back.
    """
    after = next((one for one in deed.jobs_after if one.id == current.id), None)
    if after is None:
        return None
    changed = {name for name in _JOB_FIELDS if getattr(before, name) != getattr(after, name)}
    moved = {name for name in _JOB_FIELDS if getattr(current, name) != getattr(after, name)}
    hangs = {one.job_id for one in bench.slice.deed_entries} | {one.job_id for one in deed.questions}
    if "brief" in changed or current.id in hangs:
        has_moved = moved - _BY_ITSELF
    else:
        has_moved = (moved & changed) - _BY_ITSELF - {"clock_from"}
    return None if has_moved else replace(current, **{name: getattr(before, name) for name in changed - moved})


def _questions_back(bench: Bench, work: Work, deed: Deed, revisions: dict[str, int]) -> bool:
    """Open the questions of this job again; False where one of them has moved, and then none is."""
    current = {one.id: one for one in bench.slice.deed_questions}
    mine = [one for one in deed.questions if one.job_id == work.job.id]
    if any(one.id not in current or current[one.id].rev != revisions.get(one.id) for one in mine):
        return False
    for one in mine:
        work.put_back(current[one.id], one)
    return True


def _hours_back(bench: Bench, work: Work, deed: Deed) -> None:
    """Book the opposite of each entry that the deed booked for this job."""
    for entry in bench.slice.deed_entries:
        if entry.job_id == work.job.id:
            bench.book(work, settling(entry, effort.TAKEN_BACK, -entry.payable))


def _letter_back(bench: Bench, work: Work, letter: Letter) -> str:
    """Stop a letter that has not gone; correct one that has."""
    name = work.name
    if letter.state in _UNSENT:
        stopped = replace(
            letter, state=LetterState.FAILED, finished_at=bench.now, next_try_at=None, answer=effort.TAKEN_BACK
        )
        bench.letters_after.append((letter, stopped))
        return f"The mail to {name} had not gone yet and is stopped."
    work.parts.append(FromOwnerPart("correction", at=letter.finished_at or letter.claimed_at or letter.written_at))
    return f"{name} has the mail already and gets a correction."
