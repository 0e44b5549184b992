"""The owner's grammar: his own lines -> orders, one a line (SPEC section 6). Nothing is guessed.

A line that could mean two things, or that is not understood whole, becomes an order with a problem: a sentence that
says what to type instead. Words for a worker go on over several lines. Knows nothing of jobs but their keys.
"""

import re
from dataclasses import dataclass, replace

from mailagent.mail.message import Body
from mailagent.mail.orderline import EMPTY, is_clear, read_line, shown, takes_words
from mailagent.mail.orders import OK, YES, Ordered
from mailagent.mail.reply import BLANK, CLOSING, GREETING, OWN, SIGNATURE, Marks, Sent, mark_lines, own_text
from mailagent.mail.thread import body_keys
from mailagent.mail.wire import YES_TO, ReadContext, Understood

MOST_ORDERS = 20
MOST_BAD = 5  # after so many lines that are no orders the rest is not read
_OWN_WORDS_LIMIT = 4000
_NO_ORDER = "This is no order that I know, so nothing was done on it. The answer to help shows them all."
_TEXT_BUDGET = 30_000  # characters of words for workers in one mail

_THANKS = re.compile(
    r"(?i)(?:many thanks|thanks|thank you|thx)(?: (?:a lot|so much|very much|again|in advance))?"
    r"[\s,.!–-]*(?:[^\W\d_]+[\s.!]*)?\Z"
)
_AGREES = re.compile(
    r"(?i)[*_]*(?:yes|yep|ok|okay|confirm|confirmed)[*_]*(?:[\s,.!]+(?:please|thanks|thank you))?[\s.!]*\Z"
)


@dataclass(frozen=True, slots=True)
class Orders:
    """What an owner ordered; `gave_up`: after too many lines that are no orders the rest was not read."""

    orders: tuple[Ordered, ...]
    gave_up: bool = False


def understand_owner(body: Body, context: ReadContext) -> Understood:
    """Read an owner's mail: his orders, where anything in it is meant as one."""
    marks = mark_lines(body, Sent(context.sent_texts), context.languages or ("en",))
    own = own_text(marks)
    found = read_orders(marks, context)
    return Understood(
        reports=(),
        unclear=(),
        body_keys=body_keys(own),
        own_words=own[:_OWN_WORDS_LIMIT],
        remark="",
        answer="",
        truncated=body.truncated,
        lines=marks.lines() if context.want_lines else (),
        orders=found.orders,
        gave_up=found.gave_up,
    )


def read_orders(marks: Marks, context: ReadContext) -> Orders:
    """Read an owner's own lines against the mail that he answers."""
    taking = _Taking(context)
    for place, kind in enumerate(marks.kinds):
        if kind == BLANK:
            taking.blank()
        elif kind == OWN:
            taking.own(marks.texts[place])
        elif kind in (CLOSING, SIGNATURE):
            taking.has_ended = True
        elif kind != GREETING:
            taking.close()
        if taking.has_ended:
            break
    taking.close()
    return Orders(_within_budget(taking.orders), taking.gave_up) if taking.is_meant else Orders(())


class _Taking:
    """Reads the lines one after the other; knows which words for a worker go on."""

    def __init__(self, context: ReadContext) -> None:
        self.orders: list[Ordered] = []
        self.has_ended = False
        self.gave_up = False
        self.is_meant = False  # something was an order, or began like one in answer to a mail of ours
        self._context = context
        self._bad = 0
        self._has_text = False  # the last order takes the lines that follow
        self._prose: list[str] = []
        self._blanks = 0

    def blank(self) -> None:
        self._blanks += 1
        self._end_prose()

    def close(self) -> None:
        """A line that is not his ends whatever was open."""
        self._end_prose()
        self._has_text = False
        self._blanks = 0

    def own(self, raw: str) -> None:
        line = raw.strip()
        if self._context.again and not self.orders and self._agrees(line):
            self._confirm()
            return
        if line == "--" or _THANKS.match(line):
            self.has_ended = True
            return
        order = read_line(line, self._context)
        if self._has_text and (order is None or (order.problem and not is_clear(line))):
            self._go_on(line)
        elif order is None:
            self._prose.append(line)
        else:
            self._take(order)
        self._blanks = 0

    def _agrees(self, line: str) -> bool:
        """A yes or ok that names no job, line or time is his yes to what waits, however warmly it is said."""
        if _AGREES.match(line):
            return True
        order = None if any(map(str.isdigit, line)) else read_line(line, self._context)
        return order is not None and order.verb in (YES, OK) and not (order.problem or order.only_from_now)

    def _confirm(self) -> None:
        """His yes to the orders that waited for it stands for these, and ends the mail."""
        read = ((one, read_line(one, ReadContext(is_owner=True))) for one in self._context.again)
        self.orders = [replace(order, words=YES_TO + one) for one, order in read if order is not None]
        self.is_meant = self.has_ended = True

    def _go_on(self, line: str) -> None:
        last = self.orders[-1]
        gap = "\n\n" if self._blanks and last.text else "\n" if last.text else ""
        text = last.text + gap + line
        problem = "" if last.problem == EMPTY[last.verb] else last.problem
        self.orders[-1] = replace(last, text=text, problem=problem)

    def _take(self, order: Ordered) -> None:
        self._end_prose()
        if len(self.orders) >= MOST_ORDERS:
            self._give_up()
            return
        self.orders.append(order)
        self._has_text = takes_words(order)
        is_answer = bool(self._context.about or self._context.numbers)
        self.is_meant |= (
            is_answer or self._has_text or not order.problem or is_clear(order.words) or bool(order.job_key)
        )
        if order.problem not in ("", EMPTY.get(order.verb)):
            self._count_bad()

    def _end_prose(self) -> None:
        """Lines that are no orders are one bad line where they stand together: mail programs wrap."""
        if self._prose:
            words = shown(" ".join(self._prose))
            self._prose = []
            self.orders.append(Ordered(words, problem=_NO_ORDER))
            self._count_bad()

    def _count_bad(self) -> None:
        self._bad += 1
        if self._bad >= MOST_BAD:
            self._give_up()

    def _give_up(self) -> None:
        self.gave_up = True
        self.has_ended = True
        self._prose = []


def _within_budget(orders: list[Ordered]) -> tuple[Ordered, ...]:
    """Words that are too long are not sent cut: they are not sent at all."""
    left = _TEXT_BUDGET
    kept = []
    for order in orders:
        left -= len(order.text)
        if left < 0 and order.text:
            too_long = f"These are more than {_TEXT_BUDGET:,} characters in one mail. Please send them in several."
            kept.append(replace(order, text="", problem=too_long))
        else:
            kept.append(order if not order.problem else replace(order, text="", problem=_filled(order)))
    return tuple(kept)


def _filled(order: Ordered) -> str:
    return order.problem.replace("{key}", order.job_key or "J12")
