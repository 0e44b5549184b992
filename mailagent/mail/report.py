"""The report grammar: a writer's own lines -> fields, and what was unclear. A report is booked as far as it is clear.

Labels in any order (SPEC section 5), values over several lines, a block for each job key, one-word and one-line
replies. What stands under no label is a remark. Nothing is guessed: what could mean two things is asked about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mailagent.mail import fields, filled, signoff, wishes
from mailagent.mail.labels import Labelled, job_line, labelled, phrases
from mailagent.mail.languages.words import BLOCKED, DECLINE, DONE, HOURS, NEXT, QUIT, STATUS
from mailagent.mail.message import Body
from mailagent.mail.reply import BLANK, GREETING, OWN, QUOTED, Marks, Sent, mark_lines, own_text
from mailagent.mail.thread import body_keys
from mailagent.mail.wire import Doubt, Fields, ReadContext, Understood

_OWN_WORDS_LIMIT = 4000
_TEXT_BUDGET = 40_000  # characters of field texts in one answer
_BLOCKS_LIMIT = 20
_ONE_LINE_LIMIT = 80
_LONG = frozenset({DONE, NEXT, BLOCKED}) | wishes.LONG  # fields that may take several paragraphs
_BULLETS = ("-", "*", "•", "–", "·", "●", "▪", "+")


@dataclass(slots=True)
class _Answer:
    """The lines behind one label."""

    name: str
    lines: list[str] = field(default_factory=list)

    @property
    def value(self) -> str:
        return "\n".join(self.lines).strip()


@dataclass(slots=True)
class _Block:
    """What is said about one job; without a key where none is named."""

    key: str | None = None
    answers: list[_Answer] = field(default_factory=list)


def understand(body: Body, context: ReadContext) -> Understood:
    """Read a reply against what we sent; of an absence note only when its writer is back."""
    codes = context.languages or ("en",)
    today = date.fromisoformat(context.today) if context.today else None
    if context.is_absence:
        return _absence(body, today, codes)
    marks = filled.with_answers(mark_lines(body, Sent(context.sent_texts), codes), context.sent_texts, codes)
    blocks, remarks = _blocks(marks, codes)
    own = own_text(marks)
    reports, doubts = _reports(blocks, today, codes)
    if not reports and not doubts:
        reports, doubts = _one_line(remarks, codes)
        remarks = [] if reports else remarks
    remark = "\n".join(remarks).strip()
    if wishes.asks(remark, alone=not reports) and not any(one.question for one in reports):
        reports, remark = _with_question(reports, remark), ""
    reports, is_cut = _within_budget(reports)
    if remark and not reports and not doubts:
        doubts = [fields.ask(remark, "nothing", codes)]
    return Understood(
        reports=tuple(reports),
        unclear=tuple(doubts),
        body_keys=body_keys(own),
        own_words=own[:_OWN_WORDS_LIMIT],
        remark=remark[:_OWN_WORDS_LIMIT],
        answer=_yes_or_no(remark, codes),
        truncated=body.truncated or is_cut or len(blocks) > _BLOCKS_LIMIT,
        lines=marks.lines() if context.want_lines else (),
    )


def _absence(body: Body, today: date | None, codes: tuple[str, ...]) -> Understood:
    from mailagent.mail.absences import stated_return

    back = stated_return("\n".join(body.texts), today, codes)
    reports = () if back is None else (Fields(away_until=back),)
    return Understood(reports, (), (), "", "", "", body.truncated)


def _with_question(reports: list[Fields], words: str) -> list[Fields]:
    """What asks under no label is a question about the first job of the mail, or about the one that it answers."""
    first, *others = reports or [Fields()]
    return [replace(first, question=words[:_OWN_WORDS_LIMIT]), *others]


def _blocks(marks: Marks, codes: tuple[str, ...]) -> tuple[list[_Block], list[str]]:
    """Part the writer's lines into blocks of labelled answers, and what stands under no label."""
    taking = _Taking(codes, marks)
    for place, kind in enumerate(marks.kinds):
        if kind == BLANK:
            taking.blank()
        elif kind == OWN:
            taking.own(marks.texts[place], place)
        elif kind != GREETING:
            taking.other(marks.texts[place], kind)
    return taking.blocks, taking.remarks


