"""The table of a job's phases: what a worker's status word moves, and to where.

This is the main road: brief, start, report, done. A pair that is not in the table leaves the phase as it is.
"""

from mailagent.core.model import Phase, Status

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
