"""What each order of an owner does to a job on the bench, and the sentences that tell him of it.

An order that does not fit how the job stands changes nothing and says what to type instead. Levels of proof and whose
job it is have been looked at before (core/decide/orders).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from mailagent.core import events as ev
from mailagent.core import moves, reminders
from mailagent.core.decide import granting
from mailagent.core.decide.bench import Bench, Outcome, Work
from mailagent.core.effort import hours_text
from mailagent.core.events import Verb
from mailagent.core.letters import FromOwnerPart
from mailagent.core.model import Answered, AskedFor, Job, Phase, Question

BACK_DAYS = 14  # an accepted job may be sent back for so long
_WORDS = (AskedFor.ANSWER, AskedFor.WAY_ON)  # what words answer; hours take a yes or no

STATES = {
    Phase.DRAFT: "a draft",
    Phase.BRIEFED: "not started yet",
    Phase.WORKING: "under way",
    Phase.DONE: "done and waits for your verdict",
    Phase.ACCEPTED: "accepted",
    Phase.RETURNED: "sent back and not taken up again yet",
    Phase.PAUSED: "paused",
    Phase.DECLINED: "declined by the worker",
    Phase.CANCELLED: "cancelled",
}


def carry_out(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    """Do what the order says, if the job stands so that it can be done."""
    assert order.verb is not None, "only what was understood is carried out"
    outcome = _BY_VERB[order.verb](bench, work, order)
    if outcome.part is None:
        return outcome
    work.parts.append(outcome.part)
    if work.facts.worker.unreachable_since is None:
        return outcome
    lost = f"But no mail reaches {work.name} at the moment, so please say it yourself, too."
    return replace(outcome, said=f"{outcome.said} {lost}")


def _ok(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    phase = moves.phase_ordered(job, Verb.OK)
    if phase is None:
        if job.phase is Phase.ACCEPTED:
            return Outcome(f"{job.id} is accepted already.")
        if not job.is_open:
            return Outcome(_closed(job))
        return Outcome(
            f"{job.id} is {STATES[job.phase]}, so there is nothing to accept yet. If {work.name} should go on, type: "
            f"go on {job.id}. If the work is no longer wanted, type: cancel {job.id}."
        )
    work.job = replace(job, phase=phase, closed_at=bench.now)
    work.close(work.open_questions(), "the work was accepted", bench.now)
    said = f"{job.id} is accepted and closed. {work.name} is told. You can still send it back for {BACK_DAYS} days."
    over = work.effort.over_cap
    if over:
        said += f" {hours_text(over)} is over the cap and not paid; to pay it too, type: cap {job.id} +{over}m"
    return Outcome(said, done=True, part=FromOwnerPart("accepted"))


def _back(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    phase = moves.phase_ordered(job, Verb.BACK)
    if phase is None:
        if not job.is_open:
            return Outcome(_closed(job))
        return Outcome(
            f"{job.id} is {STATES[job.phase]}, so there is no result to send back. To write to {work.name}, type: "
            f"tell {job.id}: and your words."
        )
    if job.closed_at is not None and bench.now - job.closed_at > timedelta(days=BACK_DAYS):
        return Outcome(
            f"{job.id} was accepted more than {BACK_DAYS} days ago and cannot be sent back any more. Please give what "
            f"is missing as a new job."
        )
    work.job = reminders.restart(replace(job, phase=phase, done_at=None, closed_at=None), bench.now)
    said = f"{job.id} goes back to {work.name} with your reason. What is worked on it counts under the same cap."
    return Outcome(said, done=True, part=FromOwnerPart("back", words=order.text))


def _go_on(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    if job.phase is Phase.PAUSED:
        return _resume(bench, work, order)
    if job.phase is Phase.DONE:
        return Outcome(
            f"{job.id} is done. To accept it, type: ok {job.id}. To let it be done again, type: back {job.id}: and why."
        )
    if not job.is_open:
        return Outcome(_closed(job))
    waiting = work.open_questions(*_WORDS)
    if work.open_questions(AskedFor.HOURS) and not waiting:
        return Outcome(_hours_are_asked(work))
    work.close(waiting, "go on", bench.now)
    work.job = reminders.restart(job, bench.now)
    asked = f" What {work.name} asked counts as answered with that." if waiting else ""
    return Outcome(
        f"{work.name} is told to go on with {job.id}.{asked}",
        done=True,
        part=FromOwnerPart("go on", question=_of(waiting)),
    )


def _tell(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    if not work.job.is_open:
        return Outcome(_closed(work.job))
    return Outcome(f"Your words go to {work.name}.", done=True, part=FromOwnerPart("words", words=order.text))


def _answer(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    if not job.is_open:
        return Outcome(_closed(job))
    waiting = work.open_questions(*_WORDS)
    if not waiting:
        hint = f" {_hours_are_asked(work)}" if work.open_questions(AskedFor.HOURS) else ""
        said = f"{work.name} had no open question about {job.id}. Your words go to {work.name} as they are.{hint}"
        return Outcome(said, done=True, part=FromOwnerPart("words", words=order.text))
    question = _of(waiting)
    work.close(waiting, order.text, bench.now)
    work.job = reminders.restart(replace(job, asked=(*job.asked, Answered(question, order.text))), bench.now)
    said = f"Your answer goes to {work.name}, and is kept with {job.id}."
    return Outcome(said, done=True, part=FromOwnerPart("answer", words=order.text, question=question))


def _no(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    waiting = work.open_questions(AskedFor.HOURS)
    if not waiting:
        return Outcome(_nothing_to_agree_to(work, "no"))
    work.close(waiting, "no", bench.now)
    work.job = reminders.restart(job, bench.now)
    said = f"{work.name} is told that {job.id} gets no more hours. The cap stays as it is."
    return Outcome(said, done=True, part=FromOwnerPart("no more hours"))


def _yes(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    if not job.is_open:
        return Outcome(_closed(job))
    waiting = work.open_questions(AskedFor.HOURS)
    if not waiting and order.minutes is None:
        return Outcome(_nothing_to_agree_to(work, "yes"))
    asked = max((one.minutes or 0 for one in waiting), default=0)
    minutes = asked if order.minutes is None else order.minutes
    if minutes == 0:
        return Outcome(f"{work.name} did not say how much. Please type it, for example: yes {job.id} 2h")
    if job.brief.cap_minutes is None:
        return Outcome(f"{job.id} has no cap: {work.name} needs no more hours.")
    return granting.raise_cap(bench, work, minutes, only_from_now=order.only_from_now)


def _cap(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    if not work.job.is_open and not work.over_cap:
        return Outcome(_closed(work.job))  # else what was worked over the cap may still be paid
    return granting.set_cap(bench, work, order)


def _pause(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    phase = moves.phase_ordered(job, Verb.PAUSE)
    if phase is None:
        return Outcome(f"{job.id} is {STATES[job.phase]}. There is nothing to pause." if job.is_open else _closed(job))
    work.job = replace(job, phase=phase, paused_from=job.phase)
    said = f"{job.id} is paused, and {work.name} is told to stop. To let it go on, type: resume {job.id}"
    return Outcome(said, done=True, part=FromOwnerPart("paused"))


def _resume(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    phase = moves.phase_ordered(job, Verb.RESUME)
    if phase is None:
        return Outcome(f"{job.id} is {STATES[job.phase]}, and not paused." if job.is_open else _closed(job))
    work.job = reminders.restart(replace(job, phase=phase, paused_from=None), bench.now)
    return Outcome(f"{job.id} goes on, and {work.name} is told.", done=True, part=FromOwnerPart("resumed"))


def _cancel(bench: Bench, work: Work, order: ev.Order) -> Outcome:
    job = work.job
    phase = moves.phase_ordered(job, Verb.CANCEL)
    if phase is None:
        return Outcome(_closed(job))
    work.job = replace(job, phase=phase, closed_at=bench.now)
    work.close(work.open_questions(), "the job was cancelled", bench.now)
    said = f"{job.id} is cancelled, and {work.name} is told to stop. What was worked within the cap stays payable."
    return Outcome(said, done=True, part=FromOwnerPart("cancelled"))


def _of(questions: tuple[Question, ...]) -> str:
    """What was asked, in the worker's words."""
    return "\n".join(one.words for one in questions if one.words)


def _closed(job: Job) -> str:
    return f"{job.id} is {STATES[job.phase]}, so nothing can be done on it any more."


def _hours_are_asked(work: Work) -> str:
    return f"{work.name} asks for more hours on {work.job.id}: please type yes {work.job.id} or no {work.job.id}."


def _nothing_to_agree_to(work: Work, word: str) -> str:
    """A yes or no where nobody asked for hours; perhaps it was meant for another question."""
    key, waiting = work.job.id, work.open_questions(*_WORDS)
    if waiting:
        return (
            f"{work.name} asks for no hours on {key}, but has a question. If this is your answer to it, type: "
            f"answer {key}: {word}"
        )
    more = f" To give more anyway, type the time: cap {key} +2h" if word == "yes" else ""
    return f"{work.name} has asked for no more hours on {key}.{more}"


_BY_VERB: dict[Verb, Callable[[Bench, Work, ev.Order], Outcome]] = {
    Verb.OK: _ok,
    Verb.BACK: _back,
    Verb.GO_ON: _go_on,
    Verb.YES: _yes,
    Verb.NO: _no,
    Verb.CAP: _cap,
    Verb.TELL: _tell,
    Verb.ANSWER: _answer,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.CANCEL: _cancel,
}
