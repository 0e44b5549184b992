"""`mailagent explain FILE.eml...`: how these mails would be understood and what would be done, as if they came in now.

Changes nothing, and works while the daemon runs. With --json a line a mail, JSON version 1 (docs/data.md).
"""

import argparse
import dataclasses
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mailagent.cli.common import become_owner, hours, load_config, see_interpreter, several
from mailagent.desk import Desk
from mailagent.edge import clock
from mailagent.edge.archive import Archive
from mailagent.edge.config import Config
from mailagent.edge.keys import Keys
from mailagent.edge.logs import escape
from mailagent.edge.store import open_store
from mailagent.errors import UserError
from mailagent.explaining import Explained, LineSeen, explain
from mailagent.house import make_reader, make_understanding
from mailagent.understanding import Understanding

MEBIBYTE = 1024 * 1024
OWN, BLANK = "own", "blank"  # kinds of lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The mails, and the form of the answer."""
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.eml", help="a mail as it came, headers and all")
    parser.add_argument("--json", action="store_true", help="print JSON, a line a mail")


def run(args: argparse.Namespace) -> int:
    """Explain each mail in turn."""
    settings = load_config(args)
    mails = [(path, _read(path, settings)) for path in args.files]
    become_owner(settings, may_make=False)
    see_interpreter()
    with _rooms(settings) as (understanding, desk):
        for path, raw in mails:
            explained = explain(understanding, desk, raw, clock.now())
            if args.json:
                print(_as_json(explained), flush=True)
            else:
                print("\n".join([escape(str(path)), *(f"  {escape(line)}" for line in _as_text(explained)), ""]))
    return 0


def _read(path: Path, settings: Config) -> bytes:
    limit = (settings.reader.message_mib + 1) * MEBIBYTE  # a little above what is read: too large shows as such
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None


@contextmanager
def _rooms(settings: Config) -> Iterator[tuple[Understanding, Desk]]:
    """The rooms that understanding takes, all for looking only."""
    state_dir = settings.agent.state_dir
    store = open_store(state_dir, policy=settings.policy(), write=False)
    archive = Archive(state_dir / "archive", write=False)
    reader = make_reader(settings)
    try:
        yield make_understanding(settings, store, archive, reader, _keys(settings)), Desk(store)
    finally:
        reader.close()
        archive.close()
        store.close()


def _keys(settings: Config) -> Keys:
    """The keys; before the first start there are none, so no token can be ours."""
    raw = settings.token_key()
    return Keys.load(raw) if raw is not None else Keys([(0, secrets.token_bytes(32))])


def _as_json(explained: Explained) -> str:
    document = dataclasses.asdict(explained)
    for change in document["would"]["changes"]:
        change["document"] = json.loads(change["document"])
    return json.dumps(document)


def _blocks(lines: Iterable[LineSeen]) -> list[list[LineSeen]]:
    """Lines of one kind together; blank ones go with those before them."""
    blocks: list[list[LineSeen]] = []
    for line in lines:
        if blocks and line.kind in (blocks[-1][0].kind, BLANK):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _shown(block: list[LineSeen]) -> Iterator[str]:
    """The writer's own lines, each; of others the first, with the reason and their number."""
    first = block[0]
    if first.kind == OWN:
        yield from (f"{line.n:5}  {line.kind:12} {line.text}" for line in block if line.text.strip())
        return
    more = f", and {several(len(block) - 1, 'line')} more" if len(block) > 1 else ""
    yield f"{first.n:5}  {first.kind:12} {first.text[:60]}   ({first.why}{more})"


def _as_text(explained: Explained) -> Iterator[str]:
    sender, job, fields = explained.sender, explained.job, explained.fields
    yield f"nature   {explained.nature}"
    yield f"sender   {sender.addr_spec or 'nobody'}: {sender.proof}, {sender.why}"
    yield f"job      {job.key or 'none'}" + (f": {job.how}" if job.how else "")
    for block in _blocks(explained.lines):
        yield from _shown(block)
    read = [(name, getattr(fields, name)) for name in ("done", "next", "blocked", "status")]
    yield from (f"{name:8} {value}" for name, value in read if value is not None)
    if fields.minutes is not None:
        yield f"hours    {hours(fields.minutes)}"
    for one in explained.unclear:
        yield f'unclear  "{one.text}": {one.question}'
    for change in explained.would.changes:
        yield f"would    {change.entity} {change.id} be {change.what}"
    for letter in explained.would.letters:
        yield f"would    write to {letter.to}: {letter.kind}"
