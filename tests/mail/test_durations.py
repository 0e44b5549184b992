"""Lengths of work in words become whole minutes, and what could mean two things is not guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.durations import Length, parse_duration, read_length

READ = {
    "1.5": 90,
    "1,5": 90,
    ".5": 30,
    "2": 120,
    "2.": 120,
    "0": 0,
    "24": 1440,
    "0.25": 15,
    "1.33": 80,
    "1.50": 90,
    "1.5h": 90,
    "1,5 h": 90,
    "2 h": 120,
    "2h.": 120,
    "2hrs": 120,
    "2 hours": 120,
    "1h30": 90,
    "1h30m": 90,
    "1 h 30 min": 90,
    "1 hour 30 minutes": 90,
    "1 hour and 30 min": 90,
    "1h5": 65,
    "1:30": 90,
    "1:30:00": 90,
    "2:30h": 150,
    "90m": 90,
    "45 min": 45,
    "45'": 45,
    "30mins": 30,
    "½": 30,
    "1½": 90,
    "1 ½ hours": 90,
    "1 1/2": 90,
    "3/4": 45,
    "¾ h": 45,
    "two": 120,
    "Two hours": 120,
    "an hour": 60,
    "an hour and a half": 90,
    "one and a half hours": 90,
    "2 hours and a half": 150,
    "2 and a half": 150,
    "1 hour and a quarter": 75,
    "half an hour": 30,
    "thirty minutes": 30,
    "forty-five minutes": 45,
    "~2": 120,
    "about 2 h": 120,
    "2h today": 120,
    "1.5 (cap is 4)": 90,
    "1,5            (1.5 or 1,5 or 1h30 or 90m)": 90,
    "2 (yesterday)": 120,
    "１．５": 90,
    "9-11:30": 150,
    "9:00-10": 60,
    "9:15 to 10:00": 45,
    "none": 0,
    "zero": 0,
}
NOT_READ = [
    *("", " ", "-5", "+5", "1e9", "1e400", "NaN", "inf", "0x10", "1_000", "9" * 400, "1.5.2", "1:75", "1h75", "٢", "१"),
    *(
        "a",
        "an",
        "a bit",
        "1-2",
        "11-9:30",
        "23:00-1",
        "1.333",
        "1,000",
        "1;5",
        "1 5",
        "5/4",
        "1h 90m",
        "soon",
        "two or three",
    ),
    *("1.5 + 2", "2 or 3", "1:30 pm", "word " * 30),
]


@pytest.mark.parametrize(("text", "minutes"), READ.items(), ids=READ)
def test_a_length_is_read_as_whole_minutes(text: str, minutes: int) -> None:
    assert minutes == parse_duration(text)


@pytest.mark.parametrize("text", NOT_READ)
def test_what_is_no_length_is_not_guessed(text: str) -> None:
    assert Length(None) == read_length(text)


@pytest.mark.parametrize(
    ("text", "ways"),
    [("1.30", (90, 78)), ("1,45", (105, 87)), ("0.10", (10, 6)), ("2.05", (125, 123)), ("1,30 h", (90, 78))],
)
def test_a_decimal_that_may_be_a_clock_has_two_ways(text: str, ways: tuple[int, int]) -> None:
    assert Length(None, ways) == read_length(text)


@given(st.integers(0, 23), st.integers(0, 59))
def test_hours_and_minutes_are_read_in_each_spelling(hours: int, minutes: int) -> None:
    whole = 60 * hours + minutes

    assert [whole] * 5 == [
        parse_duration(text)
        for text in (
            f"{hours}:{minutes:02d}",
            f"{hours}h{minutes:02d}",
            f"{hours} h {minutes} min",
            f"{hours} hours and {minutes} minutes",
            f"{whole}m",
        )
    ]


@given(st.text(max_size=80))
def test_reading_a_length_never_raises(text: str) -> None:
    found = read_length(text)

    assert found.minutes is None or found.minutes >= 0


@given(st.decimals(0, 24, places=2))
def test_a_decimal_is_never_more_than_half_a_minute_off(hours: object) -> None:
    found = read_length(str(hours))

    exact = 60 * hours  # type: ignore[operator]
    assert any(abs(one - exact) <= 0.5 for one in (*found.ways, *([] if found.minutes is None else [found.minutes])))
