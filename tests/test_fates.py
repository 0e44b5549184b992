"""The line that the log has for each mail: what a sysadmin looks for is in it, and nothing that is not his."""

import logging
from datetime import datetime
from pathlib import Path

import pytest

from mailagent import desk, fates
from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decision import Decision
from mailagent.core.model import Fate, Proof
from mailagent.core.slices import Slice
from mailagent.desk import Settled
from tests.factories import NOW, a_reported
from tests.factories import a_mail as facts
from tests.rooms import Rooms

TOKEN = "ceaaaaddke2zy6ryvdxmvkrdqgya"


def told(rooms: Rooms, caplog: pytest.LogCaptureFixture, *events: ev.Event) -> list[tuple[str, str]]:
    caplog.set_level(logging.INFO, "mailagent.fates")
    fates.tell(rooms.store, rooms.settle(*events))
    return [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mailagent.fates"]


@pytest.mark.parametrize(
    ("fate", "why", "level", "begins"),
    [
        (Fate.AUTOMATIC, "automatic: an out-of-office", "INFO", "fate=automatic why='automatic: an out-of-office' "),
        (Fate.QUARANTINED, "it cannot be read", "WARNING", "fate=quarantined why='it cannot be read' "),
        (Fate.LEFT_ALONE, "a bounce of nothing", "INFO", "fate=left-alone why='a bounce of nothing' "),
    ],
)
def test_the_line_says_the_fate_and_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fate: Fate, why: str, level: str, begins: str
) -> None:
    mail = facts(addr_spec="x@evil.example", message_id="<1@evil.example>", person_id=None, proof=Proof.UNKNOWN)
    with Rooms(tmp_path) as rooms:
        ((found, line),) = told(rooms, caplog, ev.MailSettled(mail, fate, why))

    assert (found, line[: len(begins)]) == (level, begins)
    assert f" from=x@evil.example mailbox={mail.mailbox} uid={mail.uid} mail={mail.id} " in line
    assert line.endswith(" message_id=<1@evil.example> proof=unknown")


def test_what_people_wrote_cannot_look_like_a_field_of_the_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Rooms(tmp_path) as rooms:
        ((_, line),) = told(rooms, caplog, ev.MailSettled(facts(), Fate.AUTOMATIC, "x' job=J1\nERROR fate=lost"))

    assert "\n" not in line
    assert line.startswith('fate=automatic why="x\' job=J1\\nERROR fate=lost" job=- ')


def test_no_token_is_in_the_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mail = facts(addr_spec=f"agent+{TOKEN}@studio.example", message_id=f"<t.{TOKEN}.abc@studio.example>")
    with Rooms(tmp_path) as rooms:
        ((_, line),) = told(rooms, caplog, ev.MailSettled(mail, Fate.QUARANTINED, f"it says {TOKEN}"))

    assert TOKEN not in line
    assert "from=agent+…@studio.example" in line


def test_several_reports_in_one_mail_are_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Rooms(tmp_path) as rooms:
        rooms.staff()
        rooms.brief()
        rooms.brief()
        ((level, line),) = told(rooms, caplog, a_reported(), a_reported(job_id="J2"))

    assert (level, "fate=processed" in line, "job=J" in line) == ("INFO", True, True)


def test_a_decision_that_breaks_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide_badly(slice_: Slice, event: ev.Event, now: datetime) -> Decision:
        if isinstance(event, ev.Reported):
            raise KeyError("ana")
        return decide(slice_, event, now)

    monkeypatch.setattr(desk, "decide", decide_badly)
    with Rooms(tmp_path) as rooms:
        fates.tell(rooms.store, rooms.desk.settle([a_reported()], NOW))

    ((level, line),) = [(one.levelname, one.getMessage()) for one in caplog.records if one.name == "mailagent.fates"]
    assert level == "WARNING"
    assert line.startswith("fate=quarantined why=\"its decision broke: KeyError: 'ana'\" job=- from=ana@example.com ")


def test_a_mail_of_which_nothing_could_be_kept_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Rooms(tmp_path) as rooms:
        fates.tell(rooms.store, [Settled(a_reported(), broke="KeyError: 'ana'")])

    assert [(one.levelname, one.getMessage()[:18]) for one in caplog.records] == [("WARNING", "fate=not-recorded ")]
