"""The shape of a language: what each data module fills in. Words are lower case; matching ignores case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """`labels` names for each field (done, hours, next, blocked, status) the words that may stand before the colon."""

    code: str
    form_hint: str
    form: tuple[str, ...]
    labels: tuple[tuple[str, tuple[str, ...]], ...]
    statuses: tuple[tuple[str, tuple[str, ...]], ...]
