"""Read the source tree as syntax trees, so that the house tests see what is written and not what happens to run."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the package. `name` is its place in the house, such as `edge/imap` or `core/decide`."""

    name: str
    text: str
    syntax: ast.Module

    def is_in(self, *rooms: str) -> bool:
        """Say whether this module is one of the rooms, or lies inside one."""
        return any(self.name == room or self.name.startswith(f"{room}/") for room in rooms)


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of mailagent, sorted by name."""
    package = ROOT / "mailagent"
    return tuple(_read(path, package) for path in sorted(package.rglob("*.py")) if "_data" not in path.parts)


def _read(path: Path, package: Path) -> Module:
    place = path.relative_to(package).with_suffix("")
    parts = place.parts[:-1] if place.name == "__init__" else place.parts
    text = path.read_text(encoding="utf-8")
    return Module(name="/".join(parts), text=text, syntax=ast.parse(text, filename=str(path)))


def functions(syntax: ast.AST) -> Iterator[FunctionNode]:
    """Yield each function and method, nested ones too."""
    return (node for node in ast.walk(syntax) if isinstance(node, FunctionNode))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names, and an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def imports(syntax: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and full name of each thing imported, wherever in the module it is imported."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def tracked_files() -> list[Path]:
    """Return the files git knows, as paths that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, timeout=30).stdout
    paths = (ROOT / name.decode() for name in listed.split(b"\0") if name)
    return [path for path in paths if path.is_file()]
