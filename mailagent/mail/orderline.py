"""One line of an owner -> an order, or nothing where it is not meant as one (SPEC section 6).

A line that could mean two things, or that is not understood whole, becomes an order with a problem: a sentence that
says what to type instead.
"""

import re
from dataclasses import replace

from mailagent.mail import orders as verbs
from mailagent.mail.durations import read_length
from mailagent.mail.guesses import guess
from mailagent.mail.orders import Ordered
from mailagent.mail.wire import ReadContext

_WORDS_LIMIT = 300  # of a line, as it is quoted
_LONGEST = 200  # characters of an order without words for a worker
_EDGE = " \t*_•●▪·>#"
_KEY = r"\[?(?P<key>[Jj] ?[1-9][0-9]{0,8})\]?"
_TARGET = rf"(?:{_KEY}|(?:#|[Ll]ine )?(?P<line>[0-9]{{1,3}}))"
_COLON = r"\s{0,3}[:：](?P<text>.*)"
_VERBS = "ok|okay|back|go on|yes|no|cap|tell|answer|pause|resume|cancel|list|show|digest|undo|help"
_WITH_TEXT = re.compile(rf"(?i)(?P<verb>back|tell|answer)(?:\s{{1,3}}{_TARGET})?{_COLON}\Z", re.DOTALL)
_TARGET_TEXT = re.compile(rf"(?!\d+:\d){_TARGET}{_COLON}\Z", re.DOTALL)  # `12:30 we talk` is no line 12
_PLAIN = re.compile(rf"(?P<verb>ok|okay|go on|no|pause|resume|cancel|show)(?: {_TARGET})?\Z")
_ALONE = re.compile(r"(?P<verb>list|digest|help)\Z")
_YES = re.compile(rf"yes(?: {_TARGET}(?= |\Z))?(?: (?P<length>.+?))??(?P<from_now> from now(?: on)?)?\Z")
_MORE = re.compile(
    rf"(?:{_TARGET} )?\+ ?(?P<length>[0-9][^+]*?)(?: (?:for )?\[?(?P<behind>[Jj][1-9][0-9]{{0,8}})\]?)?\Z"
)
_CAP = re.compile(rf"cap(?: {_TARGET}:?(?= |\Z))?(?: (?:to |= ?)?(?P<more>\+ ?)?(?P<length>[^+]+))?\Z")
_TARGET_FIRST = re.compile(rf"{_TARGET},? (?P<rest>(?:ok|okay|go on|yes|no|pause|resume|cancel|show)(?: .*)?)\Z")
_ONE = r"(?:\[?j ?[1-9][0-9]{0,8}\]?|#?[0-9]{1,3})"
_SEVERAL = re.compile(
    rf"(?P<verb>ok|okay|go on|yes|no|pause|resume|cancel|show) (?P<first>{_ONE})"
    rf"(?:(?:,? and|,| &)? {_ONE})*(?:,? and|,| &)? (?P<last>{_ONE})\Z"
)
_COURTESY = re.compile(
    r"(?:\A(?:please|pls|plz) "
    r"|[ ,.!]+(?:please|pls|plz|(?:many )?thanks|thank you|thx)(?: (?:a lot|so much|very much))?\Z)"
)
_UNDO = re.compile(r"undo #?(?P<number>[0-9]{1,9})\Z")
_ANY_KEY = re.compile(r"(?<!\w)\[?(j ?[1-9][0-9]{0,8})(?!\w)")
_STARTS = re.compile(rf"(?:{_VERBS})(?![\w'’])")
# What begins so was meant as an order, even among words for a worker: better asked about than sent to him.
_CLEAR = re.compile(
    rf"(?i)(?:(?:{_VERBS})(?:\s*[:：]|\s*[.!?]*\Z|\s+\[?J[1-9][0-9]*(?!\w)|\s+[0-9]{{1,3}}\Z)"
    r"|(?:undo|pause|resume|cancel)\s+[0-9]|cap\s+(?:\S+\s+)?\+?[0-9]|cap\s*\+"
    r"|(?:\S{1,10}\s)?\+\s?[0-9][0-9.,:]*\s?(?:h|m|\Z))"
)

