"""Where a mail program starts to quote: attribution lines, header blocks, `-----Original Message-----`.

All patterns are anchored and looked at on lines of bounded length only, so the work grows with the text and not faster.
Word lists come from languages/; beside them stand rules that need no words: programs speak more languages than we know.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from mailagent.mail.languages import every_language

_LINE_LIMIT = 500  # no program writes a longer attribution or header line
_WRAP_LIMIT = 4  # lines that one attribution may take
_NAME_LIMIT = 40
_COMPLETE = 4  # header lines; what follows a blank line then is the quoted text
_BLOCK_LIMIT = 12  # lines that a header block may take

_MARKS = " \t-_*=>~"
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]")
_CLOCK = re.compile(r"\b[0-2]?[0-9][:.h][0-5][0-9]\b")
_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")
_SHORT_DATE = re.compile(r"\b[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}\b|\b[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}\b")
_DASHED = re.compile(r"(-{3,}|={3,}|_{3,}|\*{3,})\s?([^\s-].{0,80}?)\s?(?:-{3,}|={3,}|_{3,}|\*{3,})\Z")


def attribution_ending_at(lines: Sequence[str], end: int, *, quote_follows: bool) -> int:
    """Tell how many lines up to and with `end` are an attribution (`On ..., Ana wrote:`, also wrapped); 0 for none.

    `quote_follows` tells that the next line that is not blank is quoted: then less is asked of the words.
    """
    joined = ""
    found = 0
    for count in range(1, min(_WRAP_LIMIT, end + 1) + 1):
        line = lines[end + 1 - count].strip()
        if not line or len(joined) + len(line) > _LINE_LIMIT:
            break
        joined = f"{line} {joined}" if joined else line
        starts = _words().starts.match(joined.lstrip(_MARKS)) is not None
        if (starts or not found) and _is_attribution(joined, quote_follows=quote_follows):
            found = count
    return found


def may_end_attribution(line: str) -> bool:
    """Tell cheaply whether an attribution may end with this line: at a colon, or at a row of dashes around it all."""
    if line[-1:] in (":", "："):
        return True
    end = line.rstrip(_MARKS)
    return (end != line and end[-1:] in (":", "：")) or _words().wrote_last.search(end[-20:]) is not None


def header_block_at(lines: Sequence[str], start: int, is_ours: Callable[[str], bool]) -> int:
    """Tell how many lines from `start` are the head of a quoted mail (`From:`, `Sent:`, `To:`, `Subject:`); 0 for none.

    Known names decide; else three lines in a row of which one shows an address and another a date, in any language.
    """
    if _parted(lines[start]) is None or is_ours(lines[start]):
        return 0
    names: list[str] = []
    address = date = has_gap = False
    last = start
    for place in range(start, min(start + _BLOCK_LIMIT, len(lines))):
        parted = _parted(lines[place])
        if parted is None:
            if place - last > 2 or len(names) >= _COMPLETE:
                break
            has_gap = has_gap or not lines[place].strip()
            continue  # a blank line between them, or the rest of a long `To:`
        name, value = parted
        kind = _words().header_names.get(name, "")
        if (has_gap and not kind) or (not kind and is_ours(lines[place])):
            break
        names.append(kind)
        address = address or _ADDRESS.search(value) is not None
        date = date or _is_date(value)
        last = place
    known = set(names) - {"", "cc"}
    is_block = ("from" in known and len(known) >= 3) or len(known) == 4
    is_foreign = len(names) >= 3 and address and date and last - start < 2 * len(names)
    return last - start + 1 if is_block or is_foreign else 0


def is_original_message(line: str) -> bool:
    """`-----Original Message-----` and its like: known words, or any words between two rows of dashes."""
    text = line.strip()
    if len(text) > 120 or not text:
        return False
    bare = text.strip(_MARKS + ":").lower()
    if bare in _words().originals and (text[0] in "-_*=>" or text.endswith(":")):
        return True
    match = _DASHED.match(text)
    return match is not None and match[1][0] == "-" and len(match[1]) >= 4


def _is_attribution(text: str, *, quote_follows: bool) -> bool:
    bare = text.strip(_MARKS)
    wrote = _words().wrote_last.search(bare.rstrip(" :：")) is not None
    has_address = _ADDRESS.search(bare) is not None
    has_date = _is_date(bare)
    if wrote and (has_address or has_date):
        return True
    if wrote and quote_follows:
        return True
    if has_date and _CLOCK.search(bare) and (has_address or quote_follows):
        return True
    return has_address and bare.rstrip(" :：").endswith(">") and (quote_follows or has_date)


def _is_date(text: str) -> bool:
    return _SHORT_DATE.search(text) is not None or (_YEAR.search(text) is not None and any(map(str.isdigit, text)))


def _parted(line: str) -> tuple[str, str] | None:
    """Part `*From:* Ana` into its name in lower case and its value; None where it is no such line."""
    head = line[:_NAME_LIMIT]
    colon = head.find(":")
    if colon < 0:
        colon = head.find("：")
    if colon <= 0 or len(line) > _LINE_LIMIT:
        return None
    name = head[:colon].strip(" \t*_").lower()
    return (name, line[colon + 1 :].strip(" \t*_")) if name and not name[0].isdigit() else None


class _Words:
    """What all languages say, as patterns."""

    def __init__(self) -> None:
        languages = every_language()
        wrote = "|".join(re.escape(word) for one in languages for word in one.wrote)
        starts = "|".join(re.escape(word) for one in languages for word in one.attribution_starts)
        self.wrote_last = re.compile(rf"(?i)\b(?:{wrote})\Z")
        self.starts = re.compile(rf"(?i)(?:{starts})\b")
        self.header_names = {name: kind for one in languages for kind, names in one.header_names for name in names}
        self.originals = frozenset(phrase for one in languages for phrase in one.original_message)


@lru_cache(maxsize=1)
def _words() -> _Words:
    return _Words()
