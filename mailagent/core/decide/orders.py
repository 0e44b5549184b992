"""An owner's mail with orders: all its lines are one decision, and one transcript says what became of each.

Who may order what at which level of proof is FAULTS section 3.2 and stands here once.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from mailagent.core import digest, workday
from mailagent.core import events as ev
from mailagent.core.decide import looking, mails
from mailagent.core.decide.bench import Bench, Outcome
from mailagent.core.decide.carrying_out import carry_out
from mailagent.core.decide.common import ANSWERED_FROM, mail_record, may_ask_back
from mailagent.core.decide.undoing import undo
from mailagent.core.decision import Change, Decision
from mailagent.core.events import Verb
from mailagent.core.letters import Letter, TranscriptContents, TranscriptLine
from mailagent.core.model import Deed, Fate, Job, LetterKind, Owner, Proof, Question, Role, TimeEntry
from mailagent.core.slices import Slice
from mailagent.errors import Refused

CONFIRM_HOURS = 24  # an order that waits for its owner's yes does so for so long
HELD_MINUTES = 2  # what goes to a worker at his owner's word waits so long, so that `undo` truly stops it
HELD_LONGER_MINUTES = 10  # where only the sender's domain is proven and the work itself changes


class Weight(Enum):
    """How much an order can do, and so how well it must be proven who gave it."""

    READ = "read"
    LOW = "low"
    WORK = "work"
    MONEY = "money"


WEIGHTS: dict[Verb, Weight] = {
    Verb.LIST: Weight.READ,
    Verb.SHOW: Weight.READ,
    Verb.DIGEST: Weight.READ,
    Verb.HELP: Weight.READ,
    Verb.GO_ON: Weight.LOW,
    Verb.TELL: Weight.LOW,
    Verb.ANSWER: Weight.LOW,
    Verb.NO: Weight.LOW,
    Verb.PAUSE: Weight.LOW,
    Verb.RESUME: Weight.LOW,
    Verb.BACK: Weight.WORK,
    Verb.CANCEL: Weight.WORK,
    Verb.OK: Weight.MONEY,
    Verb.YES: Weight.MONEY,
    Verb.CAP: Weight.MONEY,
}
_CONFIRMABLE = frozenset({Verb.OK, Verb.YES, Verb.CAP, Verb.CANCEL})  # what a yes may bring back: it needs no words
_ANSWER_ME = "Please answer one of my mails from your own address with this line, then I can be sure that it is you."
_CONFIRM = "It came as a mail of its own and not as an answer to one of mine, so it waits."
_CONFIRMED = "This was confirmed before, or taken up otherwise. To do it once more, type it once more."
_TWICE = "it is a second copy of a mail whose orders were read"
_TOO_OLD = "This has waited for more than a day, so please type it once more."
_FROM_YOUR_MAILBOX = (
    "For this I must be sure that it is you, and no mail server vouches for your address. Please send this "
    "line from your usual mailbox, as an answer to one of my mails. If that does not help, whoever runs me can: the "
    "command is mailagent check."
)


def owner_ordered(slice_: Slice, event: ev.OwnerOrdered, now: datetime) -> Decision:
    """Carry out an owner's orders line by line, and answer with one transcript."""
    owner = slice_.owner
    if owner is None:
        raise Refused(f"There is no owner called {event.owner_id}.")
    if event.mail.proof < ANSWERED_FROM:
        return mails.owner_wrote(slice_, ev.OwnerWrote(event.mail, event.owner_id), now)
    if slice_.ordered is not None and slice_.ordered.id != event.mail.id:
        return Decision(mail_record(slice_, event.mail, Fate.DUPLICATE, _TWICE, None, now))
    bench = Bench(slice_, owner, event.mail, now)
    stale = _stale(slice_, event, now)
    outcomes = [Outcome(stale) if stale else _outcome(bench, order) for order in event.orders]
    is_clear = all(order.verb is not None and not order.problem for order in event.orders)
    fate = Fate.PROCESSED if is_clear else Fate.PARTLY
    kept = mail_record(slice_, event.mail, fate, "", _only_job(bench, event), now, has_orders=True)
    changes, held = bench.changes(), _held(event, outcomes)
    letters = bench.letters(held)
    deed = _deed(bench, event, outcomes, changes, letters)
    transcript = _transcript(bench, event, outcomes, deed, held if letters else timedelta())
    done = [*kept, *changes, *([Change(None, deed)] if deed else []), *_used_up(slice_, event, outcomes, now)]
    if not _is_owed(event, outcomes):
        counted = may_ask_back(slice_, owner, now)
        if counted is None:
            return Decision(tuple(done))
        done.append(Change(owner, counted))
    return Decision(tuple(done), (*letters, *transcript))


