"""Golden mails: each is read as its pair says. A new quirk of a client starts with a new pair here."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mailagent.mail import wire
from mailagent.mail.reading import read
from tests.mail.mails import seen

FOLDER = Path(__file__).parent
MAILS = sorted(FOLDER.glob("*.eml"))
SENT = (FOLDER / "brief.txt").read_text(encoding="utf-8")
LIMIT_BYTES = 6000
TODAY = "2026-11-23"
NOTHING = asdict(wire.Fields())  # what a pair leaves out


def expected(mail: Path) -> dict[str, Any]:
    """What the pair of a mail says of it."""
    pair: dict[str, Any] = json.loads(mail.with_suffix(".json").read_text(encoding="utf-8"))
    return pair


def as_pair(fields: wire.Fields) -> dict[str, Any]:
    """The fields of a report as JSON has them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(fields).items()}


def test_each_mail_has_its_pair() -> None:
    assert {mail.stem for mail in MAILS} == {pair.stem for pair in FOLDER.glob("*.json")}


def test_each_mail_is_short() -> None:
    assert [mail.name for mail in MAILS if mail.stat().st_size > LIMIT_BYTES] == []


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_a_mail_is_read_as_its_pair_says(mail: Path) -> None:
    pair = expected(mail)

    found = seen(mail.read_bytes())
    context = wire.ReadContext((SENT,), today=TODAY, is_absence=found.glanced.nature == wire.OUT_OF_OFFICE)
    understood = read(found.body, context) if found.body else None

    assert pair["nature"] == found.glanced.nature
    reports = understood.reports if understood else ()
    assert [NOTHING | one for one in pair["reports"]] == [as_pair(one) for one in reports]
    assert pair["unclear"] == ([one.text for one in understood.unclear] if understood else [])
    for name, value in pair.get("bounce", {}).items():
        assert value == getattr(found.glanced.bounce, name)


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.stem)
def test_each_line_of_a_mail_is_accounted_for(mail: Path) -> None:
    body = seen(mail.read_bytes()).body
    if body is None:
        return

    lines = read(body, wire.ReadContext((SENT,), want_lines=True)).lines

    assert list(body.texts) == [line.text for line in lines]
    assert all(line.kind and line.why for line in lines)
