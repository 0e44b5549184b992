"""One full and one bare value for each kind of letter: whatever a template may meet lies between them."""

from datetime import UTC, date, datetime
from decimal import Decimal

from mailagent.core.answers import answers
from mailagent.core.figures import Candidacy, Trial
from mailagent.core.letters import (
    AlertContents,
    BriefContents,
    ConfirmContents,
    Contents,
    DigestContents,
    DigestLine,
    FromOwnerContents,
    FromOwnerPart,
    HoursStand,
    JobLine,
    Money,
    NudgeContents,
    NudgeLine,
    OwnerNewsContents,
    OwnerNoteContents,
    Reason,
    ReceiptContents,
    SettledContents,
    TranscriptContents,
    TranscriptLine,
    Unclear,
    UnclearContents,
    WaitingLine,
)
from mailagent.core.model import Answered, LetterKind, Status, Step
from mailagent.edge.templates import Frame

AT = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
ON = date(2026, 11, 25)
REASONS = (
    *("blocked", "question", "hours", "at cap", "silent", "done", "over cap", "undecided", "unconfirmed"),
    *("unreachable", "late", "overdue", "near cap", "steps", "slow", "away", "some other"),
)
NEWS = ("declined", "blocked", "question", "hours", "done", "at cap", "first report", "away", "silent")
BARE_FRAME = Frame("Desk", "desk@example.com", "Etc/UTC")
FULL_FRAME = Frame(
    agent_name="Studio work desk",
    agent_address="desk@example.com",
    zone="Asia/Manila",
    topic="[J12] Clean the leads list",
    is_answer=True,
    ref="J12",
    form=("Done:", "Hours:", "Next:", "Blocked: no", "Status: working"),
    form_hint="Hours as 1.5, 1h30 or 90m. Status: started, working, blocked or done.",
)
OWNER_FRAME = Frame("Studio work desk", "desk@example.com", "Europe/Berlin", reply_to="desk@example.com")
WAITING = WaitingLine("J12", "Clean the leads list", 90, AT, ("Need", "quit"))


def a_line(number: int, **changes: object) -> DigestLine:
    facts: dict[str, object] = {
        "number": number,
        "job_id": f"J{number}",
        "title": "Clean the leads list",
        "worker_name": "Ana Cruz",
        "phase": "working",
        "status": Status.WORKING,
        "last_reported_at": AT,
        "done": "first 40 rows marked",
        "next": "the rest",
        "blocked": None,
        "minutes_since_last_digest": 90,
        "stand": HoursStand(480, 270, 0, 0, 210),
        "unproven": False,
        "called": "Ana",
    }
    return DigestLine(**(facts | changes))  # type: ignore[arg-type]


def a_digest(*lines: DigestLine, **changes: object) -> DigestContents:
    facts: dict[str, object] = {
        "owner_name": "Dana Reed",
        "on": date(2026, 11, 24),
        "as_of": AT,
        "lines": lines,
        "reports": len(lines),
        "minutes": 90 * len(lines),
        "over_cap": 0,
        "undecided": 0,
        "troubles": (),
        "seen": 0,
        "left_alone": 0,
        "quarantined": 0,
        "expected": len(lines),
    }
    return DigestContents(**(facts | changes))  # type: ignore[arg-type]


