"""Read the source tree as syntax trees, so that the house tests see what is written and not what happens to run."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


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


def mentions(module: Module) -> Iterator[tuple[int, str]]:
    """Yield each name the module uses, spelled out through the module's own imports."""
    spelled = {}
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            spelled |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            spelled |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(module.syntax):
        if isinstance(node, (ast.Name, ast.Attribute)) and (name := dotted(node)):
            first, _, rest = name.partition(".")
            yield node.lineno, ".".join(filter(None, [spelled.get(first, first), rest]))


def is_broad(handler: ast.ExceptHandler) -> bool:
    """`except:`, `except Exception` or `except BaseException` that does not raise again at its end."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    is_everything = any(one is None or dotted(one) in {"Exception", "BaseException"} for one in caught)
    last = handler.body[-1]
    return is_everything and not isinstance(last, ast.Raise)


def tracked_files() -> list[Path]:
    """Return the files git knows, as paths that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, timeout=30).stdout
    paths = (ROOT / name.decode() for name in listed.split(b"\0") if name)
    return [path for path in paths if path.is_file()]


def depth(statements: list[ast.stmt]) -> int:
    """Return how many blocks stand around the innermost line."""
    return max((_depth_of(statement) for statement in statements), default=0)


def _depth_of(statement: ast.stmt) -> int:
    """Count the blocks around the innermost line.

    An `elif` is no deeper than its `if`, and a nested function counts anew.
    """
    if not isinstance(statement, _BLOCKS):
        return 0
    inner = [statement.body] if not isinstance(statement, ast.Match) else [case.body for case in statement.cases]
    inner += [handler.body for handler in getattr(statement, "handlers", [])]
    inner.append(getattr(statement, "finalbody", []))
    otherwise: list[ast.stmt] = getattr(statement, "orelse", [])
    is_elif = isinstance(statement, ast.If) and len(otherwise) == 1 and isinstance(otherwise[0], ast.If)
    beside = _depth_of(otherwise[0]) if is_elif else 1 + depth(otherwise)
    return max(beside, *(1 + depth(block) for block in inner))
