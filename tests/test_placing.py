"""Who wrote a mail and about which job: the office and the keys against what a mail claims (FAULTS 3.2, SPEC 5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mailagent.core import events as ev
from mailagent.core.model import Phase, Proof
from mailagent.edge.keys import Keys, Purpose
from mailagent.mail.wire import AuthVerdict, Sifted
from tests.factories import NOW, a_brief, a_reported
from tests.factories import a_mail as mail_facts
from tests.rooms import ANA, BEN, DANA, STRANGER, Rooms, Sent

TODAY = NOW.date()
NOTHING = AuthVerdict("none", False, "no server that we trust says anything")
PASS = AuthVerdict("pass", False, "its domain is proven")
FAIL = AuthVerdict("fail", True, "dmarc=fail")
ALIGNED = AuthVerdict("none", True, "dkim=pass")


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    with Rooms(tmp_path) as made:
        made.staff()
        yield made


def sifted(addr_spec: str | None = ANA, *answers: Sent, **changes: object) -> Sifted:
    """A header block as the child reads it; `answers` are the letters it answers, newest first."""
    ids = tuple(one.message_id for one in answers)
    facts = Sifted(
        addr_spec=addr_spec,
        sender_why="",
        message_id="<m@phone.example>",
        in_reply_to=ids[:1],
        references=tuple(reversed(ids)),
        tokens=tuple(one.token for one in answers),
        subject_keys=(),
        subject="hello",
        bounce_sign=False,
    )
    return replace(facts, **changes)


# --- whether it concerns us ---


def test_a_known_address_in_any_case_concerns_us(rooms: Rooms) -> None:
    assert rooms.placing.concerns(sifted("ana@example.com"), TODAY)
    assert rooms.placing.concerns(sifted(DANA), TODAY)


def test_a_stranger_does_not(rooms: Rooms) -> None:
    assert not rooms.placing.concerns(sifted(STRANGER), TODAY)
    assert not rooms.placing.concerns(sifted(None), TODAY)


def test_a_strangers_mail_with_a_token_of_ours_does(rooms: Rooms) -> None:
    brief = rooms.brief()

    assert rooms.placing.concerns(sifted(STRANGER, brief), TODAY)


def test_a_token_of_another_office_says_nothing(rooms: Rooms, tmp_path: Path) -> None:
    rooms.brief()
    foreign = Keys.create(tmp_path / "foreign.key").mint("ana", Purpose.JOB, 1, TODAY + timedelta(days=9))

    assert not rooms.placing.concerns(sifted(STRANGER, tokens=(foreign,)), TODAY)


def test_a_token_about_a_job_that_is_not_there_still_names_its_person(rooms: Rooms) -> None:
    """After a restore from an older backup the letters about newer jobs are out all the same."""
    token = rooms.keys.mint("ana", Purpose.JOB, 99, TODAY + timedelta(days=9))

    assert rooms.placing.concerns(sifted(STRANGER, tokens=(token,)), TODAY)


def test_what_may_be_a_bounce_concerns_us(rooms: Rooms) -> None:
    assert rooms.placing.concerns(sifted(None, bounce_sign=True), TODAY)


# --- who wrote, and how well that is known ---


@pytest.mark.parametrize(
    ("verdict", "answers", "proof"),
    [
        (NOTHING, False, Proof.CLAIMED),
        (PASS, False, Proof.DOMAIN),
        (ALIGNED, False, Proof.DOMAIN),
        (NOTHING, True, Proof.TOKEN),
        (PASS, True, Proof.BOTH),
        (ALIGNED, True, Proof.BOTH),
        (FAIL, False, Proof.CLAIMED),
        (FAIL, True, Proof.CLAIMED),
    ],
)
def test_the_level_of_proof(rooms: Rooms, verdict: AuthVerdict, answers: bool, proof: Proof) -> None:
    brief = rooms.brief()

    who = rooms.placing.identify(sifted(ANA, *([brief] if answers else [])), verdict, NOW)

    assert (proof, "ana") == (who.proof, who.person.id)


def test_a_disowned_mail_keeps_no_token(rooms: Rooms) -> None:
    brief = rooms.brief()

    assert None is rooms.placing.identify(sifted(ANA, brief), FAIL, NOW).token


def test_a_stranger_is_nobody(rooms: Rooms) -> None:
    brief = rooms.brief()

    assert None is rooms.placing.identify(sifted(STRANGER, brief), PASS, NOW)
    assert None is rooms.placing.identify(sifted(None), PASS, NOW)


def test_a_token_of_somebody_else_takes_the_proof_away(rooms: Rooms) -> None:
    for_ana = rooms.brief("ana")

    who = rooms.placing.identify(sifted(BEN, for_ana), PASS, NOW)

    assert (who.proof, who.token) == (Proof.CLAIMED, None)
    assert who.why == "it answers a mail to somebody else"


@pytest.mark.parametrize(("verdict", "proof"), [(PASS, Proof.DOMAIN), (NOTHING, Proof.CLAIMED), (FAIL, Proof.CLAIMED)])
def test_an_owner_who_joins_his_workers_thread_keeps_his_proof(
    rooms: Rooms, verdict: AuthVerdict, proof: Proof
) -> None:
    for_ana = rooms.brief("ana")

    who = rooms.placing.identify(sifted(DANA, for_ana), verdict, NOW)

    assert (who.person.id, who.proof, who.token) == ("dana", proof, None)


def test_a_letter_to_a_worker_of_another_owner_is_not_his(rooms: Rooms) -> None:
    hours = rooms.store.owner("dana").hours
    rooms.settle(ev.OwnerAdded("otto", "Otto", ("otto@example.com",), hours, 420))
    for_ana = rooms.brief("ana")

    assert Proof.CLAIMED is rooms.placing.identify(sifted("otto@example.com", for_ana), PASS, NOW).proof


def test_ones_own_token_counts_beside_that_of_another(rooms: Rooms) -> None:
    for_ana, for_ben = rooms.brief("ana"), rooms.brief("ben")

    who = rooms.placing.identify(sifted(BEN, for_ana, for_ben), NOTHING, NOW)

    assert (who.proof, who.token.record) == (Proof.TOKEN, 2)


def test_a_token_runs_out(rooms: Rooms) -> None:
    brief = rooms.brief()
    later = NOW + timedelta(days=402)

    assert Proof.CLAIMED is rooms.placing.identify(sifted(ANA, brief), NOTHING, later).proof


def close(rooms: Rooms, job_id: str, at: datetime) -> None:
    """Close a job, as a later issue's commands will: by its fields alone."""
    from mailagent.core.decision import Change, Decision

    job = rooms.store.job(job_id)
    closed = replace(job, phase=Phase.ACCEPTED, closed_at=at)
    rooms.store.stage(ev.HouseKept(()), Decision((Change(job, closed),)), at)
    rooms.store.commit()


