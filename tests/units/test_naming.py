"""Naming: both spellings of every name, at run time by rule, for editors by alias."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import taskrouter_sync
from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.naming import (
    BothSpellings,
    camel_case,
    index,
    nearest_name,
    no_attribute,
    parameter_name,
)
from taskrouter_sync.resources import lists, models
from taskrouter_sync.resources.reservation import Reservation, ReservationList
from taskrouter_sync.resources.statistics import StatisticsData, StatisticsList

from ..strategies import moderate, texts


CAMEL_CASE = [
    # What the service calls it, what TaskRouter.js calls it.
    ("friendly_name", "friendlyName"),
    ("sid", "sid"),
    ("a_b_c_d", "aBCD"),
    ("with_1_digit", "with1Digit"),
    ("_leading", "Leading"),
    ("trailing_", "trailing"),
    ("double__under", "doubleUnder"),
    ("Already_Upper", "AlreadyUpper"),
    ("camelAlready", "camelAlready"),
    ("with_camelPart", "withCamelPart"),
    ("with-dash", "with-dash"),
    ("__", ""),
    ("", ""),
]


@pytest.mark.parametrize(("name", "camel"), CAMEL_CASE)
def test_camel_case(name: str, camel: str) -> None:
    assert camel_case(name) == camel


@moderate
@given(texts | st.text("aA1_"))
def test_every_text_has_a_camel_case_without_underscores(name: str) -> None:
    assert "_" not in camel_case(name)


@moderate
@given(texts | st.text("aA1_"))
def test_camel_case_stays_as_it_is(name: str) -> None:
    assert camel_case(camel_case(name)) == camel_case(name)


@moderate
@given(st.text("abzAZ09_-"))
def test_camel_case_loses_underscores_only(name: str) -> None:
    assert camel_case(name).lower() == name.replace("_", "").lower()


def test_the_index_leads_back_to_the_name() -> None:
    assert index(["friendly_name", "sid"]) == {
        "friendlyName": "friendly_name",
        "sid": "sid",
    }


def test_of_two_names_with_one_camel_case_the_later_wins() -> None:
    assert index(["a_b", "a__b"]) == {"aB": "a__b"}


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("friendly_name", "FriendlyName"),
        ("sid", "Sid"),
        ("task_queue_sid", "TaskQueueSid"),
        ("FriendlyName", "FriendlyName"),
        ("", ""),
    ],
)
def test_parameter_name(keyword: str, name: str) -> None:
    assert parameter_name(keyword) == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("updaet", "update"),
        ("friendlyname", "friendlyName"),
        ("colour", None),
        ("_fetch", "fetch"),
    ],
)
def test_the_nearest_name(name: str, nearest: str | None) -> None:
    known = ["update", "friendlyName", "fetch"]
    assert nearest_name(name, known) == nearest
    text = str(no_attribute(5, name, known))
    assert text.startswith(f"'int' object has no attribute {name!r}")
    assert nearest is None or text.endswith(f"did you mean {nearest!r}?")


@pytest.mark.parametrize("name", ["url", "_ulr", "urll", "_update"])
def test_what_is_private_is_not_suggested(name: str) -> None:
    text = str(no_attribute(5, name, ["_url", "__url__", "_updates"]))
    assert text == f"'int' object has no attribute {name!r}"


class Telephone(BothSpellings):
    """Has members that are written once."""

    caller_id = "joey"

    def hang_up(self) -> str:
        return "click"

    @property
    def is_ringing(self) -> bool:
        return True


class Mobile(Telephone):
    """Overrides one spelling of one member, and both of another."""

    def switch_off(self) -> str:
        return "beep"

    def hangUp(self) -> str:
        return "swipe"

    @property
    def is_ringing(self) -> bool:
        return False


def test_a_member_exists_in_both_spellings() -> None:
    phone, mobile = Telephone(), Mobile()
    assert vars(Telephone)["hangUp"] is vars(Telephone)["hang_up"]
    assert phone.isRinging is phone.is_ringing is True
    assert phone.callerId == phone.caller_id == "joey"
    assert mobile.switchOff() == mobile.switch_off() == "beep"
    # What a subclass overrides is overridden in both; what it spells out stays.
    assert mobile.isRinging is mobile.is_ringing is False
    assert (mobile.hangUp(), mobile.hang_up()) == ("swipe", "click")
    assert "_private" not in dir(Telephone)


PACKAGE = Path(taskrouter_sync.__file__).parent
CLASSES = [
    *(Worker, TaskQueue, Workspace, Reservation, ReservationList),
    *(StatisticsData, StatisticsList, models.Task, models.Activity),
    *(models.WorkerChannel, models.Workflow, models.WorkerResource),
    *(models.TaskQueueResource, models.WorkspaceResource),
    *(lists.ListResource, lists.WorkerList, lists.TaskQueueList),
]
FIELDS = [
    each
    for name, each in inspect.getmembers(models, inspect.isclass)
    if name.endswith("Fields")
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_public_member_exists_in_camel_case(kind: type) -> None:
    of_python = {*dir(dict), *dir(list)}
    for name in {*dir(kind)} - of_python:
        if not name.startswith("_"):
            camel = inspect.getattr_static(kind, camel_case(name))
            assert camel is inspect.getattr_static(kind, name), name


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
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    }


def classes_with_spellings() -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes whose objects users hold in their hands."""
    held = {base for each in CLASSES for base in each.__mro__ if base is not type}
    for module in sorted({each.__module__ for each in held}):
        path = PACKAGE.parent / Path(*module.split(".")).with_suffix(".py")
        if module.startswith("taskrouter_sync."):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    yield f"{module}.{node.name}", node


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
    assert aliases(node.body) == expected, f"add the missing alias to {label}"


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_properties_are_annotated_alike_in_both_spellings(kind: type) -> None:
    annotations = inspect.get_annotations(kind)
    snake = {name for name in annotations if name == name.lower()}
    both = {camel_case(name) for name in snake} | snake
    assert both == set(annotations), "annotate each property in both spellings"
    for name in snake:
        assert annotations[camel_case(name)] == annotations[name]
