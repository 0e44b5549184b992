"""The owner's grammar: every order, every near miss, and what is none (SPEC section 6)."""

import textwrap
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.core.answers import _ANSWERS, answers
from mailagent.core.events import Verb
from mailagent.mail import orders as verbs
from mailagent.mail.command import MOST_BAD, MOST_ORDERS, understand_owner
from mailagent.mail.message import plain_body
from mailagent.mail.orders import Ordered
from mailagent.mail.wire import ReadContext, Understood
from tests.mail.mails import LIMITS, quoted

FRESH = ReadContext(is_owner=True)
DIGEST = ReadContext(is_owner=True, numbers=("J5", "J12", "J30"))
ABOUT = ReadContext(is_owner=True, about="J12")
NEWS = """Hello Dana,

Raj asks something about J12 Clean the leads list: may I delete the duplicates?

You can answer with one of these:

go on
answer J12: your words
"""


def read(text: str, context: ReadContext = FRESH) -> Understood:
    return understand_owner(plain_body(text, LIMITS), context)


def orders(text: str, context: ReadContext = FRESH) -> list[Ordered]:
    return list(read(text, context).orders)


def one(text: str, context: ReadContext = FRESH) -> Ordered:
    (order,) = orders(text, context)
    return replace(order, words="")


def an(verb: str, key: str | None = "J12", **more: object) -> Ordered:
    return Ordered("", verb, key, **more)  # type: ignore[arg-type]


def test_the_verbs_are_those_of_core() -> None:
    mine = {value for name, value in vars(verbs).items() if name.isupper()}

    assert {verb.value for verb in Verb} == mine


# --- every order ---

WITH_A_KEY = [
    ("ok J12", an("ok")),
    ("Ok J12!", an("ok")),
    ("OK j12.", an("ok")),
    ("okay [J12]", an("ok")),
    ("*ok J12*", an("ok")),
    ("**Ok J12**", an("ok")),
    ("- ok J12", an("ok")),
    ("ok, J12", an("ok")),
    ("please ok J12", an("ok")),
    ("Pls ok j12", an("ok")),
    ("ok J12 thanks", an("ok")),
    ("Ok j 12, thank you so much!", an("ok")),
    ("J12 ok", an("ok")),
    ("j12 go on please", an("go on")),
    ("Cap j12 = 10 h", an("cap", minutes=600)),
    ("ok J12 \N{THUMBS UP SIGN}", an("ok")),
    ("back J12: add the phones", an("back", text="add the phones")),
    ("Back J12: Add the Phones!", an("back", text="Add the Phones!")),
    ("**back J12**: add the phones", an("back", text="add the phones")),
    ("back J12\N{FULLWIDTH COLON}add", an("back", text="add")),
    ("go on J12", an("go on")),
    ("Go  on J12", an("go on")),
    ("yes J12", an("yes")),
    ("yes J12 1h", an("yes", minutes=60)),
    ("yes J12 1h30", an("yes", minutes=90)),
    ("yes J12 from now", an("yes", only_from_now=True)),
    ("yes J12 2 hours from now on", an("yes", minutes=120, only_from_now=True)),
    ("no J12", an("no")),
    ("cap J12 +2h", an("cap", minutes=120, is_more=True)),
    ("cap J12 + 2 h", an("cap", minutes=120, is_more=True)),
    ("cap J12 +90m", an("cap", minutes=90, is_more=True)),
    ("cap J12 8h", an("cap", minutes=480)),
    ("cap J12: 8h", an("cap", minutes=480)),
    ("cap J12 to 8 hours", an("cap", minutes=480)),
    ("cap J12 none", an("cap", no_cap=True)),
    ("cap J12 0", an("cap", minutes=0)),
    ("cap J12 0h", an("cap", minutes=0)),
    ("J12 +2h", an("cap", minutes=120, is_more=True)),
    ("+2h J12", an("cap", minutes=120, is_more=True)),
    ("+2h for J12", an("cap", minutes=120, is_more=True)),
    ("tell J12: use the new list", an("tell", text="use the new list")),
    ("J12: use the new list", an("tell", text="use the new list")),
    ("[J12]: use the new list", an("tell", text="use the new list")),
    ("answer J12: take the second", an("answer", text="take the second")),
    ("- Answer: answer J12: take the second", an("answer", text="take the second")),
    ("pause J12", an("pause")),
    ("resume J12", an("resume")),
    ("cancel J12", an("cancel")),
    ("show J12", an("show")),
    ("list", an("list", None)),
    ("List.", an("list", None)),
    ("digest", an("digest", None)),
    ("help", an("help", None)),
    ("Help!", an("help", None)),
    ("undo 47", an("undo", None, number=47)),
    ("undo #47", an("undo", None, number=47)),
]


