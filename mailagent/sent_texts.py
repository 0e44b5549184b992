"""The texts that we sent, by Message-ID: a reply is read against the mail it answers (HOUSE, `context`)."""

from collections import OrderedDict
from functools import lru_cache

from mailagent.core.model import ArchivePlace
from mailagent.edge.archive import Archive
from mailagent.edge.store.port import Store
from mailagent.mail.compose import text_of

REMEMBERED = 256  # texts held in memory; the archive has them all


class SentTexts:
    """Looks up our own letters' text parts in the archive."""

    def __init__(self, store: Store, archive: Archive) -> None:
        self._store = store
        self._archive = archive
        self._text_at = lru_cache(maxsize=REMEMBERED)(self._read)
        self._places: OrderedDict[str, ArchivePlace] = OrderedDict()  # by Message-ID: where a letter lies never changes

    def answered_by(self, message_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The text parts of those of our letters that these ids name, in the order given, each once."""
        places = dict.fromkeys(filter(None, map(self._place_of, message_ids)))
        return tuple(self._text_at(place) for place in places)

    def _place_of(self, message_id: str) -> ArchivePlace | None:
        place = self._places.get(message_id)
        if place is not None:
            return place
        letter = self._store.letter_by_message_id(message_id)
        if letter is None or letter.archived is None:
            return None
        self._places[message_id] = letter.archived
        if len(self._places) > REMEMBERED:
            self._places.popitem(last=False)
        return letter.archived

    def _read(self, place: ArchivePlace) -> str:
        return text_of(self._archive.read(place).raw)
