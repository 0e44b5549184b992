"""Public holidays by code: the real package, three years, and the code that was meant."""

from datetime import date

import pytest

from mailagent.edge import holidays


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("PH", date(2026, 6, 12)),
        ("PH", date(2025, 11, 30)),
        ("PH", date(2027, 12, 25)),
        ("DE", date(2026, 10, 3)),
        ("DE-BY", date(2026, 1, 6)),
        ("US-CA", date(2026, 7, 4)),
    ],
)
def test_a_public_holiday_of_last_this_or_next_year(code: str, day: date) -> None:
    assert day in holidays.days_off(code, 2026)


def test_a_regions_own_holiday_is_not_the_countrys() -> None:
    assert date(2026, 1, 6) not in holidays.days_off("DE", 2026)


def test_the_days_are_in_order_and_of_three_years_alone() -> None:
    days = holidays.days_off("PH", 2026)

    assert list(days) == sorted(set(days))
    assert {day.year for day in days} == {2025, 2026, 2027}


@pytest.mark.parametrize("code", ["", "XX", "DE-XX", "nowhere", "-", "PH-"])
def test_an_unknown_code_has_none(code: str) -> None:
    assert holidays.days_off(code, 2026) == ()


@pytest.mark.parametrize("year", [1, 1899, 9999])
def test_any_year_will_do(year: int) -> None:
    assert isinstance(holidays.days_off("PH", year), tuple)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ph", "PH"),
        ("PHL", "PH"),
        ("Philippines", "PH"),
        ("phillipines", "PH"),
        ("UK", "GB"),
        ("germany", "DE"),
        ("de_by", "DE-BY"),
        ("DE-BAY", "DE-BY"),
        ("DE-nowhere", "DE"),
        ("south korea", "KR"),
        ("", None),
        ("zzzz", None),
    ],
)
def test_the_code_that_was_meant(text: str, code: str | None) -> None:
    assert holidays.nearest(text) == code
