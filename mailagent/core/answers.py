"""What an owner may answer about a job: what the button says, and the order that it types.

The order names the job by its key, so that it means the same from whatever mail it is sent. One that ends in a colon
is for him to complete.
"""

_MOST = 3  # for one job: more is no longer one tap

_ACCEPT = ("Accept it", "ok {key}")
_BACK = ("Send it back", "back {key}: ")
_PAUSE = ("Pause the job", "pause {key}")
_CANCEL = ("Cancel the job", "cancel {key}")
_ANSWER = ("Answer", "answer {key}: ")
_WRITE = ("Write to the worker", "tell {key}: ")
_TWO_HOURS = ("Allow 2 h more", "cap {key} +2h")

_ANSWERS = {
    "first report": (("Go on", "go on {key}"), _BACK, _PAUSE),
    "done": (_ACCEPT, _BACK),
    "blocked": (_ANSWER, _PAUSE),
    "question": (_ANSWER,),
    "hours": (("Allow it", "yes {key}"), ("Do not allow it", "no {key}")),
    "some hours": (("Allow 2 h more", "yes {key} 2h"), ("Do not allow it", "no {key}")),
    "at cap": (_TWO_HOURS, _WRITE, _CANCEL),
    "silent": (_WRITE, _PAUSE, _CANCEL),
    "over cap": (_TWO_HOURS, _WRITE),
    "over week": (_WRITE,),
    "undecided": (_WRITE,),
    "unreachable": (_PAUSE, _CANCEL),
    "away": (_PAUSE,),
}


def answers(key: str, *news: str, asked_minutes: int | None = None) -> tuple[tuple[str, str], ...]:
    """Give what may be answered to this news about the job `key`, the first news first; some have none.

    `asked_minutes`: how many more hours were asked for, where it was said.
    """
    if not asked_minutes:
        news = tuple("some hours" if what == "hours" else what for what in news)
    if "unreachable" in news:
        news = ("unreachable",)  # nothing that is said would reach him
    offered = dict.fromkeys(answer for what in news for answer in _ANSWERS.get(what, ()))
    return tuple((label, typed.format(key=key)) for label, typed in list(offered)[:_MOST])
