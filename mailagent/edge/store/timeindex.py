"""Who or what is due when: ids in order of an instant, changed in place."""

from bisect import bisect_left, insort
from datetime import datetime


class TimeIndex:
    """Ids by instant, oldest first; of equal instants the one with the lower number first.

    An id has one instant or none.
    """

    def __init__(self) -> None:
        self._order: list[tuple[datetime, int, str]] = []
        self._place: dict[str, tuple[datetime, int, str]] = {}

    def put(self, id_: str, at: datetime | None, number: int = 0) -> None:
        """Set the instant of the id; None takes it out."""
        old = self._place.pop(id_, None)
        if old is not None:
            del self._order[bisect_left(self._order, old)]
        if at is not None:
            place = (at, number, id_)
            self._place[id_] = place
            insort(self._order, place)

    def first(self) -> datetime | None:
        """The earliest instant."""
        return self._order[0][0] if self._order else None

    def until(self, instant: datetime) -> list[str]:
        """The ids whose instant is `instant` or earlier."""
        end = bisect_left(self._order, (instant, 1 << 62, ""))
        return [id_ for _, _, id_ in self._order[:end]]

    def before(self, instant: datetime, limit: int) -> list[str]:
        """The oldest `limit` ids whose instant is earlier than `instant`."""
        end = min(limit, bisect_left(self._order, (instant, -1, "")))
        return [id_ for _, _, id_ in self._order[:end]]

    def since(self, instant: datetime | None) -> list[str]:
        """The ids whose instant is `instant` or later; all of them for None."""
        start = 0 if instant is None else bisect_left(self._order, (instant, -1, ""))
        return [id_ for _, _, id_ in self._order[start:]]

    def __len__(self) -> int:
        return len(self._order)
