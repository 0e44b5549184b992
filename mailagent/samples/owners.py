"""Sample letters to owners, but for the digest."""

from datetime import timedelta
from typing import Any

from mailagent.core.answers import answers
from mailagent.core.letters import (
    AlertContents,
    JobLine,
    OwnerNewsContents,
    OwnerNoteContents,
    TranscriptContents,
    TranscriptLine,
)
from mailagent.samples.people import (
    AT,
    EMOJI,
    HTML,
    HUGE,
    LEADS,
    LONG,
    MANY_LINES,
    NO_CAP,
    RTL,
    TODAY,
    USED,
    USED_UP,
    Sample,
    to_owner,
)

_KEY, _TITLE = LEADS
_FRAME = to_owner(f"[{_KEY}] {_TITLE}", _KEY)


def _news(news: str, **changes: Any) -> Sample:
    facts: dict[str, Any] = {
        "news": news,
        "owner_name": "Dana Reed",
        "worker_name": "Ana Cruz",
        "job_id": _KEY,
        "title": _TITLE,
        "stand": USED,
        "received_at": AT,
        "answers": answers(_KEY, news),
    }
    return Sample(OwnerNewsContents(**(facts | changes)), _FRAME)


def _transcript(**changes: Any) -> Sample:
    facts: dict[str, Any] = {
        "owner_name": "Dana Reed",
        "subject": "Re: Tue 24 Nov: 2 need you - Raj blocked, Ana at cap",
        "lines": (TranscriptLine(f"ok {_KEY}", f"{_KEY} {_TITLE} is accepted.", done=True),),
        "undo_number": 47,
        "held_minutes": 2,
    }
    return Sample(TranscriptContents(**(facts | changes)), to_owner())


_WAITS = "It came as a mail of its own and not as an answer to one of mine, so it waits."

SAMPLES = {
    "owner-news": _news(
        "first report",
        done="first 40 rows marked\nthree were doubtful:\n- row 12\n- row 31",
        minutes=90,
        next="the other 60 rows",
    ),
    "owner-news-question": _news("question", words="Which of the two sheets is it?"),
    "owner-news-blocked": _news("blocked", blocked="no password for the sheet", done="20 rows", minutes=30),
    "owner-news-hours": _news(
        "hours",
        words="the second half is in Spanish",
        asked_minutes=120,
        eaten=30,
        stand=USED_UP,
        answers=answers(_KEY, "hours", asked_minutes=120),
    ),
    "owner-news-done": _news(
        "done", done="all rows marked", minutes=60, accept=("every row has a mark", "no row was deleted")
    ),
    "owner-news-silent": _news("silent", since=AT - timedelta(hours=6), received_at=None),
    "owner-news-declined": _news("declined", words="I do not know this program"),
    "owner-news-quit": _news("quit", words="I have found other work"),
    "owner-news-away": _news("away", words="a wedding", until=TODAY + timedelta(days=3), by_program=True),
    "owner-news-at-cap": _news("at cap", stand=USED_UP, done="80 of 100 rows", minutes=120),
    "owner-news-plain": _news("first report", stand=NO_CAP),
    "owner-news-extreme": _news(
        "first report",
        owner_name=HTML,
        worker_name=EMOJI,
        title=LONG,
        stand=HUGE,
        done=MANY_LINES,
        minutes=1_000_000,
        next=LONG,
        blocked=RTL,
        words=HTML,
        remark=HTML,
        accept=(LONG, RTL, HTML),
        also=(("question", LONG), ("blocked", RTL)),
    ),
    "transcript": _transcript(),
    "transcript-mixed": _transcript(
        lines=(
            TranscriptLine("ok 3", f"{_KEY} {_TITLE} is accepted.", done=True),
            TranscriptLine("cap 2 8", "A time needs its unit. Did you mean 8h or 8m?", done=False),
        ),
        with_help=True,
        gave_up=True,
    ),
    "transcript-waiting": _transcript(
        lines=(
            TranscriptLine(
                f"ok {_KEY}",
                _WAITS,
                done=False,
            ),
        ),
        undo_number=None,
        held_minutes=0,
        waiting=1,
    ),
    "transcript-list": _transcript(
        lines=(TranscriptLine("list", "Your jobs are below.", done=True),),
        undo_number=None,
        held_minutes=0,
        lines_of_jobs=tuple(
            JobLine(number, f"J{number}", _TITLE, "Ana Cruz", "under way", USED, waits_for_owner=number < 3)
            for number in range(1, 8)
        ),
    ),
    "transcript-show": _transcript(
        lines=(TranscriptLine(f"show {_KEY}", "It is below.", done=True),),
        undo_number=None,
        held_minutes=0,
        shown=(("Title", _TITLE), ("Worker", "Ana Cruz"), ("Hours", "4 h 30 of 8 h")),
    ),
    "transcript-extreme": _transcript(
        owner_name=EMOJI,
        subject=HTML,
        lines=tuple(TranscriptLine(words, f"{HTML} {words}", done=False) for words in (LONG, RTL, HTML)),
        lines_of_jobs=(JobLine(1, "J1", LONG, EMOJI, "working", HUGE, waits_for_owner=True),),
        shown=((HTML, MANY_LINES), ("Title", LONG), ("Why", RTL)),
    ),
    "owner-note": Sample(OwnerNoteContents("Dana Reed", "How is it going?", (LEADS, ("J15", "Photos"))), to_owner()),
    "owner-note-unproven": Sample(OwnerNoteContents("Dana Reed", "ok J12", (), unproven=True), to_owner()),
    "owner-note-plain": Sample(OwnerNoteContents("Dana Reed", "", ()), to_owner()),
    "owner-note-extreme": Sample(
        OwnerNoteContents(
            EMOJI, HTML, tuple((f"J{number}", words) for number in range(20) for words in (LONG, RTL, HTML))
        ),
        to_owner(),
    ),
    "alert": Sample(
        AlertContents(
            "Dana Reed",
            "Mail to Raj Patel does not arrive",
            ("The server of raj@example.com answered: 550 5.1.1 no such user.",),
            ("Please ask Raj Patel for another address.",),
        ),
        to_owner(),
    ),
    "alert-plain": Sample(AlertContents("sysadmin", "The disk is full", (), ()), to_owner()),
    "alert-extreme": Sample(AlertContents(EMOJI, HTML, (LONG, RTL, MANY_LINES), (HTML, LONG)), to_owner()),
}
