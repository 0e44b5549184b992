"""Who waits is not told that he need not, and who has nothing left to do not to go on."""

from dataclasses import replace

import pytest

from mailagent.core.letters import HoursStand, OwnerNewsContents, ReceiptContents
from mailagent.core.model import LetterKind, Status
from mailagent.edge.templates import Templates
from mailagent.samples import SAMPLES

ALL_USED = HoursStand(480, 480, 0, 0, 0)


def words(name: str, **changes: object) -> list[str]:
    """The text and the HTML of a sample with other values."""
    sample = SAMPLES[name]
    assert isinstance(sample.contents, OwnerNewsContents | ReceiptContents)
    contents = replace(sample.contents, **changes)
    kind = LetterKind.RECEIPT if isinstance(contents, ReceiptContents) else LetterKind.OWNER_NEWS
    rendered = Templates().render(kind, contents, sample.frame)
    return [rendered.text, rendered.html]


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [
        ({}, True),
        ({"also": (("blocked", "no password"),)}, False),
        ({"also": (("question", "which sheet?"),)}, False),
        ({"stand": ALL_USED}, False),
    ],
)
def test_a_first_report_says_whether_he_goes_on(changes: dict[str, object], *, goes_on: bool) -> None:
    for text in words("owner-news", news="first report", **changes):
        assert ("goes on in the meantime" in text) is goes_on
        assert "first report" in text


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [({}, True), ({"stand": ALL_USED}, False), ({"week_left": 0}, False), ({"status": Status.DONE}, False)],
)
def test_who_waits_for_an_answer_goes_on_where_he_can(changes: dict[str, object], *, goes_on: bool) -> None:
    for text in words("receipt-asked", **changes):
        assert ("go on with other steps" in text) is goes_on
        assert "has been passed on" in text
