"""Owners and workers come into the office once; a job needs both; the digest is written once a local date."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.letters import AlertContents, BriefContents, DigestContents
from mailagent.core.model import (
    Brief,
    Job,
    LetterKind,
    Mail,
    Owner,
    Phase,
    Proof,
    Role,
    Standing,
    Status,
    Worker,
    WorkingHours,
)
from mailagent.core.reminders import owner_due_at
from mailagent.core.settings import Policy
from mailagent.core.slices import Books, Effort, JobPicture, alert_key, needs
from mailagent.errors import Refused
from tests.factories import NOW, a_brief, a_job, a_letter, a_mail, a_report, a_slice, a_worker, an_owner

HOURS = WorkingHours("Europe/Berlin")


def test_an_owner_is_added() -> None:
    event = ev.OwnerAdded("dana", "Dana Reed", ("dana@example.com",), HOURS, 450)

    decision = decide(a_slice(), event, NOW)

    owner = decision.changes[0].after
    assert isinstance(owner, Owner)
    assert (owner.id, owner.added_at, owner.digest_at) == ("dana", NOW, 450)


def test_a_worker_is_added_with_money_as_decimal() -> None:
    event = ev.WorkerAdded("ana", "Ana", ("ana@example.com",), HOURS, rate="6.50", currency="USD")

    worker = decide(a_slice(), event, NOW).changes[0].after

    assert isinstance(worker, Worker)
    assert worker.rate == Decimal("6.50")


@pytest.mark.parametrize(
    "event",
    [ev.OwnerAdded("dana", "D", ("d@x.example",), HOURS, 450), ev.WorkerAdded("ana", "A", ("a@x.example",), HOURS)],
)
def test_a_name_or_address_that_is_taken_is_refused(event: ev.Event) -> None:
    with pytest.raises(Refused, match=r"a@x\.example is already used by ben"):
        decide(a_slice(taken=(("a@x.example", "ben"),)), event, NOW)


def test_a_job_is_briefed() -> None:
    decision = decide(a_slice(next_job_number=12), ev.JobAdded(None, "ana", a_brief()), NOW)

    job = decision.changes[0].after
    assert isinstance(job, Job)
    assert (job.id, job.number, job.phase) == ("J12", 12, Phase.BRIEFED)
    (letter,) = decision.letters
    assert (letter.id, letter.subject_topic) == ("ana/brief/J12", "[J12] Clean the leads list")
    assert isinstance(letter.contents, BriefContents)
    assert letter.contents.first_mail
    assert "J12 goes to Ana Cruz <ana@example.com>" in decision.said


@pytest.mark.parametrize(
    ("changes", "owner_id", "sentence"),
    [
        ({"owner": None}, "eva", "no owner called eva"),
        ({"owner": None, "owner_count": 0}, None, "no owner yet"),
        ({"owner": None, "owner_count": 2}, None, "more than one owner"),
        ({"worker": None}, None, "no worker called ana"),
        ({"worker": a_worker(standing=Standing.PAUSED)}, None, "is paused"),
        ({"worker": a_worker(standing=Standing.ENDED)}, None, "is ended"),
    ],
)
def test_a_job_without_its_people_is_refused(changes: dict[str, object], owner_id: str | None, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        decide(a_slice(**changes), ev.JobAdded(owner_id, "ana", a_brief()), NOW)


@pytest.mark.parametrize(
    ("brief", "sentence"),
    [(a_brief(due_on=date(2026, 11, 22)), "2026-11-22 has passed"), (a_brief(cap_minutes=0), "no work at all")],
)
def test_a_brief_that_nobody_can_fulfil_is_refused(brief: Brief, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        decide(a_slice(), ev.JobAdded(None, "ana", brief), NOW)


def picture(number: int, **changes: object) -> JobPicture:
    facts: dict[str, object] = {
        "job": a_job(id=f"J{number}"),
        "worker": a_worker(),
        "effort": Effort(90, 90, 0, 0),
        "minutes_since": 90,
        "reports_since": 1,
        "over_cap_since": 0,
        "undecided_since": 0,
        "last_report": a_report(),
    }
    return JobPicture(**(facts | changes))  # type: ignore[arg-type]


def digest_of(*pictures: JobPicture, **changes: object) -> DigestContents:
    decision = decide(a_slice(pictures=pictures, **changes), ev.OwnerDue("dana"), NOW)
    contents = decision.letters[0].contents
    assert isinstance(contents, DigestContents)
    return contents


def test_the_digest_puts_first_what_needs_the_owner() -> None:
    contents = digest_of(
        picture(1),
        picture(2, last_report=a_report(blocked="no password", status=Status.BLOCKED)),
        picture(3, last_report=None, minutes_since=0, reports_since=0),
        picture(4, job=a_job(id="J4", phase=Phase.DONE)),
    )

    assert [(line.number, line.job_id, line.needs_you) for line in contents.lines] == [
        (1, "J2", True),
        (2, "J4", True),
        (3, "J1", False),
        (4, "J3", False),
    ]
    assert (contents.reports, contents.minutes) == (3, 270)


@pytest.mark.parametrize(
    "change",
    [
        {"effort": Effort(90, 80, 10, 0)},
        {"effort": Effort(90, 80, 0, 10)},
        {"worker": a_worker(unreachable_since=NOW, unreachable_why="550")},
        {"last_report": a_report(status=Status.BLOCKED)},
    ],
)
def test_over_cap_undecided_unreachable_and_blocked_need_the_owner(change: dict[str, object]) -> None:
    assert digest_of(picture(1, **change)).lines[0].needs_you


def test_the_digest_tells_what_does_not_get_through() -> None:
    lost = a_worker(unreachable_since=NOW, unreachable_why="550 gone")
    aside = decide(a_slice(), ev.Suspected(a_mail(), "ana", "a strange address"), NOW).changes[0].after
    assert isinstance(aside, Mail)

    contents = digest_of(
        picture(1, worker=lost), picture(2, worker=lost), quarantined=(aside,), books=Books(seen=9, settled=8)
    )

    assert [trouble.split(":")[0] for trouble in contents.troubles] == [
        "Mail to Ana Cruz <ana@example.com> does not arrive",
        "A mail of 23 Nov 10",
        "My books do not balance",
    ]
    assert contents.seen == 9


def test_an_unproven_last_report_is_marked() -> None:
    assert digest_of(picture(1, last_report=a_report(waits=True, proof=Proof.CLAIMED))).lines[0].unproven


def test_a_quiet_first_day_has_a_digest_too() -> None:
    assert digest_of().lines == ()


def test_one_digest_a_local_date() -> None:
    decision = decide(a_slice(), ev.OwnerDue("dana"), NOW)
    owner = decision.changes[0].after
    assert isinstance(owner, Owner)

    assert (decision.letters[0].id, owner.last_digest_on) == ("dana/digest/2026-11-23", date(2026, 11, 23))
    with pytest.raises(Refused, match="already written"):
        decide(a_slice(owner=owner), ev.OwnerDue("dana"), NOW + timedelta(hours=1))


@pytest.mark.parametrize(("has_sysadmin", "known", "letters"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_an_alarm_is_told_once_a_topic(has_sysadmin: bool, known: bool, letters: int) -> None:
    event = ev.Alarmed(Role.SYSADMIN, "sysadmin", "imap-1", "The mailbox cannot be read", ("why",), ("mend",))
    slice_ = a_slice(owner=None, letter=a_letter() if known else None, policy=Policy(has_sysadmin=has_sysadmin))

    decision = decide(slice_, event, NOW)

    assert len(decision.letters) == letters
    assert needs(event).letter_id == alert_key("sysadmin", "imap-1")


def test_an_alarm_to_an_owner_has_his_name() -> None:
    event = ev.Alarmed(Role.OWNER, "dana", "x", "Headline", (), ())

    (letter,) = decide(a_slice(), event, NOW).letters

    assert isinstance(letter.contents, AlertContents)
    assert (letter.kind, letter.contents.person_name) == (LetterKind.ALERT, "Dana Reed")


@pytest.mark.parametrize(
    ("added_at", "last_on", "due"),
    [
        # added on Monday at 11:00 in Berlin: his first digest is on Tuesday at 07:30
        (datetime(2026, 11, 23, 10, tzinfo=UTC), None, datetime(2026, 11, 24, 6, 30, tzinfo=UTC)),
        # added before his digest time: the same day
        (datetime(2026, 11, 23, 5, tzinfo=UTC), None, datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
        # added on a Saturday: Monday
        (datetime(2026, 11, 21, 10, tzinfo=UTC), None, datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
        # Friday's digest was written: the next is on Monday
        (NOW, date(2026, 11, 27), datetime(2026, 11, 30, 6, 30, tzinfo=UTC)),
        # the clock went forward on 29 March 2026: an hour earlier in UTC from then on
        (NOW, date(2026, 3, 27), datetime(2026, 3, 30, 5, 30, tzinfo=UTC)),
        # added on a Friday after his digest time: Monday
        (datetime(2026, 11, 27, 10, tzinfo=UTC), None, datetime(2026, 11, 30, 6, 30, tzinfo=UTC)),
    ],
)
def test_when_an_owner_is_due(added_at: datetime, last_on: date | None, due: datetime) -> None:
    assert owner_due_at(an_owner(added_at=added_at, last_digest_on=last_on)) == due