class _Taking:
    """Reads the lines one after the other; knows which label is open."""

    def __init__(self, codes: tuple[str, ...], marks: Marks) -> None:
        self.blocks = [_Block()]
        self.remarks: list[str] = []
        self._codes = codes
        self._marks = marks
        self._open: _Answer | None = None
        self._quoted = ""  # the quoted line right above: a label of the form waits there for its answer
        self._is_after_blank = False

    def blank(self) -> None:
        self._is_after_blank = True
        if self.remarks and self.remarks[-1]:
            self.remarks.append("")

    def other(self, text: str, kind: str) -> None:
        """A line that is not the writer's ends an answer; a bare key of ours stands above a form for that job."""
        job = job_line(text.lstrip("> ")) if "J" in text else None
        if job is not None and not job[1]:
            self.blocks.append(_Block(job[0]))
        self._open = None
        self._quoted = text if kind == QUOTED else ""
        self._is_after_blank = False

    def own(self, text: str, place: int) -> None:
        found = self._label(text)
        job = job_line(text) if found is None else None
        if job is not None:
            self.blocks.append(_Block(job[0]))
            self._open = None
            found = labelled(job[1], self._codes)
            if found is None and job[1]:
                self._short(job[1])
        if found is not None:
            self._start(found)
        elif job is None:
            self._go_on(text, place)
        self._is_after_blank = False
        self._quoted = ""

    def _label(self, text: str) -> Labelled | None:
        """A label; `- quit: three customers` in a list of what was done is none, and `I quit.` is as good as one."""
        found = labelled(text, self._codes)
        if found is None:
            return None if self._open is not None else wishes.giving_up(text, self._codes)
        is_listed = found.field in (DECLINE, QUIT) and self._open is not None and text.lstrip().startswith(_BULLETS)
        return None if is_listed else found

    def _start(self, found: Labelled) -> None:
        self._open = _Answer(found.field)
        for part in _parted(found, self._codes):
            self._open = _Answer(part.field, [part.value] if part.value else [])
            self.blocks[-1].answers.append(self._open)

    def _short(self, text: str) -> None:
        """`J12: done 1.5`: what a key's own line says of it."""
        reports, _ = _one_line([text], self._codes)
        if not reports:
            self.remarks.append(text)
            return
        one = reports[0]
        if one.status is not None:
            self.blocks[-1].answers.append(_Answer(STATUS, [one.status]))
        if one.minutes is not None:
            self.blocks[-1].answers.append(_Answer(HOURS, [f"{one.minutes}m"]))

    def _go_on(self, text: str, place: int) -> None:
        answer = self._open or self._asked_above()
        if answer is None or not self._belongs(answer, text, place):
            self._open = None
            self.remarks.append(text.strip())
            return
        if answer is not self._open:
            self._open = answer
            self.blocks[-1].answers.append(answer)
        answer.lines.append(text.strip())

    def _asked_above(self) -> _Answer | None:
        """The label of our form that stands quoted and unanswered right above."""
        found = labelled(self._quoted.lstrip("> "), self._codes) if self._quoted else None
        if found is None or not (fields.is_unanswered(found.value, self._codes) or fields.is_hint(found.value)):
            return None
        return _Answer(found.field)

    def _belongs(self, answer: _Answer, text: str, place: int) -> bool:
        """Tell whether a line without a label goes on with the open answer."""
        if not answer.lines:
            return True
        if answer.name not in _LONG:
            return False
        if not self._is_after_blank or text.startswith("  ") or text.lstrip().startswith(_BULLETS):
            return True
        return self._label_follows(place)

    def _label_follows(self, place: int) -> bool:
        """Tell whether another label follows: then a paragraph before it still belongs to the last one."""
        for text, kind in zip(
            self._marks.texts[place + 1 : place + 40], self._marks.kinds[place + 1 : place + 40], strict=True
        ):
            if kind not in (OWN, BLANK):
                return False
            if kind == OWN and (labelled(text, self._codes) or job_line(text)):
                return True
        return False


def _parted(found: Labelled, codes: tuple[str, ...]) -> list[Labelled]:
    """Part `Done: photos; Hours: 2` where a mail program or the writer put several answers on one line."""
    parts = [found]
    for separator in ("; ", " | ", "  "):
        pieces = parts[-1].value.split(separator)
        for piece in pieces[1:] if len(pieces) < 12 else ():
            more = labelled(piece.strip(), codes)
            if more is None or ":" not in piece or more.field in {one.field for one in parts}:
                continue
            before, _, _ = parts[-1].value.partition(separator + piece)
            parts[-1] = Labelled(parts[-1].field, before.strip(" ;|"))
            parts.append(more)
    return parts


def _reports(blocks: Iterable[_Block], today: date | None, codes: tuple[str, ...]) -> tuple[list[Fields], list[Doubt]]:
    reports: list[Fields] = []
    doubts: list[Doubt] = []
    for block in list(blocks)[: _BLOCKS_LIMIT + 1]:
        report, asked = _report(block, codes)
        report, wished = wishes.read_wishes(((one.name, one.value) for one in block.answers), report, today, codes)
        doubts += asked + wished
        if not report.is_empty:
            reports.append(report)
    return reports, doubts


