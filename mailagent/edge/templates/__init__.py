"""Letters as values -> subject, text and HTML, by the Jinja templates in templates/. The only room with jinja2.

Templates are the sysadmin's, values are anybody's: values are never compiled, escaped in HTML, and made one line where
one is meant. An undefined name is an error. A template may use `c` (the contents), `frame` and the filters of shown.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

import mailagent
from mailagent.core.letters import (
    CONTENTS,
    AlertContents,
    Contents,
    DigestContents,
    DigestLine,
    HoursStand,
    Unclear,
    WaitingLine,
)
from mailagent.core.model import LetterKind, Step
from mailagent.edge.templates import prose, shown
from mailagent.errors import MailagentError

__all__ = ["Frame", "LetterBroken", "Rendered", "Templates", "plain_alert", "shipped_folder"]

HTML_BYTES = 80_000  # mail programs clip a mail of about 102,000 bytes
DIGEST_ROWS = 100  # more jobs than these are told as a number
_SPOKEN = "en"  # the language of the templates; translations will bring more
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around a letter's contents. `zone` is the reader's; `form` and `form_hint` are in the reader's language.

    `topic` is the fixed subject of a job's mails, `ref` what the last line names (the job's key); both may be empty.
    """

    agent_name: str
    agent_address: str
    zone: str
    topic: str = ""
    is_answer: bool = False
    ref: str = ""
    form: tuple[str, ...] = ()
    form_hint: str = ""
    first_report_minutes: int = 120


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words. The subject is one line; text and HTML say the same."""

    subject: str
    text: str
    html: str


# Frozen values of ours: plain fields, nothing to call, nothing to change.
_VALUES = frozenset({Frame, HoursStand, DigestLine, Step, Unclear, WaitingLine, *CONTENTS.values()})


class _Sandbox(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        # Half of a letter's time went into asking this of our own values, field by field.
        if type(obj) in _VALUES:
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


class LetterBroken(MailagentError):
    """A template is missing or wrong; `why` tells the sysadmin which and how."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def shipped_folder() -> Path:
    """The folder of the templates that came with the package: inside a wheel, or beside the source tree."""
    package = Path(mailagent.__file__).parent
    inside = package / "_data" / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


class Templates:
    """The templates of one start or reload: what is read once stays as it is until the next."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """`folders` are looked through first, in order; then the shipped ones."""
        loader = FileSystemLoader([*folders, shipped_folder()])
        self._environment = environment = _Sandbox(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.newstyle_gettext = True  # type: ignore[attr-defined]  # the i18n extension adds it
        environment.globals |= {"gettext": _gettext, "ngettext": _ngettext, "lang": _SPOKEN}
        environment.filters |= shown.FILTERS | prose.FILTERS

    def render(self, kind: LetterKind, contents: Contents, frame: Frame) -> Rendered:
        """Put one letter into words. Raises: LetterBroken."""
        if not isinstance(contents, DigestContents):
            return self._render(kind, contents, frame, 0)
        rows = DIGEST_ROWS
        while True:
            rendered = self._render(kind, contents, frame, rows)
            if rows <= 1 or len(rendered.html.encode("utf-8", "replace")) <= HTML_BYTES:
                return rendered
            rows //= 2

    def _render(self, kind: LetterKind, contents: Contents, frame: Frame, rows: int) -> Rendered:
        def fill(part: str) -> str:
            return self._environment.get_template(f"{kind.value}.{part}.j2").render(c=contents, frame=frame, rows=rows)

        try:
            subject, text, html = fill("subject"), fill("txt"), fill("html")
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            place = f" line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
            why = f"the letter {kind.value} cannot be written: {type(error).__name__}{place}: {error}"
            raise LetterBroken(why) from error
        return Rendered(" ".join(subject.split()), _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n", html)


# What the i18n extension would install for no translations, without its detour through the context at every sentence.
@pass_eval_context
def _gettext(context: EvalContext, words: str, /, **values: object) -> str:
    return (Markup(words) if context.autoescape else words) % values


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
    words = one if number == 1 else many
    return (Markup(words) if context.autoescape else words) % values


def plain_alert(contents: AlertContents, frame: Frame) -> Rendered:
    """An alert without any template: what must be told is told, also when the templates are what is broken."""
    happened, to_do = "\n".join(contents.happened), "\n".join(f"- {one}" for one in contents.to_do)
    text = f"Hello {contents.person_name},\n\n{contents.headline}.\n\n{happened}\n\n{to_do}\n\n{frame.agent_name}\n"
    head = f'<!doctype html>\n<html lang="{_SPOKEN}"><head><meta charset="utf-8"></head><body>'
    return Rendered(contents.headline, text, f"{head}<pre>{prose.escaped(text)}</pre></body></html>\n")
