"""What stands around a writer's words and is none of them: signatures, mobile footers, notices of gateways and lawyers.

Each function looks at one stretch of lines that the writer may have typed and gives the part that is something else.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from mailagent.mail.languages import every_language

_NAME_LINES = 6  # lines under a closing: name, firm, phone ...
_SHORT = 60
_FOOTER_LIMIT = 160
_PLAIN = re.compile(r"[^\w\s&']+")
_MAIL = r"(?:e-?mail|message|communication|transmission|mail)\b"
_NOTICE = re.compile(
    r"(?i)[\s*_\[(<!-]{0,12}(?:"
    r"(?:confidential(?:ity)?|legal|privacy) (?:notice|disclaimer)|disclaimer\b|privileged and confidential"
    r"|(?:caution|warning|attention|notice)\b.{0,60}\b(?:external|outside|originated)\b"
    r"|external (?:e-?mail|sender|message)\b|external\]"
    r"|you don['’]?t often get e-?mail from|this sender is from outside"
    rf"|this {_MAIL}.{{0,120}}\b(?:confidential|intended|privileged|recipient|originated|outside|scanned|virus)"
    rf"|the (?:information|contents?) (?:of|in|contained in|transmitted in|transmitted by) this {_MAIL}"
    r"|please consider the environment|virus[- ]free\b|if you are not the intended|if you have received this"
    r")"
)
_LIST_FOOTER = re.compile(r"(?i)mailing list|to unsubscribe|unsubscribe from|list-?info")


def signature_start(lines: Sequence[str], is_label: Sequence[bool]) -> int:
    """Give where a signature behind a delimiter starts; the number of lines where there is none.

    `-- ` is the delimiter of RFC 3676 section 4.3. Roundcube 1.6 writes `---`, others `___`: those count only where
    nothing that answers us follows.
    """
    tail, last = _tail(lines, is_label), _last_label(is_label)
    for place, line in enumerate(lines):
        text = line.strip()
        if text in ("--", "—") and not (place < last and _is_empty_signature(lines, place)):
            return place
        if place >= tail and len(text) >= 3 and not text.strip("-_"):
            return place
    return len(lines)


def _is_empty_signature(lines: Sequence[str], place: int) -> bool:
    """Sylpheed 3.8 puts the delimiter of a signature that is empty above where one types below a quote."""
    return place + 1 < len(lines) and not lines[place + 1].strip()


def _last_label(is_label: Sequence[bool]) -> int:
    """Where the last line stands that answers us; -1 where none does."""
    return max((place for place, answers in enumerate(is_label) if answers), default=-1)


def _tail(lines: Sequence[str], is_label: Sequence[bool]) -> int:
    """Where the last few lines start of which none answers us: only there a letter ends."""
    left = _NAME_LINES + 1
    for place in range(len(lines) - 1, -1, -1):
        left -= bool(lines[place].strip())
        if left < 0 or is_label[place]:
            return place + 1
    return 0


def footer_start(lines: Sequence[str], is_label: Sequence[bool]) -> int:
    """Give where a mobile footer (`Sent from my phone`) starts; nothing below it answers us."""
    for place in range(_last_label(is_label) + 1, len(lines)):
        stands_apart = place == 0 or not lines[place - 1].strip()
        if stands_apart and _is_mobile_footer(lines[place].strip()):
            return place
    return len(lines)


def _is_mobile_footer(text: str) -> bool:
    """A short line that starts like one and is no sentence."""
    if "<https://aka.ms/" in text or "<http://www.typeapp.com" in text:
        return len(text) <= _FOOTER_LIMIT
    return len(text) <= _SHORT and "," not in text and _words().sent_from.match(text) is not None


def is_notice(line: str) -> bool:
    """Tell whether a gateway's or lawyer's notice starts with this line."""
    return _NOTICE.match(line[:400]) is not None


def is_list_footer(lines: Sequence[str], place: int) -> bool:
    """A rule of underscores above the words of a mailing list."""
    text = lines[place].strip()
    return len(text) >= 10 and not text.strip("_-") and any(map(_LIST_FOOTER.search, lines[place + 1 : place + 4]))


def closing_start(lines: Sequence[str], is_label: Sequence[bool], writer: str) -> int:
    """Give where the end of the letter starts: `Thanks,` and a name, or the writer's own name alone."""
    name_words = frozenset(_plain(writer).split())
    for place in range(_tail(lines, is_label), len(lines)):
        text = lines[place].strip()
        if not text or len(text) > _SHORT or any(len(one) > 2 * _SHORT for one in lines[place + 1 :]):
            continue
        words = _plain(text)
        if words in _words().closings or (words and frozenset(words.split()) <= name_words):
            return place
    return len(lines)


def is_greeting(line: str) -> bool:
    """`Hi Dana,` at the top; `Hi, done 1.5` says more than that."""
    words = _plain(line[:_SHORT])
    match = _words().greeting.match(words)
    if match is None or len(line) > _SHORT:
        return False
    name = words[match.end() :].split()
    return len(name) <= 3 and not any(word in _words().saying or not word.isalpha() for word in name)


def without_greeting(line: str) -> str:
    """What a line says behind its greeting, if it has one."""
    return _words().greeting_ahead.sub("", line, count=1)


def _plain(text: str) -> str:
    return " ".join(_PLAIN.sub(" ", text.lower()).split())


class _Words:
    def __init__(self) -> None:
        languages = every_language()
        self.sent_from = re.compile(
            "(?i)(?:" + "|".join(re.escape(one) for lang in languages for one in lang.sent_from) + ")"
        )
        self.closings = frozenset(_plain(one) for lang in languages for one in lang.closings)
        greetings = "|".join(re.escape(one) for lang in languages for one in lang.greetings)
        self.greeting = re.compile(rf"(?:{greetings})\b")
        self.greeting_ahead = re.compile(rf"(?i)(?:{greetings})\b[\s,.!:-]*")
        answers = [word for lang in languages for _, group in (*lang.statuses, *lang.labels) for word in group]
        answers += [word for lang in languages for word in (*lang.yes, *lang.no)]
        self.saying = frozenset(word for answer in answers for word in answer.split())


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words()