FULL: dict[LetterKind, tuple[Contents, Frame]] = {
    LetterKind.BRIEF: (
        BriefContents(
            job_id="J12",
            title="Clean the leads list",
            worker_name="Ana Cruz",
            owner_name="Dana Reed",
            why="The newsletter goes out on Friday.",
            how="Open the sheet **Leads** at https://example.com/leads?a=1&b=2.\n\n- Mark each row.\n- Delete nothing.",
            accept=("every row has a mark", "no row was deleted"),
            steps=(Step("mark the first 20 rows", 45), Step("look it over once more")),
            cap_minutes=480,
            due_on=date(2026, 12, 4),
            version=2,
            first_mail=True,
            asked=(Answered("May I delete duplicates?", "No, mark them."),),
            week_cap=1200,
        ),
        FULL_FRAME,
    ),
    LetterKind.RECEIPT: (
        ReceiptContents(
            job_id="J12",
            title="Clean the leads list",
            worker_name="Ana Cruz",
            owner_name="Dana Reed",
            received_at=AT,
            done="first 40 rows marked,\nthree were doubtful",
            minutes=150,
            next="the other 60 rows",
            blocked="no access to the second sheet",
            status=Status.BLOCKED,
            payable=90,
            over_cap=30,
            undecided=30,
            undecided_why="more than 16 hours in a day",
            stand=HoursStand(480, 480, 30, 30, 0),
            job_guessed=True,
            unclear=(Unclear("two-ish", "How many hours is that?"),),
            question="which of the two sheets?",
            need_minutes=120,
            remark="see you on Friday",
            answer_by=AT,
            unblocked=True,
            tells_owner_now=True,
            cap_passed=80,
            week_cap=1200,
            week_left=0,
            next_due_at=AT,
            used_up_at=AT,
            away_from=ON,
            away_until=ON,
            snoozed_until=AT,
            snooze_was="cut",
            gave_up="begun",
        ),
        FULL_FRAME,
    ),
    LetterKind.UNCLEAR: (
        UnclearContents(
            worker_name="Ana Cruz",
            owner_name="Dana Reed",
            job_id=None,
            title=None,
            reason="You have more than one open job.",
            unclear=(Unclear("maybe two", "How many hours is that?"),),
            open_jobs=(("J12", "Clean the leads list"), ("J15", "Product photos")),
        ),
        FULL_FRAME,
    ),
    LetterKind.CONFIRM: (ConfirmContents("Ana Cruz", "Dana Reed", (WAITING, WAITING)), FULL_FRAME),
    LetterKind.SETTLED: (
        SettledContents("Ana Cruz", "Dana Reed", (WAITING,), 60, 30, 15, ("the job is not open",)),
        FULL_FRAME,
    ),
    LetterKind.DIGEST: (
        a_digest(
            a_line(1, section="needs you", reasons=tuple(Reason(what, "words", 90, AT, ON) for what in REASONS)),
            a_line(2, section="needs you", reasons=tuple(Reason(what, "", 90, AT, ON) for what in REASONS)),
            a_line(3, section="needs you", reasons=(Reason("done"),), answers=answers("J3", "done")),
            a_line(4, section="at risk", reasons=(Reason("late"),), stand=HoursStand(480, 480, 30, 15, 0)),
            a_line(5, stand=HoursStand(None, 270, 0, 60, None)),
            a_line(6, section="away", reasons=(Reason("away", "a wedding", since=AT),)),
            a_line(7, section="closed", phase="accepted"),
            trials=(
                Trial(
                    "T12",
                    "Clean the leads list",
                    (
                        Candidacy("J12", "Ana Cruz", "done", 40, 150, 270, 480, 3, 1, 2, is_done=True),
                        Candidacy("J13", "Ben Ochieng", "briefed", None, None, 0, None, 0, 0, 0, is_done=False),
                    ),
                ),
            ),
            money=(Money("USD", Decimal("12345.5"), Decimal(8), Decimal(2)), Money("PHP", *(Decimal(0),) * 3)),
            first=True,
            next_on=ON,
            used=270,
            capped=480,
            over_cap=30,
            undecided=75,
            troubles=tuple(f"Mail to worker {number} does not arrive" for number in range(30)),
            seen=120,
            left_alone=14,
            quarantined=1,
        ),
        OWNER_FRAME,
    ),
    LetterKind.OWNER_NOTE: (
        OwnerNoteContents("Dana Reed", "How is it going?", tuple((f"J{n}", f"Job {n}") for n in range(60))),
        OWNER_FRAME,
    ),
    LetterKind.FROM_OWNER: (
        FromOwnerContents(
            worker_name="Ana Cruz",
            owner_name="Dana Reed",
            job_id="J12",
            title="Clean the leads list",
            parts=(
                *(
                    FromOwnerPart(what, words="Take the second one.\n\nIt is newer, see <a> & b.", question="Which?")
                    for what in ("answer", "go on", "back", "words")
                ),
                FromOwnerPart("more hours", minutes=120),
                FromOwnerPart("cap", minutes=600),
                *(
                    FromOwnerPart(what)
                    for what in ("accepted", "no more hours", "cap", "paused", "resumed", "cancelled")
                ),
                FromOwnerPart("correction", at=AT),
            ),
            stand=HoursStand(480, 480, 30, 0, 0),
            next_due_at=AT,
        ),
        FULL_FRAME,
    ),
    LetterKind.TRANSCRIPT: (
        TranscriptContents(
            owner_name="Dana Reed",
            subject="Tue 24 Nov: 2 need you",
            lines=(
                TranscriptLine("ok J12", "J12 is accepted and closed.", done=True),
                TranscriptLine("cap J13 2", "A time needs its unit.", done=False),
            ),
            undo_number=47,
            held_minutes=2,
            waiting=2,
            lines_of_jobs=(
                JobLine(
                    1, "J12", "Clean the leads list", "Ana Cruz", "under way", HoursStand(480, 480, 30, 0, 0), True
                ),
                JobLine(2, "J13", "Photos", "Ben Ode", "not started yet", HoursStand(None, 0, 0, 0, None), False),
            ),
            shown=(("J12", "Clean the leads list"), ("Worker", "Ana Cruz")),
            with_help=True,
            gave_up=True,
        ),
        OWNER_FRAME,
    ),
    LetterKind.NUDGE: (
        NudgeContents(
            worker_name="Ana Cruz",
            owner_name="Dana Reed",
            again=2,
            lines=(
                NudgeLine("J12", "Clean the leads list", "first report", AT, HoursStand(480, 270, 0, 0, 210)),
                NudgeLine("J15", "Product photos", "start", AT, HoursStand(None, 0, 0, 0, None)),
                NudgeLine("J16", "Find 40 dentists", "report", AT, HoursStand(240, 60, 0, 0, 180)),
            ),
            owner_knows=True,
            others=("J40", "J41"),
        ),
        FULL_FRAME,
    ),
    LetterKind.OWNER_NEWS: (
        OwnerNewsContents(
            news="quit",
            owner_name="Dana Reed",
            worker_name="Ana Cruz",
            job_id="J12",
            title="Clean the leads list",
            stand=HoursStand(480, 480, 30, 15, 0),
            words="I move house",
            done="first 40 rows marked,\nthree were doubtful",
            minutes=150,
            next="the other 60 rows",
            blocked="no access to the second sheet",
            accept=("every row has a mark",),
            asked_minutes=120,
            eaten=30,
            since=AT,
            until=ON,
            away_from=ON,
            also=tuple((news, words) for news in NEWS for words in ("because, well", "")),
            remark="see you",
            received_at=AT,
            answers=answers("J12", "hours", "done"),
        ),
        OWNER_FRAME,
    ),
    LetterKind.ALERT: (
        AlertContents("Dana Reed", "Mail does not arrive", ("It came back.", "Twice."), ("Please ask for another.",)),
        OWNER_FRAME,
    ),
}

