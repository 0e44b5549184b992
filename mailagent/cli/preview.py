"""`mailagent preview`: the letters as they will look, with values that are made up; writes to nobody.

`mailagent preview` names them, `preview NAME` prints one as text, and `preview --all --out DIR` writes each as the mail
that would go out (NAME.eml) and its two parts beside it (NAME.txt, NAME.html).
"""

import argparse
import difflib
from pathlib import Path

from mailagent.edge.templates import LetterBroken, Rendered, Templates
from mailagent.errors import ConfigError, UserError
from mailagent.mail.compose import Heading, compose
from mailagent.samples import SAMPLES, Sample, kind_of
from mailagent.samples.people import AT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which letters, and where to."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this letter as text; without: name them all")
    parser.add_argument("--all", action="store_true", help="write all letters into the folder that --out names")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder; made where it is missing")


def run(args: argparse.Namespace) -> int:
    """Show one letter, or write all of them."""
    if args.all != (args.out is not None):
        raise UserError("`--all` and `--out DIR` go together: preview --all --out DIR")
    if args.all and args.name:
        raise UserError(f"either {args.name} or `--all`, not both")
    if args.all:
        _write_all(args.out)
    elif args.name:
        rendered = _render(args.name, _sample(args.name))
        print(f"Subject: {rendered.subject}\n\n{rendered.text}", end="")
    else:
        print("\n".join(SAMPLES))
    return 0


def _sample(name: str) -> Sample:
    if name not in SAMPLES:
        near = difflib.get_close_matches(name, SAMPLES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UserError(f"There is no letter called {name}.{hint} `mailagent preview` names them all.")
    return SAMPLES[name]


def _write_all(folder: Path) -> None:
    """Write what can be written; a template that is wrong keeps none of the others back."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = Templates()
    broken: list[str] = []
    for number, (name, sample) in enumerate(SAMPLES.items(), start=1):
        try:
            rendered = templates.render(kind_of(name), sample.contents, sample.frame)
        except LetterBroken as problem:
            broken.append(f"{name}: {problem.why}")
            continue
        (folder / f"{name}.txt").write_text(rendered.text, encoding="utf-8")
        (folder / f"{name}.html").write_text(rendered.html, encoding="utf-8")
        (folder / f"{name}.eml").write_bytes(_mail(rendered, sample, number))
    print(f"{len(SAMPLES) - len(broken)} letters are in {folder}.")
    if broken:
        raise ConfigError(tuple(broken))


def _render(name: str, sample: Sample) -> Rendered:
    try:
        return Templates().render(kind_of(name), sample.contents, sample.frame)
    except LetterBroken as broken:
        raise ConfigError((broken.why,)) from None


def _mail(rendered: Rendered, sample: Sample, number: int) -> bytes:
    frame = sample.frame
    heading = Heading(
        from_name=frame.agent_name,
        from_address=frame.agent_address,
        to_name="Preview",
        to_address="preview@example.com",
        subject=rendered.subject,
        sent_at=AT,
        message_id=f"<preview.{number}@example.com>",
        reply_to=frame.reply_to or None,
        auto_submitted="auto-generated",
    )
    return compose(heading, rendered.text, rendered.html, f"=_preview{number}")