def _report(block: _Block, codes: tuple[str, ...]) -> tuple[Fields, list[Doubt]]:
    """Read one block; a field that is said twice counts where both say the same."""
    doubts: list[Doubt] = []
    values = {
        name: [one.value for one in block.answers if one.name == name] for name in (DONE, HOURS, NEXT, BLOCKED, STATUS)
    }
    minutes = [fields.read_minutes(value, codes) for value in values[HOURS]]
    statuses = [fields.read_status(value, codes) for value in values[STATUS]]
    blocked = [said for said in (fields.read_blocked(value, codes) for value in values[BLOCKED]) if said is not None]
    doubts += _distinct([*(one.doubt for one in minutes), *(one.doubt for one in statuses)])
    lengths = list(dict.fromkeys(one.minutes for one in minutes if one.minutes is not None))
    words = list(dict.fromkeys(one.status for one in statuses if one.status is not None))
    if len(lengths) > 1 or (lengths and any(one.doubt for one in minutes)):
        doubts.append(fields.ask(" / ".join(values[HOURS]), "hours-twice", codes))
        lengths = []
    if len(words) > 1:
        doubts.append(fields.ask(" / ".join(values[STATUS]), "status-twice", codes))
        words = []
    reasons = [said for said in blocked if said]
    if reasons and all(said.lower().strip(" .!") in phrases(codes, "yes") for said in reasons):
        doubts.append(fields.ask(reasons[0], "blocked", codes))
    return Fields(
        job_key=block.key,
        done=_text(values[DONE], codes),
        minutes=lengths[0] if lengths else None,
        next=_text(values[NEXT], codes),
        blocked="\n".join(dict.fromkeys(reasons)) if reasons else "" if blocked else None,
        status=words[0] if words else None,
    ), doubts


def _text(values: Iterable[str], codes: tuple[str, ...]) -> str | None:
    said = dict.fromkeys(value for value in values if not fields.is_unanswered(value, codes))
    return "\n".join(said) or None


def _one_line(remarks: Sequence[str], codes: tuple[str, ...]) -> tuple[list[Fields], list[Doubt]]:
    """Read a reply of one line without a label: `started`, `done 1.5`, `1h30`."""
    said = [text for text in remarks if text]
    if len(said) != 1 or len(said[0]) > _ONE_LINE_LIMIT:
        return [], []
    text = signoff.without_greeting(said[0].strip())
    whole = _status_and_hours(text, "", codes)
    if whole is not None:
        return [whole], []
    for first, second in _cuts(text):
        both = _status_and_hours(first, second, codes) or _status_and_hours(second, first, codes)
        if both is not None:
            return [both], []
    length = fields.read_minutes(text, codes)
    if length.minutes is not None and not text.strip(" .!").isdigit():
        return [Fields(minutes=length.minutes)], []
    return [], []


def _cuts(text: str) -> Iterable[tuple[str, str]]:
    """Every way to cut a short line in two at a blank."""
    words = text.replace(",", " ").replace(";", " ").replace(" - ", " ").split()
    return ((" ".join(words[:place]), " ".join(words[place:])) for place in range(1, min(len(words), 8)))


def _status_and_hours(status: str, hours: str, codes: tuple[str, ...]) -> Fields | None:
    word = fields.status_words(codes).get(status.lower().strip(" .!:-"))
    if word is None or not hours:
        return Fields(status=word) if word and not hours else None
    length = fields.read_minutes(hours.strip(" :-"), codes)
    return Fields(status=word, minutes=length.minutes) if length.minutes is not None else None


def _yes_or_no(remark: str, codes: tuple[str, ...]) -> str:
    """A plain yes or no, as the answer to a question of ours: the first clause and nothing that takes it back."""
    first = fields.first_clause(signoff.without_greeting(remark.split("\n", 1)[0]))
    for answer in ("yes", "no"):
        if first in phrases(codes, answer) and len(remark) <= _ONE_LINE_LIMIT:
            return answer
    return ""


def _within_budget(reports: Sequence[Fields]) -> tuple[list[Fields], bool]:
    """Keep the answer bounded: texts are cut, in order, when all together grow too long."""
    left = _TEXT_BUDGET
    kept = []
    for one in reports[:_BLOCKS_LIMIT]:
        said = (one.done, one.next, one.blocked, one.question, one.need_words, one.gives_up_why)
        length = sum(len(text) for text in said if text)
        if length < left:
            left -= length
            kept.append(one)
            continue
        texts = []
        for text in said:
            texts.append(text if text is None else text[:left])
            left -= min(left, len(text or ""))
        done, next_, blocked, question, need, why = texts
        kept.append(
            replace(
                one,
                done=done,
                next=next_,
                blocked=blocked,
                question=question,
                need_words=need or "",
                gives_up_why=why or "",
            )
        )
    return kept, left <= 0


def _distinct(doubts: Iterable[Doubt | None]) -> list[Doubt]:
    return list(dict.fromkeys(doubt for doubt in doubts if doubt is not None))