def test_a_jobs_token_is_good_for_ninety_days_after_its_close(rooms: Rooms) -> None:
    brief = rooms.brief()
    close(rooms, "J1", NOW)

    early = rooms.placing.identify(sifted(ANA, brief), NOTHING, NOW + timedelta(days=89))
    late = rooms.placing.identify(sifted(ANA, brief), NOTHING, NOW + timedelta(days=91))

    assert (early.proof, late.proof) == (Proof.TOKEN, Proof.CLAIMED)


def test_a_stale_token_does_not_spoil_what_the_domain_proves(rooms: Rooms) -> None:
    brief = rooms.brief()
    close(rooms, "J1", NOW)

    who = rooms.placing.identify(sifted(ANA, brief), PASS, NOW + timedelta(days=91))

    assert Proof.DOMAIN is who.proof


# --- which job ---


def place(rooms: Rooms, mail: Sifted, body_keys: tuple[str, ...] = (), worker_id: str = "ana"):
    who = rooms.placing.identify(mail, PASS, NOW)
    return rooms.placing.place(rooms.store.worker(worker_id), mail, who.token, body_keys)


def test_the_token_tells_the_job(rooms: Rooms) -> None:
    first, _ = rooms.brief(), rooms.brief()

    placed = place(rooms, sifted(ANA, first))

    assert (placed.job.id, placed.how, placed.guessed) == ("J1", "reply code", False)


def test_the_token_goes_before_the_thread_and_the_body(rooms: Rooms) -> None:
    first, second = rooms.brief(), rooms.brief()
    mail = sifted(ANA, first, in_reply_to=(second.message_id,), references=(second.message_id,))

    assert place(rooms, mail, ("J2",)).job.id == "J1"


