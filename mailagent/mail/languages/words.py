"""The shape of a language: what each data module fills in. Words are lower case; matching ignores case."""

from dataclasses import dataclass

DONE = "done"
HOURS = "hours"
NEXT = "next"
BLOCKED = "blocked"
STATUS = "status"
QUESTION = "question"
NEED = "need"
AWAY = "away"
SNOOZE = "snooze"
DECLINE = "decline"
QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Language:
    """What people and mail programs write in one language.

    `labels` and `statuses` pair a field, or a value of core.model.Status, with the words that may stand for it.
    """

    code: str
    form_hint: str
    form: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]  # what is asked where something is unclear; {} is filled in
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    clock_labels: tuple[str, ...]  # of these, those behind which a time of day may stand: `Time: 10:30`
    statuses: tuple[tuple[str, tuple[str, ...]], ...]
    nothing_blocks: tuple[str, ...]  # what people put behind `Blocked:` when nothing does
    not_said: tuple[str, ...]  # what stands for "no answer" behind any label
    hint_starts: tuple[str, ...]  # a form's own hint, in brackets behind a label: `(what you finished)`
    yes: tuple[str, ...]
    no: tuple[str, ...]
    closings: tuple[str, ...]  # first words of a letter's end: `regards`
    greetings: tuple[str, ...]
    # durations
    hour_units: tuple[str, ...]
    minute_units: tuple[str, ...]
    numbers: tuple[tuple[str, int], ...]
    articles: tuple[str, ...]  # those of `numbers` that need a unit behind them
    parts_of_an_hour: tuple[tuple[str, int], ...]  # whole phrases -> minutes
    halves: tuple[tuple[str, int], ...]  # behind a number of hours -> minutes more
    about: tuple[str, ...]
    joins: tuple[str, ...]  # between hours and minutes
    no_time: tuple[str, ...]
    today: tuple[str, ...]  # may stand behind a duration and changes nothing
    # mail programs
    wrote: tuple[str, ...]  # the last word of an attribution line
    attribution_starts: tuple[str, ...]
    header_names: tuple[tuple[str, tuple[str, ...]], ...]  # from, sent, to, subject, cc
    original_message: tuple[str, ...]
    sent_from: tuple[str, ...]  # how a mobile footer starts
    away_subjects: tuple[str, ...]  # in the subject of an out-of-office answer
    automatic_subjects: tuple[str, ...]  # of these, those that a program alone puts first
    under_way: tuple[str, ...]  # a status may go on after these: `working on the other 60`
    buts: tuple[str, ...]  # words that take back a `no` before them
    goes_on: tuple[str, ...]  # may follow a duration with its unit and changes nothing: `2h on the photos`
    # what a worker may say at any time
    need_line: str  # the form's line for more hours
    need_hint: str
    because: tuple[str, ...]  # a reason follows: `2h because ...`
    more: tuple[str, ...]  # around a number of hours that is asked for: `2h more`
    more_time: tuple[str, ...]  # more hours without a number
    gives_up: tuple[tuple[str, tuple[str, ...]], ...]  # DECLINE and QUIT, as the first words of a line
    # days
    weekdays: tuple[tuple[str, int], ...]  # 1 Monday to 7 Sunday
    months: tuple[tuple[str, int], ...]
    near_days: tuple[tuple[str, int], ...]  # `today = 0`
    until: tuple[str, ...]  # the day behind it is the first one back
    through: tuple[str, ...]  # the day behind it is the last one off
    back: tuple[str, ...]  # of these, those of an absence note: `back on Thursday`
    starting: tuple[str, ...]  # `from`: another day must follow
    on: tuple[str, ...]  # before a day, and changes nothing


def words(text: str) -> tuple[str, ...]:
    """Part `one | two` into its words."""
    return tuple(word.strip() for word in text.split("|"))


def pairs(text: str) -> tuple[tuple[str, int], ...]:
    """Part `one = 1 | two = 2` into words with their numbers."""
    parted = (pair.rpartition("=") for pair in text.split("|"))
    return tuple((word.strip(), int(number)) for word, _, number in parted)
