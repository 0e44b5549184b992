"""Whether this machine's clock can be believed. One without a clock of its own starts in 1970, or where it stopped."""

import logging
from datetime import UTC, datetime, timedelta

from mailagent.edge import clock

log = logging.getLogger(__name__)

WRITTEN_AT = datetime(2026, 11, 1, tzinfo=UTC)  # no right clock shows less than the time of writing
BEHIND = timedelta(hours=4)  # of the journal, at the start
SET_WITHIN_S = 600.0  # by then a machine without a clock has asked the network for the time


class Timekeeper:
    """Holds the work while the clock is plainly wrong. One that is put back later is somebody's doing, and believed."""

    def __init__(self, last_at: datetime | None) -> None:
        """`last_at` is the instant of the last journal line."""
        self._not_before = WRITTEN_AT if last_at is None else max(WRITTEN_AT, last_at - BEHIND)
        self._believes_at = clock.monotonic() + SET_WITHIN_S
        self._is_held = False

    def is_sane(self, now: datetime) -> bool:
        """Tell whether `now` can be; a change is logged."""
        held = now < WRITTEN_AT or (now < self._not_before and clock.monotonic() < self._believes_at)
        if held and not self._is_held:
            log.error("fate=held part=all why='the clock is behind' now=%s not_before=%s", now, self._not_before)
        elif self._is_held and not held:
            log.info("fate=clock-set now=%s", now)
        self._is_held = held
        return not held