@pytest.mark.parametrize(("text", "expected"), WITH_A_KEY, ids=[text for text, _ in WITH_A_KEY])
def test_an_order_with_its_key(text: str, expected: Ordered) -> None:
    assert expected == one(text)


ABOUT_ONE_JOB = [
    ("ok", an("ok")),
    ("back: add the phones", an("back", text="add the phones")),
    ("go on", an("go on")),
    ("Go on.", an("go on")),
    ("yes", an("yes")),
    ("yes please", an("yes")),
    ("Yes, thanks!", an("yes")),
    ("Ok, thanks", an("ok")),
    ("no thanks", an("no")),
    ("yes 1h", an("yes", minutes=60)),
    ("yes 2 hours", an("yes", minutes=120)),
    ("yes from now", an("yes", only_from_now=True)),
    ("yes 1h from now", an("yes", minutes=60, only_from_now=True)),
    ("no", an("no")),
    ("+2h", an("cap", minutes=120, is_more=True)),
    ("cap +2h", an("cap", minutes=120, is_more=True)),
    ("cap 8 hours", an("cap", minutes=480)),
    ("cap none", an("cap", no_cap=True)),
    ("answer: take the second", an("answer", text="take the second")),
    ("tell: use the new list", an("tell", text="use the new list")),
    ("pause", an("pause")),
    ("resume", an("resume")),
    ("cancel", an("cancel")),
    ("show", an("show")),
    ("ok J13", an("ok", "J13")),
]


@pytest.mark.parametrize(("text", "expected"), ABOUT_ONE_JOB, ids=[text for text, _ in ABOUT_ONE_JOB])
def test_in_an_answer_about_one_job_the_key_may_be_left_out(text: str, expected: Ordered) -> None:
    assert expected == one(text, ABOUT)


BY_LINE = [
    ("ok 3", an("ok", "J30")),
    ("ok 1", an("ok", "J5")),
    ("OK #3!", an("ok", "J30")),
    ("ok line 3", an("ok", "J30")),
    ("3 ok", an("ok", "J30")),
    ("yes 2", an("yes")),
    ("yes 2 1h", an("yes", minutes=60)),
    ("no 2", an("no")),
    ("cap 2 8h", an("cap", minutes=480)),
    ("cap 2 +1h", an("cap", minutes=60, is_more=True)),
    ("2 +1h", an("cap", minutes=60, is_more=True)),
    ("back 2: add the phones", an("back", text="add the phones")),
    ("2: add the phones", an("tell", text="add the phones")),
    ("tell 2: add the phones", an("tell", text="add the phones")),
    ("show 2", an("show")),
]


@pytest.mark.parametrize(("text", "expected"), BY_LINE, ids=[text for text, _ in BY_LINE])
def test_a_bare_number_is_a_line_of_the_digest_that_is_answered(text: str, expected: Ordered) -> None:
    assert expected == one(text, DIGEST)


@pytest.mark.parametrize(("news", "asked"), [(news, asked) for news in _ANSWERS for asked in (None, 60)])
def test_what_our_mails_offer_to_answer_is_an_order(news: str, asked: int | None) -> None:
    for _, typed in answers("J12", news, asked_minutes=asked):
        order = one(typed + "words" if typed.endswith(" ") else typed)

        assert (order.job_key, order.problem) == ("J12", "")


# --- near misses: nothing is done, and the sentence says what to type ---

