"""docs/data.md names every table, field and word that stands in the office file."""

import re
from dataclasses import fields
from enum import Enum
from pathlib import Path

import orjson
import pytest

from mailagent.core.model import Fate, LetterKind, LetterState, Phase, Standing, Status
from mailagent.edge.store.documents import TABLES
from tests.edge.store.play import Play


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "data.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_every_field_of_a_table_is_told(page: str, table: str) -> None:
    told = _words(_section(page, table))
    if table == "workers":
        told |= _words(_section(page, "owners"))

    assert {each.name for each in fields(TABLES[table])} | {"schema"} <= told


def test_every_field_of_the_meta_document_is_told(page: str, office: Play, state: Path) -> None:
    office.store.write_office(force=True)
    meta = orjson.loads((state / "office.json").read_bytes())["meta"]["1"]

    assert set(meta) == _words(_section(page, "meta"))


@pytest.mark.parametrize("words", [Phase, Standing, Status, LetterKind, LetterState], ids=lambda kind: kind.__name__)
def test_every_word_of_a_field_is_told(page: str, words: type[Enum]) -> None:
    assert {str(word.value) for word in words} <= _words(page)


def test_every_fate_that_a_mail_can_have_is_told(page: str) -> None:
    assert {fate.value for fate in Fate} - {"left alone", "vanished"} <= _words(_section(page, "mails"))


def _section(page: str, table: str) -> str:
    return page.split(f"\n### {table}\n")[1].split("\n##")[0]


def _words(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))
