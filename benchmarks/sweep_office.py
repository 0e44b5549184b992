"""The small office that the kill sweep breaks: what lies in its mailbox, and what must be true at the end.

A handful of mails of every kind the loop knows: reports, one of them twice, a question, a mail without proof, an
out-of-office, a bounce, a stranger. What must be true is read with stock TinyDB, from the journal's bytes, and from the
recipients' side; nothing of it trusts what the agent says about itself.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.parser import BytesHeaderParser

from tinydb import TinyDB

from benchmarks.office import Office
from benchmarks.replies import Said, Sent, read_letter, reply
from benchmarks.world import World
from mailagent.core.letters import RESENT_WHEN_UNKNOWN
from mailagent.edge.store.replaying import replay
from mailagent.edge.store.verifying import verify

LETTERS = 8  # four briefs, two receipts, a question, a confirmation

Mails = tuple[tuple[bytes, datetime], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What an office has come to, as far as it may not depend on when somebody pulled the plug."""

    reports: tuple[tuple[str, int | None, str | None], ...]  # job, minutes, words
    effort: tuple[tuple[str, int, int, int, int], ...]  # job, minutes, payable, over cap, undecided
    fates: tuple[tuple[str, str], ...]  # mail id, fate
    letters: tuple[tuple[str, str], ...]  # recipient, kind
    books: tuple[int, ...]  # seen, left alone, vanished
    folders: tuple[tuple[str, tuple[str, ...]], ...]  # mail ids in each folder


def write_mails(office: Office, letters: Sequence[bytes], at: datetime) -> Mails:
    """Write what waits in the mailbox: answers to the briefs of J1, J2 and J3, and what else comes in."""
    first, second, third = (read_letter(raw) for raw in letters[:3])
    report = reply(first, Said(1, 90), at=at, size=1200)
    raws = (
        report,
        reply(second, Said(2, 45, status="blocked"), at=at, size=1200),
        reply(third, Said(3, 0), at=at, size=1200).replace(b"Hours: 0:00", b"Hours: some"),
        _plain(office.worker_address(2), office.domain, "News", "Done: The colours\r\nHours: 2\r\nStatus: working\r\n"),
        _out_of_office(second),
        _bounce(third),
        _plain("stranger@elsewhere.test", office.domain, "Buy now", "Cheap hours for sale.\r\n"),
        report,
    )
    return tuple((raw, at) for raw in raws)


def mail_id(raw: bytes) -> str:
    """Return the id the office gives a mail."""
    return hashlib.sha256(raw).hexdigest()[:32]


def is_done(world: World) -> bool:
    """Tell whether all is read and answered: the stranger's mail alone lies in the INBOX, every letter went out."""
    _, inbox = world.folders()[0]
    return len(inbox) == 1 and len(world.letters()) >= LETTERS


def unjournaled(office: Office, world: World) -> list[str]:
    """Name mails that were filed although no journal line tells of them: filing comes after the commit."""
    journal = b"".join(path.read_bytes() for path in sorted((office.state / "journal").glob("*.jsonl")))
    filed = (raw for name, raws in world.folders() if name != "INBOX" for raw in raws)
    return [f"{one} was filed before it was journaled" for one in map(mail_id, filed) if one.encode() not in journal]


def facts(office: Office, world: World) -> Facts:
    """Read with stock TinyDB what the office has come to."""
    with TinyDB(office.state / "office.json", access_mode="r") as db:
        reports = [(row["job_id"], row["minutes"], row["done"]) for row in db.table("reports")]
        fates = [(row["id"], row["fate"]) for row in db.table("mails")]
        letters = [(row["recipient_id"], row["kind"]) for row in db.table("outbox")]
        cursors = [(row["seen"], row["left_alone"], row["vanished"]) for row in db.table("cursors")]
        effort = _effort([dict(row) for row in db.table("time_entries")])
    folders = _without_copies([(name, set(map(mail_id, raws))) for name, raws in world.folders()])
    books = tuple(map(sum, zip(*cursors, strict=True)))
    return Facts(
        *(tuple(sorted(rows, key=repr)) for rows in (reports, effort, fates, letters)),
        books=books,
        folders=tuple(folders),
    )


def differences(expected: Facts, actual: Facts) -> list[str]:
    """Say in what two offices differ. More letters than expected are allowed where they tell of trouble."""
    alerts = [one for one in actual.letters if one[1] == "alert" and one not in expected.letters]
    told = Counter(actual.letters) - Counter(alerts)
    actual = replace(actual, letters=tuple(sorted(told.elements(), key=repr)))
    names = ("reports", "effort", "fates", "letters", "books", "folders")
    pairs = [(name, getattr(expected, name), getattr(actual, name)) for name in names]
    return [f"{name} should be {wanted}, but are {found}" for name, wanted, found in pairs if wanted != found]