def test_our_message_id_tells_the_job_where_there_is_no_token(rooms: Rooms) -> None:
    _, second = rooms.brief(), rooms.brief()

    placed = place(rooms, sifted(ANA, second, tokens=()))

    assert (placed.job.id, placed.how) == ("J2", "the mail it answers")


def test_the_newest_of_the_references_counts(rooms: Rooms) -> None:
    first, second = rooms.brief(), rooms.brief()
    mail = sifted(ANA, in_reply_to=("<other@phone.example>",), references=(first.message_id, second.message_id))

    assert place(rooms, mail).job.id == "J2"


def test_the_key_in_the_subject_then_in_the_body(rooms: Rooms) -> None:
    rooms.brief(), rooms.brief()

    assert place(rooms, sifted(ANA, subject_keys=("J2",)), ("J1",)).job.id == "J2"
    assert place(rooms, sifted(ANA), ("J1",)).job.id == "J1"


def test_the_only_open_job_is_a_guess(rooms: Rooms) -> None:
    rooms.brief("ana"), rooms.brief("ben")

    placed = place(rooms, sifted(ANA))

    assert (placed.job.id, placed.guessed) == ("J1", True)


@pytest.mark.parametrize(
    ("mail", "keys", "conflict"),
    [
        (sifted(ANA), (), "You have more than one open job, and nothing says which one this is about."),
        (sifted(ANA, subject_keys=("J3",)), (), "J3 is not one of your jobs."),
        (sifted(ANA), ("J99",), "J99 is not one of your jobs."),
    ],
)
def test_what_cannot_be_told_is_asked(rooms: Rooms, mail: Sifted, keys: tuple[str, ...], conflict: str) -> None:
    rooms.brief("ana"), rooms.brief("ana"), rooms.brief("ben")

    placed = place(rooms, mail, keys)

    assert (None, conflict) == (placed.job, placed.conflict)


def test_signs_that_disagree_are_asked_about(rooms: Rooms) -> None:
    first, _ = rooms.brief(), rooms.brief()

    placed = place(rooms, sifted(ANA, first, subject_keys=("J2",)))

    assert None is placed.job
    assert placed.conflict == "It answers a mail about J1, but its subject says J2."


@pytest.mark.parametrize("key", ["J2", "J99"])
@pytest.mark.parametrize("tokens", [True, False])
def test_a_subject_that_names_a_job_of_nobody_or_another_is_asked_about(rooms: Rooms, key: str, tokens: bool) -> None:
    first, _ = rooms.brief("ana"), rooms.brief("ben")
    mail = sifted(ANA, first, subject_keys=(key,))

    placed = place(rooms, mail if tokens else replace(mail, tokens=()))

    assert None is placed.job
    assert placed.conflict == f"It answers a mail about J1, but its subject says {key}."


def test_the_thread_of_anothers_job_is_not_ones_own(rooms: Rooms) -> None:
    for_ana = rooms.brief("ana")

    placed = place(rooms, sifted(BEN, for_ana, tokens=()), worker_id="ben")

    assert (placed.job, placed.conflict) == (None, "J1 is not one of your jobs.")


def test_without_any_job_it_says_so(rooms: Rooms) -> None:
    placed = place(rooms, sifted(ANA))

    assert (placed.job, placed.conflict) == (None, "You have no open job with us.")


def test_a_digests_token_is_no_jobs_token(rooms: Rooms) -> None:
    rooms.brief()
    token = rooms.keys.mint("ana", Purpose.CONFIRM, 1, date(2027, 1, 1))

    placed = place(rooms, sifted(ANA, tokens=(token,)))

    assert placed.how == "the only open job"


def test_a_report_after_a_month_still_finds_its_job(rooms: Rooms) -> None:
    brief = rooms.brief()
    rooms.settle(a_reported(mail=mail_facts(received_at=datetime(2026, 12, 23, tzinfo=UTC))))

    assert place(rooms, sifted(ANA, brief)).job.id == "J1"


def test_a_closed_job_is_found_by_its_thread(rooms: Rooms) -> None:
    brief = rooms.brief(brief=a_brief(title="Old"))
    close(rooms, "J1", NOW)

    assert place(rooms, sifted(ANA, brief)).job.id == "J1"