_NOT_FILLED_IN = ("", "your words")  # how our mails mark where he is to write
EMPTY: dict[str | None, str] = {
    verbs.BACK: "Say what he is to change, behind the colon, for example: back {key}: please add the phone numbers",
    verbs.TELL: "Write the words for him behind the colon, for example: tell {key}: please use the new list",
    verbs.ANSWER: "Write the answer behind the colon, for example: answer {key}: take the second one",
}
_WHICH = "I cannot tell which job you mean. Put its key behind the word, for example: {verb} J12"
_WHICH_LINE = (
    "I cannot tell which job you mean. Put its key or the number of its line behind the word, for example: {example}"
)
_ONE_A_LINE = "One order a line, please: {verb} {first} on one line, and {verb} {last} on the next."
_WHOM = (
    "Behind {verb} comes the key of the job or the number of its line, and then the colon, for example: "
    "{verb} {{key}}: please use the new list"
)
_NO_NUMBERS = (
    "A number means a line of the daily mail that you answer, and this mail answers none that I still know. "
    "Use the key of the job instead, for example: {verb} J12"
)
_NO_SUCH_LINE = "The mail that you answer has no line {line}. Use the key of the job, for example: {verb} J12"
_NEEDS_UNIT = "A time needs its unit. Did you mean {hours}h or {hours}m? Please type it with the unit."
_NO_TIME = "I cannot read this as a time. Hours are written like 2h, 1h30 or 90m."
_YES_NUMBER = (
    "This could mean line {number} or {number} hours. If it is for {key}, please type: yes {key} {number}h. "
    "If you only agree, type: yes {key}"
)
_OK_WORDS = (
    "ok accepts the work as it is, and here more words follow. To accept it, type only: ok {key}. To let it be done "
    "again, type: back {key}: and the reason. To write to the worker, type: tell {key}: and the words."
)
_WORD_OR_ORDER = "Is this an order or words for the worker? For the order type: {order}. For the words type: {tell}"
_WHOLE: dict[str | None, str] = {
    verbs.OK: _OK_WORDS,
    verbs.BACK: "Say why, behind a colon, so that it can be done: back {key}: the phone numbers are missing",
    verbs.YES: "I understand yes, yes 1h and yes from now, with or without a key. For words, type: tell {key}: words",
    verbs.NO: "I understand no alone, or with a key: no {key}. To write to the worker, type: tell {key}: and the words",
    verbs.CAP: "The cap is set like this: cap {key} +2h, or cap {key} 8h, or cap {key} none",
    verbs.TELL: "Put a colon before the words, to show where they begin: tell {key}: please use the new list",
    verbs.ANSWER: "Put a colon before the words, to show where they begin: answer {key}: take the second one",
    verbs.UNDO: "Say which, by the number in my answer to it, for example: undo 47",
}


def read_line(line: str, context: ReadContext) -> Ordered | None:
    """Read one line; None where it is not meant as an order."""
    own = _bare(line)
    plain = _plain_of(own[:_LONGEST])
    order = _worded(own, context)
    for read in (_plain, _yes, _more, _cap, _undo):
        if order is None and len(own) <= _LONGEST:
            order = read(plain, context)
    if order is None and len(own) <= _LONGEST:
        order = _target_first(plain, context)
    if order is not None:
        return replace(order, words=shown(line))
    if _STARTS.match(plain) or _CLEAR.match(own):
        return _not_whole(plain, line, context)
    return _guessed(plain, line, context)


def is_clear(line: str) -> bool:
    """Tell whether a line begins as nothing but an order does, even among words for a worker."""
    return _CLEAR.match(_bare(line)) is not None


def takes_words(order: Ordered) -> bool:
    """Tell whether the lines below an order may be words of it."""
    return order.verb in EMPTY and order.problem != _WHOLE[order.verb]


def _bare(line: str) -> str:
    """Without bullets and bold, which mail programs and people put around a line."""
    text = re.sub(r"\A[-–—](?=\s)", "", line.strip()).strip(_EDGE)
    return re.sub(r"(?<=\w)[*_]{1,3}(?=\s?[:：])|(?<=[:：])[*_]{1,3}", "", text, count=1)


def _plain_of(own: str) -> str:
    """In lower case, without end marks, `please`, `thanks` and the comma behind the first word."""
    text = " ".join(re.sub(r"[^\w+\[\]]+\Z", "", own).lower().replace("’", "'").split())
    before = ""
    while text != before:
        before, text = text, _COURTESY.sub("", text).rstrip(",")
    return re.sub(r"\A(\w+),(?= )", r"\1", text)


