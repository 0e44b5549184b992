"""What the daemon answers on its control socket, beside what concerns the loop itself."""

from datetime import datetime

from mailagent.core import events as ev
from mailagent.desk import Desk, Settled
from mailagent.edge.control import Answer
from mailagent.edge.store.port import Store
from mailagent.errors import EXIT_STATE, TransientError, UserError


def settle(desk: Desk, event: ev.Event, now: datetime) -> Answer:
    """Have a command's event settled; what was refused, or could not be written, says why."""
    try:
        return _as_answer(desk.settle([event], now)[0])
    except TransientError as problem:
        return Answer(ok=False, said=f"Nothing was changed: {problem}", exit_code=UserError.exit_code)


def clock_is_wrong(now: datetime) -> Answer:
    """Refuse a command while the clock cannot be believed."""
    said = f"This machine's clock shows {now:%d %b %Y %H:%M} UTC; set it first: `timedatectl set-ntp true`."
    return Answer(ok=False, said=said, exit_code=EXIT_STATE)


def facts(store: Store, *, mailbox_is_open: bool) -> Answer:
    """How the daemon stands, name by name."""
    books = store.books()
    return Answer(
        facts=(
            ("journal", str(store.seq)),
            ("mailbox", "open" if mailbox_is_open else "closed"),
            ("mails seen", str(books.seen)),
            ("left alone", str(books.left_alone)),
            ("quarantined", str(books.quarantined)),
        )
    )


def _as_answer(outcome: Settled) -> Answer:
    if outcome.decision is None:
        return Answer(ok=False, said=outcome.refused or f"That broke: {outcome.broke}", exit_code=UserError.exit_code)
    return Answer(said=outcome.decision.said, seq=outcome.seq)
