"""What is typed about a person: name, address, zone, days, hours. A slip is answered with the nearest right thing.

Each function here reads one option's text and raises `ArgumentTypeError` with one sentence, as argparse wants it.
"""

import difflib
import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from mailagent.core import workday
from mailagent.core.addresses import address_problem
from mailagent.core.model import WorkingHours
from mailagent.edge import holidays
from mailagent.errors import UserError
from mailagent.mail.durations import parse_duration

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
_SHORT_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_JOB_KEY = re.compile(r"j\d+")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?")
_RATE = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?)\s*([A-Za-z]{3})(?:/h)?")


@dataclass(frozen=True, slots=True)
class Rate:
    """Money for an hour: a decimal amount and its ISO 4217 currency."""

    amount: str
    currency: str


def read_short_name(text: str) -> str:
    """Read the short name by which a person is known in commands: `ana`."""
    if not _SHORT_NAME.fullmatch(text):
        right = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")
        hint = f"; write {right}" if _SHORT_NAME.fullmatch(right) else ""
        raise ArgumentTypeError(f"{text!r} is no short name (small letters, digits and -){hint}")
    if _JOB_KEY.fullmatch(text) or text == "sysadmin":
        raise ArgumentTypeError(f"{text!r} already means something else; choose another name")
    return text


def read_display_name(text: str) -> str:
    """Read a name as it stands in mails: one line."""
    name = " ".join(text.split())
    if not name or not name.isprintable() or len(name) > 100:
        raise ArgumentTypeError("write the name as it shall stand in mails, on one line of at most 100 characters")
    return name


def read_address(text: str) -> str:
    """Read a bare mail address."""
    problem = address_problem(text)
    if problem:
        raise ArgumentTypeError(f"{text!r} is no mail address; {problem}")
    return text


def not_our_own(addresses: Sequence[str], own: str) -> tuple[str, ...]:
    """Give the addresses back; raises UserError where one is the agent's own, with or without a plus tag."""
    local_part, _, domain = own.lower().rpartition("@")
    for address in addresses:
        typed, _, host = address.lower().rpartition("@")
        if host == domain and (typed == local_part or typed.startswith(local_part + "+")):
            raise UserError(f"{address} is mailagent's own address; write the one where the person reads mail")
    return tuple(addresses)


def read_zone(text: str) -> str:
    """Read an IANA zone; a city, a wrong case or a slip of the finger is answered with the zone that was meant."""
    if workday.is_zone(text) and text in workday.zones():
        return text
    right = _nearest_zone(text)
    hint = f"did you mean {right}?" if right else "write it like Europe/Berlin or Asia/Manila"
    raise ArgumentTypeError(f"{text!r} is no time zone; {hint}")


def read_days(text: str) -> tuple[int, ...]:
    """Read working days, `mon-fri` or `mon,wed,sat`, as ISO weekdays in order."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        start, end = _day(first, text), _day(last, text) if dash else _day(first, text)
        length = (end - start) % 7 + 1  # sat-mon goes over the end of the week
        found |= {(start + ahead) % 7 + 1 for ahead in range(length)}
    return tuple(sorted(found))


def read_hours(text: str) -> tuple[int, int]:
    """Read working hours, `9-17`, `8:30-16:30`, or `22-6` for a night shift, as minutes after midnight."""
    first, dash, last = text.replace(" ", "").replace("–", "-").partition("-")
    if not dash:
        raise ArgumentTypeError(f"{text!r} are no working hours; write them like 9-17 or 8:30-16:30")
    opens_at, closes_at = _clock(first, text, "9-17"), _clock(last, text, "9-17", latest=DAY_MINUTES)
    if opens_at == closes_at:
        raise ArgumentTypeError(f"{text!r} is no time at all; write working hours like 9-17")
    return opens_at, closes_at


def read_time(text: str) -> int:
    """Read a time of day, `07:30`, as minutes after midnight."""
    return _clock(text.strip(), text, "07:30")


def read_week_cap(text: str) -> int | None:
    """Read the most hours a week that are paid, `20h`, as minutes; `none` is no cap."""
    if text.strip().lower() == "none":
        return None
    minutes = parse_duration(text)
    if minutes is None or minutes > WEEK_MINUTES:
        raise ArgumentTypeError(f"{text!r} is no cap for a week; write it like 20h, or none")
    return minutes


def read_rate(text: str) -> Rate:
    """Read money for an hour, `6 USD`."""
    found = _RATE.fullmatch(text.strip())
    try:
        amount = Decimal(found[1].replace(",", ".")) if found else None
    except InvalidOperation:
        amount = None
    if found is None or amount is None:
        raise ArgumentTypeError(f"{text!r} is no rate; write the amount for an hour and its currency, like '6.50 USD'")
    return Rate(str(amount), found[2].upper())


def read_holidays(text: str) -> str:
    """Read whose public holidays somebody has, `PH` or `DE-BY`; `none` is nobody's."""
    if text.strip().lower() in ("", "none"):
        return ""
    if holidays.is_known(text):
        return text
    right = holidays.nearest(text)
    hint = f"did you mean {right}?" if right else "write it like PH, or DE-BY for a region"
    raise ArgumentTypeError(f"{text!r} is no country whose public holidays are known here; {hint}")


def working_hours(zone: str, days: tuple[int, ...], hours: tuple[int, int]) -> WorkingHours:
    """Put what was read together."""
    return WorkingHours(zone, days, *hours)


def show_days(workdays: tuple[int, ...]) -> str:
    """Weekdays as they are typed: `mon-fri`, `mon,wed`."""
    names = [DAYS[day - 1] for day in workdays]
    in_a_row = len(workdays) > 2 and workdays[-1] - workdays[0] == len(workdays) - 1
    return f"{names[0]}-{names[-1]}" if in_a_row else ",".join(names)


def show_time(minutes: int) -> str:
    """Minutes after midnight as `07:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _day(word: str, text: str) -> int:
    """0 for Monday; the whole word will do as well."""
    for number, name in enumerate(DAYS):
        if len(word) >= 3 and word[:3] == name:
            return number
    raise ArgumentTypeError(f"{text!r} are no working days; write them like mon-fri or mon,wed,sat")


def _clock(word: str, text: str, example: str, latest: int = DAY_MINUTES - 1) -> int:
    found = _TIME.fullmatch(word)
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found and int(found[2] or 0) < 60 else -1
    if not 0 <= minutes <= latest:
        raise ArgumentTypeError(f"{text!r}: {word!r} is no time of day; write it like {example}")
    return minutes


def _nearest_zone(text: str) -> str | None:
    wanted = text.strip().lower().replace(" ", "_")
    zones = sorted(workday.zones(), key=lambda zone: ("/" not in zone, zone))
    whole = {zone.lower(): zone for zone in zones}
    cities: dict[str, str] = {}
    for zone in zones:
        cities.setdefault(zone.lower().rpartition("/")[2], zone)
    if len(wanted) <= 3:  # PST is like MST to difflib, and to nobody else
        return whole.get(wanted)
    found = difflib.get_close_matches(wanted, [*whole, *cities], 1, 0.6)
    by_city = difflib.get_close_matches(wanted.rpartition("/")[2], list(cities), 1, 0.75)
    if by_city and not (found and found[0] in whole):
        return cities[by_city[0]]
    return (whole.get(found[0]) or cities[found[0]]) if found else None
