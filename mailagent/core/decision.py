"""What a decision is: the changes to make and the letters to write, as values."""

from dataclasses import dataclass

from mailagent.core.letters import Letter
from mailagent.core.model import Cursor, Deed, Job, Mail, Owner, Question, Report, TimeEntry, Worker

Entity = Owner | Worker | Job | Report | TimeEntry | Question | Deed | Mail | Cursor | Letter


@dataclass(frozen=True, slots=True)
class Change:
    """One entity before and after; `before` None creates it, `after` None deletes it. The store counts `rev`."""

    before: Entity | None
    after: Entity | None

    @property
    def entity(self) -> Entity:
        """The entity that is created, changed or deleted."""
        one = self.after if self.after is not None else self.before
        assert one is not None, "a change needs a before or an after"
        return one


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one event. `said` is one sentence for whoever gave a command, or empty."""

    changes: tuple[Change, ...] = ()
    letters: tuple[Letter, ...] = ()
    said: str = ""
