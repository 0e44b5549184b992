"""A claimed letter -> the mail that goes out: to whom, with which token, in which words, in which thread.

Nothing is changed or sent here. A letter is written once; what is in the archive is taken from there.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailagent.core import caps
from mailagent.core import events as ev
from mailagent.core.letters import (
    AlertContents,
    BriefContents,
    ConfirmContents,
    FromOwnerContents,
    HoursStand,
    Letter,
    NudgeContents,
    ReceiptContents,
)
from mailagent.core.model import ArchivePlace, LetterKind, Owner, Role, Worker
from mailagent.core.reminders import first_report_minutes
from mailagent.edge.archive import Archive
from mailagent.edge.config import Config
from mailagent.edge.keys import Keys, Purpose, letter_number, message_id
from mailagent.edge.smtp_answers import Envelope
from mailagent.edge.store.port import Store
from mailagent.edge.templates import Frame, LetterBroken, Rendered, Templates, plain_alert
from mailagent.errors import PermanentError
from mailagent.mail.compose import Heading, compose, recipient_of
from mailagent.mail.languages import form_hint, form_lines

WITH_FORM = frozenset(
    {LetterKind.BRIEF, LetterKind.RECEIPT, LetterKind.UNCLEAR, LetterKind.NUDGE, LetterKind.FROM_OWNER}
)
LONGEST_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter goes to, as the office has him now."""

    display_name: str
    address: str
    zone: str
    language: str


@dataclass(frozen=True, slots=True)
class Written:
    """A letter ready to go; `place` is None where its bytes are not in the archive yet."""

    envelope: Envelope
    place: ArchivePlace | None


