"""Sample letters to workers."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from mailagent.core.decide.chasing import MOST_IN_FULL
from mailagent.core.letters import (
    BriefContents,
    ConfirmContents,
    FromOwnerContents,
    FromOwnerPart,
    NudgeContents,
    NudgeLine,
    ReceiptContents,
    SettledContents,
    Unclear,
    UnclearContents,
    WaitingLine,
)
from mailagent.core.model import Answered, Status, Step
from mailagent.edge.templates import Frame
from mailagent.mail.languages import form_lines
from mailagent.samples.people import (
    AT,
    EMOJI,
    HTML,
    HUGE,
    LEADS,
    LONG,
    MANY_LINES,
    NO_CAP,
    NOTHING_USED,
    RTL,
    USED,
    USED_UP,
    Sample,
    to_worker,
)

_KEY, _TITLE = LEADS
_ANA: dict[str, Any] = {"worker_name": "Ana Cruz", "owner_name": "Dana Reed"}
_HOSTILE: dict[str, Any] = {"worker_name": EMOJI, "owner_name": HTML}
_HOW = """Open the sheet **Leads** at https://example.com/leads?a=1&b=2.

- Mark each row whose address does not look real.
- Delete nothing.

If a row is in doubt, mark it yellow and go on."""


def _brief(**changes: Any) -> BriefContents:
    facts: dict[str, Any] = {
        **_ANA,
        "job_id": _KEY,
        "title": _TITLE,
        "why": "The newsletter goes out on Friday, and mail that comes back costs us the sender's good name.",
        "how": _HOW,
        "accept": ("every row has a mark", "no row was deleted"),
        "steps": (Step("mark the first 20 rows", 30), Step("mark the rest", 180), Step("look it over once more")),
        "cap_minutes": 480,
        "due_on": date(2026, 12, 4),
        "version": 1,
        "first_mail": True,
        "asked": (Answered("Do two rows with one address count as one?", "Mark both, and note the pair."),),
        "week_cap": 1200,
    }
    return BriefContents(**(facts | changes))


def _receipt(**changes: Any) -> ReceiptContents:
    facts: dict[str, Any] = {
        **_ANA,
        "job_id": _KEY,
        "title": _TITLE,
        "received_at": AT,
        "done": "first 40 rows marked, three were doubtful",
        "minutes": 90,
        "next": "the other 60 rows",
        "blocked": None,
        "status": Status.WORKING,
        "payable": 90,
        "over_cap": 0,
        "undecided": 0,
        "undecided_why": "",
        "stand": USED,
        "job_guessed": False,
    }
    return ReceiptContents(**(facts | changes))


_PARTS = (
    FromOwnerPart("answer", "take the second one, please", question="Which of the two sheets is it?"),
    FromOwnerPart("more hours", minutes=120),
)
_WAITING = WaitingLine(_KEY, _TITLE, 90, AT)
_NUDGE = NudgeLine(_KEY, _TITLE, "report", AT - timedelta(hours=1), USED)


def _keyed(*keys: str) -> Frame:
    """The frame of a letter about several jobs: a subject of its own, and a block of the form for each."""
    form = tuple(line for key in keys for line in (f"[{key}]", *form_lines("en")))
    return replace(to_worker("", ref=""), is_answer=False, form=form)


SAMPLES = {
    "brief": Sample(_brief(), to_worker()),
    "brief-plain": Sample(
        _brief(
            why="",
            accept=(),
            steps=(),
            cap_minutes=60,
            due_on=None,
            first_mail=False,
            asked=(),
            week_cap=None,
            how="Call the printer.",
        ),
        to_worker(),
    ),
    "brief-extreme": Sample(
        _brief(
            **_HOSTILE,
            title=LONG,
            why=f"{RTL}\n\n{HTML}",
            how=f"{HTML}\n\n{LONG}\n\n{MANY_LINES}",
            accept=(LONG, RTL, HTML),
            steps=tuple(Step(f"{RTL} {number}", number * 1000) for number in range(20)),
            cap_minutes=6_000_000,
        ),
        to_worker(f"[J12] {LONG}"),
    ),
    "receipt": Sample(_receipt(week_left=390, next_due_at=AT + timedelta(hours=4)), to_worker()),
    "receipt-plain": Sample(
        _receipt(done=None, minutes=None, next=None, status=Status.STARTED, payable=0, stand=NOTHING_USED), to_worker()
    ),
    "receipt-week": Sample(
        _receipt(payable=60, over_cap=30, week_cap=1200, week_left=0, next_due_at=AT + timedelta(days=6)), to_worker()
    ),
    "receipt-stop": Sample(
        _receipt(
            minutes=150,
            blocked="no access to the second sheet",
            status=Status.BLOCKED,
            over_cap=30,
            undecided=30,
            undecided_why="more than 16 hours in a day",
            stand=USED_UP,
            job_guessed=True,
            unclear=(Unclear("two-ish", "How many hours is that?"),),
        ),
        to_worker(),
    ),
    "receipt-asked": Sample(
        _receipt(
            question="Which of the two sheets is it?",
            need_minutes=120,
            remark="See you on Friday",
            answer_by=AT + timedelta(hours=4),
            cap_passed=50,
        ),
        to_worker(),
    ),
    "receipt-nearly-used": Sample(
        _receipt(cap_passed=80, next_due_at=AT + timedelta(minutes=50), used_up_at=AT + timedelta(minutes=50)),
        to_worker(),
    ),
    "receipt-away": Sample(
        _receipt(
            done=None,
            minutes=None,
            next=None,
            status=None,
            payable=0,
            away_from=date(2026, 12, 8),
            away_until=date(2026, 12, 11),
            snoozed_until=AT + timedelta(hours=2),
            next_due_at=AT + timedelta(hours=4),
        ),
        to_worker(),
    ),
    "receipt-quit": Sample(_receipt(gave_up="quit", status=None), to_worker(with_form=False)),
    "receipt-extreme": Sample(
        _receipt(
            **_HOSTILE,
            title=RTL,
            done=MANY_LINES,
            next=LONG,
            blocked=HTML,
            minutes=1_000_000,
            stand=HUGE,
            undecided=5,
            undecided_why=HTML,
            unclear=tuple(Unclear(words, HTML) for words in (LONG, RTL, HTML)),
        ),
        to_worker(f"[J12] {RTL}"),
    ),
    "unclear": Sample(
        UnclearContents(
            **_ANA,
            job_id=None,
            title=None,
            reason="You have more than one open job.",
            unclear=(Unclear("maybe two", "How many hours is that?"),),
            open_jobs=(LEADS, ("J15", "Product photos")),
        ),
        to_worker("Your mail about the leads", ""),
    ),
    "unclear-plain": Sample(
        UnclearContents(**_ANA, job_id=None, title=None, reason="", unclear=(), open_jobs=()),
        to_worker("hello", "", with_form=False),
    ),
    "unclear-extreme": Sample(
        UnclearContents(
            **_HOSTILE,
            job_id=None,
            title=None,
            reason=HTML,
            unclear=(Unclear(LONG, HTML), Unclear(RTL, RTL)),
            open_jobs=tuple((f"J{number}", words) for number, words in enumerate((LONG, RTL, HTML, EMOJI), start=1)),
        ),
        to_worker(RTL, ""),
    ),
    "confirm": Sample(ConfirmContents("Ana Cruz", "Dana Reed", (_WAITING,)), to_worker(with_form=False)),
    "confirm-again": Sample(ConfirmContents("Ana Cruz", "Dana Reed", (), again=True), to_worker(with_form=False)),
    "confirm-extreme": Sample(
        ConfirmContents(EMOJI, HTML, tuple(WaitingLine("J1", words, 0, AT) for words in (LONG, RTL, HTML))),
        to_worker(with_form=False),
    ),
    "settled": Sample(SettledContents("Ana Cruz", "Dana Reed", (_WAITING,), 60, 30), to_worker(with_form=False)),
    "settled-plain": Sample(SettledContents("Ana Cruz", "Dana Reed", (), 0, 0), to_worker(with_form=False)),
    "settled-extreme": Sample(
        SettledContents(EMOJI, HTML, (WaitingLine("J1", LONG, 99_999, AT),), 99_999, 0), to_worker(with_form=False)
    ),
    "nudge": Sample(NudgeContents("Ana Cruz", "Dana Reed", 1, (_NUDGE,)), to_worker()),
    "nudge-several": Sample(
        NudgeContents(
            "Ana Cruz",
            "Dana Reed",
            2,
            (
                _NUDGE,
                NudgeLine("J15", "Product photos", "start", AT, NOTHING_USED),
                NudgeLine("J16", "Call the printer", "first report", AT, NO_CAP),
            ),
            owner_knows=True,
        ),
        _keyed(_KEY, "J15", "J16"),
    ),
    "nudge-many": Sample(
        NudgeContents(
            "Ana Cruz",
            "Dana Reed",
            1,
            tuple(replace(_NUDGE, job_id=f"J{n}") for n in range(12, 12 + MOST_IN_FULL)),
            others=tuple(f"J{n}" for n in range(40, 120)),
        ),
        _keyed(*(f"J{n}" for n in range(12, 12 + MOST_IN_FULL))),
    ),
    "nudge-extreme": Sample(
        NudgeContents(EMOJI, HTML, 9, tuple(NudgeLine("J1", words, "report", AT, HUGE) for words in (LONG, RTL, HTML))),
        _keyed("J1", "J1", "J1"),
    ),
    "from-owner": Sample(
        FromOwnerContents(
            **_ANA, job_id=_KEY, title=_TITLE, parts=_PARTS, stand=USED, next_due_at=AT + timedelta(hours=4)
        ),
        to_worker(),
    ),
    "from-owner-extreme": Sample(
        FromOwnerContents(
            **_HOSTILE,
            job_id=_KEY,
            title=LONG,
            parts=tuple(
                FromOwnerPart(what, MANY_LINES if what == "words" else HTML, question=RTL, minutes=60_000, at=AT)
                for what in (
                    *("answer", "go on", "back", "accepted", "more hours", "no more hours", "cap", "paused"),
                    *("resumed", "cancelled", "words", "correction"),
                )
            ),
            stand=HUGE,
        ),
        to_worker(),
    ),
    **{
        f"from-owner-{what.replace(' ', '-')}": Sample(
            FromOwnerContents(
                **_ANA,
                job_id=_KEY,
                title=_TITLE,
                parts=(FromOwnerPart(what, minutes=120, at=AT),),
                stand=USED,
                is_open=what not in ("accepted", "cancelled"),
            ),
            to_worker(with_form=what not in ("accepted", "cancelled")),
        )
        for what in ("go on", "accepted", "no more hours", "cap", "paused", "resumed", "cancelled", "correction")
    },
}
