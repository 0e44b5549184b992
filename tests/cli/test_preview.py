"""The letters as they will look: each kind has its samples, all of them can be written, and they say the same twice."""

import email
import email.policy
from pathlib import Path

import pytest

from mailagent.core.letters import CONTENTS
from mailagent.core.model import LetterKind
from mailagent.samples import SAMPLES, kind_of
from tests.cli.conftest import Door


@pytest.mark.parametrize("kind", LetterKind)
def test_each_kind_has_a_rich_and_an_extreme_sample(kind: LetterKind) -> None:
    assert {kind.value, f"{kind.value}-extreme"} <= SAMPLES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_of_the_kind_that_its_name_says(name: str) -> None:
    assert type(SAMPLES[name].contents) is CONTENTS[kind_of(name)]


def test_all_letters_are_written_as_mail_text_and_html(door: Door, tmp_path: Path) -> None:
    said = door("preview", "--all", "--out", tmp_path / "letters")

    assert (said.code, said.out) == (0, f"{len(SAMPLES)} letters are in {tmp_path / 'letters'}.\n")
    names = {path.name for path in (tmp_path / "letters").iterdir()}
    assert names == {f"{name}.{part}" for name in SAMPLES for part in ("eml", "txt", "html")}


def test_the_mail_carries_the_two_parts(door: Door, tmp_path: Path) -> None:
    door("preview", "--all", "--out", tmp_path)

    mail = email.message_from_bytes((tmp_path / "digest.eml").read_bytes(), policy=email.policy.default)
    text, html = mail.iter_parts()
    assert mail["Subject"].startswith("Tue 24 Nov: 5 need you - ")
    assert text.get_content().replace("\r\n", "\n") == (tmp_path / "digest.txt").read_text()
    assert html.get_content().replace("\r\n", "\n") == (tmp_path / "digest.html").read_text()


def test_one_letter_is_printed_as_text(door: Door) -> None:
    said = door("preview", "digest-quiet")

    assert said.code == 0
    assert said.out.startswith("Subject: Tue 24 Nov: all quiet\n\nHello Dana Reed,\n\nNothing needs you")


def test_without_a_name_the_names_are_told(door: Door) -> None:
    assert door("preview").out.split("\n")[:-1] == list(SAMPLES)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["digset"], "There is no letter called digset. Did you mean digest?"),
        (["xyzzy"], "There is no letter called xyzzy. `mailagent preview` names them all."),
        (["--all"], "`--all` and `--out DIR` go together"),
        (["--out", "x"], "`--all` and `--out DIR` go together"),
        (["digest", "--all", "--out", "x"], "either digest or `--all`, not both"),
    ],
)
def test_a_slip_is_told_in_a_sentence(words: list[str], sentence: str, door: Door) -> None:
    said = door("preview", *words)

    assert said.code == 2
    assert sentence in said.err