def _worded(own: str, context: ReadContext) -> Ordered | None:
    """`tell J12: ...`, `back: ...`, `answer: ...`, and `3: ...`, which is `tell`."""
    match = _WITH_TEXT.match(own)
    if match is None:
        return _told(own, context)
    if match["key"] is None and match["line"] is None:  # `Answer: answer J12: ...`, as our mails offer it
        offered = _WITH_TEXT.match(match["text"].strip())
        match = offered if offered is not None and offered["key"] else match
    verb = match["verb"].lower()
    text = match["text"].strip()
    text = "" if text.lower().strip("()[]<>. …") in _NOT_FILLED_IN else text
    order = _for(verb, match, context, text=text)
    return order if text or order.problem else replace(order, problem=EMPTY[verb])


def _told(own: str, context: ReadContext) -> Ordered | None:
    """`J12: ...` or `3: ...`; where the words are an order themselves, it is asked which of the two is meant."""
    match = _TARGET_TEXT.match(own)
    if match is None or (match["line"] and not context.numbers):
        return None
    text = match["text"].strip()
    order = _for(verbs.TELL, match, context, text=text)
    if order.problem or not text:
        return order if order.problem else replace(order, problem=EMPTY[verbs.TELL])
    about = replace(context, about=order.job_key or "")
    inner = read_line(text, about) if len(text) <= _LONGEST else None
    if inner is None or inner.problem:
        return order
    target = (match["key"] or match["line"]).upper().replace(" ", "")
    said = {"order": _order_about(target, inner, text), "tell": f"tell {target}: {text}"}
    return replace(order, problem=_WORD_OR_ORDER.format(**said), text="")


def _order_about(target: str, inner: Ordered, text: str) -> str:
    """How the order `inner`, typed as `text`, would be written with its job."""
    if inner.verb == verbs.CAP:
        return f"cap {target} {text.lower().removeprefix('cap').strip()}"
    if inner.verb == verbs.YES:
        return f"yes {target}{text[3:]}"
    return f"{inner.verb} {target}" + (": ..." if inner.verb in EMPTY else "")


def _plain(plain: str, context: ReadContext) -> Ordered | None:
    alone = _ALONE.match(plain)
    if alone is not None:
        return Ordered("", alone["verb"])
    match = _PLAIN.match(plain)
    if match is None:
        return None
    verb = verbs.OK if match["verb"] == "okay" else match["verb"]
    return _for(verb, match, context)


def _yes(plain: str, context: ReadContext) -> Ordered | None:
    match = _YES.match(plain)
    if match is None:
        return None
    line, length = match["line"], match["length"]
    if line and length and read_length(f"{line} {length}").minutes is not None:  # `yes 2 hours`, `yes 1 h 30`
        line, length = None, f"{line} {length}"
    if line and context.about:
        return Ordered("", verbs.YES, problem=_YES_NUMBER.format(number=line, key=context.about))
    order = _target(Ordered("", verbs.YES, only_from_now=bool(match["from_now"])), match["key"], line, context)
    return order if order.problem or length is None else _timed(order, length)


def _more(plain: str, context: ReadContext) -> Ordered | None:
    match = _MORE.match(plain)
    if match is None:
        return None
    key = match["key"] or match["behind"]
    order = _target(Ordered("", verbs.CAP, is_more=True), key, match["line"], context)
    return _timed(order, match["length"]) if not order.problem else order


def _cap(plain: str, context: ReadContext) -> Ordered | None:
    match = _CAP.match(plain)
    if match is None or match["length"] is None:
        return None
    order = Ordered("", verbs.CAP, is_more=bool(match["more"]))
    line, length = match["line"], match["length"]
    if line and read_length(f"{line} {length}").minutes is not None:  # `cap 8 hours`
        line, length = None, f"{line} {length}"
    order = _target(order, match["key"], line, context)
    if order.problem:
        return order
    if length == "none" and not order.is_more:
        return replace(order, no_cap=True)
    return _timed(order, length)


def _undo(plain: str, context: ReadContext) -> Ordered | None:
    match = _UNDO.match(plain)
    return None if match is None else Ordered("", verbs.UNDO, number=int(match["number"]))


