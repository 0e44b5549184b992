"""Whose words a line is: each line of a mail gets a kind and the reason, so that nothing is cut away unseen.

The model is per line, in the manner of email_reply_trimmer: quote marks first, then where a program starts to quote,
then what we sent ourselves, then what stands around the writer's words. The strongest sign is the text that we sent.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailagent.mail import markup, quoting, signoff
from mailagent.mail.labels import job_line, label_words, labelled
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

WRITERS = frozenset({OWN, GREETING, CLOSING})  # the kinds that the writer typed

_SAID = {
    markup.SAID_QUOTE: QUOTED,
    markup.SAID_ATTRIBUTION: ATTRIBUTION,
    markup.SAID_SIGNATURE: SIGNATURE,
}
_LONG_ENOUGH = 25  # characters of a line of ours that nobody types again by chance
_LOOK_AHEAD = 3  # blank lines between an attribution and its quote


@dataclass(frozen=True, slots=True)
class Sent:
    """Texts that we sent, as lines to compare with: how often each occurs, and all of it in one string."""

    counts: Counter[str]
    whole: str

    def has_part(self, line: str) -> bool:
        """Tell whether a long line is a piece of what we sent, however it was wrapped."""
        return len(line) >= _LONG_ENOUGH and line in self.whole


def sent_lines(texts: Iterable[str]) -> Sent:
    """Prepare the texts for comparing; a line counts as often as the text that has it most often."""
    counts: Counter[str] = Counter()
    wholes = []
    for text in texts:
        lines = [_plain(line) for line in text.split("\n")]
        counts |= Counter(line for line in lines if line)
        wholes.append(" ".join(lines))
    return Sent(counts, "\n".join(" ".join(whole.split()) for whole in wholes))


def mark_lines(body: Body, sent: Sent, languages: tuple[str, ...]) -> tuple[Line, ...]:
    """Give each line of a body its kind and why."""
    sheet = _Sheet(body, languages)
    sheet.mark_quote_marks()
    sheet.find_quote()
    sheet.find_ours(sent)
    sheet.mark_stretches()
    return sheet.lines()


def own_text(lines: Sequence[Line]) -> str:
    """The writer's own words as one text, greeting and closing among them."""
    kept = [line.text if line.kind in WRITERS else "" for line in lines if line.kind in WRITERS or line.kind == BLANK]
    return "\n".join(kept).strip("\n")


class _Sheet:
    """The lines of one mail while they get their kinds; "" is not decided yet."""

    def __init__(self, body: Body, languages: tuple[str, ...]) -> None:
        self._writer = body.writer
        self._languages = languages
        self._own_labels = frozenset(label_words(languages))
        self._texts = [line.text for line in body.lines]
        self._said = [line.said for line in body.lines]
        self._kinds = ["" if text.strip() else BLANK for text in self._texts]
        self._whys = [""] * len(self._texts)

    def lines(self) -> tuple[Line, ...]:
        return tuple(
            Line(n, text, kind or OWN, why or _WHY_OWN)
            for n, (text, kind, why) in enumerate(zip(self._texts, self._kinds, self._whys, strict=True), 1)
        )

    def mark_quote_marks(self) -> None:
        """Lines with a quote mark, and what the mail program itself says in its HTML."""
        for place, text in enumerate(self._texts):
            if text[:1] == ">" or (text[:1] in " ＞" and text.lstrip()[:1] in (">", "＞")):
                self._mark(place, QUOTED, "it has a quote mark")
            elif self._said[place] and self._kinds[place] != BLANK:
                self._mark(place, _SAID[self._said[place]], "the mail program marks it so")

    def find_quote(self) -> None:
        """Find where the program starts to quote; without quote marks all below is quoted."""
        place = 0
        while place < len(self._texts):
            if self._kinds[place]:
                if self._kinds[place] == ATTRIBUTION and not self._is_quote_next(place):
                    self._mark_rest(place + 1)
                    return
                place += 1
                continue
            taken, kind, why = self._program_lines(place)
            for line in range(place, place + taken):
                self._mark(line, kind, why)
            place += max(1, taken)
            if taken and (kind != ATTRIBUTION or not self._is_quote_next(place - 1)):
                self._mark_rest(place)
                return

    def find_ours(self, sent: Sent) -> None:
        """Mark what we sent: long lines anywhere, and unanswered form lines where the mail repeats more of us."""
        open_places = [place for place, kind in enumerate(self._kinds) if not kind]
        if not sent.counts:
            return
        ours = 0
        short: list[tuple[int, str]] = []
        for place in open_places:
            plain = _plain(self._texts[place])
            if sent.has_part(plain):
                self._mark(place, QUOTED, "we sent these words")
                ours += 1
            elif plain in sent.counts:
                short.append((place, plain))
        if ours < 2 or not short:
            return
        left = Counter(sent.counts)
        left.subtract(
            _plain(text.lstrip("> ")) for text, kind in zip(self._texts, self._kinds, strict=True) if kind == QUOTED
        )
        for place, plain in reversed(short):
            if left[plain] > 0:
                left[plain] -= 1
                self._mark(place, FORM, "it is a line of ours, not answered")

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
            (signoff.footer_start(texts), FOOTER, "it is a phone's or program's own line"),
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

    def _program_lines(self, place: int) -> tuple[int, str, str]:
        """How many lines from `place` a mail program wrote to start a quote, and what they are."""
        text = self._texts[place]
        if quoting.is_original_message(text):
            return 1, SEPARATOR, "a quoted mail starts here"
        block = quoting.header_block_at(self._texts, place, self._own_labels)
        if block:
            return block, HEADER, "it is the head of a quoted mail"
        if quoting.may_start_attribution(text):
            taken = quoting.attribution_at(self._texts, place, quote_follows=self._is_quote_near(place))
            return taken, ATTRIBUTION, "it says who wrote what is quoted"
        return 0, "", ""

    def _is_quote_near(self, place: int) -> bool:
        return any(kind == QUOTED for kind in self._kinds[place + 1 : place + 1 + _LOOK_AHEAD + 4])

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


_WHY_OWN = "nothing says that somebody else wrote it"


def _plain(line: str) -> str:
    return " ".join(line.split())