NEAR_MISSES = [
    ("ok", FRESH, "ok", "ok J12"),
    ("ok 3", FRESH, "ok", "ok J12"),
    ("ok 4", DIGEST, "ok", "no line 4"),
    ("ok 0", DIGEST, "ok", "no line 0"),
    ("ok nice work", ABOUT, "ok", "only: ok J12"),
    ("ok J12 except: the phones", FRESH, "ok", "back J12"),
    ("ok J12 and J13", FRESH, "ok", "ok J12 on one line, and ok J13 on the next"),
    ("ok 1, 2", DIGEST, "ok", "ok 1 on one line, and ok 2 on the next"),
    ("ok J5 great", ABOUT, "ok", "only: ok J5"),
    ("ok great", ABOUT, "ok", "only: ok J12"),
    ("accept", ABOUT, "ok", "this? ok J12"),
    ("Approved!", DIGEST, "ok", "the key of the job"),
    ("accept J5", FRESH, "ok", "this? ok J5"),
    ("Go ahead, thanks", ABOUT, "go on", "this? go on J12"),
    ("reject 2: no phones", DIGEST, "back", "this? back 2: and your words"),
    ("stop J5", DIGEST, "pause", "this? pause J5"),
    ("2h more", ABOUT, "cap", "this? cap J12 +2h"),
    ("plus 90 min for J5", DIGEST, "cap", "this? cap J5 +90min"),
    ("status?", DIGEST, "list", "this? list"),
    ("nudge J12", DIGEST, "help", "cannot do this by mail"),
    ("tell Ana: hello", DIGEST, "tell", "key of the job or the number of its line"),
    ("back", DIGEST, "back", "colon"),
    ("ok", DIGEST, "ok", "for example: ok 1"),
    ("+2h", DIGEST, "cap", "for example: cap 1 +2h"),
    ("back J12", FRESH, "back", "colon"),
    ("back J12:", FRESH, "back", "back J12: please"),
    ("back the phones are missing", ABOUT, "back", "colon"),
    ("yes 2", ABOUT, "yes", "line 2 or 2 hours"),
    ("yes 2", FRESH, "yes", "yes J12"),
    ("yes, but only one", ABOUT, "yes", "yes 1h"),
    ("no 2", ABOUT, "no", "key of the job"),
    ("no, take the other", ABOUT, "no", "tell J12"),
    ("cap J12 8", FRESH, "cap", "8h or 8m"),
    ("cap J12 +2", FRESH, "cap", "2h or 2m"),
    ("+2", ABOUT, "cap", "2h or 2m"),
    ("+1.30h", ABOUT, "cap", "1h30 or 1h18"),
    ("cap J12 -2h", FRESH, "cap", "2h, 1h30 or 90m"),
    ("cap J12 a lot", FRESH, "cap", "2h, 1h30 or 90m"),
    ("cap ana 20h/week", FRESH, "cap", "cap J12"),
    ("cap J12", FRESH, "cap", "cap J12 +2h"),
    ("tell J12 use the new list", FRESH, "tell", "colon"),
    ("tell: use the new list", FRESH, "tell", "tell J12"),
    ("answer J12", FRESH, "answer", "colon"),
    ("answer:", ABOUT, "answer", "answer J12: take"),
    ("answer J12: your words", FRESH, "answer", "answer J12: take"),
    ("tell J12: ...", FRESH, "tell", "tell J12: please"),
    ("3: ok", DIGEST, "tell", "ok 3"),
    ("3: +2h", DIGEST, "tell", "cap 3 +2h"),
    ("J12: yes 1h", FRESH, "tell", "yes J12 1h"),
    ("pause J12 until Monday", FRESH, "pause", "pause J12"),
    ("undo", ABOUT, "undo", "undo 47"),
    ("undo it", ABOUT, "undo", "undo 47"),
    ("list all", ABOUT, "list", "alone on its line"),
]


