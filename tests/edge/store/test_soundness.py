"""What is sound reads back as it was; whatever else is not called sound."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from mailagent.core.model import Brief, Job, Report, Worker
from mailagent.edge.store.soundness import check_of
from tests import factories as made


@pytest.mark.parametrize("value", [made.a_report(), made.a_job(), made.a_worker(rate=Decimal("6.50")), made.a_brief()])
def test_what_the_product_makes_is_sound(value: Any) -> None:
    assert check_of(type(value))(value)


@pytest.mark.parametrize(
    ("cls", "value"),
    [
        (Report, made.a_report(received_at=datetime(2026, 11, 23))),  # noqa: DTZ001
        (Report, made.a_report(received_at=datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=1))))),
        (Report, made.a_report(minutes=1.5)),
        (Report, made.a_report(minutes=True)),
        (Report, made.a_job()),
        (Worker, made.a_worker(rate=Decimal("NaN"))),
        (Worker, made.a_worker(addresses=["ana@example.com"])),
        (Job, made.a_job(brief=made.a_brief(steps=("no step",)))),
        (Brief, made.a_brief(accept=(1,))),
    ],
)
def test_what_is_made_of_anything_else_is_not(cls: type[Any], value: Any) -> None:
    assert not check_of(cls)(value)


@pytest.mark.parametrize(
    ("sound", "unsound"),
    [
        (made.a_report(), made.a_report(received_at=datetime(2026, 11, 23))),  # noqa: DTZ001
        (made.a_worker(rate=Decimal("6.50")), made.a_worker(rate=Decimal("NaN"))),
        (made.a_job(), made.a_job(brief=made.a_brief(steps=("no step",)))),
        (made.a_brief(accept=("right",)), made.a_brief(accept=(1,))),
    ],
)
def test_a_sound_value_vouches_for_no_other_of_the_same_types(sound: Any, unsound: Any) -> None:
    is_sound = check_of(type(sound))

    assert [is_sound(one) for one in (sound, unsound, sound)] == [True, False, True]
