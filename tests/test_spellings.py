"""Both spellings of every public name: at run time by rule, for editors by alias."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import taskrouter_sync
from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.naming import camel_case, members
from taskrouter_sync.resources import entities, fields, listing, reservation, task


PACKAGE = Path(taskrouter_sync.__file__).parent
CLASSES = [
    Worker,
    TaskQueue,
    Workspace,
    task.Task,
    reservation.Reservation,
    entities.Activity,
    entities.WorkerChannel,
    entities.Workflow,
    entities.WorkerResource,
    entities.TaskQueueResource,
    entities.WorkspaceResource,
    listing.ListResource,
    listing.WorkerList,
    listing.TaskQueueList,
]
# The modules whose classes users hold in their hands.
SPELLED = (
    "base.py",
    "emitter.py",
    "entities.py",
    "listing.py",
    "lists.py",
    "reservation.py",
    "statistics.py",
    "tabular.py",
    "task.py",
    "task_methods.py",
    "taskqueue.py",
    "worker.py",
    "workspace.py",
)
FIELDS = [
    each
    for name, each in inspect.getmembers(fields, inspect.isclass)
    if name.endswith("Fields")
]


def public_members(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_member_answers_in_camel_case(kind: type) -> None:
    for name in public_members(kind):
        camel = camel_case(name)
        assert camel == name or members(kind)[camel] == name


def aliases(body: list[ast.stmt]) -> dict[str, str]:
    """Read the assignments of a class: under ``if TYPE_CHECKING:``, or for good."""
    for_checkers = [
        statement
        for block in body
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
    ]
    return {
        target.id: statement.value.id
        for statement in [*body, *for_checkers]
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def classes_with_spellings() -> Iterator[tuple[str, ast.ClassDef]]:
    for folder in (".", "clients", "resources"):
        for path in sorted((PACKAGE / folder).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and path.name in SPELLED:
                    yield f"{path.stem}.{node.name}", node


@pytest.mark.parametrize(
    ("label", "node"),
    [pytest.param(*each, id=each[0]) for each in classes_with_spellings()],
)
def test_editors_know_the_spellings_that_exist(label: str, node: ast.ClassDef) -> None:
    defined = {
        each.name
        for each in node.body
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")
    }
    expected = {camel_case(name): name for name in defined if camel_case(name) != name}
    assert aliases(node.body) == expected


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_properties_are_annotated_alike_in_both_spellings(kind: type) -> None:
    annotations = inspect.get_annotations(kind)
    snake = {name for name in annotations if name == name.lower()}
    assert {camel_case(name) for name in snake} | snake == set(annotations)
    for name in snake:
        assert annotations[camel_case(name)] == annotations[name]
