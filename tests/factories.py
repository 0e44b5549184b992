"""Plain factories with good defaults; a test names only what it is about."""

from datetime import UTC, datetime
from typing import Any

from mailagent.core import events as ev
from mailagent.core.letters import Letter, ReceiptContents
from mailagent.core.model import (
    ArchivePlace,
    Brief,
    Job,
    LetterKind,
    Owner,
    Phase,
    Proof,
    Report,
    Role,
    Step,
    TimeEntry,
    Worker,
    WorkingHours,
)
from mailagent.core.settings import Policy
from mailagent.core.slices import Slice

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday


def an_owner(**changes: Any) -> Owner:
    facts: dict[str, Any] = {
        "id": "dana",
        "display_name": "Dana Reed",
        "addresses": ("dana@example.com",),
        "hours": WorkingHours("Europe/Berlin"),
        "digest_at": 7 * 60 + 30,
        "added_at": NOW,
    }
    return Owner(**(facts | changes))


def a_worker(**changes: Any) -> Worker:
    facts: dict[str, Any] = {
        "id": "ana",
        "display_name": "Ana Cruz",
        "addresses": ("ana@example.com",),
        "hours": WorkingHours("Asia/Manila"),
        "added_at": NOW,
    }
    return Worker(**(facts | changes))


def a_brief(**changes: Any) -> Brief:
    facts: dict[str, Any] = {
        "title": "Clean the leads list",
        "why": "The newsletter goes out on Friday and bounces cost us the sender's name.",
        "how": "Open the sheet. Mark every row whose address does not look real.",
        "accept": ("every row has a mark", "no row was deleted"),
        "steps": (Step("mark the first 20 rows", 30), Step("mark the rest", 60)),
        "cap_minutes": 480,
    }
    return Brief(**(facts | changes))


def a_job(**changes: Any) -> Job:
    facts: dict[str, Any] = {
        "id": "J1",
        "owner_id": "dana",
        "worker_id": "ana",
        "phase": Phase.WORKING,
        "brief": a_brief(),
        "briefed_at": NOW,
    }
    return Job(**(facts | changes))


def a_mail(**changes: Any) -> ev.MailFacts:
    facts: dict[str, Any] = {
        "id": "0" * 32,
        "mailbox": "INBOX",
        "uidvalidity": 1,
        "uid": 7,
        "received_at": NOW,
        "archived": ArchivePlace("2026-11", 0),
        "addr_spec": "ana@example.com",
        "person_id": "ana",
        "proof": Proof.TOKEN,
        "proof_why": "it answers our mail to him",
        "message_id": "<reply@example.com>",
        "subject": "Re: [J1] Clean the leads list",
    }
    return ev.MailFacts(**(facts | changes))


def a_reported(**changes: Any) -> ev.Reported:
    facts: dict[str, Any] = {
        "mail": a_mail(),
        "worker_id": "ana",
        "job_id": "J1",
        "job_guessed": False,
        "done": "20 rows",
        "minutes": 90,
        "next": "the rest",
        "blocked": None,
        "status": None,
    }
    return ev.Reported(**(facts | changes))


def a_report(**changes: Any) -> Report:
    facts: dict[str, Any] = {
        "id": "R3",
        "job_id": "J1",
        "worker_id": "ana",
        "mail_id": "1" * 32,
        "received_at": NOW,
        "proof": Proof.TOKEN,
        "brief_version": 1,
        "done": "20 rows",
        "minutes": 90,
        "next": "the rest",
    }
    return Report(**(facts | changes))


def an_entry(**changes: Any) -> TimeEntry:
    facts: dict[str, Any] = {
        "id": "E3",
        "job_id": "J1",
        "worker_id": "ana",
        "report_id": "R3",
        "recorded_at": NOW,
        "worked_on": NOW.date(),
        "minutes": 90,
        "payable": 90,
        "over_cap": 0,
        "undecided": 0,
    }
    return TimeEntry(**(facts | changes))


def a_letter(**changes: Any) -> Letter:
    facts: dict[str, Any] = {
        "id": "ana/receipt/R3",
        "kind": LetterKind.RECEIPT,
        "role": Role.WORKER,
        "recipient_id": "ana",
        "job_id": "J1",
        "causes": (),
        "contents": None,
        "written_at": NOW,
    }
    return Letter(**(facts | changes))


def a_slice(**changes: Any) -> Slice:
    """The office as a worker's mail about J1 sees it."""
    facts: dict[str, Any] = {
        "seq": 5,
        "policy": Policy(),
        "owner": an_owner(),
        "owner_count": 1,
        "worker": a_worker(),
        "job": a_job(),
        "open_jobs": (a_job(),),
    }
    return Slice(**(facts | changes))


def receipt_of(letter: Letter) -> ReceiptContents:
    assert isinstance(letter.contents, ReceiptContents)
    return letter.contents
