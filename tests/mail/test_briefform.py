"""A brief as a file: what it says arrives whole, and all that it lacks is named at once with what to write."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.core.model import Brief, Step
from mailagent.mail.briefform import LONGEST_BRIEF, Incomplete, read_brief

GOOD = """+++
title = "40 leads"
cap = "6h"
+++

## Why
Petra calls them.

## How
Open the list.

### Where
```
## Steps
```

## Accept
- 40 rows
- each with a name
  and a town

## Steps
1. A sample - 45m
2) The rest – as far as it goes - 1h30
"""


def lacking(text: str) -> tuple[str, ...]:
    read = read_brief(text)
    assert isinstance(read, Incomplete), read
    return read.sentences


def test_a_whole_brief_is_read_with_every_part() -> None:
    assert read_brief(GOOD) == Brief(
        title="40 leads",
        why="Petra calls them.",
        how="Open the list.\n\n### Where\n```\n## Steps\n```",
        accept=("40 rows", "each with a name and a town"),
        steps=(Step("A sample", 45), Step("The rest – as far as it goes", 90)),
        cap_minutes=360,
    )


@pytest.mark.parametrize("due", ["due = 2026-12-04", 'due = "2026-12-04"'])
def test_a_date_may_stand_bare_or_in_quotes(due: str) -> None:
    read = read_brief(GOOD.replace('cap = "6h"', f'cap = "6h"\n{due}\nkind = "bpo"'))

    assert isinstance(read, Brief)
    assert (read.due_on, read.kind) == (date(2026, 12, 4), "bpo")


@pytest.mark.parametrize(
    "text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), "\n\n" + GOOD, GOOD.replace("## Why", "## WHY: ##")]
)
def test_what_editors_do_to_a_file_does_not_matter(text: str) -> None:
    assert read_brief(text) == read_brief(GOOD)


@pytest.mark.parametrize(("cap", "minutes"), [("6h", 360), ("1h30", 90), ("0", 0), ("none", None), ("None ", None)])
def test_a_cap_is_a_time_or_none(cap: str, minutes: int | None) -> None:
    read = read_brief(GOOD.replace('"6h"', f'"{cap}"'))

    assert isinstance(read, Brief)
    assert read.cap_minutes == minutes


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", 'cap: is missing; write cap = "6h"'),
        ('cap = ""', 'cap: is empty; write cap = "6h"'),
        ('cap = "soon"', 'cap: "soon" is no time; write cap = "6h"'),
        ("cap = 6", 'cap is 6; write a time in quotes, cap = "6h"'),
    ],
)
def test_a_cap_that_is_none_of_these_is_refused(line: str, sentence: str) -> None:
    (found,) = lacking(GOOD.replace('cap = "6h"', line))

    assert found.startswith(sentence)


def test_all_that_lacks_is_named_at_once_with_what_to_write() -> None:
    found = lacking("+++\n+++\n")

    assert [sentence.split(";")[0] for sentence in found] == [
        "title: is missing",
        "cap: is missing",
        "why: is missing",
        "how: is missing",
        "accept: is missing",
        "steps: is missing",
    ]
    assert all("write" in sentence for sentence in found)


def test_an_errand_needs_title_how_and_cap() -> None:
    read = read_brief('+++\ntitle = "Book a room"\ncap = "1h"\n+++\n## How\nCall the hotel.\n')

    assert isinstance(read, Brief)
    assert read.steps == ()


@pytest.mark.parametrize("cap", ["61m", "none", "0"])
def test_anything_larger_than_an_errand_needs_all_parts(cap: str) -> None:
    assert len(lacking(f'+++\ntitle = "Book a room"\ncap = "{cap}"\n+++\n## How\nCall the hotel.\n')) == 3


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("1. Everything at once - 61m", 'steps: the first step is longer than 1 h; split it: "Everything at once"'),
        ("1. a - 1h\n2. All rows - 2h01m", 'steps: step 2 is longer than 2 h; split it: "All rows"'),
        ("1. a - 1h\n2. Look around", 'steps: step 2 has no time at its end, such as 45m: "Look around"'),
        ("1. Look around - a bit", 'steps: step 1 has no time at its end, such as 45m: "Look around - a bit"'),
        ("Look around", 'steps: "Look around" is no item of the list; begin the line with "1. "'),
    ],
)
def test_a_step_that_is_too_large_or_not_one_is_quoted(steps: str, sentence: str) -> None:
    assert lacking(GOOD[: GOOD.index("1. A")] + steps + "\n") == (sentence,)


def test_steps_at_the_limit_pass() -> None:
    assert isinstance(read_brief(GOOD[: GOOD.index("1. A")] + "1. a - 1h\n2. b - 2h\n"), Brief)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("cap =", "dew = 1\ncap =", "dew: there is no such line between the +++ lines; did you mean due?"),
        ("cap =", "xyzzy = 1\ncap =", "xyzzy: there is no such line between the +++ lines; there are"),
        ("cap =", 'repeat = "weekly"\ncap =', "repeat: this version does not know it yet; take the line out"),
        ("cap =", 'due = "soon"\ncap =', 'due: "soon" is no date; write due = 2026-12-04'),
        ("cap =", "due = 2026-12-04T10:00:00\ncap =", 'due: "2026-12-04 10:00:00" is no date; write due = 2026-12-04'),
        ("cap =", 'kind = "xyz"\ncap =', 'kind: is not one of bpo, kpo, tso, va: "xyz"; write kind = "va"'),
        ('"40 leads"', "40", "title is 40; write it in quotes"),
        ("40 leads", "x" * 121, "title: is longer than 120 characters; shorten it"),
        ("## Accept", "## Acept\n- x\n## Accept", '"## Acept": there is no such heading; did you mean "## Accept"?'),
        ("## Accept", "## Notes\nx\n## Accept", '"## Notes": there is no such heading; there are Why'),
        ("## Accept", "## Why\nx\n## Accept", '"## Why" stands there twice; make one of it'),
        ("\n## Why", "Hello!\n## Why", '"Hello!" stands before the first heading; put it under ## Why or ## How'),
        ("- 40 rows", "40 rows", 'accept: "40 rows" is no item of the list; begin the line with "- "'),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_the_nearest_right_thing(old: str, new: str, sentence: str) -> None:
    (found,) = lacking(GOOD.replace(old, new, 1))

    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the first line must be +++"),
        ("title", "the first line must be +++"),
        ("+++\ntitle = 'x'\n", "the second +++ line is missing"),
        ("+++\ntitle = x\n+++\n", "between the +++ lines: Invalid value (at line 1, column 9)"),
        ("+++\na = " + "[" * 5000 + "\n+++\n", "between the +++ lines:"),
        ("x" * (LONGEST_BRIEF + 1), "the brief is longer than 256 kB"),
    ],
)
def test_a_file_of_another_shape_is_told_what_it_should_be(text: str, sentence: str) -> None:
    assert lacking(text)[0].startswith(sentence)


def test_the_samples_are_briefs(repository: Path) -> None:
    samples = sorted((repository / "config" / "briefs").glob("*.md"))

    assert samples
    assert [path.name for path in samples if not isinstance(read_brief(path.read_text("utf-8")), Brief)] == []


@given(st.text(alphabet=st.sampled_from('+-#=" \n\t1.)ahmWyHowSteps\r`'), max_size=300))
def test_whatever_it_is_given_it_answers(text: str) -> None:
    for brief in (text, "+++\n" + text, '+++\ncap="1h"\n+++\n' + text):
        assert isinstance(read_brief(brief), Brief | Incomplete)
