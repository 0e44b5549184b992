"""What a complete brief is (SPEC section 2): a draft, and what it lacks. Knows nothing of files or mails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mailagent.core.model import Answered, Brief, Job, Step

ERRAND_MINUTES = 60  # a cap of this or less makes an errand: title, how and cap suffice
LONGEST_STEP_MINUTES = 120
LONGEST_FIRST_STEP_MINUTES = 60
LONGEST_TITLE = 120  # it stands in every subject
MOST_ANSWERS = 20  # of earlier workers, in a brief: the latest
MISSING = "is missing"
KINDS = ("bpo", "kpo", "tso", "va")


class Part(StrEnum):
    """The parts of a brief, in the order in which they are read."""

    TITLE = "title"
    CAP = "cap"
    KIND = "kind"
    WHY = "why"
    HOW = "how"
    ACCEPT = "accept"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Draft:
    """A brief as far as it was written. `cap_minutes` means something only where `cap_is_named`; None is no cap."""

    title: str = ""
    why: str = ""
    how: str = ""
    accept: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    cap_minutes: int | None = None
    cap_is_named: bool = False
    due_on: date | None = None
    kind: str = ""

    @property
    def is_errand(self) -> bool:
        """Whether it is so small that title, how and cap suffice."""
        return self.cap_is_named and self.cap_minutes is not None and 0 < self.cap_minutes <= ERRAND_MINUTES


@dataclass(frozen=True, slots=True)
class Lack:
    """What a draft lacks or has wrong: the part, the problem, and the words it is about where there are any."""

    part: Part
    problem: str
    quoted: str = ""


def find_lacks(draft: Draft) -> tuple[Lack, ...]:
    """Name all that stands between `draft` and a brief, in the order of the parts."""
    lacks = [Lack(part, MISSING) for part in _missing(draft)]
    if len(draft.title) > LONGEST_TITLE:
        lacks.append(Lack(Part.TITLE, f"is longer than {LONGEST_TITLE} characters; shorten it", draft.title))
    if draft.kind and draft.kind not in KINDS:
        lacks.append(Lack(Part.KIND, "is not one of " + ", ".join(KINDS), draft.kind))
    lacks += _lacks_of_steps(draft.steps)
    order = list(Part)
    return tuple(sorted(lacks, key=lambda lack: order.index(lack.part)))


def complete(draft: Draft) -> Brief:
    """Return the brief that a draft without lacks is."""
    return Brief(
        title=draft.title.strip(),
        why=draft.why.strip(),
        how=draft.how.strip(),
        accept=draft.accept,
        steps=draft.steps,
        cap_minutes=draft.cap_minutes,
        due_on=draft.due_on,
        kind=draft.kind,
    )


def asked_before(brief: Brief, jobs: Iterable[Job]) -> tuple[Answered, ...]:
    """What was asked and answered where this brief was given before: the same title and how, whatever the cap was.

    A question that was asked twice has its last answer.
    """
    found: dict[str, Answered] = {}
    for job in jobs:
        if _text_of(job.brief) == _text_of(brief):
            found |= {" ".join(one.question.split()).lower(): one for one in (*job.brief.asked, *job.asked)}
    return tuple(one for question, one in found.items() if question)[-MOST_ANSWERS:]


def _text_of(brief: Brief) -> tuple[list[str], list[str]]:
    return brief.title.split(), brief.how.split()


def _missing(draft: Draft) -> list[Part]:
    there = {
        Part.TITLE: bool(draft.title.strip()),
        Part.CAP: draft.cap_is_named,
        Part.HOW: bool(draft.how.strip()),
    }
    if not draft.is_errand:
        there |= {
            Part.WHY: bool(draft.why.strip()),
            Part.ACCEPT: any(criterion.strip() for criterion in draft.accept),
            Part.STEPS: bool(draft.steps),
        }
    return [part for part, is_there in there.items() if not is_there]


def _lacks_of_steps(steps: tuple[Step, ...]) -> list[Lack]:
    lacks = []
    for number, step in enumerate(steps, 1):
        estimate = step.estimate_minutes
        if estimate is None:
            lacks.append(Lack(Part.STEPS, f"step {number} has no time at its end, such as 45m", step.text))
        elif number == 1 and estimate > LONGEST_FIRST_STEP_MINUTES:
            lacks.append(Lack(Part.STEPS, "the first step is longer than 1 h; split it", step.text))
        elif estimate > LONGEST_STEP_MINUTES:
            lacks.append(Lack(Part.STEPS, f"step {number} is longer than 2 h; split it", step.text))
    return lacks
