"""The table of documented lines has no hole."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.emitter import Emitter
from taskrouter_sync.naming import camel_case
from taskrouter_sync.resources.base import ClientObject, Resource
from taskrouter_sync.resources.lists import ListResource
from taskrouter_sync.resources.models import Task
from taskrouter_sync.resources.reservation import Reservation
from taskrouter_sync.resources.statistics import Statistics

from .lines import LINES


# What the lines call an object of each class.
NAMES: dict[str, Any] = {
    "worker": Worker,
    "taskQueue": TaskQueue,
    "workspace": Workspace,
    "reservation": Reservation,
    "task": Task,
    "entity": Resource,
    "list": ListResource,
    "statistics": Statistics,
    "client": Emitter,
}
# What only this package has; and what makes an entity a Mapping, a list a Sequence.
NOT_OF_JAVASCRIPT = {
    "close",
    "connect",
    "disconnect",
    "runForever",
    "payload",
    "toDict",
    "toDicts",
    "toJson",
    "waitUntilReady",
    "get",
    "items",
    "keys",
    "values",
    "count",
    "index",
}


def function_of(test: str) -> tuple[str, str]:
    """The module below the tests, and the function, that an entry names."""
    module, _, name = test.rpartition(".")
    where = module[1:] if module.startswith(".") else f"documented.test_{module}"
    return where, f"test_{name}"


@pytest.mark.parametrize("line", LINES)
def test_every_line_has_its_tests(line: str) -> None:
    assert LINES[line].split()
    for test in LINES[line].split():
        where, name = function_of(test)
        package = __name__.split(".")[0]
        module = importlib.import_module(f"{package}.{where}")
        assert callable(getattr(module, name, None)), f"there is no {where}.{name}"


def test_every_test_stands_at_a_line() -> None:
    named = {function_of(test) for tests in LINES.values() for test in tests.split()}
    written = {
        (f"documented.{path.stem}", name)
        for path in Path(__file__).parent.glob("test_*.py")
        if path != Path(__file__)
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert written - named == set()


@pytest.mark.parametrize("kind", NAMES)
def test_every_member_stands_at_a_line(kind: str) -> None:
    """Those that it inherits from another kind stand there: update at the entity."""
    kinds = [*NAMES.values(), ClientObject]
    others = [each for each in kinds if each is not NAMES[kind]]
    members = {
        camel_case(name)
        for name, member in inspect.getmembers(NAMES[kind])
        if not name.startswith("_")
        and (inspect.isfunction(member) or inspect.isdatadescriptor(member))
        and not any(member is vars(each).get(name) for each in others)
    }
    words = {
        word
        for line in LINES
        if line.startswith(f"{kind}.")
        for word in re.findall(r"\w+", line)
    }
    missing = members - NOT_OF_JAVASCRIPT - words
    assert not missing, f"no line of {kind} has {missing}"
