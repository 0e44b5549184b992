"""The pages for people do not go stale: what they tell to type is tried with the parsers that will read it."""

import re
import shlex
from pathlib import Path

import pytest

from mailagent import errors
from mailagent.cli import COMMANDS, EXIT_INTERRUPTED, _parser
from mailagent.mail import orders as verbs
from mailagent.mail.command import understand_owner
from mailagent.mail.languages import language
from mailagent.mail.message import plain_body
from mailagent.mail.wire import Limits, ReadContext
from tests.house.tree import ROOT, modules
from tests.mail.mails import understood

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
ALSO_COMMANDS = [ROOT / "config" / "mailagent.toml", ROOT / "systemd" / "mailagent.service"]
DIGEST = ReadContext(is_owner=True, numbers=("J5", "J12", "J30"), today="2026-11-23")
_FENCED = re.compile(r"^(?:\s*# |\s*\w+=|\s*)(?:/usr/bin/)?(mailagent (?!=).*)$", re.MULTILINE)
_INLINE = re.compile(r"`(mailagent [^`\n]+)`")
_ROW = re.compile(r"^\| (`.+?`) \|", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?:\]\(|src=\")([^)\"]+)")
_BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def _page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _first_column(page: str) -> list[str]:
    return [code for row in _ROW.findall(page) for code in _CODE.findall(row)]


def _commands(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    blocks = "\n".join(_BLOCK.findall(text)) if path.suffix == ".md" else text
    return {line.strip().rstrip(".") for line in (*_FENCED.findall(blocks), *_INLINE.findall(text))}


COMMAND_LINES = sorted({(path.name, line) for path in (*PAGES, *ALSO_COMMANDS) for line in _commands(path)})


def test_there_are_command_lines_to_try() -> None:
    told = {line.split()[1] for _, line in COMMAND_LINES}

    assert len(COMMAND_LINES) > 25
    assert COMMANDS.keys() - told - {"demo", "config", "replay"} == set()


@pytest.mark.parametrize(("page", "line"), COMMAND_LINES)
def test_each_command_line_that_is_told_can_be_typed(page: str, line: str) -> None:
    typed = shlex.split(line, comments=True)[1:]
    is_name = len(typed) <= 2 and not any(word[0] in "-./" or word.isupper() or "." in word for word in typed)

    try:
        command = _parser(typed).parse_args(typed).command
    except SystemExit:  # a command that is only named, without what it takes
        assert is_name, page
        with pytest.raises(SystemExit, match="0"):
            _parser(typed).parse_args([*typed, "--help"])
        command = typed[0]

    assert command in COMMANDS


@pytest.mark.parametrize("order", _first_column(_page("docs/owner.md")))
def test_each_order_of_the_owners_page_is_understood(order: str) -> None:
    found = understand_owner(plain_body(order, Limits()), DIGEST).orders

    assert [(one.verb, one.problem) for one in found] == [(_verb(order), "")]


def test_each_order_stands_on_the_owners_page() -> None:
    told = {_verb(order) for order in _first_column(_page("docs/owner.md"))}

    assert {value for name, value in vars(verbs).items() if name.isupper()} == told


def _verb(order: str) -> str:
    return "go on" if order.startswith("go on") else re.split(r"[ :]", order)[0]


@pytest.mark.parametrize("line", _first_column(_page("docs/worker.md")))
def test_each_line_of_the_workers_page_is_understood(line: str) -> None:
    found = understood(line, today="2026-11-23")

    assert found.unclear == ()
    assert len(found.reports) == 1
    assert found.remark == ""


def test_each_label_stands_on_the_workers_page() -> None:
    labels = {line.partition(":")[0].lower() for line in _first_column(_page("docs/worker.md"))}
    known = {word: field for field, names in language("en").labels for word in names}

    assert {known[label] for label in labels} == {field for field, _ in language("en").labels}


def test_each_status_stands_on_the_workers_page() -> None:
    told = set(_CODE.findall(_page("docs/worker.md")))

    assert {name for name, _ in language("en").statuses} <= told


def test_the_exit_codes_are_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", _page("docs/sysadmin.md"), re.MULTILINE)}
    used = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}

    assert used | {0, EXIT_INTERRUPTED} == told


def test_each_standard_that_the_code_names_is_listed() -> None:
    listed = set(re.findall(r"\b(\d{4})\b", _page("docs/standards.md")))

    named = {number for module in modules() for number in re.findall(r"RFC (\d{4})", module.text)}

    assert named - listed == set()


def test_the_plan_of_the_house_names_each_room() -> None:
    told = set(re.findall(r"[a-z_]+(?:\.py|/)", _page("docs/architecture.md")))
    rooms = {path.name + ("/" if path.is_dir() else "") for path in (ROOT / "mailagent").glob("[!_]*")}

    assert rooms - told == {"py.typed"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    links = [link.partition("#") for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    for name, _, heading in links:
        target = page.parent / name if name else page
        assert target.exists(), name
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_the_targets_that_are_told_can_be_made() -> None:
    told = {
        name for page in PAGES for name in re.findall(r"(?:^|`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    made = set(re.findall(r"^([\w-]+):", _page("Makefile"), re.MULTILINE))

    assert told
    assert told - made == set()


def test_the_picture_of_the_digest_loads_at_once() -> None:
    picture = (ROOT / "docs" / "digest.png").read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
