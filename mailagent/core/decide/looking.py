"""What an owner may look at by mail: his jobs, one job, the digest, the list of orders. Nothing is changed by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mailagent.core import digest, effort, workday
from mailagent.core import events as ev
from mailagent.core.decide.bench import Bench, Outcome, Work
from mailagent.core.decide.carrying_out import STATES
from mailagent.core.effort import hours_text
from mailagent.core.events import Verb
from mailagent.core.letters import DigestContents, JobLine, TranscriptContents
from mailagent.core.model import AskedFor, Question
from mailagent.core.slices import JobPicture

READS = frozenset({Verb.LIST, Verb.SHOW, Verb.DIGEST, Verb.HELP})
MOST_JOBS = 200  # in the answer to `list`

ToOwner = DigestContents | TranscriptContents

_SAID = {
    Verb.LIST: "Your jobs are below. In an answer to this mail, a number means the line of this list.",
    Verb.DIGEST: "The daily mail, as it stands now, comes in a mail of its own.",
    Verb.HELP: "What you can order is below.",
}


def looked(bench: Bench, order: ev.Order) -> Outcome:
    """Say what the answer is, or why there is none."""
    if order.verb is not Verb.SHOW:
        said = _SAID[order.verb] if order.verb else ""
        return Outcome(
            "You have no open job." if order.verb is Verb.LIST and not bench.slice.pictures else said, done=True
        )
    if bench.work(order.job_id) is None:
        return Outcome(f"There is no job {order.job_id}. The answer to list shows them all.")
    return Outcome(f"What is known of {order.job_id} is below.", done=True)


def jobs_of(bench: Bench) -> tuple[JobLine, ...]:
    """His jobs that are open, or were closed since his last digest, in the order and with the numbers of the digest."""
    pictures = [_as_it_stands(bench, one) for one in bench.slice.pictures]
    phases = {one.job.id: one.job.phase for one in pictures}
    return tuple(
        JobLine(
            number=line.number,
            job_id=line.job_id,
            title=line.title,
            worker_name=line.worker_name,
            phase=STATES[phases[line.job_id]],
            stand=line.stand,
            waits_for_owner=line.needs_you,
        )
        for line in digest.lines(pictures, bench.owner, bench.now)[:MOST_JOBS]
    )


def _as_it_stands(bench: Bench, picture: JobPicture) -> JobPicture:
    """A job with what this very mail has ordered about it."""
    work = bench.work(picture.job.id)
    if work is None:
        return picture
    return replace(picture, job=work.job, effort=work.effort, questions=work.open_questions())


def shown(bench: Bench, order: ev.Order) -> tuple[tuple[str, str], ...]:
    """One job by name and value, as it stands after his mail; empty for any other order."""
    work = bench.work(order.job_id)
    if order.verb is not Verb.SHOW or order.problem or work is None:
        return ()
    return tuple(_facts(work, bench.owner.hours.zone))


def _facts(work: Work, zone: str) -> Iterator[tuple[str, str]]:
    job, stand = work.job, effort.stand(work.job.brief.cap_minutes, work.effort)
    yield job.id, job.brief.title
    yield "Worker", work.name
    yield "State", STATES[job.phase]
    cap = "no cap" if stand.cap is None else f"of {hours_text(stand.cap)}"
    yield "Hours", f"{hours_text(stand.payable)} used, {cap}"
    if stand.over_cap:
        yield "Over the cap", hours_text(stand.over_cap)
    if stand.undecided:
        yield "Not decided", hours_text(stand.undecided)
    yield "Briefed", _when(job.briefed_at, zone)
    if job.brief.due_on is not None:
        yield "Due", job.brief.due_on.isoformat()
    report = work.facts.last_report
    if report is not None:
        yield "Last report", _when(report.received_at, zone)
        yield from (
            (name, words) for name, words in (("Done so far", report.done), ("Comes next", report.next)) if words
        )
    for question in work.open_questions():
        yield _asks(question), question.words or "no reason given"


def _asks(question: Question) -> str:
    return {AskedFor.ANSWER: "Asks you", AskedFor.WAY_ON: "Is blocked by", AskedFor.HOURS: "Asks for more hours"}[
        question.asked_for
    ]


def _when(instant: datetime, zone: str) -> str:
    return f"{workday.local(instant, zone):%H:%M on %-d %b}"
