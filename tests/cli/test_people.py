"""What is typed about a person is read, or answered with the nearest right thing."""

from argparse import ArgumentTypeError
from collections.abc import Callable

import pytest

from mailagent.cli import people


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (people.read_days, "mon-fri", (1, 2, 3, 4, 5)),
        (people.read_days, "Mon,Wed, sat", (1, 3, 6)),
        (people.read_days, "sat-mon", (1, 6, 7)),
        (people.read_days, "sunday-thursday", (1, 2, 3, 4, 7)),
        (people.read_days, "wed", (3,)),
        (people.read_hours, "9-17", (540, 1020)),
        (people.read_hours, "8:30 – 16:30", (510, 990)),
        (people.read_hours, "22-6", (1320, 360)),
        (people.read_hours, "0-24", (0, 1440)),
        (people.read_time, "07:30", 450),
        (people.read_holidays, "PH", "PH"),
        (people.read_holidays, "DE-BY", "DE-BY"),
        (people.read_holidays, "none", ""),
        (people.read_time, "7", 420),
        (people.read_week_cap, "20h", 1200),
        (people.read_week_cap, "0", 0),
        (people.read_week_cap, "none", None),
        (people.read_rate, "6 USD", people.Rate("6", "USD")),
        (people.read_rate, "6,50usd/h", people.Rate("6.50", "USD")),
        (people.read_zone, "Europe/Berlin", "Europe/Berlin"),
        (people.read_zone, "UTC", "UTC"),
        (people.read_address, "ana+work@example.com", "ana+work@example.com"),
        (people.read_display_name, "  Ana   Álvarez ", "Ana Álvarez"),
        (people.read_short_name, "ana-2", "ana-2"),
    ],
)
def test_what_is_right_is_read(read: Callable[[str], object], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "hint"),
    [
        (people.read_days, "mon-", "write them like mon-fri"),
        (people.read_days, "m-f", "write them like mon-fri"),
        (people.read_days, "", "write them like mon-fri"),
        (people.read_hours, "9", "write them like 9-17"),
        (people.read_hours, "9-25", "'25' is no time of day"),
        (people.read_hours, "9:60-17", "'9:60' is no time of day"),
        (people.read_hours, "9-9", "no time at all"),
        (people.read_time, "24:00", "write it like 07:30"),
        (people.read_holidays, "Philippines", "did you mean PH?"),
        (people.read_holidays, "DE-BAY", "did you mean DE-BY?"),
        (people.read_holidays, "Atlantis", "write it like PH"),
        (people.read_time, "half past", "write it like 07:30"),
        (people.read_week_cap, "", "write it like 20h"),
        (people.read_week_cap, "200h", "write it like 20h"),
        (people.read_rate, "6", "like '6.50 USD'"),
        (people.read_rate, "NaN USD", "like '6.50 USD'"),
        (people.read_rate, "-6 USD", "like '6.50 USD'"),
        (people.read_zone, "Berlin", "did you mean Europe/Berlin?"),
        (people.read_zone, "europe/berlin", "did you mean Europe/Berlin?"),
        (people.read_zone, "Asia/Manilla", "did you mean Asia/Manila?"),
        (people.read_zone, "New York", "did you mean America/New_York?"),
        (people.read_zone, "kolkatta", "did you mean Asia/Kolkata?"),
        (people.read_zone, "PST", "write it like Europe/Berlin"),
        (people.read_zone, "../../etc/passwd", "write it like Europe/Berlin"),
        (people.read_zone, "", "write it like Europe/Berlin"),
        (people.read_address, "Ana <ana@example.com>", "write the bare address, ana@example.com"),
        (people.read_address, "ana@", "write it like name@example.com"),
        (people.read_address, "ana@example..com", "the part behind the @ cannot be 'example..com'"),
        (people.read_address, "ana@example.com\nBcc: x@example.com", "an address has no spaces"),
        (people.read_address, '"ana x"@example.com', "an address has no spaces"),
        (people.read_address, "äna@example.com", "the part before the @ cannot be"),
        (people.read_display_name, "  ", "on one line"),
        (people.read_display_name, "Ana\x1b[31m", "on one line"),
        (people.read_short_name, "Ana Álvarez", "no short name"),
        (people.read_short_name, "Ana", "write ana"),
        (people.read_short_name, "j12", "already means something else"),
        (people.read_short_name, "sysadmin", "already means something else"),
    ],
)
def test_what_is_wrong_is_answered_with_what_to_write(read: Callable[[str], object], text: str, hint: str) -> None:
    with pytest.raises(ArgumentTypeError) as caught:
        read(text)

    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("days", "shown"), [((1, 2, 3, 4, 5), "mon-fri"), ((1, 3), "mon,wed"), ((6, 7), "sat,sun"), ((2,), "tue")]
)
def test_days_are_shown_as_they_are_typed(days: tuple[int, ...], shown: str) -> None:
    assert people.show_days(days) == shown
    assert people.read_days(shown) == days
