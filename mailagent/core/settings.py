"""The owner's policy as values: every number that decides something and that a person may set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations are whole minutes, days where the name says so.

    `first_report_minutes` and `first_report_at_most` tell the worker in his brief when the first report is expected.
    """

    day_limit_minutes: int = 16 * 60  # more than this reported in one day stays undecided
    repeat_hours: int = 24  # the same report again within this time is asked about
    first_report_minutes: int = 120
    letters_kept_days: int = 14
    confirm_days: int = 14
    resend_unknown_minutes: int = 15
    ask_back_per_hour: int = 10  # letters to one person that ask back or decline: the last stop against loops
    give_up_days: int = 5  # a letter that cannot be delivered is tried for so long
    has_sysadmin: bool = False  # an address for alerts is configured
