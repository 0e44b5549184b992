"""The owner's policy as values: every number that decides something and that a person may set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations are whole minutes, days where the name says so.

    What is working time is counted in the worker's hours; the grace alone is not.
    """

    day_limit_minutes: int = 16 * 60  # more than this reported in one day stays undecided
    repeat_hours: int = 24  # the same report again within this time is asked about
    start_minutes: int = 240  # working time from the brief until he says that he has started
    first_report_minutes: int = 120  # working time from there to his first report; told in the brief
    first_report_at_least: int = 30  # it is asked for at half the cap, but never sooner than this
    next_report_minutes: int = 240  # working time from the first report to the second; then once each working day
    report_before_close: int = 60  # how long before his day ends the daily report is due
    grace_minutes: int = 30  # by the clock: nobody is reminded sooner than this after something was due
    second_nudge_minutes: int = 120  # working time from the first nudge to the second
    owner_told_minutes: int = 120  # working time from there until the owner is told that nothing comes
    first_owner_told_minutes: int = 60  # the first report: working time from the first nudge until the owner is told
    morning_nudges: int = 3  # then a nudge on each of so many mornings, then none
    answered_within_minutes: int = 240  # the owner's working time within which he likely answers; told to the worker
    letters_kept_days: int = 14
    confirm_days: int = 14
    resend_unknown_minutes: int = 15
    ask_back_per_hour: int = 10  # letters to one person that ask back or decline: the last stop against loops
    give_up_days: int = 5  # a letter that cannot be delivered is tried for so long
    has_sysadmin: bool = False  # an address for alerts is configured
