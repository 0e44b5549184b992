"""Values to documents and back."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args

import orjson
import pytest

from mailagent.core import events as ev
from mailagent.core.decision import Entity
from mailagent.core.letters import CONTENTS, AlertContents
from mailagent.core.model import Cursor, Fate, LetterKind, Mail, Proof
from mailagent.edge.store.documents import (
    TABLE_OF,
    DocumentError,
    changed_fields,
    decode_entity,
    encode_entity,
    event_from_document,
    event_kind,
    event_to_document,
)
from tests import factories as made
from tests.edge.store.samples import contents_of, event_of

ENTITIES: list[Entity] = [
    made.an_owner(last_digest_on=made.NOW.date(), last_digest_at=made.NOW),
    made.a_worker(rate=Decimal("12.50"), currency="EUR"),
    made.a_job(),
    made.a_report(),
    made.an_entry(),
    Mail("1" * 32, Fate.PARTLY, made.NOW, made.NOW, "INBOX", 1, 2, None, None, Proof.BOTH, None),
    Cursor("INBOX", 1, 2, 3, made.NOW, made.NOW),
    *[made.a_letter(kind=kind, contents=contents_of(kind)) for kind in CONTENTS],
]


@pytest.mark.parametrize(
    "entity", ENTITIES, ids=lambda entity: f"{type(entity).__name__}-{getattr(entity, 'kind', '')}"
)
def test_an_entity_reads_back_as_it_was(entity: Entity) -> None:
    raw = encode_entity(entity)

    assert entity == decode_entity(TABLE_OF[type(entity)], orjson.loads(raw))
    assert raw.startswith(b'{"schema":1,"id":"')


@pytest.mark.parametrize("kind", get_args(ev.Event), ids=lambda kind: kind.__name__)
def test_every_event_reads_back_as_it_was(kind: type[Any]) -> None:
    event = event_of(kind)

    assert event == event_from_document(event_to_document(event))
    assert orjson.loads(orjson.dumps(event_to_document(event))) == event_to_document(event)


def test_events_are_named_in_snake_case() -> None:
    assert event_kind(event_of(ev.MailSettled)) == "mail_settled"


def test_instants_sort_as_their_texts_do() -> None:
    earlier, later = made.NOW, made.NOW + timedelta(microseconds=1)

    texts = [orjson.loads(encode_entity(made.a_report(received_at=at)))["received_at"] for at in (earlier, later)]

    assert texts == sorted(texts)
    assert texts == ["2026-11-23T10:00:00.000000Z", "2026-11-23T10:00:00.000001Z"]


@pytest.mark.parametrize(
    "value",
    [
        made.a_report(received_at=datetime(2026, 11, 23)),  # noqa: DTZ001
        made.a_report(received_at=datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=1)))),
        made.a_report(minutes=1.5),
        made.a_report(minutes=True),
        made.a_report(done="\ud800"),
        made.a_report(done=b"bytes"),
        made.a_worker(rate=Decimal("NaN")),
        made.a_letter(kind=LetterKind.BRIEF, contents=AlertContents("Ana", "x", (), ())),
    ],
    ids=["naive", "not-utc", "float", "bool", "surrogate", "bytes", "nan", "contents-of-another-kind"],
)
def test_what_would_not_read_back_is_refused_when_it_is_written(value: Entity) -> None:
    with pytest.raises(DocumentError):
        encode_entity(value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"minutes": "90"}, "minutes: '90' is no int"),
        ({"received_at": "2026-11-23T10:00:00"}, "received_at: .* is not an instant in UTC"),
        ({"status": "lazy"}, "status: 'lazy' is no Status"),
        ({"proof": []}, "proof: .* is no Proof"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], told: str) -> None:
    document = orjson.loads(encode_entity(made.a_report())) | change

    with pytest.raises(DocumentError, match=f"reports R3: {told}"):
        decode_entity("reports", document)


def test_what_an_older_document_lacks_is_filled_by_default() -> None:
    document = orjson.loads(encode_entity(made.a_report()))
    del document["waits"]

    assert made.a_report() == decode_entity("reports", document)


def test_what_has_no_default_must_be_there() -> None:
    document = orjson.loads(encode_entity(made.a_report()))
    del document["job_id"]

    with pytest.raises(DocumentError, match="job_id is missing"):
        decode_entity("reports", document)


@pytest.mark.parametrize(
    "document", [{}, {"schema": 1}, {"schema": 1, "kind": ["x"]}, {"schema": 2, "kind": "reported"}]
)
def test_a_strange_event_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(DocumentError):
        event_from_document(document)


def test_only_what_differs_is_told_and_never_the_revision() -> None:
    before = made.a_job()
    old, new = changed_fields(before, replace(before, last_report_id="R9", rev=7))

    assert (old, new) == ({"last_report_id": None}, {"last_report_id": "R9"})
