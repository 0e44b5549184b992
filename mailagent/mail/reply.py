"""Whose words a line is: each line of a mail gets a kind and the reason, so that nothing is cut away unseen.

The model is per line, in the manner of email_reply_trimmer: quote marks first, then where a program starts to quote,
then what we sent ourselves, then what stands around the writer's words. The strongest sign is the text that we sent.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mailagent.mail import markup, quoting, signoff
from mailagent.mail.labels import job_line, labelled
from mailagent.mail.message import Body
from mailagent.mail.wire import Line

BLANK = "blank"
OWN = "own"
GREETING = "greeting"
CLOSING = "closing"
QUOTED = "quoted"
ATTRIBUTION = "attribution"
HEADER = "header"
SEPARATOR = "separator"
SIGNATURE = "signature"
FOOTER = "footer"
NOTICE = "notice"
FORM = "form"

_SHOWN = frozenset({OWN, GREETING, CLOSING, BLANK})  # what the writer typed, and the space between

_SAID = {
    markup.SAID_QUOTE: QUOTED,
    markup.SAID_ATTRIBUTION: ATTRIBUTION,
    markup.SAID_SIGNATURE: SIGNATURE,
}
_LONG_ENOUGH = 25  # characters of a line of ours that nobody types again by chance
_REPEATED = 2  # so many long lines of ours make a mail one that repeats us without quote marks
_SEAM = 40  # characters above a wrap that must be ours, too
_LOOK_AHEAD = 3  # blank lines between an attribution and its quote


class Sent:
    """Texts that we sent, to compare with; lines are counted only for a mail that needs it."""

    __slots__ = ("_texts", "whole")

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self.whole = "\n".join(" ".join(text.split()) for text in self._texts)

    def has_part(self, line: str) -> bool:
        """Tell whether a long line is a piece of what we sent, however it was wrapped."""
        return len(line) >= _LONG_ENOUGH and line in self.whole

    def counts(self) -> Counter[str]:
        """How often each line occurs, in the text that has it most often."""
        counts: Counter[str] = Counter()
        for text in self._texts:
            counts |= Counter(filter(None, map(_plain, text.split("\n"))))
        return counts


@dataclass(frozen=True, slots=True)
class Marks:
    """The lines of a mail, what kind each is and why; three tuples of one length."""

    texts: tuple[str, ...]
    kinds: tuple[str, ...]
    whys: tuple[str, ...]

    def lines(self) -> tuple[Line, ...]:
        """As one value a line, for showing."""
        return tuple(Line(n, *line) for n, line in enumerate(zip(self.texts, self.kinds, self.whys, strict=True), 1))


def mark_lines(body: Body, sent: Sent, languages: tuple[str, ...]) -> Marks:
    """Give each line of a body its kind and why."""
    sheet = _Sheet(body, languages)
    sheet.mark_quote_marks()
    sheet.find_quote()
    sheet.find_ours(sent)
    sheet.mark_stretches()
    return sheet.marks()


def own_text(marks: Marks) -> str:
    """The writer's own words as one text, greeting and closing among them."""
    pairs = zip(marks.texts, marks.kinds, strict=True)
    return "\n".join(text if kind != BLANK else "" for text, kind in pairs if kind in _SHOWN).strip("\n")