def _outcome(bench: Bench, order: ev.Order) -> Outcome:
    """What becomes of one line."""
    if order.problem or order.verb is None:
        return Outcome(order.problem)
    work = bench.work(order.job_id)
    if order.verb in looking.READS:
        return looking.looked(bench, order)
    is_proven = _is_proven(_weight(bench, order), bench.mail)
    if not is_proven and (bench.mail.proof is Proof.TOKEN or order.verb not in _CONFIRMABLE):
        return Outcome(_FROM_YOUR_MAILBOX if bench.mail.proof is Proof.TOKEN else _ANSWER_ME)
    if order.verb is Verb.UNDO:
        return undo(bench, order)
    if work is None:
        return Outcome(f"There is no job {order.job_id}. The answer to list shows them all.")
    if work.job.owner_id != bench.owner.id:
        whose = work.facts.owner.display_name if work.facts.owner else "somebody else"
        return Outcome(f"{work.job.id} is a job of {whose}: you may read about it, but {whose} decides.")
    return carry_out(bench, work, order) if is_proven else Outcome(_CONFIRM, waits=True)


def _is_owed(event: ev.OwnerOrdered, outcomes: list[Outcome]) -> bool:
    """Tell whether he is answered however often it was this hour: it is surely he, or something was done or waits."""
    return event.mail.proof >= Proof.BOTH or any(outcome.done or outcome.waits for outcome in outcomes)


def _stale(slice_: Slice, event: ev.OwnerOrdered, now: datetime) -> str:
    """Why a yes comes too late: each is good once, and for a day; empty where it does not."""
    letter = slice_.letter
    if not event.confirms:
        return ""
    if letter is None or letter.used_at is not None or not letter.waiting:
        return _CONFIRMED
    return _TOO_OLD if now - letter.written_at > timedelta(hours=CONFIRM_HOURS) else ""


def _used_up(slice_: Slice, event: ev.OwnerOrdered, outcomes: list[Outcome], now: datetime) -> tuple[Change, ...]:
    """The transcript that asked for a yes, once it has had one that did something."""
    letter = slice_.letter
    if not event.confirms or letter is None or not any(outcome.done for outcome in outcomes):
        return ()
    return (Change(letter, replace(letter, used_at=now)),)


def _as_typed(order: ev.Order) -> str:
    """An order that waits, as he would type it with the key of its job."""
    time = "" if order.minutes is None else f" {'+' if order.is_more else ''}{order.minutes}m"
    return f"{order.verb} {order.job_id}{' none' if order.no_cap else time}{' from now' if order.only_from_now else ''}"


def _weight(bench: Bench, order: ev.Order) -> Weight:
    """An undo weighs as much as the heaviest of what it takes back."""
    assert order.verb is not None, "only what was understood is weighed"
    if order.verb is not Verb.UNDO:
        return WEIGHTS[order.verb]
    verbs = bench.slice.deed.orders if bench.slice.deed else ()
    weights = [WEIGHTS[Verb(verb)] for verb in verbs]
    return max(weights, key=list(Weight).index, default=Weight.LOW)


def _is_proven(weight: Weight, mail: ev.MailFacts) -> bool:
    """FAULTS section 3.2, from DOMAIN up."""
    if mail.proof >= Proof.BOTH or weight in (Weight.READ, Weight.LOW):
        return True
    return weight is Weight.WORK and mail.proof is Proof.DOMAIN and mail.by_dmarc


def _held(event: ev.OwnerOrdered, outcomes: list[Outcome]) -> timedelta:
    is_work = any(
        outcome.done and order.verb in WEIGHTS and WEIGHTS[order.verb] is Weight.WORK
        for order, outcome in zip(event.orders, outcomes, strict=True)
    )
    longer = is_work and event.mail.proof < Proof.BOTH
    return timedelta(minutes=HELD_LONGER_MINUTES if longer else HELD_MINUTES)


