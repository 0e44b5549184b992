"""The people, jobs and hostile words that the sample letters are made of."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mailagent.core.letters import Contents, HoursStand
from mailagent.edge.templates import Frame
from mailagent.mail.languages import form_hint, form_lines

AT = datetime(2026, 11, 24, 6, 55, tzinfo=UTC)  # 07:55 in Berlin, 14:55 in Manila
TODAY = date(2026, 11, 24)

# What people do to templates.
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
RTL = "مرحبا بالعالم، هذا مشروع جديد"
HTML = "<b>bold</b> & <script>alert(1)</script> \"quoted\" 'too' </div></table>"
EMOJI = "Zoë \U0001f680\U0001f469\u200d\U0001f469\u200d\U0001f467 Müller-Łukaszewicz 山田"
MANY_LINES = "\n".join(f"line {number}: one more thing that was done" for number in range(1, 41))

LEADS = ("J12", "Clean the leads list")
USED = HoursStand(480, 270, 0, 0, 210)
NOTHING_USED = HoursStand(480, 0, 0, 0, 480)
USED_UP = HoursStand(480, 480, 30, 30, 0)
NO_CAP = HoursStand(None, 270, 0, 0, None)
HUGE = HoursStand(6_000_000, 5_999_999, 123_456, 98_765, 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter to look at."""

    contents: Contents
    frame: Frame


def to_worker(topic: str = "[J12] Clean the leads list", ref: str = "J12", *, with_form: bool = True) -> Frame:
    """The frame of a letter to Ana in Manila."""
    return Frame(
        agent_name="Studio work desk",
        agent_address="desk@example.com",
        zone="Asia/Manila",
        topic=topic,
        is_answer=True,
        ref=ref,
        form=form_lines("en") if with_form else (),
        form_hint=form_hint("en") if with_form else "",
        reply_to="desk@example.com",
    )


def to_owner(topic: str = "", ref: str = "") -> Frame:
    """The frame of a letter to Dana in Berlin."""
    return Frame(
        agent_name="Studio work desk",
        agent_address="desk@example.com",
        zone="Europe/Berlin",
        topic=topic,
        ref=ref,
        reply_to="desk@example.com",
    )