BARE: dict[LetterKind, tuple[Contents, Frame]] = {
    LetterKind.BRIEF: (
        BriefContents("J1", "T", "A", "D", "", "", (), (), None, None, 1, first_mail=False),
        BARE_FRAME,
    ),
    LetterKind.RECEIPT: (
        ReceiptContents(
            job_id="J1",
            title="T",
            worker_name="A",
            owner_name="D",
            received_at=AT,
            done=None,
            minutes=None,
            next=None,
            blocked=None,
            status=None,
            payable=0,
            over_cap=0,
            undecided=0,
            undecided_why="",
            stand=HoursStand(None, 0, 0, 0, None),
            job_guessed=False,
        ),
        BARE_FRAME,
    ),
    LetterKind.UNCLEAR: (UnclearContents("A", "D", None, None, "", (), ()), BARE_FRAME),
    LetterKind.CONFIRM: (ConfirmContents("A", "D", ()), BARE_FRAME),
    LetterKind.SETTLED: (SettledContents("A", "D", (), 0, 0), BARE_FRAME),
    LetterKind.DIGEST: (a_digest(), BARE_FRAME),
    LetterKind.OWNER_NOTE: (OwnerNoteContents("D", "", (), unproven=True), BARE_FRAME),
    LetterKind.FROM_OWNER: (
        FromOwnerContents(
            "A", "D", "J1", "T", (FromOwnerPart("go on"),), HoursStand(None, 0, 0, 0, None), is_open=False
        ),
        BARE_FRAME,
    ),
    LetterKind.TRANSCRIPT: (TranscriptContents("D", "", (), None), BARE_FRAME),
    LetterKind.NUDGE: (
        NudgeContents("A", "D", 1, (NudgeLine("J1", "T", "report", AT, HoursStand(None, 0, 0, 0, None)),)),
        BARE_FRAME,
    ),
    LetterKind.OWNER_NEWS: (
        OwnerNewsContents("away", "D", "A", "J1", "T", HoursStand(None, 0, 0, 0, None), by_program=True),
        BARE_FRAME,
    ),
    LetterKind.ALERT: (AlertContents("D", "H", (), ()), BARE_FRAME),
}
