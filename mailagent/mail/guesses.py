"""What an owner may have meant by a line that is no order but comes near one. It is told to him, and never done."""

import re

from mailagent.mail import orders as verbs

_SYNONYMS = {
    verbs.OK: "accept|accepted|approve|approved|agreed|looks good|good|great|perfect|well done|fine",
    verbs.BACK: "reject|rejected|return|redo|not ok|send back|send it back",
    verbs.GO_ON: "go ahead|continue|proceed|carry on|keep going",
    verbs.PAUSE: "stop|hold|hold on|wait|halt",
    verbs.RESUME: "restart|unpause",
    verbs.CANCEL: "abort|close|end|drop",
    verbs.TELL: "message|write|say|ask",
    verbs.ANSWER: "reply",
    verbs.LIST: "jobs|my jobs|all jobs|status|overview",
    verbs.DIGEST: "summary|daily mail",
    verbs.HELP: "commands|orders",
}
_KNOWN = {word: verb for verb, words in _SYNONYMS.items() for word in words.split("|")}
_LATER = "nudge|due|give|files|why|history|hire|end|note|report|add|change|save|worker|timesheet|budget|away|briefs"
_ABOUT = r"(?: (?P<target>\[?j ?[1-9][0-9]{0,8}\]?|#?[0-9]{1,3}))?"
_NEAR = re.compile(
    rf"(?P<word>{'|'.join(sorted(map(re.escape, _KNOWN), key=len, reverse=True))}){_ABOUT}(?P<text>\s?:.*)?\Z"
)
_MORE = re.compile(
    r"(?:plus |give (?:him|her|them) )?(?P<length>[0-9][0-9.,:]* ?[a-z]{1,7})(?: more)?(?: for)?" + _ABOUT + r"\Z"
)
_NOT_YET = re.compile(rf"(?P<word>{_LATER}) \[?j ?[1-9][0-9]{{0,8}}\]?(?:\W.*)?\Z")
_MEANT = 'I do not know "{word}", so nothing was done on it. Did you mean this? {order}'
_WHICH = (
    'I do not know "{word}", so nothing was done on it. If you meant {verb}, please put the key of the job behind it, '
    "for example: {verb} J12{rest}"
)
_CANNOT = "I cannot do this by mail, so nothing was done on it. The answer to help shows what I can do."
_NO_TARGET = frozenset({verbs.LIST, verbs.DIGEST, verbs.HELP})
_WITH_WORDS = frozenset({verbs.BACK, verbs.TELL, verbs.ANSWER})


def guess(plain: str, *, has_job: bool) -> tuple[str, str] | None:
    """Give the verb and the sentence that asks; `{key}` in it is to be filled in. `plain`: in lower case.

    `has_job`: the line or the mail that it answers says which job is meant.
    """
    near = _NEAR.match(plain)
    if near is not None:
        verb = _KNOWN[near["word"]]
        return verb, _meant(near["word"], verb, near["target"], ": and your words" * (verb in _WITH_WORDS), has_job)
    if _NOT_YET.match(plain) is not None:
        return verbs.HELP, _CANNOT
    more = _MORE.match(plain)
    if more is None or not (plain.startswith(("plus ", "give ")) or " more" in plain):
        return None
    return verbs.CAP, _meant(plain, verbs.CAP, more["target"], f" +{more['length'].replace(' ', '')}", has_job)


def _meant(word: str, verb: str, target: str | None, rest: str, has_job: bool) -> str:
    if verb in _NO_TARGET:
        return _MEANT.format(word=word, order=verb)
    if target is None and not has_job:
        return _WHICH.format(word=word, verb=verb, rest=rest)
    shown = "{key}" if target is None else target.strip("[]#").replace(" ", "").upper()
    return _MEANT.format(word=word, order=f"{verb} {shown}{rest}")