def _deed(
    bench: Bench,
    event: ev.OwnerOrdered,
    outcomes: list[Outcome],
    changes: list[Change],
    letters: tuple[Letter, ...],
) -> Deed | None:
    """What this mail did, for a later undo; None where that is nothing, or nothing but an undo.

    What an undo in it took back belongs to it: to bring that about again takes the same proof as it took at first.
    """
    done = [
        order.verb
        for order, outcome in zip(event.orders, outcomes, strict=True)
        if outcome.done and order.verb not in (None, Verb.UNDO, *looking.READS)
    ]
    if not done:
        return None
    taken_back = bench.slice.deed.orders if bench.slice.deed and bench.deed_after else ()
    ordered = {order.job_id for order in event.orders if order.verb is not Verb.UNDO}
    mine = [change for change in changes if getattr(change.entity, "job_id", change.entity.id) in ordered]
    changed = [change for change in mine if change.before is not None]
    return Deed(
        id=f"D{bench.slice.seq}",
        owner_id=bench.owner.id,
        done_at=bench.now,
        jobs=tuple(one.before for one in changed if isinstance(one.before, Job)),
        jobs_after=tuple(one.after for one in changed if isinstance(one.after, Job)),
        questions=tuple(one.before for one in changed if isinstance(one.before, Question)),
        revisions=tuple((one.before.id, one.before.rev + 1) for one in changed if isinstance(one.before, Question)),
        entries=tuple(one.after.id for one in mine if isinstance(one.after, TimeEntry)),
        letters=tuple(letter.id for letter in letters if letter.job_id in ordered),
        orders=tuple(dict.fromkeys((*(verb.value for verb in done if verb is not None), *taken_back))),
    )


def _only_job(bench: Bench, event: ev.OwnerOrdered) -> str | None:
    """The job that all of the mail is about; None where there are several, or none."""
    works = {order.job_id: bench.work(order.job_id) for order in event.orders if order.job_id is not None}
    only = next(iter(works.values())) if len(works) == 1 else None
    return None if only is None else only.job.id


def _transcript(
    bench: Bench, event: ev.OwnerOrdered, outcomes: list[Outcome], deed: Deed | None, held: timedelta
) -> tuple[Letter, ...]:
    """The one answer to his mail, and the digest where he asked for it."""
    owner, seq = bench.owner, bench.slice.seq
    verbs = {order.verb for order, outcome in zip(event.orders, outcomes, strict=True) if outcome.done}
    jobs = looking.jobs_of(bench) if Verb.LIST in verbs else ()
    waiting = tuple(_as_typed(order) for order, outcome in zip(event.orders, outcomes, strict=True) if outcome.waits)
    contents = TranscriptContents(
        owner_name=owner.display_name,
        subject=event.mail.subject,
        lines=tuple(
            TranscriptLine(order.words, outcome.said, outcome.done)
            for order, outcome in zip(event.orders, outcomes, strict=True)
        ),
        undo_number=seq if deed else None,
        held_minutes=int(held.total_seconds()) // 60,
        lines_of_jobs=jobs,
        shown=tuple(pair for order in event.orders for pair in looking.shown(bench, order)),
        with_help=Verb.HELP in verbs,
        gave_up=event.gave_up,
        waiting=len(waiting),
    )
    letter = _to_owner(
        bench, LetterKind.TRANSCRIPT, contents, tuple(line.job_id for line in jobs), _only_job(bench, event)
    )
    letter = replace(letter, waiting=waiting)
    return (letter, _digest(bench)) if Verb.DIGEST in verbs else (letter,)


def _digest(bench: Bench) -> Letter:
    """The daily mail as it stands now; the next one comes at its time all the same."""
    owner = bench.owner
    today = workday.local(bench.now, owner.hours.zone).date()
    contents = digest.contents(bench.slice, owner, today, bench.now, is_asked_for=True)
    return _to_owner(bench, LetterKind.DIGEST, contents, tuple(line.job_id for line in contents.lines), None)


def _to_owner(
    bench: Bench, kind: LetterKind, contents: "looking.ToOwner", numbers: tuple[str, ...], job_id: str | None
) -> Letter:
    owner: Owner = bench.owner
    is_transcript = kind is LetterKind.TRANSCRIPT
    return Letter(
        id=f"{owner.id}/{kind.value}/D{bench.slice.seq}",
        kind=kind,
        role=Role.OWNER,
        recipient_id=owner.id,
        job_id=job_id,
        causes=(bench.mail.id,),
        contents=contents,
        written_at=bench.now,
        in_reply_to=bench.mail.message_id if is_transcript else None,
        numbers=numbers,
    )