class _Sheet:
    """The lines of one mail while they get their kinds; "" is not decided yet."""

    def __init__(self, body: Body, languages: tuple[str, ...]) -> None:
        self._writer = body.writer
        self._languages = languages
        self._texts = body.texts
        self._said = body.said
        self._kinds = ["" if text and not text.isspace() else BLANK for text in body.texts]
        self._whys = [""] * len(self._texts)

    def marks(self) -> Marks:
        kinds = tuple(kind or OWN for kind in self._kinds)
        whys = (why or _WHY.get(kind, "") for kind, why in zip(kinds, self._whys, strict=True))
        return Marks(self._texts, kinds, tuple(whys))

    def mark_quote_marks(self) -> None:
        """Lines with a quote mark, and what the mail program itself says in its HTML."""
        for place, text in enumerate(self._texts):
            if (text[:1] == ">" and text != ">:") or (text[:1] in " ＞" and text.lstrip()[:1] in (">", "＞")):
                self._mark(place, QUOTED, "it has a quote mark")
        for place, said in enumerate(self._said):
            if said and not self._kinds[place]:
                self._mark(place, _SAID[said], "the mail program marks it so")

    def find_quote(self) -> None:
        """Find where the program starts to quote; without quote marks all below is quoted."""
        for place, text in enumerate(self._texts):
            kind = self._kinds[place]
            if kind == ATTRIBUTION and not self._is_quote_next(place):
                self._mark_rest(place + 1)
                return
            if kind:
                continue
            found = self._program_lines(place, text)
            if found is None:
                continue
            first, last, kind, why = found
            for line in range(first, last + 1):
                self._mark(line, kind, why)
            if kind == ATTRIBUTION:
                self._mark_tabs(last + 1)
            if kind != ATTRIBUTION or not self._is_quote_next(last):
                self._mark_rest(last + 1)
                return

    def _mark_tabs(self, start: int) -> None:
        """s-nail 14.9 quotes with a tab in place of `>`, and so do some set up by hand."""
        for place in range(start, len(self._texts)):
            if self._texts[place].startswith("\t"):
                self._mark(place, QUOTED, "it has a tab for a quote mark")
            elif self._kinds[place] != BLANK:
                return

    def find_ours(self, sent: Sent) -> None:
        """Mark what we sent: long lines anywhere, and unanswered form lines where the mail repeats more of us."""
        ours = 0
        short: list[tuple[int, str]] = []
        for place, kind in enumerate(self._kinds):
            plain = "" if kind else _plain(self._texts[place])
            if not plain or plain not in sent.whole:
                continue
            if sent.has_part(plain):
                self._mark(place, QUOTED, "we sent these words")
                ours += 1
            elif place and self._kinds[place - 1] == QUOTED and self._goes_on(place, plain, sent):
                self._mark(place, QUOTED, "a line of ours that was wrapped goes on here")
            else:
                short.append((place, plain))
        if ours < _REPEATED or not short:
            return
        left = sent.counts()
        pairs = zip(self._texts, self._kinds, strict=True)
        left.subtract(_plain(text.lstrip("> ")) for text, kind in pairs if kind == QUOTED)
        for place, plain in reversed(short):
            if left[plain] > 0:
                left[plain] -= 1
                self._mark(place, FORM, "it is a line of ours, not answered")

    def _goes_on(self, place: int, plain: str, sent: Sent) -> bool:
        """Tell whether a line and the quoted one above it are one line of ours: a program that wraps loses the mark."""
        above = _plain(self._texts[place - 1].lstrip("> ＞\t"))
        return bool(above) and f"{above[-_SEAM:]} {plain}" in sent.whole

    def mark_stretches(self) -> None:
        """In each stretch that the writer may have typed, mark what stands around his words."""
        start = None
        is_first = True
        for place in range(len(self._kinds) + 1):
            is_open = place < len(self._kinds) and self._kinds[place] in ("", BLANK)
            if is_open and start is None:
                start = place
            elif not is_open and start is not None:
                is_first = self._mark_stretch(start, place, is_first=is_first)
                start = None

    def _mark_stretch(self, start: int, end: int, *, is_first: bool) -> bool:
        """Mark one stretch; tell whether no word of the writer has been seen yet."""
        if all(kind == BLANK for kind in self._kinds[start:end]):
            return is_first
        if is_first:
            start = self._mark_banner(start, end)
        end = self._mark_tail(start, end)
        texts = self._texts[start:end]
        is_label = [self._answers(text) for text in texts]
        for find, kind, why in (
            (signoff.signature_start(texts, is_label), SIGNATURE, "it stands under a signature's delimiter"),
            (signoff.footer_start(texts, is_label), FOOTER, "it is a phone's or program's own line"),
        ):
            if find < end - start:
                self._mark_open(start + find, end, kind, why)
                end = start + find
        texts, is_label = self._texts[start:end], is_label[: end - start]
        self._mark_open(
            start + signoff.closing_start(texts, is_label, self._writer), end, CLOSING, "it ends the letter"
        )
        first = next((place for place in range(start, end) if not self._kinds[place]), None)
        if (
            is_first
            and first is not None
            and signoff.is_greeting(self._texts[first])
            and not self._answers(self._texts[first])
        ):
            self._mark(first, GREETING, "it greets")
        return False

    def _mark_banner(self, start: int, end: int) -> int:
        """A gateway's warning above all else ends at the first blank line."""
        first = next(place for place in range(start, end) if not self._kinds[place])
        if not signoff.is_notice(self._texts[first]):
            return start
        place = first
        while place < end and not self._kinds[place] and not (place > first and self._answers(self._texts[place])):
            self._mark(place, NOTICE, "a mail gateway put it there")
            place += 1
        return place

    def _mark_tail(self, start: int, end: int) -> int:
        """A lawyer's notice or a list's footer goes to the end of the stretch."""
        for place in range(start, end):
            text = self._texts[place]
            if not self._kinds[place] and (signoff.is_notice(text) or signoff.is_list_footer(self._texts, place)):
                self._mark_open(place, end, NOTICE, "a notice starts above it or here")
                return place
        return end

    def _answers(self, text: str) -> bool:
        return bool(text) and (labelled(text, self._languages) is not None or job_line(text) is not None)

    def _program_lines(self, place: int, text: str) -> tuple[int, int, str, str] | None:
        """The first and last of the lines at `place` that a mail program wrote to start a quote, and what they are."""
        if ":" in text or "：" in text:
            block = quoting.header_block_at(self._texts, place, self._answers)
            if block:
                return place, place + block - 1, HEADER, "it is the head of a quoted mail"
        if quoting.may_end_attribution(text):
            taken = quoting.attribution_ending_at(self._texts, place, quote_follows=self._is_quote_next(place))
            if taken:
                return place + 1 - taken, place, ATTRIBUTION, "it says who wrote what is quoted"
        if (text[0] in "-_*=" or text[-1] == ":") and quoting.is_original_message(text):
            return place, place, SEPARATOR, "a quoted mail starts here"
        return None

    def _is_quote_next(self, place: int) -> bool:
        """Tell whether the next line that is not blank has a quote mark."""
        for kind in self._kinds[place + 1 : place + 1 + _LOOK_AHEAD]:
            if kind != BLANK:
                return kind in (QUOTED, ATTRIBUTION)
        return False

    def _mark(self, place: int, kind: str, why: str) -> None:
        self._kinds[place] = kind
        self._whys[place] = why

    def _mark_open(self, start: int, end: int, kind: str, why: str) -> None:
        for place in range(start, end):
            if not self._kinds[place]:
                self._mark(place, kind, why)

    def _mark_rest(self, start: int) -> None:
        self._mark_open(start, len(self._kinds), QUOTED, "it stands below the start of a quoted mail")


_WHY = {OWN: "nothing says that somebody else wrote it", BLANK: "there is nothing on it"}


def _plain(line: str) -> str:
    return " ".join(line.split())