@pytest.mark.parametrize(
    ("text", "context", "verb", "says"), NEAR_MISSES, ids=[f"{text}-{n}" for n, (text, *_) in enumerate(NEAR_MISSES)]
)
def test_a_near_miss_is_asked_about(text: str, context: ReadContext, verb: str, says: str) -> None:
    order = one(text, context)

    assert verb == order.verb
    assert says in order.problem
    assert (order.text, order.minutes) == ("", None)


NO_ORDERS = [
    "How is it going?",
    "The photos look good to me.",
    "I need somebody to clean up 40 leads, 3 hours at most.",
    "ok let us talk about it on Monday",
    "No news from Ana?",
    "12:30 is fine",
    "okra and noodles",
    "",
]


@pytest.mark.parametrize("text", NO_ORDERS)
def test_a_fresh_mail_without_an_order_is_none(text: str) -> None:
    assert orders(text) == []


def test_a_time_of_day_is_no_line_of_the_digest() -> None:
    assert [order.verb for order in orders("ok 1\n\n12:30 we talk", DIGEST)] == ["ok", None]


# --- a whole mail ---


def test_each_line_is_an_order_and_each_is_quoted_as_typed() -> None:
    found = orders("Hi,\n\nok J5\nBack J12: the phones\n+2h for J30\n\nBest regards\nDana\n")

    assert [(order.words, order.verb, order.job_key) for order in found] == [
        ("ok J5", "ok", "J5"),
        ("Back J12: the phones", "back", "J12"),
        ("+2h for J30", "cap", "J30"),
    ]


def test_what_is_quoted_is_never_an_order() -> None:
    text = "go on\n\nOn Mon, Nov 23, 2026 at 10:00 AM, Desk wrote:\n" + quoted(NEWS + "cancel J12\n")

    assert [order.verb for order in orders(text, replace(ABOUT, sent_texts=(NEWS,)))] == ["go on"]


@pytest.mark.parametrize("width", [30, 60, 76])
@pytest.mark.parametrize("hidden", ["J12 +20h", "+20h", "ok J12", "cancel J12"])
def test_a_quote_that_was_wrapped_without_its_mark_orders_nothing(hidden: str, width: int) -> None:
    """A worker's words in our mail, wrapped by the owner's program so that an order stands on a line of its own."""
    link = "https://sheet.example/" + "a" * (width - 24)
    sent = f'Hello Dana,\n\nRaj asks: "May I use this? {link} {hidden} {link} or not." Raj waits for your answer.\n'
    wrapped = "\n".join("\n".join(textwrap.wrap(f"> {line}", width) or [">"]) for line in sent.split("\n"))
    assert f"\n{hidden}\n" in wrapped

    found = orders("answer: yes, use it\n\nDesk wrote:\n" + wrapped, replace(ABOUT, sent_texts=(sent,)))

    assert [(order.verb, order.text) for order in found] == [("answer", "yes, use it")]


def test_an_order_typed_below_the_quoted_line_that_offers_it_is_the_owners() -> None:
    sent = "Raj is done with J12.\n\n- Accept it: ok J12\n- Send it back: back J12: your words\n"
    above, below = quoted(sent).split("\n> - Send")
    reply = f"Desk wrote:\n{above}\nok J12\n> - Send{below}"

    assert [order.verb for order in orders(reply, replace(ABOUT, sent_texts=(sent,)))] == ["ok"]


def test_orders_below_and_inside_the_quote_count() -> None:
    text = "On Mon, Nov 23, 2026 at 10:00 AM, Desk wrote:\n> 1. Raj: blocked\n\nok 1\n\n> 2. Ana: done\n\nback 2: no\n"

    assert [(order.verb, order.job_key) for order in orders(text, DIGEST)] == [("ok", "J5"), ("back", "J12")]


@pytest.mark.parametrize("end", ["--", "thanks", "Thanks!", "Thank you Desk", "Many thanks,"])
def test_it_stops_at_the_end_of_the_letter(end: str) -> None:
    assert [order.verb for order in orders(f"ok J12\n{end}\ncancel J12\n")] == ["ok"]


