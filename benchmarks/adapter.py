"""How mailagent reads, as the scorers of reply parsers ask for it: the product's own code and no rule of its own."""

from mailagent.mail import wire
from mailagent.mail.markup import plain_lines
from mailagent.mail.message import Body
from mailagent.mail.reading import glance, read, text_of
from mailagent.mail.reply import mark_lines, own_text, sent_lines

# Status as the scorers name it; a status that is not here has the same name in both.
SCORERS_WORD = {"working": "in_progress", "started": "in_progress", "not started": "not_started"}

_OURS = wire.Ours("mailagent@agent.invalid", "agent.invalid")
_LIMITS = wire.Limits()
_LANGUAGES = ("en",)


def visible_text(text: str) -> str:
    """The body of a plain-text reply -> the writer's own words."""
    return _own_words(Body(tuple(plain_lines(text)), truncated=False))


def visible_text_of_message(raw: bytes) -> str:
    """A whole message -> the writer's own words."""
    return _own_words(text_of(raw, _LIMITS))


def parse_report(raw: bytes, sent: str | None = None) -> dict[str, object] | None:
    """A whole message, and the text it answers -> the fields of its report; None where it is no report."""
    seen = glance(raw, _OURS, _LIMITS)
    if seen.body is None or seen.glanced.nature != wire.PERSON:
        return None
    understood = read(seen.body, wire.ReadContext((sent,) if sent else (), _LANGUAGES))
    if not understood.reports:
        return None
    fields = understood.reports[0]
    keys = [key for key in (fields.job_key, *seen.glanced.envelope.subject_keys, *understood.body_keys) if key]
    return {
        "job": keys[0] if keys else None,
        "done": fields.done,
        "hours_min": fields.minutes,
        "next": fields.next,
        "blocked": fields.blocked,
        "status": SCORERS_WORD.get(fields.status or "", fields.status),
    }


def _own_words(body: Body) -> str:
    return own_text(mark_lines(body, sent_lines(()), _LANGUAGES))
