"""The three steps of reading a mail, as the child takes them: sift its header, glance at its kind, read its words."""

from dataclasses import dataclass

from mailagent.mail import wire
from mailagent.mail.headers import Headers, parse_date
from mailagent.mail.message import Body, Unreadable, body_of, header_block, open_message
from mailagent.mail.nature import has_bounce_sign, nature_of
from mailagent.mail.report import understand
from mailagent.mail.sender import claimed_sender, trusted_verdict
from mailagent.mail.thread import ids_of, message_id_of, only_in_copy, subject_keys, token_candidates
from mailagent.mail.wire import AuthVerdict, Glanced, Limits, Ours, ReadContext, Sifted, Understood

_SUBJECT_LIMIT = 500
_READ_NATURES = (wire.PERSON, wire.LIST, wire.OUT_OF_OFFICE)


@dataclass(frozen=True, slots=True)
class Glance:
    """What a glance gives: the answer, and the text for a later reading where there may be one."""

    glanced: Glanced
    body: Body | None


def sift(block: bytes, ours: Ours) -> Sifted:
    """Read a header block, or as much of it as the limit allows."""
    return _sifted(header_block(block, Limits()), ours)


def glance(raw: bytes, ours: Ours, limits: Limits, sifted: Sifted | None = None) -> Glance:
    """Parse a whole mail within the limits and tell what kind it is; `sifted` is what its header block gave before."""
    mail = open_message(raw, limits)
    if isinstance(mail, Unreadable):
        envelope = sift(raw[: limits.header_bytes], ours)
        return Glance(Glanced(mail.problem, wire.PERSON, "it was not looked at", _UNKNOWN, envelope), None)
    envelope = sifted or _sifted(mail.headers, ours)
    nature = nature_of(mail, envelope.addr_spec, ours)
    verdict = trusted_verdict(mail.headers, envelope.addr_spec, ours.authserv_id, ours.domain)
    glanced = Glanced(None, nature.kind, nature.why, verdict, envelope, mail.attachments, nature.bounce)
    return Glance(glanced, body_of(mail, limits) if nature.kind in _READ_NATURES else None)


def text_of(raw: bytes, limits: Limits) -> Body:
    """The text of a mail that was glanced at before; empty where it breaks a limit."""
    mail = open_message(raw, limits)
    return Body((), True) if isinstance(mail, Unreadable) else body_of(mail, limits)


def read(body: Body, context: ReadContext) -> Understood:
    """Read the writer's words against what we sent him: an owner's for orders, else for reports."""
    if not context.is_owner:
        return understand(body, context)
    from mailagent.mail.command import understand_owner  # its grammar is loaded with the first mail of an owner

    return understand_owner(body, context)


_UNKNOWN = AuthVerdict("none", False, "it was not looked at")


def _sifted(headers: Headers, ours: Ours) -> Sifted:
    claim = claimed_sender(headers)
    subject = headers.text("subject")[:_SUBJECT_LIMIT]
    return Sifted(
        addr_spec=claim.addr_spec,
        sender_why=claim.why,
        message_id=message_id_of(headers),
        in_reply_to=ids_of(headers, "in-reply-to"),
        references=ids_of(headers, "references"),
        tokens=token_candidates(headers, ours),
        subject_keys=subject_keys(subject),
        subject=subject,
        bounce_sign=has_bounce_sign(headers, claim.addr_spec),
        written_at=parse_date(headers.plain("date")),
        only_in_copy=only_in_copy(headers, ours),
    )
