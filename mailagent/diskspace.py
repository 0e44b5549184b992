"""A full disk: nothing more is fetched, and a reserve that was set aside carries the alert out (FAULTS F15, F16).

The server keeps the mail meanwhile. Once there is room for the reserve again, all goes on by itself.
"""

import errno
import logging
from datetime import datetime

from mailagent.core import events as ev
from mailagent.core.model import Role
from mailagent.desk import Desk
from mailagent.edge.store.port import Store
from mailagent.errors import TransientError

log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskSpace:
    """Holds the reserve, and gives it up for one alert."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._is_full = not store.hold_reserve()

    def has_room(self) -> bool:
        """Tell whether mail may be fetched; after a full disk, once the reserve can be set aside again."""
        if self._is_full and self._store.hold_reserve():
            self._is_full = False
            log.info("fate=disk-has-room")
        return not self._is_full

    def met(self, problem: TransientError, now: datetime) -> None:
        """Note a failure; where the disk is full, spend the reserve on telling whom it concerns, once a day."""
        if getattr(problem, "errno", None) not in _FULL or self._is_full:
            return
        self._is_full = True
        self._store.release_reserve()
        log.error("fate=disk-full why=%r", str(problem))
        people = [(Role.SYSADMIN, "sysadmin"), *((Role.OWNER, owner.id) for owner in self._store.owners())]
        try:
            self._desk.settle([_alarm(role, person_id, problem, now) for role, person_id in people], now)
        except TransientError as again:
            log.error("fate=held part=disk-alert why=%r", str(again))


def _alarm(role: Role, person_id: str, problem: TransientError, now: datetime) -> ev.Alarmed:
    return ev.Alarmed(
        role,
        person_id,
        f"disk-full-{now:%Y-%m-%d}",
        headline="The disk is full",
        happened=(
            f"Since {now:%d %b %H:%M} UTC the agent cannot write: {problem}",
            "No mail is lost: the server keeps it.",
        ),
        to_do=("Whoever runs the machine has to make room on the disk. The agent then goes on by itself.",),
    )