def test_words_for_a_worker_go_on_until_the_next_order() -> None:
    text = "answer J12: take the second one.\nIt is newer.\n\nThe first is for the archive.\n\nok J5\n"

    first, second = orders(text)

    assert first.text == "take the second one.\nIt is newer.\n\nThe first is for the archive."
    assert second.verb == "ok"


def test_words_may_begin_below_their_label() -> None:
    found = one("answer J12:\n\ntake the second one\n")

    assert (found.text, found.problem) == ("take the second one", "")


def test_words_that_only_sound_like_an_order_stay_words() -> None:
    found = one("answer J12: use B.\nNo, not the one from May.\nOk with you? Show me first.\n")

    assert found.text.count("\n") == 2


def test_an_order_with_a_mistake_never_ends_up_in_the_words_for_a_worker() -> None:
    first, second = orders("answer J12: use B\ncap J12 2\n")

    assert first.text == "use B"
    assert "2h or 2m" in second.problem


def test_words_whose_job_is_not_known_are_not_taken_apart() -> None:
    found = one("tell: one line\nand another\n")

    assert (found.text, "tell J12" in found.problem) == ("", True)


def test_lines_that_are_no_orders_are_named_once_where_they_stand_together() -> None:
    found = orders("ok J12\nThis is really good work, I am\nvery glad about it.\n")

    assert [order.verb for order in found] == ["ok", None]
    assert found[1].words == "This is really good work, I am very glad about it."


def test_it_gives_up_after_five_bad_lines() -> None:
    said = read("ok J12\n\n" + "".join(f"bad line {n}\n\n" for n in range(9)) + "cancel J12\n")

    assert said.gave_up
    assert [order.verb for order in said.orders] == ["ok"] + [None] * MOST_BAD


def test_at_most_twenty_orders_are_read() -> None:
    said = read("".join(f"ok J{n}\n" for n in range(1, 30)))

    assert (len(said.orders), said.gave_up) == (MOST_ORDERS, True)


def test_words_that_are_too_long_are_not_sent_cut() -> None:
    found = one("tell J12: " + "\n".join(["many words " * 20] * 200))

    assert (found.text, "several" in found.problem) == ("", True)


def test_a_long_line_is_read_whole_or_not_at_all_and_quickly() -> None:
    found = orders("cancel J12" + " " * 300 + "is what I would never say\nok J12 " + "- " * 50_000 + "a\n")

    assert [(order.verb, order.problem != "") for order in found] == [("cancel", True), ("ok", True)]


@pytest.mark.parametrize("again", ["J12: ", "answer: ", "tell J12: "])
def test_an_order_in_an_order_in_an_order_does_not_go_on_for_ever(again: str) -> None:
    (order,) = orders(again * 5000 + "ok")

    assert order.verb in ("tell", "answer")


@given(st.lists(st.sampled_from(["ok", "yes", "J12", "2", "+", "cap", ":", "none", "from now", "h", "\n", "tell"])))
def test_no_mixture_of_words_breaks_it_and_a_problem_leaves_nothing_to_do(words: list[str]) -> None:
    for order in orders(" ".join(words), DIGEST):
        assert order.words
        assert order.problem or order.verb
        assert not order.problem or (order.text, order.minutes) == ("", None)


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    read("cap J12 " + text, ABOUT)
    read(text, DIGEST)


WAITING = ReadContext(is_owner=True, about="J12", again=("ok J12", "cap J5 +120m"))


@pytest.mark.parametrize("word", ["yes", "Yes!", "YES PLEASE", "ok, thanks", "*yes*", "Confirm."])
def test_a_yes_to_orders_that_wait_stands_for_them(word: str) -> None:
    found = orders(f"Hi,\n\n{word}\n\nDana\n\ncancel J12\n", WAITING)

    assert [(one.words, one.verb, one.job_key) for one in found] == [
        ("yes: ok J12", "ok", "J12"),
        ("yes: cap J5 +120m", "cap", "J5"),
    ]


@pytest.mark.parametrize("line", ["no", "yes 1h", "ok J12", "cancel J12", "yes J12"])
def test_anything_else_is_an_order_of_its_own(line: str) -> None:
    assert [one.words for one in orders(line, WAITING)] == [line]
