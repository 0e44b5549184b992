"""The texts of a table in blocks, so that a copy of a hundred thousand of them costs next to nothing.

A copy shares its blocks with the original; whoever of the two changes a block first makes one of his own (copy on
write). The loop takes such a copy for the thread that writes the TinyDB file.
"""

from collections.abc import Iterator, MutableMapping

_BITS = 8  # 256 texts a block: copied, or joined for the file, in some ten microseconds


class Blocks(MutableMapping[int, bytes]):
    """JSON texts by number; walks in the order of the blocks' first texts, and of their arrival within each."""

    __slots__ = ("_blocks", "_own")

    def __init__(self) -> None:
        self._blocks: dict[int, dict[int, bytes]] = {}
        self._own: set[int] = set()  # the blocks that nobody shares with us

    def copy(self) -> "Blocks":
        """Share every block with a copy that later changes do not reach."""
        twin = Blocks()
        twin._blocks = self._blocks.copy()
        self._own = set()
        return twin

    def blocks(self) -> Iterator[dict[int, bytes]]:
        """Give the blocks in order; look only."""
        return iter(self._blocks.values())

    def __getitem__(self, number: int) -> bytes:
        return self._blocks[number >> _BITS][number]

    def __setitem__(self, number: int, text: bytes) -> None:
        key = number >> _BITS
        (self._blocks[key] if key in self._own else self._owned(key))[number] = text

    def __delitem__(self, number: int) -> None:
        key = number >> _BITS
        if number not in self._blocks.get(key, {}):
            raise KeyError(number)
        block = self._owned(key)
        del block[number]
        if not block:
            del self._blocks[key]
            self._own.discard(key)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number in self._blocks.get(number >> _BITS, {})

    def __iter__(self) -> Iterator[int]:
        return (number for block in self._blocks.values() for number in block)

    def __len__(self) -> int:
        return sum(map(len, self._blocks.values()))

    def _owned(self, key: int) -> dict[int, bytes]:
        """Give a block that nobody else has."""
        if key not in self._own:
            self._blocks[key] = self._blocks.get(key, {}).copy()
            self._own.add(key)
        return self._blocks[key]
