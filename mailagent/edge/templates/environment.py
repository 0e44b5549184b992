"""Jinja as our letters want it: sandboxed, strict, escaping in HTML, and quick with values of ours."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mailagent.core.figures import Candidacy, Trial
from mailagent.core.letters import CONTENTS, DigestLine, HoursStand, Money, NudgeLine, Reason, Unclear, WaitingLine
from mailagent.core.model import Step
from mailagent.edge.templates import Frame, LetterBroken, prose, shown

# Frozen values of ours: plain fields, nothing to call, nothing to change.
_VALUES = frozenset(
    {
        Frame,
        HoursStand,
        DigestLine,
        Reason,
        Money,
        NudgeLine,
        Step,
        Trial,
        Candidacy,
        Unclear,
        WaitingLine,
        *CONTENTS.values(),
    }
)


class _Sandbox(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        # Half of a letter's time went into asking this of our own values, field by field.
        if type(obj) in _VALUES:
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


class Filler:
    """Fills the templates of some folders; a template that was read once stays as it is."""

    def __init__(self, folders: Sequence[Path], spoken: str) -> None:
        """`folders` are looked through in order; `spoken` is the language of the templates (RFC 5646)."""
        self._environment = environment = _Sandbox(
            loader=FileSystemLoader(list(folders)),
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
        environment.globals |= {"gettext": _gettext, "ngettext": _ngettext, "lang": spoken}
        environment.filters |= shown.FILTERS | prose.FILTERS

    def fill(self, kind: str, part: str, **values: object) -> str:
        """Fill `KIND.PART.j2` with `values`. Raises: LetterBroken."""
        try:
            return self._environment.get_template(f"{kind}.{part}.j2").render(**values)
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            place = f" line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
            why = f"the letter {kind} cannot be written: {type(error).__name__}{place}: {error}"
            raise LetterBroken(why) from error


# What the i18n extension would install for no translations, without its detour through the context at every sentence.
@pass_eval_context
def _gettext(context: EvalContext, words: str, /, **values: object) -> str:
    return (Markup(words) if context.autoescape else words) % values


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
    words = one if number == 1 else many
    return (Markup(words) if context.autoescape else words) % values
