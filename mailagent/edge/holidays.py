"""Public holidays by ISO 3166 country (`PH`) or country and region (`DE-BY`). The only room that sees `holidays`.

That package is big: it is loaded when the first code is looked up, and of its countries only those that are asked for.
"""

import logging
from datetime import date
from functools import lru_cache

_log = logging.getLogger(__name__)


@lru_cache(maxsize=128)
def days_off(code: str, year: int) -> tuple[date, ...]:
    """The public holidays of the year before `year`, of `year` and of the one after it, in order.

    None for an empty code, and for one that is not known here any more: that is logged.
    """
    if not code:
        return ()
    if not is_known(code):
        _log.warning("fate=no-holidays code=%r", code)
        return ()
    import holidays

    country, _, region = code.partition("-")
    years = range(max(1, year - 1), min(9999, year + 1) + 1)
    return tuple(sorted(holidays.country_holidays(country, subdiv=region or None, years=years)))


def is_known(code: str) -> bool:
    """Tell whether this is a country, or a country and region, whose public holidays are known here."""
    country, dash, region = code.partition("-")
    return country in _countries() and (region in _regions(country) if dash else True)


def nearest(text: str) -> str | None:
    """The code that was meant by a name (`Philippines`) or a slip of the finger; None: nothing is near."""
    wanted = text.strip().upper().replace("_", "-")
    if is_known(wanted):
        return wanted
    import difflib  # needed for mistakes alone, and a third of a megabyte

    country, dash, region = wanted.partition("-")
    if dash and country in _countries():
        found = difflib.get_close_matches(region, _regions(country), 1, 0.5)
        return f"{country}-{found[0]}" if found else country
    names = _names()
    found = difflib.get_close_matches(wanted.replace("-", " "), names, 1, 0.7)
    return names[found[0]] if found else None


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(_names().values())


@lru_cache(maxsize=16)
def _regions(country: str) -> tuple[str, ...]:
    import holidays

    return tuple(getattr(holidays, country).subdivisions)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """What a country may be called, in capitals, and its code of two letters: its name, and its other codes."""
    from holidays.registry import COUNTRIES

    names = {}
    for module, (_, code, *others) in COUNTRIES.items():
        names[module.replace("_", " ").upper()] = code
        names |= {other.upper(): code for other in others if len(other) <= 3}
    return names
