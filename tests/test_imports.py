"""Imports go down the layers; a library is used where it has its place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import taskrouter_sync


PACKAGE = Path(taskrouter_sync.__file__).parent

# From the bottom up. A module uses those of its own layer, as long as they do not use
# it, and of the layers before; a package (resources, cli …) is one module here.
LAYERS: list[set[str]] = [
    {"errors", "naming", "notebook", "_version"},
    {"properties", "tokens", "capability", "emitter", "logs", "timing"},
    {"arguments", "network"},
    {"resources", "typed_events"},
    {"http", "fetcher"},
    {"transport", "lifecycle"},
    {"connection", "dispatcher"},
    {"session", "sync"},
    {"client"},
    {"worker", "workspace"},
    {"javascript"},
    {"__init__"},
    {"cli", "testing"},
    {"__main__"},
]
LAYER_OF = {name: number for number, layer in enumerate(LAYERS) for name in layer}

# Which modules use a library. The emulator is a program of its own: it uses nothing of
# the SDK, and only the command line and what helps with tests use it.
LIBRARIES: dict[str, set[str]] = {
    "requests": {"http", "cli"},
    "websocket": {"transport"},
    "jwt": {"tokens", "capability"},
    "rich": {"cli"},
    "shtab": {"cli"},
    "pytest": {"testing"},
}
USES_THE_EMULATOR = {"cli", "testing"}

Import = tuple[str, str]


def imports(package: Path) -> Iterator[tuple[str, str, bool]]:
    """Go through all imports: who, what, and whether it is of the package itself.

    Those for type checkers alone are left out: they are no arrows at run time.
    """
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package).with_suffix("").parts
        for node in run_time_nodes(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield inside[0], alias.name.partition(".")[0], False
            elif isinstance(node, ast.ImportFrom):
                names = [alias.name for alias in node.names]
                where = (node.module or "").split(".") if node.module else []
                if node.level:
                    where = [*inside[: len(inside) - node.level], *where]
                elif where[0] == package.name:
                    where = where[1:]
                else:
                    yield inside[0], where[0], False
                    continue
                for name in [where[0]] if where else names:
                    is_module = name in LAYER_OF or name == "emulator"
                    yield inside[0], name if is_module else "__init__", True


def run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from run_time_nodes(child)


def complaints(package: Path) -> list[str]:
    """Say what breaks the rule, and what to do about it."""
    found = set[str]()
    graph: dict[str, set[str]] = {}
    for user, used, own in imports(package):
        if "emulator" in (user, used) and user != used:
            if own and not (used == "emulator" and user in USES_THE_EMULATOR):
                found.add(f"{user} and {used} must not know each other")
        elif user == "emulator" or (user == used and own):
            continue
        elif not own:
            places = LIBRARIES.get(used)
            if places is None and used not in sys.stdlib_module_names:
                found.add(f"{user} uses {used}: give it a place in LIBRARIES")
            elif places is not None and user not in places:
                found.add(f"{user} uses {used}: let {sorted(places)} do that for it")
        elif user not in LAYER_OF:
            found.add(f"{user} is new: give it a layer in LAYERS")
        elif LAYER_OF[used] > LAYER_OF[user]:
            found.add(
                f"{user} uses {used}, which is above it: hand it in, as an object with "
                "a Protocol that is defined here, or move what is shared down"
            )
        else:
            graph.setdefault(user, set()).add(used)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.add(f"these use each other: {' -> '.join(error.args[1])}; split one")
    return sorted(found)


def test_imports_go_down() -> None:
    assert complaints(PACKAGE) == []


@pytest.mark.parametrize(
    ("module", "text", "words"),
    [
        ("errors", "from .client import Client", "errors uses client, which is above"),
        ("http", "def f():\n    from . import session", "http uses session, which is"),
        ("resources/base", "from ..session import X", "resources uses session, which"),
        ("tokens", "from taskrouter_sync.http import X", "tokens uses http, which is"),
        ("client", "import requests.adapters", "client uses requests: let ['cli'"),
        ("client", "from flask import Flask", "client uses flask: give it a place"),
        ("worker", "from .emulator import Emulator", "must not know each other"),
        ("emulator/bridge", "from ..errors import X", "must not know each other"),
        ("gadget", "from .errors import X", "gadget is new: give it a layer"),
    ],
)
def test_what_breaks_the_rule_is_found(
    tmp_path: Path, module: str, text: str, words: str
) -> None:
    path = tmp_path / "taskrouter_sync" / f"{module}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    (found,) = complaints(tmp_path / "taskrouter_sync")
    assert words in found


def test_modules_of_one_layer_must_not_use_each_other(tmp_path: Path) -> None:
    package = tmp_path / "taskrouter_sync"
    package.mkdir()
    (package / "session.py").write_text("from .sync import X", encoding="utf-8")
    (package / "sync.py").write_text("from .session import X", encoding="utf-8")
    (found,) = complaints(package)
    assert "use each other" in found


def test_imports_for_type_checkers_are_free(tmp_path: Path) -> None:
    package = tmp_path / "taskrouter_sync"
    package.mkdir()
    text = "if TYPE_CHECKING:\n    from .client import Client\n"
    (package / "errors.py").write_text(text, encoding="utf-8")
    assert complaints(package) == []
