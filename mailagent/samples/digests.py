"""Sample digests. Their values are decided by core/digest itself, from an office of a few people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mailagent.core import digest
from mailagent.core.figures import Candidacy, Trial
from mailagent.core.model import (
    AskedFor,
    Brief,
    Job,
    Owner,
    Phase,
    Proof,
    Question,
    Report,
    Standing,
    Status,
    Step,
    Worker,
    WorkingHours,
)
from mailagent.core.settings import Policy
from mailagent.core.slices import Books, Effort, JobPicture, Slice
from mailagent.samples.people import AT, EMOJI, HTML, LONG, MANY_LINES, RTL, TODAY, Sample, to_owner

_YESTERDAY = AT - timedelta(days=1)
_DANA = Owner(
    id="dana",
    display_name="Dana Reed",
    addresses=("dana@example.com",),
    hours=WorkingHours("Europe/Berlin"),
    digest_at=7 * 60 + 30,
    added_at=AT - timedelta(days=30),
    last_digest_on=TODAY - timedelta(days=1),
    last_digest_at=_YESTERDAY,
)
_BOOKS = Books(seen=1204, left_alone=1010, vanished=1, duplicates=3, settled=190, quarantined=1)


def _worker(name: str, **changes: Any) -> Worker:
    worker = Worker(
        id=name.split()[0].lower(),
        display_name=name,
        addresses=(f"{name.split()[0].lower()}@example.com",),
        hours=WorkingHours("Asia/Manila"),
        added_at=AT,
        rate=Decimal(6),
        currency="USD",
        standing=Standing.ACTIVE,
    )
    return replace(worker, **changes)


_ANA = _worker("Ana Cruz")
_RAJ = _worker("Raj Patel", rate=Decimal(450), currency="INR")
_MIA = _worker("Mia Kowalska", rate=None, currency=None)
_JUN = _worker("Jun Reyes", away_from=_YESTERDAY, away_until=AT + timedelta(days=2), away_why="a wedding")
_TOM = _worker("Tom Okafor", unreachable_since=_YESTERDAY, unreachable_why="550 5.1.1 no such user")


def _picture(
    number: int,
    worker: Worker,
    title: str,
    effort: Effort,
    *,
    minutes: int = 0,
    report: dict[str, Any] | None = None,
    cap: int | None = 480,
    questions: Sequence[tuple[AskedFor, str, int | None]] = (),
    **job: Any,
) -> JobPicture:
    brief = Brief(title, "", "", (), (Step("all of it", 240),), cap)
    facts: dict[str, Any] = {"phase": Phase.WORKING, "briefed_at": _YESTERDAY, "last_reported_at": _YESTERDAY}
    key = f"J{number}"
    last = {"received_at": AT, "done": None, "minutes": minutes, "next": None, "blocked": None, "status": None}
    return JobPicture(
        job=Job(id=key, owner_id="dana", worker_id=worker.id, brief=brief, **(facts | job)),
        worker=worker,
        effort=effort,
        minutes_since=minutes,
        reports_since=int(report is not None),
        over_cap_since=effort.over_cap,
        undecided_since=effort.undecided,
        last_report=Report("R1", key, worker.id, "m", proof=Proof.BOTH, brief_version=1, **(last | report))
        if report
        else None,
        questions=tuple(
            Question(f"Q{at}", key, worker.id, "dana", asked_for, AT, None, words, asked)
            for at, (asked_for, words, asked) in enumerate(questions)
        ),
    )


def _used(payable: int, over_cap: int = 0, undecided: int = 0) -> Effort:
    return Effort(payable + over_cap + undecided, payable, over_cap, undecided)


def _digest(pictures: Sequence[JobPicture], *, owner: Owner = _DANA, **changes: Any) -> Sample:
    slice_ = Slice(seq=1, policy=Policy(), pictures=tuple(pictures), books=_BOOKS)
    contents = digest.contents(slice_, owner, TODAY, AT)
    return Sample(replace(contents, **changes), to_owner())


RICH = (
    _picture(
        7,
        _RAJ,
        "Product photos",
        _used(150),
        minutes=90,
        report={"blocked": "no password for the shop", "status": Status.BLOCKED},
        cap=300,
    ),
    _picture(4, _ANA, "Call list", _used(300, 30), minutes=60, report={"done": "80 of 100 rows"}, cap=300),
    _picture(
        9,
        _MIA,
        "Translate the shop",
        _used(60),
        report={"done": "the front page"},
        questions=((AskedFor.ANSWER, "Is it du or Sie?", None), (AskedFor.HOURS, "the terms are long", 120)),
    ),
    _picture(
        2,
        _MIA,
        "Logo in three sizes",
        _used(120),
        phase=Phase.DONE,
        done_at=AT - timedelta(days=5),
        report={"minutes": 30},
    ),
    _picture(11, _ANA, "Invoices of October", _used(0), phase=Phase.BRIEFED, last_reported_at=None, chased=1),
    _picture(12, _ANA, "Clean the leads list", _used(400), minutes=150, report={"done": "first 40 rows marked"}),
    _picture(13, _RAJ, "Alt texts", _used(45), minutes=45, report={"done": "20 pictures described"}, cap=None),
    _picture(14, _MIA, "Newsletter", _used(0), phase=Phase.BRIEFED, last_reported_at=None),
    _picture(15, _JUN, "Web shop prices", _used(90)),
    _picture(3, _TOM, "Bookkeeping", _used(30), chased=3, silent_since=AT),
    _picture(1, _ANA, "Postcards", _used(60), phase=Phase.ACCEPTED),
)
_QUIET = tuple(_picture(number, _ANA, f"Part {number} of the atlas", _used(60)) for number in range(1, 4))
_WORDS = (LONG, RTL, HTML, EMOJI, MANY_LINES)
_EXTREME = tuple(
    _picture(
        number,
        _worker(EMOJI, id=f"w{number}", rate=Decimal("99999.99"), unreachable_why=HTML),
        words,
        Effort(10**7, 10**7 - 2, 1, 1),
        minutes=number * 100_000,
        report={"done": words, "blocked": words if number % 2 else None, "next": words},
        cap=(0, None, 10**8)[number % 3],
        questions=((AskedFor.ANSWER, words, None),) if number % 4 == 0 else (),
    )
    for number, words in enumerate(_WORDS * 4, start=1)
)

_EXTREME_TRIAL = Trial(
    "T1",
    LONG,
    tuple(Candidacy("J1", name, "working", 10**6, 10**6, 10**7, 10**8, 9, 9, 9, is_done=False) for name in _WORDS),
)


def many(count: int, at: datetime = AT) -> tuple[JobPicture, ...]:
    """So many jobs, every tenth of which needs its owner."""
    return tuple(
        _picture(
            number,
            _worker(f"Worker{number} Name"),
            f"Part {number} of the atlas",
            _used(300 if number % 10 == 0 else 120),
            minutes=60,
            report={"done": "one more page", "received_at": at},
            cap=300,
        )
        for number in range(1, count + 1)
    )


_CANDIDATES = tuple(
    Candidacy(
        f"J{20 + at}", name, phase, 40 * at or None, 130 * at or None, 90 * at, 480, 2 * at, 2 - at, at, is_done=False
    )
    for at, (name, phase) in enumerate((("Ben Ochieng", "briefed"), ("Ana Cruz", "working"), ("Mia Kowalska", "done")))
)

SAMPLES = {
    "digest": _digest(RICH),
    "digest-trial": _digest(RICH[:1], trials=(Trial("T20", "Clean the leads list", _CANDIDATES),)),
    "digest-plain": _digest((RICH[6],)),
    "digest-quiet": _digest(_QUIET),
    "digest-quiet-trial": _digest(_QUIET, trials=(Trial("T20", "Clean the leads list", _CANDIDATES),)),
    "digest-first": _digest((), owner=replace(_DANA, last_digest_on=None, last_digest_at=None)),
    "digest-first-busy": _digest(RICH[:6], owner=replace(_DANA, last_digest_on=None, last_digest_at=None)),
    "digest-none": _digest(()),
    "digest-extreme": _digest(
        _EXTREME,
        owner_name=EMOJI,
        troubles=(LONG, RTL, HTML),
        trials=(_EXTREME_TRIAL,),
        seen=10**9,
        next_on=date(2026, 11, 25),
    ),
}
