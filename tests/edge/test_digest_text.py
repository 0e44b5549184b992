"""The digest's text, word for word, and what the largest one costs.

After a wanted change: MAILAGENT_GOLDEN=write python -m pytest tests/edge/test_digest_text.py
"""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.digest import build, write
from mailagent.core import digest
from mailagent.core.model import LetterKind
from mailagent.edge.templates import Templates
from mailagent.samples import SAMPLES
from mailagent.samples.digests import many
from mailagent.samples.people import AT, TODAY
from tests.factories import a_slice, an_owner

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "digests"
NAMES = [name for name in SAMPLES if name.startswith("digest")]


@pytest.mark.parametrize("name", NAMES)
def test_a_digest_reads_as_it_did(name: str) -> None:
    sample = SAMPLES[name]

    rendered = Templates().render(LetterKind.DIGEST, sample.contents, sample.frame)

    found = f"Subject: {rendered.subject}\n\n{rendered.text}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("MAILAGENT_GOLDEN") == "write":
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("address", ["desk@example.com", "desk+" + "a" * 28 + "@a-rather-long-domain.example.com"])
def test_a_digest_of_a_thousand_jobs_is_small_and_quick(address: str) -> None:
    pictures, frame = many(1000), replace(SAMPLES["digest"].frame, reply_to=address)
    templates = Templates()

    started = time.perf_counter()
    contents = digest.contents(a_slice(pictures=pictures), an_owner(), TODAY, AT)
    rendered = templates.render(LetterKind.DIGEST, contents, frame)
    took = time.perf_counter() - started

    assert took < 5, "some 0.2 s on an idle machine"
    assert 40_000 < len(rendered.html.encode()) < 80_000
    assert (len(contents.lines), contents.reports) == (1000, 1000)
    assert [line.needs_you for line in contents.lines].index(False) == 100


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_digest_of_twenty_thousand_reports_is_small_and_quick(tmp_path: Path) -> None:
    took = write(build(tmp_path, 1000, 20_000))

    assert took.decided_s + took.rendered_s < 2
    assert len(took.letter.numbers) == 1000
    assert len(took.rendered.html.encode()) < 80_000