def _timed(order: Ordered, length: str) -> Ordered:
    """The order with its minutes; a number without its unit is asked about."""
    read = read_length(length)
    if read.ways:
        one, other = (f"{minutes // 60}h{minutes % 60:02d}" for minutes in read.ways)
        return replace(order, problem=f"This could mean {one} or {other}. Please type the one that you mean.")
    if read.minutes is None or length.startswith("-"):
        return replace(order, problem=_WHOLE[order.verb] if order.verb == verbs.YES else _NO_TIME)
    if not any(sign.isalpha() for sign in length) and read.minutes:
        return replace(order, problem=_NEEDS_UNIT.format(hours=length.strip()))
    return replace(order, minutes=read.minutes)


def _for(verb: str, match: "re.Match[str]", context: ReadContext, *, text: str = "") -> Ordered:
    return _target(Ordered("", verb, text=text), match["key"], match["line"], context)


def _target(order: Ordered, key: str | None, line: str | None, context: ReadContext) -> Ordered:
    """Say which job: its key, its line in the mail that is answered, or the job of that mail."""
    verb = order.verb or ""
    if key is not None:
        return replace(order, job_key=key.upper().replace(" ", ""))
    if line is not None:
        number = int(line)
        if not context.numbers:
            return replace(order, problem=_NO_NUMBERS.format(verb=verb), text="")
        if not 1 <= number <= len(context.numbers):
            return replace(order, problem=_NO_SUCH_LINE.format(line=line, verb=verb), text="")
        return replace(order, job_key=context.numbers[number - 1])
    if context.about:
        return replace(order, job_key=context.about)
    if not context.numbers:
        return replace(order, problem=_WHICH.format(verb=verb), text="")
    example = f"{verb} 1" + (" +2h" if verb == verbs.CAP else ": ..." if verb in EMPTY else "")
    return replace(order, problem=_WHICH_LINE.format(example=example), text="")


def _target_first(plain: str, context: ReadContext) -> Ordered | None:
    """`J12 ok`, and in an answer to a numbered mail `2 ok`."""
    match = _TARGET_FIRST.match(plain)
    if match is None or (match["line"] and not context.numbers):
        return None
    verb, _, rest = match["rest"].partition(" ")
    verb, rest = ("go on", rest.removeprefix("on").strip()) if verb == "go" else (verb, rest)
    turned = " ".join(filter(None, (verb, match["key"] or match["line"], rest)))
    return _plain(turned, context) or _yes(turned, context)


def _not_whole(plain: str, line: str, context: ReadContext) -> Ordered:
    """A line that begins like an order and goes on like none."""
    start = _STARTS.match(plain)
    verb = verbs.CAP if start is None else {"okay": verbs.OK}.get(start[0], start[0])
    problem = _WHOLE.get(verb, f"I understand {verb} alone, or with the key of a job: {verb} {{key}}")
    several = _SEVERAL.match(plain)
    if several is not None:
        first, last = (several[name].strip("[]#").upper() for name in ("first", "last"))
        problem = _ONE_A_LINE.format(verb=verb, first=first, last=last)
    elif verb in (verbs.LIST, verbs.DIGEST, verbs.HELP):
        problem = f"I understand {verb} only where it stands alone on its line."
    elif verb in (verbs.TELL, verbs.ANSWER) and re.match(rf"{verb} [^:]{{1,40}}:", plain):
        problem = _WHOM.format(verb=verb)
    return Ordered(shown(line), verb, job_key=_meant(plain, context), problem=problem)


def _guessed(plain: str, line: str, context: ReadContext) -> Ordered | None:
    """What a line may mean that begins with no order that is known."""
    key = _meant(plain, context)
    found = guess(plain, has_job=key is not None)
    return None if found is None else Ordered(shown(line), found[0], job_key=key, problem=found[1])


def _meant(plain: str, context: ReadContext) -> str | None:
    """The job that a line with a problem names, or that of the mail it answers: what to type instead names it, too."""
    key = _ANY_KEY.search(plain)
    return key[1].upper().replace(" ", "") if key is not None else context.about or None


def shown(words: str) -> str:
    """Words on one line, as they are quoted."""
    flat = " ".join(words.split())
    return flat if len(flat) <= _WORDS_LIMIT else flat[: _WORDS_LIMIT - 3] + "..."
