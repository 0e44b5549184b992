"""The texts of a table: a mapping as any other, whose copies no later change reaches."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from mailagent.edge.store.blocks import Blocks

_NUMBERS = st.integers(1, 1200)  # several blocks
_TEXTS = st.binary(max_size=4)


class SharedBlocks(RuleBasedStateMachine):
    """Originals and copies, each beside the plain dict it must equal."""

    pairs = Bundle("pairs")

    @rule(target=pairs, texts=st.dictionaries(_NUMBERS, _TEXTS, max_size=20))
    def make(self, texts: dict[int, bytes]) -> tuple[Blocks, dict[int, bytes]]:
        blocks = Blocks()
        blocks.update(texts)
        return blocks, texts

    @rule(target=pairs, pair=pairs)
    def copy(self, pair: tuple[Blocks, dict[int, bytes]]) -> tuple[Blocks, dict[int, bytes]]:
        blocks, texts = pair
        return blocks.copy(), texts.copy()

    @rule(pair=pairs, number=_NUMBERS, text=_TEXTS)
    def put(self, pair: tuple[Blocks, dict[int, bytes]], number: int, text: bytes) -> None:
        blocks, texts = pair
        blocks[number] = texts[number] = text

    @rule(pair=pairs, number=_NUMBERS)
    def drop(self, pair: tuple[Blocks, dict[int, bytes]], number: int) -> None:
        blocks, texts = pair
        assert (number in blocks) is (number in texts)
        if number in texts:
            del blocks[number], texts[number]
        else:
            with pytest.raises(KeyError):
                del blocks[number]

    @rule(pair=pairs)
    def same(self, pair: tuple[Blocks, dict[int, bytes]]) -> None:
        blocks, texts = pair
        assert blocks == texts
        assert len(blocks) == len(texts)
        assert {n: text for block in blocks.blocks() for n, text in block.items()} == texts
        assert all(blocks.blocks()), "an empty block"


TestSharedBlocks = SharedBlocks.TestCase


def test_it_walks_in_the_order_of_arrival() -> None:
    blocks = Blocks()
    for number in range(1, 1000):
        blocks[number] = b"%d" % number

    assert list(blocks) == list(range(1, 1000))


def test_what_is_not_there_is_no_key() -> None:
    blocks = Blocks()
    blocks[1] = b"one"

    with pytest.raises(KeyError):
        blocks[2]
    with pytest.raises(KeyError):
        blocks[2000]
    assert "1" not in blocks
