"""The form and the words of the languages."""

import pytest

from mailagent.core.model import Status
from mailagent.mail import wishes
from mailagent.mail.labels import job_line, label_words, labelled
from mailagent.mail.languages import every_language, form_hint, form_lines, language
from mailagent.mail.languages.words import BLOCKED, DONE, HOURS, NEXT, STATUS, Language, pairs, words


def test_the_form_is_that_of_the_contract() -> None:
    assert form_lines("en") == ("Done:", "Hours:", "Next:", "Blocked: no", "Status: working")
    assert form_hint("en") == (
        "Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done. "
        "Leave out what you like; one line is enough."
    )


def test_an_unknown_language_is_english() -> None:
    assert language("xx") is language("en")
    assert form_lines("xx") == form_lines("en")


@pytest.mark.parametrize("one", every_language(), ids=lambda one: one.code)
def test_a_language_is_whole(one: Language) -> None:
    assert {DONE, HOURS, NEXT, BLOCKED, STATUS, *wishes.NAMES} == {field for field, _ in one.labels}
    assert set(Status) == {status for status, _ in one.statuses}
    said = [word for _, group in (*one.labels,) for word in group]
    assert len(said) == len(set(said)), "a label names two fields"
    assert all(word == word.lower().strip() for word in said)
    assert [labelled(line, (one.code,)) is not None for line in one.form] == [True] * 5


def test_words_and_pairs_are_parted() -> None:
    assert words("one | two words ") == ("one", "two words")
    assert pairs("one = 1 | a = b = 2") == (("one", 1), ("a = b", 2))


def test_english_labels_count_in_every_language() -> None:
    assert label_words(("xx",))["done"] == DONE


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Done: x", DONE, "x"),
        ("  - **Hours spent:** 2", HOURS, "2"),
        ("2) Next steps = y", NEXT, "y"),
        ("Blocked – no", BLOCKED, "no"),
        ("Hours -1.5", None, None),
        ("Done:-x", DONE, "-x"),
        ("Status:- done", STATUS, "done"),
        ("Status :", STATUS, ""),
        ("What’s next: z", NEXT, "z"),
        ("Office hours: 9", None, None),
        ("Time: 10:30", None, None),
        ("Time: 1:30", HOURS, "1:30"),
        ("Hours: 10:30", HOURS, "10:30"),
        ("not done: x", None, None),
        ("Done", None, None),
        ("- x", None, None),
        ("", None, None),
        (": x", None, None),
        ("Done: " + "x" * 9000, DONE, "x" * 9000),
    ],
)
def test_a_label_is_read_at_the_start_of_a_line(line: str, field: str | None, value: str | None) -> None:
    found = labelled(line, ("en",))

    assert (field, value) == ((found.field, found.value) if found else (None, None))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("J12", ("J12", "")),
        ("[J12]", ("J12", "")),
        ("[J12] Photos", ("J12", "Photos")),
        ("Job J12: done", ("J12", "done")),
        ("**J12** - more", ("J12", "more")),
        ("J12 Photos", None),
        ("see J12", None),
        ("J0", None),
        ("J12:" + "x" * 300, None),
    ],
)
def test_a_line_may_name_a_job(line: str, found: tuple[str, str] | None) -> None:
    assert found == job_line(line)
