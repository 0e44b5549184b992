"""The texts that we sent, by Message-ID: a reply is read against the mail it answers (HOUSE, `context`)."""

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

    def answered_by(self, message_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The text parts of those of our letters that these ids name, in the order given, each once."""
        texts: dict[ArchivePlace, str] = {}
        for message_id in message_ids:
            letter = self._store.letter_by_message_id(message_id)
            if letter is not None and letter.archived is not None and letter.archived not in texts:
                texts[letter.archived] = self._text_at(letter.archived)
        return tuple(texts.values())

    def _read(self, place: ArchivePlace) -> str:
        return text_of(self._archive.read(place).raw)
