"""A decision takes no longer for a job with a long history; beside it, each kind of event is one that is decided."""

from benchmarks import decision


def test_a_decision_does_not_grow_with_the_history_of_its_job() -> None:
    *kinds, growth = decision.measure(reports=300, rounds=100)

    assert [figure.what.split(",")[0] for figure in kinds] == [
        "a report",
        "a report about a job that had 300",
        "an owner's order",
        "a worker of whom 10 jobs are due",
    ]
    assert growth.value < 2
