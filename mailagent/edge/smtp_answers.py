"""What a submission server's answers mean for a letter and for the queue. Values and tables only: no connection here.

RFC 5321 section 4.2 (reply codes), RFC 3463 (enhanced status), RFC 4954 (authentication), RFC 6409 (submission).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from mailagent.errors import PermanentError, TransientError

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ANSWER_LIMIT = 300
_TOKEN = re.compile(r"\b([a-z2-7]{6})[a-z2-7]{22}\b", re.IGNORECASE)  # some servers repeat the Message-ID
_RELAY = re.compile(r"\brelay", re.IGNORECASE)


class Outcome(StrEnum):
    """What became of one letter. UNKNOWN: handed over, but the answer was lost. UNTRIED: nothing of it was sent."""

    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNTRIED = "untried"


class Stage(StrEnum):
    """The command that was answered; DOT is the end of the message, after which the server has it all."""

    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    DOT = "the end of the message"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter on its way: `raw` is the whole mail with CRLF line ends; one recipient."""

    letter_id: str
    reverse_path: str
    forward_path: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one letter; `answer` is the server's line, or our words where there was none."""

    letter_id: str
    outcome: Outcome
    answer: str
    reply_code: int | None = None
    enhanced_status: str = ""

    @property
    def is_about_address(self) -> bool:
        """Tell whether a refusal is about the address (RFC 3463 section 3.2, 3.3: X.1.X, X.2.1), not the content."""
        if self.enhanced_status:
            return self.enhanced_status.startswith("5.1.") or self.enhanced_status == "5.2.1"
        return self.reply_code in (550, 551, 553)


class QueueStopped(TransientError):
    """No letter can go out now; it may mend itself."""

    needs_person = False

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class QueueRefused(QueueStopped, PermanentError):
    """No letter can go out until a person has mended something: a password, a certificate, a refused sender."""

    needs_person = True


def receipt(letter_id: str, stage: Stage, code: int, message: str) -> Receipt:
    """Judge a reply to one letter. A code below 200 or above 599 is no answer at all."""
    answer = said(code, message)
    found = _ENHANCED.match(message)
    enhanced = found.group(1) if found else ""
    if 200 <= code < 300 and stage is Stage.DOT:
        return Receipt(letter_id, Outcome.SENT, answer, code, enhanced)
    if 500 <= code < 600:
        return Receipt(letter_id, Outcome.FAILED, answer, code, enhanced)
    if 400 <= code < 500 or stage is not Stage.DOT:
        return Receipt(letter_id, Outcome.DEFERRED, answer, code, enhanced)
    return Receipt(letter_id, Outcome.UNKNOWN, answer, code, enhanced)


def queue_trouble(stage: Stage, code: int, message: str, *, logged_in: bool) -> QueueStopped | None:
    """Tell whether a reply is about all letters and not this one: then the queue stops and the letter is not to blame.

    A refused sender and a demand to log in meet every letter; 421 and 454 ask us to come back later.
    """
    answer = said(code, message).rstrip(" .")
    if code in (530, 535):
        return QueueRefused(f"the server refuses to take our mail: {answer}; check user and password in [smtp]")
    if stage is Stage.MAIL and 500 <= code < 600:
        return QueueRefused(
            f"the server refuses to take our mail: {answer}; see on the server that we may send as agent.address"
        )
    if stage is Stage.RCPT and 500 <= code < 600 and not logged_in and _RELAY.search(message):
        return QueueRefused(f"the server wants a login before it relays: {answer}; set user and password in [smtp]")
    if code in (421, 454) or (stage is Stage.MAIL and 400 <= code < 500):
        return QueueStopped(f"the server asks us to come back later: {answer}")
    return None


def said(code: int, message: str) -> str:
    """A reply on one line, bounded, without a whole token of ours: fit for journal, log and alerts."""
    clean = _TOKEN.sub(r"\1...", message.encode("utf-8", "replace").decode("utf-8"))
    return " ".join(_CONTROLS.sub(" ", f"{code} {clean}").split())[:_ANSWER_LIMIT]
