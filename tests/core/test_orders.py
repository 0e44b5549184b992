"""An owner's orders: what each does to a job, what is refused and why, who may order what, and what can be undone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailagent.core import events as ev
from mailagent.core.decide import decide
from mailagent.core.decide.orders import WEIGHTS
from mailagent.core.decision import Decision
from mailagent.core.events import Verb
from mailagent.core.letters import FromOwnerContents, FromOwnerPart, Letter, OwnerNoteContents, TranscriptContents
from mailagent.core.model import (
    Answered,
    AskedFor,
    Deed,
    Fate,
    Job,
    LetterKind,
    LetterState,
    Mail,
    Owner,
    Phase,
    Proof,
    Question,
    TimeEntry,
)
from mailagent.core.slices import Effort, JobFacts, JobPicture, OverCap, Slice
from mailagent.errors import Refused
from tests.factories import NOW, a_brief, a_job, a_letter, a_mail, a_slice, a_worker, an_entry, an_owner

DAY = timedelta(days=1)
NONE = Effort()


def a_question(asked_for: AskedFor = AskedFor.ANSWER, **changes: Any) -> Question:
    facts: dict[str, Any] = {
        "id": "Q3",
        "job_id": "J1",
        "worker_id": "ana",
        "owner_id": "dana",
        "asked_for": asked_for,
        "asked_at": NOW - timedelta(hours=2),
        "report_id": "R3",
        "words": "may I delete the duplicates?",
    }
    return Question(**(facts | changes))


def facts_of(
    phase: Phase = Phase.WORKING,
    *questions: Question,
    cap: int | None = 480,
    effort: Effort = NONE,
    over: tuple[OverCap, ...] = (),
    **job: Any,
) -> JobFacts:
    one = a_job(phase=phase, brief=a_brief(cap_minutes=cap), **job)
    return JobFacts(one, a_worker(), effort, questions, owner=an_owner(), over_cap=over)


def order(verb: Verb, words: str = "", **more: Any) -> ev.Order:
    return ev.Order(words or verb.value, verb, **({"job_id": "J1"} | more))


def give(
    facts: JobFacts | tuple[JobFacts, ...], *orders: ev.Order, proof: Proof = Proof.BOTH, **slice_: Any
) -> Decision:
    mail = a_mail(person_id="dana", addr_spec="dana@example.com", proof=proof, subject="Re: news", by_dmarc=True)
    held = facts if isinstance(facts, tuple) else (facts,)
    event = ev.OwnerOrdered(slice_.pop("mail", mail), "dana", orders)
    return decide(a_slice(**({"seq": 47, "facts": held} | slice_)), event, NOW)


def transcript(decision: Decision) -> TranscriptContents:
    (letter,) = [one for one in decision.letters if one.kind is LetterKind.TRANSCRIPT]
    assert isinstance(letter.contents, TranscriptContents)
    return letter.contents


def said(decision: Decision) -> str:
    (line,) = transcript(decision).lines
    return line.result


def was_done(decision: Decision) -> bool:
    (line,) = transcript(decision).lines
    return line.done


def job_after(decision: Decision) -> Job:
    (job,) = [change.after for change in decision.changes if isinstance(change.after, Job)]
    return job


def entries(decision: Decision) -> list[TimeEntry]:
    return [change.after for change in decision.changes if isinstance(change.after, TimeEntry)]


def to_worker(decision: Decision) -> Letter:
    (letter,) = [one for one in decision.letters if one.kind is LetterKind.FROM_OWNER]
    return letter


def parts(decision: Decision) -> tuple[FromOwnerPart, ...]:
    contents = to_worker(decision).contents
    assert isinstance(contents, FromOwnerContents)
    return contents.parts


def deed_of(decision: Decision) -> Deed:
    (deed,) = [change.after for change in decision.changes if isinstance(change.after, Deed)]
    return deed


def untouched(decision: Decision) -> bool:
    """Nothing but the record of the mail, and the count of letters that decline."""
    kinds = {type(change.entity) for change in decision.changes}
    return kinds <= {Mail, Owner} and {one.kind for one in decision.letters} <= {LetterKind.TRANSCRIPT}


# --- what moves a job ---

MOVES = [
    (Verb.OK, Phase.DONE, Phase.ACCEPTED, "accepted"),
    (Verb.BACK, Phase.DONE, Phase.RETURNED, "back"),
    (Verb.BACK, Phase.WORKING, Phase.RETURNED, "back"),
    (Verb.PAUSE, Phase.WORKING, Phase.PAUSED, "paused"),
    (Verb.PAUSE, Phase.BRIEFED, Phase.PAUSED, "paused"),
    (Verb.PAUSE, Phase.RETURNED, Phase.PAUSED, "paused"),
    (Verb.RESUME, Phase.PAUSED, Phase.WORKING, "resumed"),
    (Verb.GO_ON, Phase.PAUSED, Phase.WORKING, "resumed"),
    (Verb.GO_ON, Phase.WORKING, Phase.WORKING, "go on"),
    (Verb.CANCEL, Phase.WORKING, Phase.CANCELLED, "cancelled"),
    (Verb.CANCEL, Phase.DONE, Phase.CANCELLED, "cancelled"),
    (Verb.CANCEL, Phase.PAUSED, Phase.CANCELLED, "cancelled"),
]


@pytest.mark.parametrize(("verb", "before", "after", "what"), MOVES)
def test_an_order_moves_the_job_and_the_worker_hears_of_it(verb: Verb, before: Phase, after: Phase, what: str) -> None:
    decision = give(facts_of(before), order(verb, text="the phones"))

    assert job_after(decision).phase is after
    assert [part.what for part in parts(decision)] == [what]
    assert was_done(decision)
    assert (job_after(decision).closed_at == NOW) is (after in (Phase.ACCEPTED, Phase.CANCELLED))


REFUSED = [
    (Verb.OK, Phase.WORKING, "go on J1"),
    (Verb.OK, Phase.BRIEFED, "not started yet"),
    (Verb.OK, Phase.ACCEPTED, "accepted already"),
    (Verb.OK, Phase.CANCELLED, "is cancelled"),
    (Verb.BACK, Phase.BRIEFED, "tell J1"),
    (Verb.BACK, Phase.DECLINED, "declined"),
    (Verb.GO_ON, Phase.DONE, "ok J1"),
    (Verb.GO_ON, Phase.ACCEPTED, "is accepted"),
    (Verb.PAUSE, Phase.PAUSED, "is paused"),
    (Verb.PAUSE, Phase.DONE, "nothing to pause"),
    (Verb.RESUME, Phase.WORKING, "not paused"),
    (Verb.CANCEL, Phase.CANCELLED, "is cancelled"),
    (Verb.TELL, Phase.CANCELLED, "is cancelled"),
    (Verb.ANSWER, Phase.ACCEPTED, "is accepted"),
    (Verb.YES, Phase.CANCELLED, "is cancelled"),
    (Verb.CAP, Phase.ACCEPTED, "is accepted"),
]


@pytest.mark.parametrize(("verb", "phase", "says"), REFUSED)
def test_an_order_that_does_not_fit_changes_nothing_and_says_what_to_type(verb: Verb, phase: Phase, says: str) -> None:
    decision = give(facts_of(phase), order(verb, text="words", minutes=60))

    assert untouched(decision)
    assert says in said(decision)
    assert not was_done(decision)
    assert transcript(decision).undo_number is None


@pytest.mark.parametrize(("days", "works"), [(14, True), (15, False)])
def test_an_accepted_job_may_be_sent_back_for_two_weeks(days: int, works: bool) -> None:
    decision = give(facts_of(Phase.ACCEPTED, closed_at=NOW - days * DAY), order(Verb.BACK, text="the phones"))

    assert was_done(decision) is works
    assert not works or (job_after(decision).phase, job_after(decision).closed_at) == (Phase.RETURNED, None)


def test_a_paused_job_goes_on_where_it_was() -> None:
    decision = give(facts_of(Phase.PAUSED, paused_from=Phase.BRIEFED), order(Verb.RESUME))

    assert (job_after(decision).phase, job_after(decision).clock_from) == (Phase.BRIEFED, NOW)


def test_what_was_worked_over_the_cap_can_be_paid_with_the_work_or_after_it() -> None:
    over = (OverCap(an_entry(id="E5", minutes=30, payable=0, over_cap=30), 30),)
    effort = Effort(510, 480, 30, 0)

    accepted = give(facts_of(Phase.DONE, effort=effort, over=over), order(Verb.OK))
    paid = give(facts_of(Phase.ACCEPTED, effort=effort, over=over), order(Verb.CAP, minutes=30, is_more=True))

    assert "cap J1 +30m" in said(accepted)
    assert [entry.payable for entry in entries(paid)] == [30]
    assert job_after(paid).phase is Phase.ACCEPTED


def test_he_hears_where_no_mail_reaches_the_worker() -> None:
    facts = facts_of()
    lost = replace(facts, worker=replace(facts.worker, unreachable_since=NOW))

    assert "no mail reaches Ana Cruz" in said(give(lost, order(Verb.PAUSE)))


# --- words ---


@pytest.mark.parametrize("asked_for", [AskedFor.ANSWER, AskedFor.WAY_ON])
def test_an_answer_closes_the_question_goes_to_the_worker_and_stays_with_the_job(asked_for: AskedFor) -> None:
    decision = give(facts_of(Phase.WORKING, a_question(asked_for), chased=2), order(Verb.ANSWER, text="Yes, do."))

    (question,) = [change.after for change in decision.changes if isinstance(change.after, Question)]
    assert (question.answered_at, question.answer) == (NOW, "Yes, do.")
    assert job_after(decision).asked == (Answered("may I delete the duplicates?", "Yes, do."),)
    assert (job_after(decision).clock_from, job_after(decision).chased) == (NOW, 0)
    assert parts(decision) == (FromOwnerPart("answer", "Yes, do.", "may I delete the duplicates?"),)


def test_an_answer_without_a_question_goes_as_words_and_says_so() -> None:
    decision = give(facts_of(), order(Verb.ANSWER, text="Yes, do."))

    assert parts(decision) == (FromOwnerPart("words", "Yes, do."),)
    assert "no open question" in said(decision)


def test_words_go_to_the_worker_and_change_nothing() -> None:
    decision = give(facts_of(), order(Verb.TELL, text="the new list, please"))

    assert parts(decision) == (FromOwnerPart("words", "the new list, please"),)
    assert [type(change.entity) for change in decision.changes] == [Mail, Deed]


def test_go_on_answers_what_blocks_but_never_a_request_for_hours() -> None:
    blocked = give(facts_of(Phase.WORKING, a_question(AskedFor.WAY_ON)), order(Verb.GO_ON))
    hours = give(facts_of(Phase.WORKING, a_question(AskedFor.HOURS, minutes=60)), order(Verb.GO_ON))

    assert was_done(blocked)
    assert not was_done(hours)
    assert "yes J1" in said(hours)


def test_a_letter_to_the_worker_waits_two_minutes_in_the_thread_of_the_job() -> None:
    facts = facts_of(last_message_id="<last@x>", root_message_id="<root@x>")

    letter = to_worker(give(facts, order(Verb.TELL, text="hello")))

    assert letter.id == "ana/from-owner/D47-J1"
    assert letter.next_try_at == NOW + timedelta(minutes=2)
    assert (letter.in_reply_to, letter.thread_root, letter.subject_topic) == (
        "<last@x>",
        "<root@x>",
        "[J1] Clean the leads list",
    )


def test_one_letter_and_one_change_for_all_orders_about_a_job() -> None:
    decision = give(
        facts_of(Phase.WORKING, a_question()), order(Verb.ANSWER, text="yes"), order(Verb.CAP, minutes=60, is_more=True)
    )

    assert [part.what for part in parts(decision)] == ["answer", "more hours"]
    assert (job_after(decision).brief.cap_minutes, len(job_after(decision).asked)) == (540, 1)
    assert [line.done for line in transcript(decision).lines] == [True, True]


# --- hours ---


def asking(minutes: int | None = 120, **more: Any) -> JobFacts:
    over = (OverCap(an_entry(id="E5", minutes=90, payable=0, over_cap=90), 90),)
    effort = Effort(570, 480, 90, 0)
    return facts_of(Phase.WORKING, a_question(AskedFor.HOURS, minutes=minutes), effort=effort, over=over, **more)


def test_yes_gives_what_was_asked_and_pays_what_was_worked_over_the_cap() -> None:
    decision = give(asking(), order(Verb.YES))

    job, (entry,) = job_after(decision), entries(decision)
    assert (job.brief.cap_minutes, job.brief.version, job.cap_told, job.clock_from) == (600, 2, 0, NOW)
    assert (entry.id, entry.settles, entry.minutes, entry.payable, entry.over_cap) == ("E47.1", "E5", 0, 90, -90)
    assert entry.why == "granted by the owner"
    assert "1 h 30 that was worked over it before is payable" in said(decision)
    assert "0 h 30 is left" in said(decision)
    assert parts(decision) == (FromOwnerPart("more hours", minutes=120),)


def test_yes_with_a_time_gives_that() -> None:
    decision = give(asking(), order(Verb.YES, minutes=60))

    assert (job_after(decision).brief.cap_minutes, entries(decision)[0].payable) == (540, 60)
    assert "0 h 30 stays over the cap" in said(decision)


def test_yes_from_now_pays_only_what_follows_and_says_so_to_later_grants() -> None:
    decision = give(asking(), order(Verb.YES, only_from_now=True), order(Verb.CAP, minutes=120, is_more=True))

    (entry,) = entries(decision)
    assert (entry.payable, entry.over_cap, entry.settles) == (0, 0, "E5")
    assert entry.why == "the owner pays only what follows"
    assert job_after(decision).brief.cap_minutes == 720


def test_a_grant_does_not_break_the_weekly_cap() -> None:
    facts = asking()
    worker = replace(facts.worker, week_cap_minutes=510)
    facts = replace(facts, worker=worker, days=((NOW.date(), Effort(570, 480, 90, 0)),))

    decision = give(facts, order(Verb.YES))

    assert [entry.payable for entry in entries(decision)] == [30]
    assert "1 h stays over the cap of the week of Ana Cruz and is not paid." in said(decision)


@pytest.mark.parametrize(
    ("facts", "more", "says"),
    [
        (asking(None), {}, "yes J1 2h"),
        (facts_of(), {}, "cap J1 +2h"),
        (facts_of(Phase.WORKING, a_question()), {}, "answer J1: yes"),
        (asking(cap=None), {}, "has no cap"),
    ],
    ids=["how much was not said", "nobody asked", "a question", "no cap"],
)
def test_a_yes_that_fits_nothing_is_asked_about(facts: JobFacts, more: dict[str, Any], says: str) -> None:
    decision = give(facts, order(Verb.YES, **more))

    assert untouched(decision)
    assert says in said(decision)


def test_no_closes_the_request_and_leaves_the_cap() -> None:
    decision = give(asking(), order(Verb.NO))

    assert [part.what for part in parts(decision)] == ["no more hours"]
    assert (job_after(decision).brief.cap_minutes, entries(decision)) == (480, [])


def test_no_to_a_question_is_asked_about() -> None:
    assert "answer J1: no" in said(give(facts_of(Phase.WORKING, a_question()), order(Verb.NO)))


CAPS = [
    ({"minutes": 600}, 600, True, "10 h"),
    ({"minutes": 120, "is_more": True}, 600, True, "2 h more"),
    ({"no_cap": True}, None, True, "no cap now"),
    ({"minutes": 300}, 300, True, "5 h"),
    ({"minutes": 270}, 270, True, "4 h 30"),
    ({"minutes": 480}, 480, False, "already"),
    ({"minutes": 269}, 480, False, "cap J1 4h30"),
    ({"minutes": 0}, 480, False, "pause J1 or cancel J1"),
]


@pytest.mark.parametrize(("more", "cap", "done", "says"), CAPS, ids=[says for *_, says in CAPS])
def test_the_cap_is_set_but_never_below_what_is_payable(
    more: dict[str, Any], cap: int | None, done: bool, says: str
) -> None:
    decision = give(facts_of(effort=Effort(270, 270, 0, 0)), order(Verb.CAP, **more))

    assert (was_done(decision), says in said(decision)) == (done, True)
    assert untouched(decision) if not done else job_after(decision).brief.cap_minutes == cap


def test_taking_the_cap_away_pays_all_that_was_over_it() -> None:
    assert [entry.payable for entry in entries(give(asking(), order(Verb.CAP, no_cap=True)))] == [90]


# --- who may ---


@pytest.mark.parametrize("proof", [Proof.UNKNOWN, Proof.CLAIMED])
def test_below_domain_nothing_is_done_and_one_note_a_day_goes_to_the_stored_address(proof: Proof) -> None:
    first = give(facts_of(Phase.DONE), order(Verb.OK), order(Verb.LIST), proof=proof)
    again = give(facts_of(Phase.DONE), order(Verb.OK), proof=proof, letter=a_letter())

    assert [type(change.entity) for change in first.changes] == [Mail, Owner]
    (letter,) = first.letters
    assert isinstance(letter.contents, OwnerNoteContents)
    assert (letter.contents.unproven, letter.in_reply_to) == (True, None)
    assert again.letters == ()


LEVELS = {
    "read": {Proof.DOMAIN, Proof.TOKEN, Proof.BOTH, Proof.CONFIRMED},
    "low": {Proof.DOMAIN, Proof.TOKEN, Proof.BOTH, Proof.CONFIRMED},
    "work": {Proof.DOMAIN, Proof.BOTH, Proof.CONFIRMED},
    "money": {Proof.BOTH, Proof.CONFIRMED},
}
FITTING = {
    Verb.OK: facts_of(Phase.DONE),
    Verb.BACK: facts_of(Phase.DONE),
    Verb.RESUME: facts_of(Phase.PAUSED),
    Verb.YES: asking(),
    Verb.NO: asking(),
    Verb.ANSWER: facts_of(Phase.WORKING, a_question()),
}


@pytest.mark.parametrize("proof", [Proof.DOMAIN, Proof.TOKEN, Proof.BOTH, Proof.CONFIRMED])
@pytest.mark.parametrize("verb", WEIGHTS)
def test_each_order_is_done_from_its_level_on(verb: Verb, proof: Proof) -> None:
    facts = FITTING.get(verb, facts_of())

    decision = give(facts, order(verb, text="words", minutes=60), proof=proof)

    allowed = proof in LEVELS[WEIGHTS[verb].value]
    assert was_done(decision) is allowed
    assert allowed or (
        untouched(decision) and ("sure that it is you" in said(decision) or said(decision).endswith("so it waits."))
    )


def test_every_verb_has_its_weight() -> None:
    assert set(Verb) - {Verb.UNDO} == set(WEIGHTS)


def test_an_aligned_signature_alone_does_not_change_the_work() -> None:
    mail = a_mail(person_id="dana", proof=Proof.DOMAIN, by_dmarc=False)

    assert untouched(give(facts_of(Phase.DONE), order(Verb.BACK, text="x"), mail=mail))


def test_work_on_the_word_of_a_domain_is_held_ten_minutes() -> None:
    letter = to_worker(give(facts_of(Phase.DONE), order(Verb.BACK, text="x"), proof=Proof.DOMAIN))

    assert letter.next_try_at == NOW + timedelta(minutes=10)


def test_the_job_of_another_owner_may_be_read_and_not_acted_on() -> None:
    facts = replace(facts_of(owner_id="eva"), owner=an_owner(id="eva", display_name="Eva Sommer"))

    acted = give(facts, order(Verb.CANCEL))
    read = give(facts, order(Verb.SHOW))

    assert untouched(acted)
    assert "Eva Sommer decides" in said(acted)
    assert dict(transcript(read).shown)["Worker"] == "Ana Cruz"


def test_a_job_that_is_not_there_is_named() -> None:
    assert "no job J99" in said(give((), order(Verb.OK, job_id="J99")))
    assert "no job J99" in said(give((), order(Verb.SHOW, job_id="J99")))


# --- the transcript ---


def test_each_line_is_quoted_with_what_became_of_it() -> None:
    decision = give(
        facts_of(Phase.DONE), order(Verb.OK, "Ok J1!"), ev.Order("great", problem="This is no order that I know.")
    )

    contents = transcript(decision)
    assert [(line.words, line.done) for line in contents.lines] == [("Ok J1!", True), ("great", False)]
    assert (contents.undo_number, contents.held_minutes, contents.subject) == (47, 2, "Re: news")
    (mail,) = [change.after for change in decision.changes if isinstance(change.after, Mail)]
    assert (mail.fate, mail.job_id) == (Fate.PARTLY, "J1")


def test_the_transcript_of_one_job_is_about_that_job() -> None:
    (letter,) = [one for one in give(facts_of(Phase.DONE), order(Verb.OK)).letters if one.role == "owner"]

    assert (letter.id, letter.job_id, letter.in_reply_to) == ("dana/transcript/D47", "J1", "<reply@example.com>")


def test_a_list_is_numbered_and_its_numbers_can_be_answered() -> None:
    pictures = tuple(
        JobPicture(a_job(id=f"J{n}"), a_worker(), Effort(), 0, 0, 0, 0, None, (a_question(),) if n > 5 else ())
        for n in (5, 12)
    )

    decision = give((), order(Verb.LIST, job_id=None), order(Verb.DIGEST, job_id=None), pictures=pictures)

    listed, digest = decision.letters
    assert listed.numbers == digest.numbers == ("J12", "J5")  # the same number means the same job in both
    assert [(one.number, one.job_id, one.waits_for_owner) for one in transcript(decision).lines_of_jobs] == [
        (1, "J12", True),
        (2, "J5", False),
    ]
    assert transcript(decision).undo_number is None


def test_the_digest_comes_as_a_mail_of_its_own_and_is_not_the_one_of_the_day() -> None:
    decision = give((), order(Verb.DIGEST, job_id=None))

    assert [letter.kind for letter in decision.letters] == [LetterKind.TRANSCRIPT, LetterKind.DIGEST]
    assert not any(isinstance(change.after, Owner) for change in decision.changes)


def test_help_shows_the_orders() -> None:
    assert transcript(give((), order(Verb.HELP, job_id=None))).with_help


def test_mails_that_do_nothing_are_answered_so_often_an_hour_and_no_more() -> None:
    busy = an_owner(asked_back=10, asked_back_since=NOW)

    assert give((), order(Verb.PAUSE, job_id="J99"), proof=Proof.DOMAIN, owner=busy).letters == ()
    assert give(facts_of(), order(Verb.PAUSE), proof=Proof.DOMAIN, owner=busy).letters != ()


def test_what_waits_for_his_yes_and_who_is_proven_are_answered_however_often() -> None:
    busy = an_owner(asked_back=10, asked_back_since=NOW)

    waits = give(facts_of(Phase.DONE), order(Verb.OK), proof=Proof.DOMAIN, owner=busy)
    declined = give((), order(Verb.OK, job_id="J99"), proof=Proof.BOTH, owner=busy)

    assert [transcript(waits).waiting, transcript(declined).waiting] == [1, 0]
    assert not any(isinstance(change.entity, Owner) for one in (waits, declined) for change in one.changes)


# --- undo ---


def undone(
    decision: Decision,
    facts: JobFacts,
    now_letters: tuple[Letter, ...] | None = None,
    moved: JobFacts | None = None,
    **slice_: Any,
) -> Decision:
    """Take back what `decision` did to the job of `facts`, on the office as it stands after it."""
    deed = deed_of(decision)
    jobs = [change.after for change in decision.changes if isinstance(change.after, Job)]
    after = replace(jobs[0], rev=jobs[0].rev + 1) if jobs else facts.job
    asked = [change.after for change in decision.changes if isinstance(change.after, Question)]
    questions = tuple(replace(one, rev=one.rev + 1) for one in asked)
    sums = facts.effort
    for entry in entries(decision):
        sums = sums.plus(entry)
    held = tuple(one for one in decision.letters if one.kind is LetterKind.FROM_OWNER)
    more: dict[str, Any] = {
        "deed": deed,
        "deed_entries": tuple(entries(decision)),
        "deed_questions": questions,
        "letters": held if now_letters is None else now_letters,
        "seq": 48,
    }
    stand = replace(facts, job=after, effort=sums, questions=tuple(one for one in questions if one.is_open))
    return give(moved or stand, order(Verb.UNDO, job_id=None, number=47), **(more | slice_))


def test_undo_puts_back_job_question_and_hours_and_stops_the_letter() -> None:
    facts = asking()

    decision = undone(give(facts, order(Verb.YES)), facts)

    assert replace(job_after(decision), rev=1) == facts.job
    (question,) = [change.after for change in decision.changes if isinstance(change.after, Question)]
    assert replace(question, rev=1) == facts.questions[0]
    assert [(one.payable, one.over_cap, one.why) for one in entries(decision)] == [(-90, 90, "taken back by the owner")]
    (letter,) = [change.after for change in decision.changes if isinstance(change.after, Letter)]
    assert (letter.state, letter.next_try_at, letter.finished_at) == (LetterState.FAILED, None, NOW)
    assert deed_of(decision).undone_at == NOW
    assert [one.kind for one in decision.letters] == [LetterKind.TRANSCRIPT]
    assert transcript(decision).undo_number is None


def test_what_has_gone_out_is_corrected() -> None:
    facts = facts_of(Phase.DONE)
    done = give(facts, order(Verb.OK))
    sent = replace(to_worker(done), state=LetterState.SENT, finished_at=NOW - timedelta(minutes=5), contents=None)

    decision = undone(done, facts, (sent,))

    assert parts(decision) == (FromOwnerPart("correction", at=NOW - timedelta(minutes=5)),)
    assert "correction" in said(decision)


def test_a_job_that_has_moved_on_stays_as_it_is_and_so_do_its_letters() -> None:
    facts = facts_of(Phase.DONE)
    done = give(facts, order(Verb.OK))
    moved = replace(facts, job=replace(job_after(done), phase=Phase.RETURNED, rev=3))

    decision = undone(done, facts, moved=moved)

    assert untouched(decision)
    assert "moved on" in said(decision)


REMINDED = {"chased": 1, "chased_at": NOW, "nudges": 1, "silent_since": NOW, "root_message_id": "<b@example.com>"}


@pytest.mark.parametrize("asked", [order(Verb.CAP, minutes=120, is_more=True), order(Verb.PAUSE), order(Verb.RESUME)])
def test_what_the_agent_did_by_itself_is_no_move_of_the_job_and_stays(asked: ev.Order) -> None:
    paused = asked.verb is Verb.RESUME
    facts = facts_of(Phase.PAUSED, paused_from=Phase.WORKING) if paused else facts_of(clock_from=NOW - DAY)
    done = give(facts, asked)
    moved = replace(facts, job=replace(job_after(done), rev=3, **REMINDED))

    back = job_after(undone(done, facts, moved=moved))

    assert back == replace(facts.job, rev=3, **REMINDED)


def test_a_report_under_the_new_cap_keeps_it() -> None:
    facts = facts_of()
    done = give(facts, order(Verb.CAP, minutes=120, is_more=True))
    moved = replace(facts, job=replace(job_after(done), rev=3, last_report_id="R48"))

    assert "moved on" in said(undone(done, facts, moved=moved))


def test_a_report_since_the_pause_stays_when_the_pause_is_taken_back() -> None:
    facts = facts_of()
    done = give(facts, order(Verb.PAUSE))
    moved = replace(facts, job=replace(job_after(done), rev=3, last_report_id="R48", clock_from=NOW))

    back = job_after(undone(done, facts, moved=moved))

    assert (back.phase, back.paused_from, back.last_report_id, back.clock_from) == (Phase.WORKING, None, "R48", NOW)


def test_who_hears_of_an_undo_has_his_time_begun_anew() -> None:
    facts = facts_of(clock_from=NOW - DAY, chased=1, chased_at=NOW - DAY, nudges=1)
    done = give(facts, order(Verb.PAUSE))
    sent = replace(to_worker(done), state=LetterState.SENT, finished_at=NOW, contents=None)

    back = job_after(undone(done, facts, (sent,)))

    assert (back.phase, back.clock_from, back.chased, back.nudges) == (Phase.WORKING, NOW, 0, 1)


def test_a_question_that_has_moved_on_keeps_its_job() -> None:
    facts = facts_of(Phase.WORKING, a_question())
    done = give(facts, order(Verb.ANSWER, text="yes"))

    assert "question about J1 has moved" in said(undone(done, facts, deed_questions=()))


UNDO_REFUSED = [
    ({"deed": None}, "nothing with the number 47"),
    ({"deed": Deed("D47", "eva", NOW)}, "nothing with the number 47"),
    ({"deed": Deed("D47", "dana", NOW, undone_at=NOW)}, "taken back already"),
    ({"deed": Deed("D47", "dana", NOW - timedelta(hours=24, minutes=1))}, "more than a day old"),
    ({"deed": Deed("D47", "dana", NOW)}, "Nothing of it is left"),
]


@pytest.mark.parametrize(("more", "says"), UNDO_REFUSED, ids=[says for _, says in UNDO_REFUSED])
def test_an_undo_that_cannot_be_done_says_so(more: dict[str, Any], says: str) -> None:
    decision = give((), order(Verb.UNDO, job_id=None, number=47), **more)

    assert untouched(decision)
    assert says in said(decision)


@pytest.mark.parametrize(
    ("orders", "proof", "done"),
    [
        (("tell", "go on"), Proof.TOKEN, True),
        (("tell", "cancel"), Proof.TOKEN, False),
        (("cancel",), Proof.DOMAIN, True),
        (("cancel", "ok"), Proof.DOMAIN, False),
        (("ok",), Proof.BOTH, True),
    ],
)
def test_an_undo_takes_the_proof_of_what_it_takes_back(orders: tuple[str, ...], proof: Proof, done: bool) -> None:
    deed = Deed("D47", "dana", NOW, letters=("ana/from-owner/D47-J1",), orders=orders)
    letter = a_letter(id="ana/from-owner/D47-J1", kind=LetterKind.FROM_OWNER)

    decision = give(
        facts_of(), order(Verb.UNDO, job_id=None, number=47), proof=proof, deed=deed, letters=(letter,), seq=48
    )

    assert was_done(decision) is done


@pytest.mark.parametrize(("proof", "done"), [(Proof.TOKEN, False), (Proof.DOMAIN, False), (Proof.BOTH, True)])
def test_to_undo_an_undo_of_money_takes_the_proof_of_money(proof: Proof, done: bool) -> None:
    facts = facts_of(Phase.WORKING)
    raised = give(facts, order(Verb.CAP, minutes=120, is_more=True))
    stand = replace(facts, job=replace(job_after(raised), rev=2))
    back = give(
        stand,
        order(Verb.UNDO, job_id=None, number=47),
        order(Verb.PAUSE),
        deed=deed_of(raised),
        letters=(to_worker(raised),),
        seq=48,
    )
    (deed,) = [change.after for change in back.changes if isinstance(change.after, Deed) and change.before is None]
    held = (to_worker(back),)
    stand = replace(facts, job=replace(job_after(back), rev=3))

    again = give(stand, order(Verb.UNDO, job_id=None, number=48), proof=proof, deed=deed, letters=held, seq=49)

    assert deed.orders == ("pause", "cap")
    assert was_done(again) is done


def test_an_undo_beside_other_orders_leaves_their_jobs_to_them() -> None:
    facts = facts_of(Phase.DONE)
    done = give(facts, order(Verb.OK))
    stand = (replace(facts, job=replace(job_after(done), rev=2)),)

    decision = give(
        stand,
        order(Verb.BACK, text="the phones"),
        order(Verb.UNDO, job_id=None, number=47),
        deed=deed_of(done),
        seq=48,
    )

    assert [line.done for line in transcript(decision).lines] == [True, False]
    assert job_after(decision).phase is Phase.RETURNED


def test_a_slice_without_the_owner_is_refused() -> None:
    with pytest.raises(Refused):
        decide(Slice(1, a_slice().policy), ev.OwnerOrdered(a_mail(proof=Proof.BOTH), "x", ()), NOW)


def test_a_list_shows_what_the_lines_before_it_did() -> None:
    picture = JobPicture(a_job(), a_worker(), Effort(), 0, 0, 0, 0, None, (a_question(),))

    decision = give(facts_of(Phase.WORKING, a_question()), order(Verb.CANCEL), order(Verb.LIST), pictures=(picture,))

    (line,) = transcript(decision).lines_of_jobs
    assert (line.phase, line.waits_for_owner) == ("cancelled", False)
