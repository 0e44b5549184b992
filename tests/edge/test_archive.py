"""Mails in and letters out as bytes, and how often reading one was tried."""

import hashlib
import tempfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailagent.core.model import ArchivePlace
from mailagent.edge.archive import Archive, Incoming, Outgoing, Way
from mailagent.errors import StateError

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def a_mail(raw: bytes = b"From: ana\r\n\r\nhello", *, uid: int = 1, at: datetime = NOW) -> Incoming:
    return Incoming(hashlib.sha256(raw).hexdigest()[:32], "INBOX/ünï", 7, uid, at - timedelta(minutes=1), at, raw)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def test_what_is_appended_reads_back(folder: Path) -> None:
    archive = Archive(folder)
    mail, letter = a_mail(b"\x00\xff\nraw\r\n\n"), Outgoing("ana/brief/J1", b"", NOW)

    places = archive.append([mail, letter])
    found = [archive.read(place) for place in places]

    assert [mail.raw, letter.raw] == [record.raw for record in found]
    assert (Way.IN, mail.mail_id, "INBOX/ünï", 7, 1) == (
        found[0].way,
        found[0].id,
        found[0].mailbox,
        found[0].uidvalidity,
        found[0].uid,
    )
    assert (NOW, NOW - timedelta(minutes=1)) == (found[0].at, found[0].internal_date)
    assert (found[1].way, found[1].id, found[1].internal_date) == (Way.OUT, "ana/brief/J1", None)


@given(st.lists(st.binary(max_size=5000), min_size=1, max_size=5))
def test_any_bytes_survive(raws: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        archive.append([a_mail(raw) for raw in raws])
        archive.close()

        assert raws == [record.raw for record in Archive(Path(folder)).recent_incoming()]


def test_appending_nothing_writes_nothing(folder: Path) -> None:
    assert Archive(folder).append([]) == ()
    assert list(folder.iterdir()) == []


def test_places_go_on_after_a_restart(folder: Path) -> None:
    archive = Archive(folder)
    first = archive.append([a_mail(b"one")])
    archive.close()
    again = Archive(folder)
    second = again.append([a_mail(b"two")])

    assert [again.read(place).raw for place in first + second] == [b"one", b"two"]


def test_segments_are_monthly_private_and_never_go_back(folder: Path) -> None:
    archive = Archive(folder)
    for at in (NOW, NOW + timedelta(days=31), NOW):
        archive.append([a_mail(at=at)])

    assert archive.segments() == ("2026-11", "2026-12")
    assert [len(list(archive.records(segment))) for segment in archive.segments()] == [1, 2]
    assert {0o600} == {path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_recent_incoming_are_the_mails_of_the_last_two_segments(folder: Path) -> None:
    archive = Archive(folder)
    for month, raw in enumerate((b"old", b"last month", b"this month")):
        at = NOW + timedelta(days=31 * month)
        archive.append([a_mail(raw, at=at), Outgoing("x", b"out", at)])

    assert [record.raw for record in archive.recent_incoming()] == [b"last month", b"this month"]


@pytest.mark.parametrize("cut", range(1, 260, 7))
def test_a_torn_last_record_is_cut_off_kept_and_told(folder: Path, cut: int) -> None:
    archive = Archive(folder)
    first = archive.append([a_mail(b"one")])[0]
    archive.append([a_mail(b"two" * 10)])
    archive.close()
    path = folder / "2026-11.mails"
    whole = path.read_bytes()
    second_at = whole.index(b"\n", whole.index(b"\none\n") + 1) + 1
    path.write_bytes(whole[: max(second_at, len(whole) - cut)])
    torn = path.read_bytes()[second_at:]

    again = Archive(folder)

    assert whole[:second_at] == path.read_bytes()
    assert again.read(first).raw == b"one"
    assert bool(torn) == bool(again.notes)
    if torn:
        assert torn == (folder / f"torn-2026-11-{second_at}").read_bytes()
    place = again.append([a_mail(b"three")])[0]
    assert again.read(place).raw == b"three"


def test_nuls_behind_the_last_record_are_torn(folder: Path) -> None:
    archive = Archive(folder)
    archive.append([a_mail(b"one")])
    archive.close()
    path = folder / "2026-11.mails"
    path.write_bytes(path.read_bytes() + b"\0" * 4096)

    again = Archive(folder)

    assert len(again.notes) == 1
    assert [record.raw for record in again.recent_incoming()] == [b"one"]


def test_looking_cuts_nothing_off(folder: Path) -> None:
    archive = Archive(folder)
    archive.append([a_mail(b"one")])
    archive.close()
    path = folder / "2026-11.mails"
    path.write_bytes(path.read_bytes() + b"torn")

    looking = Archive(folder, write=False)

    assert [record.raw for record in looking.recent_incoming()] == [b"one"]
    assert path.read_bytes().endswith(b"torn")
    assert Archive(folder.parent / "none", write=False).segments() == ()


def test_a_flipped_bit_in_a_header_is_damage_and_not_torn(folder: Path) -> None:
    archive = Archive(folder)
    archive.append([a_mail(b"one")])
    archive.close()
    path = folder / "2026-11.mails"
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b'"length":3', b'"length":7'))  # as if the file ended within the mail

    with pytest.raises(StateError, match="the header does not fit its checksum"):
        Archive(folder)
    assert len(raw) == path.stat().st_size


def test_a_flipped_bit_in_a_mail_is_told_when_it_is_read(folder: Path) -> None:
    archive = Archive(folder)
    place = archive.append([a_mail(b"one")])[0]
    path = folder / "2026-11.mails"
    path.write_bytes(path.read_bytes().replace(b"\none\n", b"\nonf\n"))

    with pytest.raises(StateError, match="do not fit their SHA-256"):
        _ = archive.read(place).raw


@pytest.mark.parametrize(
    "place", [ArchivePlace("2026-11", 3), ArchivePlace("2026-11", 10**6), ArchivePlace("2020-01", 0)]
)
def test_a_place_where_nothing_starts_is_told(folder: Path, place: ArchivePlace) -> None:
    archive = Archive(folder)
    archive.append([a_mail(b"one")])

    with pytest.raises(StateError):
        archive.read(place)


def test_an_archive_of_a_newer_mailagent_is_refused(folder: Path) -> None:
    archive = Archive(folder)
    archive.append([a_mail(b"one")])
    archive.close()
    path = folder / "2026-11.mails"
    header, _, rest = path.read_bytes().partition(b"\n")
    newer = header[9:].replace(b'"schema":1', b'"schema":2')
    path.write_bytes(b"%08x %b\n%b" % (zlib.crc32(newer), newer, rest))

    with pytest.raises(StateError, match="newer mailagent"):
        Archive(folder)


def test_a_long_mailbox_name_does_no_harm(folder: Path) -> None:
    archive = Archive(folder)
    mail = Incoming("1" * 32, "folder/" * 400, 7, 1, None, NOW, b"raw")

    assert archive.read(archive.append([mail])[0]).mailbox == "folder/" * 400


def test_tries_are_counted_until_the_mail_has_its_end(folder: Path) -> None:
    assert [Archive(folder).bump("a") for _ in range(2)] == [1, 2]
    archive = Archive(folder)
    assert archive.bump_all(["a", "b"]) == (3, 1)
    archive.settled("a", "never tried")

    assert Archive(folder).bump_all(["a", "b"]) == (1, 2)


def test_a_damaged_tries_file_only_counts_anew(folder: Path) -> None:
    Archive(folder).bump("a")
    (folder / "tries.json").write_bytes(b"[1, 2")

    assert Archive(folder).bump("a") == 1
