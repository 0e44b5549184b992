"""Reply tokens (FAULTS 3.4): what is accepted, and that nothing else is."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailagent.edge.keys import TOKEN_LENGTH, Keys, Purpose, Verified, letter_number, message_id
from mailagent.errors import StateError

TODAY = date(2026, 11, 23)
LAST_DAY = TODAY + timedelta(days=400)
KEYS = Keys([(1, b"k" * 32)])
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def a_token(
    person_id: str = "ana", purpose: Purpose = Purpose.JOB, record: int = 12, expires_on: date = LAST_DAY
) -> str:
    return KEYS.mint(person_id, purpose, record, expires_on)


def test_a_token_comes_back_with_all_it_says():
    token = a_token()

    assert KEYS.verify(token, "ana", TODAY) == Verified(Purpose.JOB, 12, LAST_DAY)


def test_a_token_fits_into_a_local_part():
    token = a_token(record=2**32 - 1)

    assert len(token) == TOKEN_LENGTH
    assert token.isascii()
    assert token == token.lower()
    assert len(f"mailagent+{token}") <= 64


@settings(deadline=None)
@given(
    st.text(max_size=40),
    st.sampled_from(Purpose),
    st.integers(0, 2**32 - 1),
    st.dates(date(1970, 1, 1), date(2149, 6, 6)),
)
def test_any_person_purpose_record_and_day_come_back(person_id: str, purpose: Purpose, record: int, expires_on: date):
    token = KEYS.mint(person_id, purpose, record, expires_on)

    assert KEYS.verify(token, person_id, expires_on) == Verified(purpose, record, expires_on)


def test_letter_case_does_not_matter():
    assert KEYS.verify(a_token().upper(), "ana", TODAY) is not None


def test_another_person_gets_nothing_for_it():
    assert KEYS.verify(a_token("ana"), "raj", TODAY) is None


def test_it_is_good_up_to_and_including_its_last_day():
    assert KEYS.verify(a_token(), "ana", LAST_DAY) is not None
    assert KEYS.verify(a_token(), "ana", LAST_DAY + timedelta(days=1)) is None


def test_the_purpose_is_told_and_not_chosen_by_the_reader():
    verified = KEYS.verify(a_token(purpose=Purpose.CONFIRM, record=0), "ana", TODAY)

    assert verified is not None
    assert verified.purpose is Purpose.CONFIRM


@settings(deadline=None)
@given(st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_changed_character_makes_it_worthless(place: int, character: str):
    token = a_token()
    changed = token[:place] + character + token[place + 1 :]

    assert (KEYS.verify(changed, "ana", TODAY) is None) == (changed != token)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_other_text_is_no_token_and_no_error(text: str):
    assert KEYS.verify(text, "ana", TODAY) is None


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "a", lambda t: t[:27] + "ı", lambda t: " " + t[1:]])
def test_only_the_exact_length_and_alphabet_counts(change):
    assert KEYS.verify(change(a_token()), "ana", TODAY) is None


def test_the_record_of_a_token_can_be_read_before_it_is_known_whose_it_is():
    assert KEYS.record_of(a_token(record=77)) == 77
    assert KEYS.record_of("a" * TOKEN_LENGTH) is None
    assert KEYS.record_of("nothing") is None
    assert Keys([(2, b"k" * 32)]).record_of(a_token()) is None


def test_the_older_of_two_keys_still_verifies_and_the_newer_mints():
    both = Keys([(2, b"n" * 32), (1, b"k" * 32)])

    assert both.verify(a_token(), "ana", TODAY) is not None
    assert KEYS.verify(both.mint("ana", Purpose.JOB, 12, LAST_DAY), "ana", TODAY) is None


def test_another_key_under_the_same_number_verifies_nothing():
    assert Keys([(1, b"x" * 32)]).verify(a_token(), "ana", TODAY) is None


def test_a_made_key_is_private_and_loads_again(tmp_path: Path):
    path = tmp_path / "token.key"

    token = Keys.create(path).mint("ana", Purpose.JOB, 12, LAST_DAY)

    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["token.key"]
    assert Keys.load(path).verify(token, "ana", TODAY) is not None
    assert Keys.load(path.read_bytes()).verify(token, "ana", TODAY) is not None


def test_no_two_made_keys_are_the_same(tmp_path: Path):
    Keys.create(tmp_path / "one")
    Keys.create(tmp_path / "two")

    assert (tmp_path / "one").read_bytes() != (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"1 abcd\n", id="short"),
        pytest.param(b"16 " + b"ab" * 32, id="number too high"),
        pytest.param(b"one " + b"ab" * 32, id="no number"),
        pytest.param(b"1 " + b"zz" * 32, id="no digits"),
        pytest.param((b"1 " + b"ab" * 32 + b"\n") * 2, id="the same number twice"),
        pytest.param(b"".join(b"%d %s\n" % (n, b"ab" * 32) for n in (1, 2, 3)), id="three keys"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_sentence_without_the_key(content: bytes):
    with pytest.raises(StateError) as caught:
        Keys.load(content)

    assert "\n" not in str(caught.value)
    assert "abab" not in str(caught.value)


def test_comments_and_blank_lines_may_stand_in_a_key_file():
    assert Keys.load(b"# made by hand\n\n1 " + b"6b" * 32 + b"\n").verify(a_token(), "ana", TODAY) is not None


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path):
    path = tmp_path / "token.key"
    Keys.create(path)
    path.chmod(0o644)

    with pytest.raises(StateError, match="chmod 600"):
        Keys.load(path)


def test_a_missing_key_is_one_sentence(tmp_path: Path):
    with pytest.raises(StateError, match="cannot be read: No such file"):
        Keys.load(tmp_path / "token.key")


def test_letters_with_one_token_have_message_ids_of_their_own():
    token = a_token()
    ids = {message_id(token, letter_number(f"ana/receipt/R{n}"), "example.com") for n in range(2000)}

    assert len(ids) == 2000
    assert all(one.startswith(f"<t.{token}.") and one.endswith("@example.com>") for one in ids)
