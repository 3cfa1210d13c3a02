"""Imports go one way: the rule holds here, and a tree that breaks it is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

import taskrouter_sync

from .import_rule import LIBRARIES, MAY_USE, ONLY_FOR, PURE, violations


PACKAGE = Path(taskrouter_sync.__file__).parent


def test_the_package_keeps_the_rule() -> None:
    assert violations(PACKAGE) == []


def test_the_rule_names_only_parts_that_it_knows() -> None:
    parts = PURE | MAY_USE.keys()
    assert not PURE & MAY_USE.keys()
    for used in [*MAY_USE.values(), *ONLY_FOR.values()]:
        assert used <= parts
    for users in LIBRARIES.values():
        assert {user.partition(".")[0] for user in users} <= parts


def test_the_parts_of_the_rule_go_one_way() -> None:
    left = dict(MAY_USE)
    while left:
        free = [part for part, uses in left.items() if not uses & left.keys()]
        assert free, f"these use each other: {sorted(left)}"
        for part in free:
            del left[part]


Tree = dict[str, str]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that keeps the rule, in every way in which an import is written."""
    root = tmp_path / "taskrouter_sync"
    plant(
        root,
        {
            "__init__.py": "from .clients.worker import Worker",
            "errors.py": "import json, os.path",
            "tokens.py": "import jwt\nfrom .errors import TokenError",
            "session.py": "from .wire import frames\nfrom .errors import HttpError",
            "wire/__init__.py": "",
            "wire/frames.py": "from ..errors import InvalidResponse",
            "wire/requester.py": "import requests\nfrom requests.adapters import X",
            "wire/bridge_socket.py": "from websocket import ABNF",
            "resources/__init__.py": "",
            "resources/base.py": "from ..errors import HttpError",
            "resources/factory.py": "from .base import Resource\nfrom . import base",
            "clients/__init__.py": "",
            "clients/worker.py": (
                "from .. import session\n"
                "from ..resources import factory\n"
                "from taskrouter_sync.wire.frames import parse\n"
            ),
            "emulator/__init__.py": "from taskrouter_sync.emulator import server",
            "emulator/server.py": "import aiohttp.web\nfrom . import engine",
            "emulator/engine/__init__.py": "",
        },
    )
    return root


def plant(root: Path, tree: Tree) -> None:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def test_a_tree_that_keeps_the_rule_is_passed(package: Path) -> None:
    assert violations(package) == []


BROKEN: list[tuple[str, Tree, list[str]]] = [
    (
        "an arrow to the left",
        {"session.py": "from .clients.worker import Worker"},
        [
            "session may not use clients.worker",
            "clients.worker -> session -> clients.worker",
        ],
    ),
    (
        "an arrow to the left in full words",
        {"wire/frames.py": "import taskrouter_sync.resources.base"},
        ["wire.frames may not use resources.base"],
    ),
    (
        "an arrow to the left of a whole module",
        {"wire/frames.py": "from .. import delivery", "delivery.py": ""},
        ["wire.frames may not use delivery"],
    ),
    (
        "an arrow to the side",
        {"resources/base.py": "from ..delivery import Step", "delivery.py": ""},
        ["resources.base may not use delivery"],
    ),
    (
        "an arrow inside of a function",
        {"wire/frames.py": "def f():\n    from ..session import Session"},
        ["wire.frames may not use session", "session -> wire.frames -> session"],
    ),
    (
        "an arrow where type checkers do not go",
        {
            "wire/frames.py": (
                "if TYPE_CHECKING:\n    pass\nelse:\n    from ..delivery import Step"
            ),
            "delivery.py": "",
        },
        ["wire.frames may not use delivery"],
    ),
    (
        "a pure module that knows another part",
        {"errors.py": "from .logs import log", "logs.py": ""},
        ["errors may not use logs"],
    ),
    (
        "the package itself",
        {"wire/frames.py": "from .. import Worker"},
        [
            "wire.frames may not use __init__",
            "__init__ -> clients.worker -> session -> wire.frames -> __init__",
        ],
    ),
    (
        "a resource that knows the factory",
        {"resources/base.py": "from .factory import make"},
        [
            "resources.base may not use resources.factory",
            "resources.base -> resources.factory -> resources.base",
        ],
    ),
    (
        "the SDK knows the emulator",
        {"clients/worker.py": "from ..emulator import Emulator"},
        ["clients.worker may not use emulator"],
    ),
    (
        "the emulator knows the SDK",
        {"emulator/server.py": "from taskrouter_sync.errors import HttpError"},
        ["emulator.server may not use errors"],
    ),
    (
        "a circle in one part",
        {
            "wire/frames.py": "from . import backoff",
            "wire/backoff.py": "from .answers import read",
            "wire/answers.py": "from .frames import parse",
        },
        ["wire.answers -> wire.frames -> wire.backoff -> wire.answers"],
    ),
    (
        "a library in the wrong place",
        {"session.py": "import requests"},
        ["session may not use the library requests"],
    ),
    (
        "a part of a library in the wrong place",
        {"wire/frames.py": "from websocket._core import WebSocket"},
        ["wire.frames may not use the library websocket"],
    ),
    (
        "tokens in the wrong place",
        {"session.py": "def f():\n    import jwt.algorithms"},
        ["session may not use the library jwt"],
    ),
    (
        "a library that nobody agreed on",
        {"session.py": "import numpy.linalg as la"},
        ["session uses the library numpy, which has no place"],
    ),
    (
        "a part that nobody agreed on",
        {"magic.py": "from .errors import HttpError"},
        ["magic has no place in the import rule"],
    ),
]


@pytest.mark.parametrize(
    ("tree", "complaints"),
    [case[1:] for case in BROKEN],
    ids=[case[0] for case in BROKEN],
)
def test_a_tree_that_breaks_the_rule_is_found_out(
    package: Path, tree: Tree, complaints: list[str]
) -> None:
    plant(package, tree)
    assert violations(package) == complaints


@pytest.mark.parametrize("guard", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_what_only_type_checkers_see_is_free(package: Path, guard: str) -> None:
    plant(
        package,
        {"wire/frames.py": f"if {guard}:\n    from ..clients.worker import Worker"},
    )
    assert violations(package) == []
