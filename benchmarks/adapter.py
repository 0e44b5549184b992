"""How mailagent reads, as the scorers of reply parsers ask for it: the product's own code and no rule of its own."""

from mailagent.core.model import Status
from mailagent.mail import wire
from mailagent.mail.message import Body, plain_body
from mailagent.mail.reading import glance, read, text_of
from mailagent.mail.reply import Sent, mark_lines, own_text

# Status as the scorers name it; one that is not here has the same name in both.
SCORERS_WORD = {Status.WORKING: "in_progress", Status.STARTED: "in_progress", Status.NOT_STARTED: "not_started"}

_OURS = wire.Ours("mailagent", "mailagent")
_LIMITS = wire.Limits()


def visible_text(text: str) -> str:
    """The body of a plain-text reply -> the writer's own words."""
    return _own_words(plain_body(text, _LIMITS))


def visible_text_of_message(raw: bytes) -> str:
    """A whole message -> the writer's own words."""
    return _own_words(text_of(raw, _LIMITS))


def parse_report(raw: bytes, sent: str | None = None) -> dict[str, object] | None:
    """A whole message, and the text it answers -> the fields of its report; None where it is no report."""
    seen = glance(raw, _OURS, _LIMITS)
    if seen.body is None or seen.glanced.nature != wire.PERSON:
        return None
    understood = read(seen.body, wire.ReadContext((sent,) if sent else ()))
    if not understood.reports or not understood.reports[0].is_about_work:
        return None  # a question alone, or days off, is no report
    fields = understood.reports[0]
    status = Status(fields.status) if fields.status else None
    keys = [key for key in (fields.job_key, *seen.glanced.envelope.subject_keys, *understood.body_keys) if key]
    return {
        "job": keys[0] if keys else None,
        "done": fields.done,
        "hours_min": fields.minutes,
        "next": fields.next,
        "blocked": fields.blocked,
        "status": SCORERS_WORD.get(status, status) if status else None,
    }


def _own_words(body: Body) -> str:
    return own_text(mark_lines(body, Sent(()), wire.ReadContext().languages))
