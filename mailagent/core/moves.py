"""The tables of a job's phases: what a worker's status word moves, what its owner's order moves, and to where.

A worker's word that is not in the table leaves the phase as it is; an owner's order that is not is refused.
"""

from mailagent.core.events import Verb
from mailagent.core.model import Job, Phase, Status

MOVES: dict[tuple[Phase, Status], Phase] = {
    (Phase.BRIEFED, Status.STARTED): Phase.WORKING,
    (Phase.BRIEFED, Status.WORKING): Phase.WORKING,
    (Phase.BRIEFED, Status.BLOCKED): Phase.WORKING,
    (Phase.BRIEFED, Status.DONE): Phase.DONE,
    (Phase.WORKING, Status.DONE): Phase.DONE,
    (Phase.RETURNED, Status.STARTED): Phase.WORKING,
    (Phase.RETURNED, Status.WORKING): Phase.WORKING,
    (Phase.RETURNED, Status.BLOCKED): Phase.WORKING,
    (Phase.RETURNED, Status.DONE): Phase.DONE,
    (Phase.PAUSED, Status.DONE): Phase.DONE,  # his word crossed the pause
    (Phase.DONE, Status.STARTED): Phase.WORKING,
    (Phase.DONE, Status.WORKING): Phase.WORKING,
    (Phase.DONE, Status.BLOCKED): Phase.WORKING,
}


def phase_after(phase: Phase, status: Status | None, *, worked: bool) -> Phase:
    """The phase after a report. `worked` tells that it gives hours or work done, which starts a job by itself."""
    if status is not None:
        return MOVES.get((phase, status), phase)
    if worked and phase in (Phase.BRIEFED, Phase.RETURNED):
        return Phase.WORKING
    return phase


ORDERED: dict[tuple[Phase, Verb], Phase] = {
    (Phase.DONE, Verb.OK): Phase.ACCEPTED,
    (Phase.DONE, Verb.BACK): Phase.RETURNED,
    (Phase.WORKING, Verb.BACK): Phase.RETURNED,  # a first report that goes the wrong way
    (Phase.RETURNED, Verb.BACK): Phase.RETURNED,
    (Phase.ACCEPTED, Verb.BACK): Phase.RETURNED,
    (Phase.BRIEFED, Verb.PAUSE): Phase.PAUSED,
    (Phase.WORKING, Verb.PAUSE): Phase.PAUSED,
    (Phase.RETURNED, Verb.PAUSE): Phase.PAUSED,
    (Phase.PAUSED, Verb.RESUME): Phase.WORKING,  # or where it was before the pause
    (Phase.BRIEFED, Verb.CANCEL): Phase.CANCELLED,
    (Phase.WORKING, Verb.CANCEL): Phase.CANCELLED,
    (Phase.RETURNED, Verb.CANCEL): Phase.CANCELLED,
    (Phase.DONE, Verb.CANCEL): Phase.CANCELLED,
    (Phase.PAUSED, Verb.CANCEL): Phase.CANCELLED,
}


def phase_ordered(job: Job, verb: Verb) -> Phase | None:
    """The phase after an owner's order; None where the job does not stand so that it could be carried out."""
    phase = ORDERED.get((job.phase, verb))
    return job.paused_from or phase if phase is not None and verb is Verb.RESUME else phase