class Writing:
    """Writes letters by one configuration."""

    def __init__(self, settings: Config, store: Store, archive: Archive, keys: Keys, templates: Templates) -> None:
        self._settings = settings
        self._store = store
        self._archive = archive
        self._keys = keys
        self._templates = templates

    def claim(self, letter: Letter, now: datetime) -> ev.LetterClaimed:
        """Give the claim of a letter, with a new token and Message-ID, or with those it has."""
        if letter.token is not None and letter.message_id is not None:
            return ev.LetterClaimed(letter.id, letter.message_id, letter.token)
        purpose, record, days = self._purpose(letter)
        token = self._keys.mint(letter.recipient_id, purpose, record, (now + timedelta(days=days)).date())
        return ev.LetterClaimed(
            letter.id, message_id(token, letter_number(letter.id), self._settings.agent.domain), token
        )

    def write(self, letter: Letter, place: ArchivePlace | None = None) -> Written:
        """Give the mail of a claimed letter: the archived bytes where there are any, else written now.

        Raises: LetterBroken (a template), PermanentError (nobody to write to).
        """
        recipient = self._recipient(letter)
        place = place or letter.archived
        raw = self._archive.read(place).raw if place is not None else b""
        if recipient_of(raw) != recipient.address:  # nothing archived, or the person has another address by now
            place, raw = None, self._compose(letter, recipient)
        return Written(Envelope(letter.id, self._settings.agent.address, recipient.address, raw), place)

    def _purpose(self, letter: Letter) -> tuple[Purpose, int, int]:
        """What the token is for, the number of the job or question (or 0), and for how many days it is good."""
        identity = self._settings.identity
        if letter.kind is LetterKind.CONFIRM:
            number = letter.contents.number if isinstance(letter.contents, ConfirmContents) else 0
            return Purpose.CONFIRM, number, identity.confirm_days_worker
        if letter.role is not Role.WORKER and letter.job_id is None:
            return Purpose.DIGEST, 0, identity.token_days
        return Purpose.JOB, int(letter.job_id[1:]) if letter.job_id else 0, identity.token_days

    def _recipient(self, letter: Letter) -> Recipient:
        person: Owner | Worker | None = None
        if letter.role is Role.SYSADMIN:
            sysadmin = self._settings.sysadmin
            if sysadmin.address:
                return Recipient(sysadmin.name, sysadmin.address, "Etc/UTC", "en")
        elif letter.role is Role.OWNER:
            person = self._store.owner(letter.recipient_id)
        else:
            person = self._store.worker(letter.recipient_id)
        if person is None or not person.addresses:
            raise PermanentError(f"there is no address for {letter.recipient_id}")
        return Recipient(person.display_name, person.addresses[0], person.hours.zone, person.language)

    def _compose(self, letter: Letter, recipient: Recipient) -> bytes:
        rendered = self._render(letter, recipient)
        assert letter.message_id is not None, "only claimed letters are written"
        assert letter.token is not None, "a claim brings a token"
        agent = self._settings.agent
        heading = Heading(
            from_name=agent.name,
            from_address=agent.address,
            to_name=recipient.display_name,
            to_address=recipient.address,
            subject=rendered.subject,
            sent_at=letter.claimed_at or letter.written_at,
            message_id=letter.message_id,
            reply_to=self._reply_to(letter.token),
            in_reply_to=letter.in_reply_to or letter.thread_root,
            references=tuple(one for one in (letter.thread_root, letter.in_reply_to) if one is not None),
            auto_submitted=_auto_submitted(letter),
            marks=(
                ("X-Mailagent-Letter", letter.kind.value),
                *((("X-Mailagent-Job", letter.job_id),) if letter.job_id else ()),
            ),
        )
        return compose(heading, rendered.text, rendered.html, f"=_{letter_number(letter.id)}")

    def _render(self, letter: Letter, recipient: Recipient) -> Rendered:
        if letter.contents is None:
            raise PermanentError("its words are no longer in the office")
        with_form = letter.kind in WITH_FORM and not _is_last(letter)
        frame = Frame(
            agent_name=self._settings.agent.name,
            agent_address=self._settings.agent.address,
            zone=recipient.zone,
            topic=letter.subject_topic,
            is_answer=letter.in_reply_to is not None,
            ref=letter.job_id or "",
            form=_form(letter, recipient.language) if with_form else (),
            form_hint=form_hint(recipient.language, with_need=_asks_for_need(letter)) if with_form else "",
            first_report_minutes=self._first_report_minutes(letter),
            reply_to=self._settings.agent.address,
        )
        try:
            return self._templates.render(letter.kind, letter.contents, frame)
        except LetterBroken as broken:
            if not isinstance(letter.contents, AlertContents):
                raise
            to_do = (*letter.contents.to_do, f"The templates need a look, too: {broken.why}")
            return plain_alert(replace(letter.contents, to_do=to_do), frame)

    def _first_report_minutes(self, letter: Letter) -> int:
        cap = letter.contents.cap_minutes if isinstance(letter.contents, BriefContents) else None
        return first_report_minutes(cap, self._store.policy)

    def _reply_to(self, token: str) -> str:
        local_part, _, domain = self._settings.agent.address.rpartition("@")
        tagged = f"{local_part}+{token}"
        if not self._settings.identity.plus_addressing or len(tagged) > LONGEST_LOCAL_PART:
            return self._settings.agent.address
        return f"{tagged}@{domain}"


def _form(letter: Letter, language: str) -> tuple[str, ...]:
    """The lines to fill in; where the letter is about several jobs, a block for each under its key."""
    contents = letter.contents
    if not isinstance(contents, NudgeContents) or len(contents.lines) < 2:
        return form_lines(language, with_need=_asks_for_need(letter))
    return tuple(
        line
        for one in contents.lines
        for line in (f"[{one.job_id}]", *form_lines(language, with_need=_is_nearly_used(one.stand)))
    )


def _is_last(letter: Letter) -> bool:
    """There is nothing to report about a job that its owner has closed, or that the worker gave back."""
    if isinstance(letter.contents, ReceiptContents):
        return letter.contents.gave_up in ("declined", "quit")
    return isinstance(letter.contents, FromOwnerContents) and not letter.contents.is_open


def _asks_for_need(letter: Letter) -> bool:
    """From four fifths of the cap on the form asks whether more hours are needed."""
    contents = letter.contents
    if isinstance(contents, NudgeContents):
        return any(_is_nearly_used(one.stand) for one in contents.lines)
    return isinstance(contents, ReceiptContents | FromOwnerContents) and _is_nearly_used(contents.stand)


def _is_nearly_used(stand: HoursStand) -> bool:
    return caps.passed(stand.cap, stand.payable) >= caps.ASKS_FROM


def _auto_submitted(letter: Letter) -> str:
    """RFC 3834 section 5; the brief alone goes without: there an absence note is wanted."""
    if letter.kind is LetterKind.BRIEF:
        return ""
    return "auto-replied" if letter.in_reply_to is not None else "auto-generated"
