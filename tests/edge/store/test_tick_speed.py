"""A tick stays short however many jobs are open; measured in processor time, which other work does not lengthen."""

import time

from benchmarks import tick


def test_no_tick_over_ten_thousand_open_jobs_takes_a_second() -> None:
    figures = tick.measure(1_000, 10_000, clock=time.process_time)

    assert [(figure.what, figure.value) for figure in figures if figure.holds is False] == []
