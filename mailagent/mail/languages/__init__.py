"""The words of each language as data: labels, statuses, numbers, the form of our letters and how mail programs quote.

The form (SPEC section 5) is written here once, for those who write letters and for those who read the answers.
"""

from mailagent.mail.languages import english
from mailagent.mail.languages.words import Language

_LANGUAGES: dict[str, Language] = {"en": english.ENGLISH}


def language(code: str) -> Language:
    """Give a language by its code (`en`); English where we do not have it."""
    return _LANGUAGES.get(code, english.ENGLISH)


def every_language() -> tuple[Language, ...]:
    """All languages, for what a mail program wrote in whatever language it is set to."""
    return tuple(_LANGUAGES.values())


def form_hint(code: str, *, with_need: bool = False) -> str:
    """The sentence above the form; `with_need` where the form asks whether more hours are needed."""
    one = language(code)
    return f"{one.form_hint} {one.need_hint}" if with_need else one.form_hint


def form_lines(code: str, *, with_need: bool = False) -> tuple[str, ...]:
    """The lines of the form, without the blank line that a letter puts between them.

    `Need` stands before those that have an answer already, so that nothing typed below the form is taken for its own.
    """
    one = language(code)
    if not with_need:
        return one.form
    answered = next(place for place, line in enumerate(one.form) if not line.endswith(":"))
    return (*one.form[:answered], one.need_line, *one.form[answered:])
