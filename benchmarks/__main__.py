"""Run the benchmarks, all or the named ones, and print one table: `python -m benchmarks [names] [--out FILE]`."""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import benchmarks
from benchmarks import ROOT, Figure, table


def main(argv: list[str] | None = None) -> int:
    """Return 1 where a promise was missed."""
    known = _measuring_modules()
    args = _arguments(argv, known)
    figures: list[Figure] = []
    for name in args.names or known:
        print(f"-- {name}", file=sys.stderr, flush=True)
        figures += known[name].measure()
    print(machine())
    print(table(figures))
    if args.out:
        Path(args.out).write_text(as_json(figures), encoding="utf-8")
    return 1 if any(figure.holds is False for figure in figures) else 0


def _arguments(argv: list[str] | None, known: dict[str, ModuleType]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[[], *known], metavar="name", help=f"of {', '.join(known)}; all without"
    )
    parser.add_argument("--out", help="write the figures as JSON to this file, too")
    return parser.parse_args(argv)


def _measuring_modules() -> dict[str, ModuleType]:
    names = sorted(info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name != "__main__")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def machine() -> str:
    """Describe the machine and the tree in one line."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    size = f"{os.cpu_count()} cores, {memory_gib:.0f} GiB"
    describe = ["git", "describe", "--always", "--dirty"]
    tree = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True, timeout=10).stdout.strip()
    return f"{size}, Linux {platform.release()}, Python {platform.python_version()}, tree {tree or 'unknown'}"


def as_json(figures: list[Figure]) -> str:
    """Return machine and figures as JSON text."""
    rows = [{**asdict(figure), "holds": figure.holds} for figure in figures]
    return json.dumps({"machine": machine(), "figures": rows}, indent=1, allow_nan=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
