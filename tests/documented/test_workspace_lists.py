"""The documented lines of a workspace's lists, the same for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from taskrouter_sync import HttpError, Workspace

from ..support.outcome import Outcome
from .conftest import OpenWorkspace
from .held import Held


@dataclass(frozen=True)
class Case:
    """One list, and something to create and to change in it.

    Attributes:
        name: of the list, as ``workspace.taskqueues`` has it.
        path, kind: where it is in the service, and in the emulator.
        params: create one; sent: what of them goes out as other text.
        only: finds that one alone.
        change: name and value of an update; field and value are what it comes to.
    """

    name: str
    path: str
    kind: str
    params: dict[str, Any]
    sent: dict[str, str]
    only: dict[str, Any]
    change: tuple[str, Any]
    field: str
    value: Any

    def __str__(self) -> str:
        return self.name


CASES = [
    Case(
        "activities",
        "/Activities",
        "activities",
        params={"FriendlyName": "Lunch", "Available": False},
        sent={"Available": "false"},
        only={"FriendlyName": "Lunch"},
        change=("FriendlyName", "Dinner"),
        field="friendly_name",
        value="Dinner",
    ),
    Case(
        "workflows",
        "/Workflows",
        "workflows",
        params={
            "FriendlyName": "Night",
            "Configuration": {"task_routing": {"filters": []}},
        },
        sent={"Configuration": '{"task_routing":{"filters":[]}}'},
        only={"FriendlyName": "Night"},
        change=("TaskReservationTimeout", 20),
        field="task_reservation_timeout",
        value=20,
    ),
    Case(
        "taskqueues",
        "/TaskQueues",
        "task_queues",
        params={"FriendlyName": "Spanish", "TargetWorkers": 'languages HAS "es"'},
        sent={},
        only={"FriendlyName": "Spanish"},
        change=("MaxReservedWorkers", "20"),
        field="max_reserved_workers",
        value=20,
    ),
    Case(
        "workers",
        "/Workers",
        "workers",
        params={"FriendlyName": "Bob", "Attributes": {"languages": ["es"]}},
        sent={"Attributes": '{"languages":["es"]}'},
        only={"FriendlyName": "Bob"},
        change=("Attributes", {"skill": "chat"}),
        field="attributes_value",
        value={"skill": "chat"},
    ),
    Case(
        "tasks",
        "/Tasks",
        "tasks",
        params={"Attributes": {"language": "es"}, "Priority": 5},
        sent={"Attributes": '{"language":"es"}', "Priority": "5"},
        only={"Priority": "5"},
        change=("Priority", "7"),
        field="priority",
        value=7,
    ),
]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def workspace_client(workspace_with: OpenWorkspace) -> Workspace:
    """A client that may do everything below the workspace."""
    return workspace_with(
        "fetch_subresources", "update_subresources", "delete_subresources"
    )


@pytest.fixture
def found(workspace_client: Workspace, case: Case) -> Any:
    """The list: ``workspace.activities`` and so on."""
    return getattr(workspace_client, case.name)


@pytest.fixture
def made(found: Any, case: Case) -> Any:
    """One that was created."""
    return found.create(case.params)


# fetch


def test_fetch(found: Any, made: Any, case: Case, held: Held, outcome: Outcome) -> None:
    found.fetch(outcome.callback)
    assert {each.sid for each in outcome.result.data} == set(held.all(case.kind))
    assert made in outcome.result.data


def test_fetch_with_parameters(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    found.fetch(case.only, outcome.callback)
    assert outcome.result.data == [made]
    assert (case.path, case.only) in held.sent("GET")


def test_fetch_of_one(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    found.fetch(made.sid, outcome.callback)
    assert outcome.result == made
    assert type(outcome.result) is type(made)
    assert (f"{case.path}/{made.sid}", {}) in held.sent("GET")


def test_fetch_of_one_that_there_is_not(
    found: Any, made: Any, case: Case, outcome: Outcome
) -> None:
    nobody = made.sid[:2] + "0" * 32
    found.fetch(nobody, outcome.callback)
    assert outcome.error.code == 404
    assert nobody in outcome.error.message
    with pytest.raises(HttpError, match="404"):
        found.fetch(nobody)


# create


def test_create(found: Any, case: Case, held: Held, outcome: Outcome) -> None:
    before = held.all(case.kind)
    found.create(case.params, outcome.callback)
    (sid,) = held.all(case.kind).keys() - before.keys()
    assert outcome.result.sid == sid
    # Dicts go out as JSON text, numbers and booleans as text.
    assert held.sent()[-1] == (case.path, {**case.params, **case.sent})


def test_create_leaves_the_caller_s_dict(found: Any, case: Case) -> None:
    params = dict(case.params)
    found.create(params)
    assert params == case.params


def test_create_that_is_refused(found: Any, case: Case, outcome: Outcome) -> None:
    wrong = {"Priority": "high"} if case.name == "tasks" else {"Attributes": "{}"}
    found.create(wrong, outcome.callback)
    assert outcome.error.code == 400
    with pytest.raises(HttpError, match="400"):
        found.create(wrong)


# update


def test_update_of_one_property(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    name, value = case.change
    found.update(made.sid, name, value, outcome.callback)
    assert outcome.result == made
    assert getattr(held.all(case.kind)[made.sid], case.field) == case.value
    assert held.sent()[-1][0] == f"{case.path}/{made.sid}"


def test_update_of_several_properties(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    found.update(made.sid, dict([case.change]), outcome.callback)
    assert outcome.result == made
    assert getattr(held.all(case.kind)[made.sid], case.field) == case.value


# delete


def test_delete(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    found.delete(made.sid, outcome.callback)
    assert outcome.result is None
    assert made.sid not in held.all(case.kind)
    assert held.sent("DELETE") == [(f"{case.path}/{made.sid}", {})]


def test_delete_of_what_there_is_not(
    found: Any, made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    found.delete(made.sid)
    found.delete(made.sid, outcome.callback)
    assert outcome.error.code == 404
    with pytest.raises(HttpError, match="404"):
        found.delete(made.sid)


# Python code


def test_the_list_in_python(found: Any, case: Case, held: Held) -> None:
    """Results come back, REST parameters may be keywords in snake_case."""
    snake = {"FriendlyName": "friendly_name", "TargetWorkers": "target_workers"}
    keywords = {
        snake.get(name, name.lower()): each for name, each in case.params.items()
    }
    made = found.create(**keywords)
    only = {snake.get(name, name.lower()): each for name, each in case.only.items()}
    assert found.fetch(**only).data == [made]
    assert found.fetch(made.sid) == made
    assert found.update(made.sid, *case.change) == made
    assert getattr(held.all(case.kind)[made.sid], case.field) == case.value
    assert found.delete(made.sid) is None
    assert made.sid not in held.all(case.kind)


# What is in the lists


def test_fetch_of_an_entity(
    found: Any, made: Any, case: Case, outcome: Outcome
) -> None:
    found.update(made.sid, *case.change)
    made.fetch(outcome.callback)
    name = "attributes" if case.name == "workers" else case.field
    assert outcome.result[name] == case.value
    assert made.fetch()[name] == case.value


@pytest.mark.parametrize("form", ["name and value", "dict"])
@pytest.mark.parametrize("with_sid", [False, True])
def test_update_of_an_entity(
    made: Any, case: Case, held: Held, outcome: Outcome, form: str, with_sid: bool
) -> None:
    """``activity.update("WAxxx", "FriendlyName", "New", cb)`` is documented too."""
    args: list[Any] = [made.sid] if with_sid else []
    args += case.change if form == "name and value" else [dict([case.change])]
    made.update(*args, outcome.callback)
    assert outcome.result == made
    assert getattr(held.all(case.kind)[made.sid], case.field) == case.value
    name = "attributes" if case.name == "workers" else case.field
    assert made[name] == case.value


def test_update_of_an_entity_refuses_another_s_sid(
    made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    before = len(held.sent())
    for args in (case.change, [dict([case.change])]):
        with pytest.raises(ValueError, match="is not the sid of this"):
            made.update(made.sid[:2] + "0" * 32, *args, outcome.callback)
    assert outcome.calls == []
    assert len(held.sent()) == before


def test_delete_of_an_entity(
    made: Any, case: Case, held: Held, outcome: Outcome
) -> None:
    made.delete(outcome.callback)
    assert outcome.result is None
    assert made.sid not in held.all(case.kind)
    with pytest.raises(HttpError, match="404"):
        made.delete()
