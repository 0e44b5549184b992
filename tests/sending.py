"""The rooms that mail goes out through, made for a test: a real store, archive, key, templates and configuration."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType

from mailagent.core import events as ev
from mailagent.core.letters import Letter
from mailagent.core.model import Brief, LetterState, Status, WorkingHours
from mailagent.desk import Desk
from mailagent.edge import config
from mailagent.edge.archive import Archive
from mailagent.edge.keys import Keys
from mailagent.edge.smtp import Submission
from mailagent.edge.store import open_store
from mailagent.edge.templates import Templates
from mailagent.outbox import Outbox
from tests.factories import NOW, a_brief, a_mail

AGENT = "desk@example.com"

_CONFIG = """
[agent]
address = "desk@example.com"
name = "Studio work desk"
state_dir = "state"
[imap]
host = "127.0.0.1"
security = "none"
user = "desk"
password_env = "NOTHING"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
timeout_s = 2
{smtp}
[identity]
plus_addressing = true
[sysadmin]
address = "root@example.com"
"""


class Sending:
    """Made in a folder; made there again, it is the next start of the same office."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        smtp: str = "",
        templates: Path | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        path = folder / "mailagent.toml"
        path.write_text(_CONFIG.format(port=port, smtp=smtp))
        self.settings = config.load(path)
        state = self.settings.agent.state_dir
        self.store = open_store(state, policy=self.settings.policy())
        self.archive = Archive(state / "archive")
        key = state / "token.key"
        self.keys = Keys.load(key) if key.exists() else Keys.create(key)
        self.desk = Desk(self.store)
        self.templates = Templates([templates] if templates else [])
        self.outbox = Outbox(
            self.settings,
            self.store,
            self.desk,
            self.archive,
            self.keys,
            partial(Submission, self.settings.smtp, self.settings.agent.domain),
            self.templates,
            stop,
        )
        if not self.store.owners():
            self._staff()

    def __enter__(self) -> "Sending":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.outbox.close()
        self.archive.close()
        self.store.close()

    def _staff(self) -> None:
        hours = WorkingHours("Europe/Berlin")
        self.settle(
            ev.OwnerAdded("dana", "Dana Reed", ("dana@example.com",), hours, digest_at=450),
            ev.WorkerAdded("ana", "Ana Cruz", ("ana@example.net",), WorkingHours("Asia/Manila")),
            ev.WorkerAdded("ben", "Ben Öde", ("ben@example.net",), hours),
        )

    def settle(self, *events: ev.Event, now: datetime = NOW) -> None:
        """Settle what must not be refused."""
        outcomes = self.desk.settle(events, now)
        assert [one.refused or one.broke for one in outcomes if one.decision is None] == []

    def brief(self, worker_id: str = "ana", now: datetime = NOW, **changes: object) -> str:
        """Give a worker a job; the id of the letter that tells him."""
        brief: Brief = replace(a_brief(), **changes)  # type: ignore[arg-type]
        self.settle(ev.JobAdded("dana", worker_id, brief), now=now)
        return f"{worker_id}/brief/{self.store.jobs()[-1].id}"

    def receipts(self, count: int, worker_id: str = "ana", job_id: str = "J1", now: datetime = NOW) -> list[str]:
        """Let a worker give a sign of life, which is no news to the owner; the ids of the receipts."""
        before = {one.id for one in self.waiting(now)}
        for number in range(count):
            facts = a_mail(id=f"{len(before) + number:032x}", uid=number + 1, message_id=f"<m{number}@phone.example>")
            self.settle(ev.Reported(facts, worker_id, job_id, False, None, None, None, None, Status.WORKING), now=now)
        return [one.id for one in self.waiting(now) if one.id not in before]

    def waiting(self, now: datetime = NOW) -> tuple[Letter, ...]:
        return self.store.letters_due(now, 10_000)

    def letter(self, letter_id: str) -> Letter:
        found = self.store.letter(letter_id)
        assert found is not None
        return found

    def state(self, letter_id: str) -> LetterState:
        return self.letter(letter_id).state

    def send(self, now: datetime = NOW) -> int:
        """One group."""
        return self.outbox.send_due(now)
