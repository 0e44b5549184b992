"""The thresholds of a cap: at half of it, at four fifths, and when it is used up, it is told (SPEC section 4)."""

THRESHOLDS = (50, 80, 100)  # per cent of the cap
ASKS_FROM = 80  # from here on the worker's form asks whether he needs more
USED_UP = 100


def passed(cap: int | None, payable: int) -> int:
    """The highest threshold that so many payable minutes have passed; 0 where there is none, or no cap."""
    if cap is None:
        return 0
    return max((each for each in THRESHOLDS if 100 * payable >= each * cap), default=0)


def newly_passed(cap: int | None, payable: int, told: int) -> int:
    """The threshold to tell now, where the highest one that was `told` is lower; else 0."""
    highest = passed(cap, payable)
    return highest if highest > told else 0
