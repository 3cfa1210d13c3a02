"""The documented lines of a workspace's lists, the same for each of them."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError

from ...support.outcome import Outcome
from .held import Held
from .list_cases import Case


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
