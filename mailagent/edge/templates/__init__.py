"""Letters as values -> subject, text and HTML, by the Jinja templates in templates/. The only room with jinja2.

Templates are the sysadmin's, values are anybody's: values are never compiled, escaped in HTML, and made one line where
one is meant. An undefined name is an error. A template may use `c` (the contents), `frame` and the filters of shown.py.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import mailagent
from mailagent.core.letters import AlertContents, Contents, DigestContents
from mailagent.core.model import LetterKind
from mailagent.errors import MailagentError

__all__ = ["Frame", "LetterBroken", "Rendered", "Templates", "plain_alert", "shipped_folder"]

HTML_BYTES = 80_000  # mail programs clip a mail of about 102,000 bytes
DIGEST_ROWS = 100  # more jobs than these are told as a number
_SPOKEN = "en"  # the language of the templates; translations will bring more
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around a letter's contents. `zone` is the reader's; `form` and `form_hint` are in the reader's language.

    `topic` is the fixed subject of a job's mails, `ref` what the last line names (the job's key), `reply_to`
    where a button writes to: the plain address, because a link is forwarded with the mail. All may be empty.
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
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words. The subject is one line; text and HTML say the same."""

    subject: str
    text: str
    html: str


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
    """The templates of one start or reload: what is read once stays as it is until the next.

    Jinja is loaded for the first letter; a daemon at rest, or a `once` that finds nothing, does without it.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """`folders` are looked through first, in order; then the shipped ones."""
        self._folders = (*folders, shipped_folder())

    @cached_property
    def _fill(self) -> Callable[..., str]:
        from mailagent.edge.templates.environment import Filler

        return Filler(self._folders, _SPOKEN).fill

    def render(self, kind: LetterKind, contents: Contents, frame: Frame) -> Rendered:
        """Put one letter into words. Raises: LetterBroken."""
        if not isinstance(contents, DigestContents):
            return self._render(kind, contents, frame, 0)
        rows = DIGEST_ROWS
        while True:
            rendered = self._render(kind, contents, frame, rows)
            size = len(rendered.html.encode("utf-8", "replace"))
            if rows <= 1 or size <= HTML_BYTES:
                return rendered
            rows = min(rows - 1, rows * HTML_BYTES // size)

    def _render(self, kind: LetterKind, contents: Contents, frame: Frame, rows: int) -> Rendered:
        subject, text, html_text = (
            self._fill(kind.value, part, c=contents, frame=frame, rows=rows) for part in ("subject", "txt", "html")
        )
        return Rendered(" ".join(subject.split()), _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n", html_text)


def plain_alert(contents: AlertContents, frame: Frame) -> Rendered:
    """An alert without any template: what must be told is told, also when the templates are what is broken."""
    import html  # its table of entities takes a third of a megabyte, and this letter is rare

    happened, to_do = "\n".join(contents.happened), "\n".join(f"- {one}" for one in contents.to_do)
    text = f"Hello {contents.person_name},\n\n{contents.headline}.\n\n{happened}\n\n{to_do}\n\n{frame.agent_name}\n"
    head = f'<!doctype html>\n<html lang="{_SPOKEN}"><head><meta charset="utf-8"></head><body>'
    return Rendered(contents.headline, text, f"{head}<pre>{html.escape(text)}</pre></body></html>\n")