def wrong_deliveries(office: Office, world: World) -> list[str]:
    """Name letters that a recipient got twice, never, or that no office knows of."""
    with TinyDB(office.state / "office.json", access_mode="r") as db:
        known = {row["message_id"]: dict(row) for row in db.table("outbox") if row["message_id"]}
        unsent = [row["id"] for row in db.table("outbox") if row["state"] not in ("sent", "unknown", "failed")]
    got = Counter(_message_id(raw) for _, raw in world.letters())
    said = [f"{one} is not on its way, though all is quiet" for one in unsent]
    said += [f"{one} reached somebody, and the office knows nothing of it" for one in got if one not in known]
    for message_id, letter in known.items():
        said += _wrong_count(letter["id"], letter["kind"], letter["state"], letter["resent"], got[message_id])
    return said


def _wrong_count(letter_id: str, kind: str, state: str, resent: bool, count: int) -> list[str]:
    """At most once; twice only what is sent again after a lost answer; never only what then is not."""
    may_go_again = kind in RESENT_WHEN_UNKNOWN
    most = 2 if may_go_again and resent else 1
    least = 0 if state in ("unknown", "failed") and not may_go_again else 1
    if least <= count <= most:
        return []
    return [f"{letter_id} ({kind}, {state}) was delivered {count} times, not {least} to {most}"]


def is_quiet(office: Office) -> bool:
    """Tell whether no letter waits for its turn."""
    with TinyDB(office.state / "office.json", access_mode="r") as db:
        letters = [(row["state"], row["next_try_at"]) for row in db.table("outbox")]
    return all(state in ("sent", "failed") or (state == "unknown" and not again_at) for state, again_at in letters)


def broken_state(office: Office) -> list[str]:
    """Walk the chain, and rebuild the office from the journal alone; say what does not hold."""
    said = [f"verify: {one}" for one in verify(office.state).problems]
    return said + [f"replay: {one}" for one in replay(office.state).differences]


def _without_copies(folders: Sequence[tuple[str, set[str]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Count each mail once, where it was filed.

    A second copy is of no consequence; killed between commit and filing, the agent leaves it where it came in.
    """
    filed = set().union(*(ids for name, ids in folders if name != "INBOX"))
    return [(name, tuple(sorted(ids - filed if name == "INBOX" else ids))) for name, ids in folders]


def _effort(entries: Sequence[dict[str, object]]) -> list[tuple[str, int, int, int, int]]:
    sums: dict[str, Counter[str]] = {}
    for entry in entries:
        mine = sums.setdefault(str(entry["job_id"]), Counter())
        mine.update({name: int(str(entry[name])) for name in ("minutes", "payable", "over_cap", "undecided")})
    return [(job, one["minutes"], one["payable"], one["over_cap"], one["undecided"]) for job, one in sums.items()]


def _message_id(raw: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(raw)["Message-ID"]).strip()


def _plain(sender: str, domain: str, subject: str, text: str) -> bytes:
    message_id = f"<{subject.split()[0]}@phone.example>"
    head = f"From: {sender}\r\nTo: agent@{domain}\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n"
    return f"{head}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode()


def _out_of_office(sent: Sent) -> bytes:
    head = f"From: {sent.recipient}\r\nTo: {sent.reply_to}\r\nSubject: Out of office: {sent.subject}\r\n"
    more = f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {sent.message_id}\r\nMessage-ID: <away@phone.example>\r\n"
    return f"{head}{more}MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nI am back on Monday.\r\n".encode()


def _bounce(sent: Sent) -> bytes:
    """A delivery status notification (RFC 3464) about a letter that is only late."""
    head = f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.test\r\nTo: {sent.reply_to}\r\nSubject: Undelivered\r\n"
    more = "Auto-Submitted: auto-replied\r\nMessage-ID: <bounce@mx.example.test>\r\nMIME-Version: 1.0\r\n"
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    text = "--b\r\nContent-Type: text/plain\r\n\r\nThe mailbox is full.\r\n"
    status = "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.test\r\n\r\n"
    about = f"Final-Recipient: rfc822; {sent.recipient}\r\nAction: failed\r\nStatus: 4.2.2\r\n"
    code = "Diagnostic-Code: smtp; 452 4.2.2 mailbox full\r\n\r\n"
    original = f"Message-ID: {sent.message_id}\r\nTo: {sent.recipient}\r\n"
    back = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n--b--\r\n"
    return "".join((head, more, kind, text, status, about, code, back)).encode()


def now() -> datetime:
    """Return this instant, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
