"""The import rule: which part of the package may know which other.

Walks the modules of a package and names every import that the rule does not allow.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


# Used by all; they use each other, and nothing else of the package.
PURE = frozenset(
    {
        "callbacks",
        "emitter",
        "errors",
        "forms",
        "naming",
        "notebook",
        "parameters",
        "properties",
        "signatures",
        "tokens",
    }
)

# What each part may use besides the pure modules and itself: to the right in
# clients -> delivery, reconcile, resources -> session -> wire, and what stands beside.
MAY_USE: Mapping[str, frozenset[str]] = {
    "wire": frozenset(),
    "session": frozenset({"wire"}),
    "resources": frozenset({"session", "wire"}),
    "reconcile": frozenset({"session", "wire"}),
    "line": frozenset({"prefetch"}),
    "delivery": frozenset({"line"}),
    "prefetch": frozenset(),
    "process": frozenset({"prefetch", "wire"}),
    "lifecycle": frozenset(),
    "logs": frozenset(),
    "clients": frozenset(
        {
            "delivery",
            "lifecycle",
            "line",
            "logs",
            "prefetch",
            "process",
            "reconcile",
            "resources",
            "session",
            "wire",
        }
    ),
    "javascript": frozenset({"clients"}),
    "policies": frozenset(),
    "capabilities": frozenset({"policies"}),
    "_version": frozenset(),
    "__init__": frozenset({"_version", "capabilities", "clients", "javascript"}),
    # The command line knows both worlds; nothing knows it.
    "cli": frozenset(
        {"__init__", "capabilities", "clients", "emulator", "resources", "session"}
        | {"wire"}
    ),
    "__main__": frozenset({"cli"}),
    "testing": frozenset({"__init__", "emulator"}),
    "emulator": frozenset(),
}

# Modules that only these parts may use: resources know their factory by their session.
ONLY_FOR: Mapping[str, frozenset[str]] = {"resources.factory": frozenset({"clients"})}

# Libraries, and the modules that may use each.
LIBRARIES: Mapping[str, frozenset[str]] = {
    "requests": frozenset({"wire.requester", "wire.timed"}),
    "urllib3": frozenset({"wire.requester", "wire.timed"}),
    "websocket": frozenset({"wire.bridge_socket"}),
    "jwt": frozenset({"tokens", "capabilities", "emulator.auth"}),
    "aiohttp": frozenset({"emulator.server", "emulator.webhook_request"}),
    "yarl": frozenset({"emulator.webhook_request"}),  # the URLs of aiohttp
    "rich": frozenset({"cli.live"}),
    "pytest": frozenset({"testing.plugin"}),
    "lark": frozenset({"emulator.engine.expressions"}),
}


class Import(NamedTuple):
    """One module of the package uses another, or one of a library."""

    user: str
    used: str
    own: bool


def violations(package: Path) -> list[str]:
    """Say what a package imports against the rule; nothing if it keeps it."""
    imports = sorted(set(_imports(package)))
    complaints = [complaint for each in imports for complaint in _complaints(each)]
    return complaints + _circles([each for each in imports if each.own])


def _complaints(each: Import) -> Iterator[str]:
    user, used = _part(each.user), _part(each.used)
    if not each.own:
        if each.used in LIBRARIES:
            if each.user not in LIBRARIES[each.used]:
                yield f"{each.user} may not use the library {each.used}"
        elif each.used not in sys.stdlib_module_names:
            yield f"{each.user} uses the library {each.used}, which has no place"
    elif user not in PURE and user not in MAY_USE:
        yield f"{each.user} has no place in the import rule"
    elif user != used and used not in _may_use(user):
        yield f"{each.user} may not use {each.used}"
    elif each.used in ONLY_FOR and user not in ONLY_FOR[each.used]:
        yield f"{each.user} may not use {each.used}"


def _may_use(part: str) -> frozenset[str]:
    """Name what a part may use; the emulator has no share in the SDK's pure modules."""
    own = MAY_USE.get(part, frozenset())
    return own if part == "emulator" else PURE | own


def _allowed(part: str) -> frozenset[str]:
    # The emulator shares nothing with the SDK, not even what is pure.
    pure = frozenset() if part == "emulator" else PURE
    return pure | MAY_USE.get(part, frozenset())


def _part(module: str) -> str:
    """Name the part that a module belongs to: ``wire`` for ``wire.frames``."""
    return module.partition(".")[0]


def _circles(imports: list[Import]) -> list[str]:
    """Name each circle of modules of the SDK, as the way around it."""
    uses: dict[str, list[str]] = {}
    for each in imports:
        if _part(each.user) != "emulator":
            uses.setdefault(each.user, []).append(each.used)
    circles: list[str] = []
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> None:
        if module in way:
            circle = way[way.index(module) :]
            # From its first name on, wherever the walk began.
            first = circle.index(min(circle))
            circle = circle[first:] + circle[:first]
            circles.append(" -> ".join([*circle, circle[0]]))
        elif module not in done:
            for used in uses.get(module, ()):
                walk(used, [*way, module])
            done.add(module)

    for module in uses:
        walk(module, [])
    return circles


def _imports(package: Path) -> Iterator[Import]:
    modules = {_name(package, path): path for path in package.rglob("*.py")}
    for module, path in modules.items():
        for node in _run_time_nodes(ast.parse(path.read_text("utf-8"))):
            for used in _used(node, package.name, module, path):
                own = used == package.name or used.startswith(f"{package.name}.")
                if own:
                    # A name of a package is no module: the package is what is used.
                    while used not in {f"{package.name}.{each}" for each in modules}:
                        if used == package.name:
                            used = f"{package.name}.__init__"
                            break
                        used = used.rpartition(".")[0]
                    yield Import(module, used.removeprefix(f"{package.name}."), True)
                else:
                    yield Import(module, used.partition(".")[0], False)


def _name(package: Path, path: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those that only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from _run_time_nodes(other)
        else:
            yield node
            yield from _run_time_nodes(node)


def _used(node: ast.AST, package: str, module: str, path: Path) -> Iterator[str]:
    """Name in full what an import statement uses: modules, or names in them."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        here = [package, *module.split(".")]
        if path.name != "__init__.py" or module == "__init__":
            here = here[:-1]
        base = here[: len(here) - node.level + 1] if node.level else []
        base = [*base, *([node.module] if node.module else [])]
        yield from (".".join([*base, alias.name]) for alias in node.names)
