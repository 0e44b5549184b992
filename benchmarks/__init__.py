"""What is measured, against whom, and how to run it again: `python -m benchmarks --help`.

A benchmark is a module here with `main(argv) -> int` and `measure(...) -> tuple[Figure, ...]`. It starts what it needs
on loopback in a folder of its own, measures whole processes, and stops what it started.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `bound` is the promise as text, such as `<= 4`; empty where nothing is promised."""

    bench: str
    what: str
    value: float
    unit: str
    bound: str = ""
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Tell whether the promise is kept; None where there is none."""
        if not self.bound:
            return None
        sign, limit = self.bound.split()
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)


def median(values: Iterable[float]) -> float:
    """Return the middle value; the mean of the two middle ones where their number is even."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """Say how many runs there were, and the least and greatest of them."""
    return f"{len(values)} runs, {min(values):.4g} to {max(values):.4g}"


def table(figures: Iterable[Figure]) -> str:
    """Lay the figures out as text, one a line."""
    rows = [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)] if rows else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    verdict = {None: "", True: "ok", False: "MISSED"}[figure.holds]
    promised = f"{figure.bound} {verdict}" if figure.bound else ""
    return figure.bench, figure.what, f"{figure.value:.4g} {figure.unit}".rstrip(), promised, figure.note
