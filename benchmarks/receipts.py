"""Writing mail: a receipt for each of 1,000 replies, handed to Postfix by `mailagent once`, beside aiosmtplib alone.

    python -m benchmarks.receipts [--mails N] [--runs N]

Both whole processes, in turn, one connection by STARTTLS and AUTH to the same Postfix; the raw sender hands over the
very bytes of our receipts. Ours are claimed, rendered, composed, archived and accounted for on the way.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tinydb import TinyDB

from benchmarks import Figure, median, spread, table
from benchmarks.clocked import Took, clocked
from benchmarks.ingest import Ours, prepare
from benchmarks.office import Office, environment, furnish
from benchmarks.servers import Servers, dovecot_postfix, keep
from benchmarks.strace import count_syncs, of_the_mails
from benchmarks.world import EMPTY, World

GROUP = 50


def measure(mails: int = 1000, runs: int = 5) -> tuple[Figure, ...]:
    """Measure ours and the raw sender in turn."""
    folder = Path(tempfile.mkdtemp(prefix="receipts-"))
    folder.chmod(0o755)
    try:
        with dovecot_postfix(folder / "servers") as servers:
            ours, _ = prepare(folder / "office", servers, mails)
            _read_all(ours)
            _write_letters(ours, folder / "letters")
            agent = servers.world.agent
            furnish(ours.office.folder, agent, servers.world.imap, servers.world.smtp)
            mine: list[Took] = []
            raw: list[Took] = []
            for _ in range(runs):
                mine.append(_send_ours(ours))
                servers.drain()
                raw.append(_send_raw(servers, ours.office, folder / "letters"))
                servers.drain()
            return (*_figures(mine, raw, mails), *_syncs(ours))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_all(ours: Ours) -> None:
    """Read the replies with nobody to send to, and keep the office whose receipts wait."""
    ours.run()
    keep(ours.office.state, ours.office.folder / "kept-state")
    keep(ours.servers.maildir(ours.user), ours.office.folder / "kept-mail")


def _write_letters(ours: Ours, folder: Path) -> None:
    """Let a small world of ours take the receipts once, and keep their bytes for the raw sender."""
    folder.mkdir()
    with World() as world:
        world.put_back(EMPTY)
        furnish(ours.office.folder, ours.servers.world.agent, ours.servers.world.imap, world.smtp)
        done = ours.office.run("once", timeout_s=300)
        letters = world.letters()
    if done.returncode != 0 or len(letters) != ours.mails:
        raise RuntimeError(f"{len(letters)} receipts for {ours.mails} mails: {done.stderr[-2000:]}")
    for number, (_, raw) in enumerate(letters):
        (folder / f"{number:06d}.eml").write_bytes(raw)


def _send_ours(ours: Ours) -> Took:
    ours.put_back()
    office = ours.office
    took = clocked(
        office.command("once"), office.folder / "took.json", env=environment(), log=office.folder / "once.log"
    )
    with TinyDB(office.state / "office.json", access_mode="r") as db:
        receipts = Counter(row["state"] for row in db.table("outbox") if row["kind"] == "receipt")
    if receipts != Counter(sent=ours.mails):
        raise RuntimeError(f"of {ours.mails} receipts: {receipts}")
    return took


def _send_raw(servers: Servers, office: Office, letters: Path) -> Took:
    smtp, agent = servers.world.smtp, servers.world.agent
    where = [smtp.host, str(smtp.port), str(smtp.ca_file), agent.address, str(office.folder / "password"), str(letters)]
    took = clocked(
        [sys.executable, "-m", "benchmarks.raw_sender", *where], office.folder / "took.json", env=environment()
    )
    if took.exit_code != 0:
        raise RuntimeError("the raw sender failed")
    return took


def _figures(mine: Sequence[Took], raw: Sequence[Took], mails: int) -> list[Figure]:
    ours = [mails / took.wall_s for took in mine]
    alone = [mails / took.wall_s for took in raw]
    costs = [took.cpu_s / mails * 1000 for took in mine]
    return [
        Figure("receipts", "mailagent into Postfix", median(ours), "mails/s", note=spread(ours)),
        Figure("receipts", "aiosmtplib alone into Postfix", median(alone), "mails/s", note=spread(alone)),
        Figure("receipts", "ours to aiosmtplib alone", median(ours) / median(alone), "", ">= 0.6", "aim 0.75"),
        Figure("receipts", "mailagent, CPU", median(costs), "ms a letter", note=spread(costs)),
    ]


def _syncs(ours: Ours) -> list[Figure]:
    """Count fsyncs in one more run, under strace; the office's own and the tries file's do not count."""
    ours.put_back()
    office = ours.office
    found = count_syncs(office.command("once"), office.state, office.folder / "strace.log", environment())
    groups = -(-ours.mails // GROUP)
    note = ", ".join(f"{path} {count}" for path, count in found.most_common())
    return [Figure("receipts", f"fsyncs a group of {GROUP}", of_the_mails(found) / groups, "", "<= 3", note)]


def main(argv: list[str] | None = None) -> int:
    """Measure and print; returns 1 where a promise was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receipts", description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args(argv)
    figures = measure(args.mails, args.runs)
    print(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
