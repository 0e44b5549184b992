"""Days off, in a worker's words and in a mail program's note. The day is Monday 23 November 2026."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.mail.absences import read_away, stated_return

TODAY = date(2026, 11, 23)
EN = ("en",)


def nov(day: int) -> date:
    return date(2026, 11, day)


def dec(day: int) -> date:
    return date(2026, 12, day)


@pytest.mark.parametrize(
    ("value", "first", "back", "why"),
    [
        ("until Thursday", None, nov(26), ""),
        ("till Thu", None, nov(26), ""),
        ("until tomorrow", None, nov(24), ""),
        ("back on Thursday", None, nov(26), ""),
        ("until Thursday, my son is ill", None, nov(26), "my son is ill"),
        ("until Thursday because of my son", None, nov(26), "because of my son"),
        ("until 8 Dec", None, dec(8), ""),
        ("until Thursday 26 November", None, nov(26), ""),
        ("until 2026-12-08", None, dec(8), ""),
        ("until 25/12", None, dec(25), ""),
        ("until 12/25", None, dec(25), ""),
        ("today", None, nov(24), ""),
        ("tomorrow", nov(24), nov(25), ""),
        ("Thursday", nov(26), nov(27), ""),
        ("on Thursday", nov(26), nov(27), ""),
        ("8 Dec", dec(8), dec(9), ""),
        ("8th of December", dec(8), dec(9), ""),
        ("Dec 8", dec(8), dec(9), ""),
        ("8.12.", dec(8), dec(9), ""),
        ("Thu, 26 Nov 2026", nov(26), nov(27), ""),
        ("Mon-Wed", None, nov(26), ""),
        ("Wed - Fri (holiday)", nov(25), nov(28), "holiday"),
        ("Fri-Mon", nov(27), dec(1), ""),
        ("8-10 Dec", dec(8), dec(11), ""),
        ("Dec 8-10", dec(8), dec(11), ""),
        ("8 Dec - 10 Dec", dec(8), dec(11), ""),
        ("from 8 Dec to 10 Dec", dec(8), dec(11), ""),
        ("from Wed until Fri", nov(25), nov(27), ""),
        ("28 Dec - 4 Jan", dec(28), date(2027, 1, 5), ""),
    ],
)
def test_days_off_are_read(value: str, first: date | None, back: date, why: str) -> None:
    away = read_away(value, TODAY, EN)

    assert (away.first, away.back, away.why, away.doubt) == (first, back, why, None)


@pytest.mark.parametrize(
    ("value", "question"),
    [
        ("until Monday", "Mon 23 Nov or Mon 30 Nov"),
        ("Monday", "Mon 23 Nov or Mon 30 Nov"),
        ("until 12/8", "Wed 12 Aug or Tue 8 Dec"),
        ("8 Nov", "has passed"),
        ("until today", "has passed"),
        ("from Monday", "From which day"),
        ("next week", "From which day"),
        ("until next Thursday", "From which day"),
        ("Thursday or Friday", "From which day"),
        ("Thursday and Friday", "From which day"),
        ("until Fri 26 Nov", "From which day"),
        ("31 Jun", "From which day"),
        ("10-8 Dec", "From which day"),
        ("until 2030-01-01", "From which day"),
        ("2 days", "From which day"),
        ("sick", "From which day"),
        ("until 15:00", "From which day"),
    ],
)
def test_days_that_are_not_sure_are_asked_about(value: str, question: str) -> None:
    away = read_away(value, TODAY, EN)

    assert away.back is None
    assert away.doubt is not None
    assert question in away.doubt.question


@pytest.mark.parametrize("value", ["", "-", "no", "No, I am here"])
def test_no_days_off_are_none(value: str) -> None:
    away = read_away(value, TODAY, EN)

    assert (away.back, away.doubt) == (None, None)


def test_without_the_writers_date_every_day_is_asked_about() -> None:
    assert read_away("until Thursday", None, EN).doubt is not None
    assert stated_return("until Thursday", None, EN) is None


@pytest.mark.parametrize(
    ("note", "back"),
    [
        ("I am out of the office until Thursday, 26 November. For urgent matters call Tom.", nov(26)),
        ("I will be back on 1 December 2026.", dec(1)),
        ("I'm on leave from 20 Nov to 27 Nov and will return on Monday, 30 Nov.", nov(30)),
        ("On vacation through Nov 27", nov(28)),
        ("Limited access to mail. Back 12/1/2026", dec(1)),
        ("I am away until further notice", None),
        ("Thank you. I will answer when I am back.", None),
        ("Back on the 8th.", None),
        ("Back on 30 Nov, or back on 1 Dec at the latest", None),
        ("I was away until 20 Nov", None),
        ("", None),
    ],
)
def test_a_note_states_one_return_or_none(note: str, back: date | None) -> None:
    assert stated_return(note, TODAY, EN) == back


@given(
    st.text(alphabet=st.sampled_from("untilMonTuewDc 0123489-–/.,to frback"), max_size=60),
    st.dates(TODAY, date(2030, 1, 1)),
)
def test_an_absence_that_is_read_ends_after_today_and_begins_before_it_ends(text: str, today: date) -> None:
    away = read_away(text, today, EN)

    if away.back is not None:
        assert today < away.back
        assert away.first is None or today < away.first < away.back
    back = stated_return(text, today, EN)
    assert back is None or back > today
