"""The lists of a workspace, and the resources in them: the same for each of them."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError

from ...support.center import Center
from ...support.outcome import Outcome
from .calls import LISTS, Listed


@pytest.fixture(params=LISTS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def case(name: str) -> Listed:
    return LISTS[name]


@pytest.fixture
def found(center: Center, name: str) -> Any:
    """The list: ``workspace.activities`` and so on."""
    return getattr(center.workspace, name)


@pytest.fixture
def made(found: Any, case: Listed) -> Any:
    """One that was created."""
    return found.create(case.params)


def shown(resource: Any, case: Listed) -> dict[str, Any]:
    return {name: resource[name] for name in case.shows}


def test_create(center: Center, found: Any, case: Listed, outcome: Outcome) -> None:
    """Dicts go out as JSON text, numbers and booleans as text."""
    params = dict(case.params)
    found.create(params, outcome.callback)
    assert center.sent()[-1] == ("POST", case.path, {**case.params, **case.sent})
    assert params == case.params
    assert found.fetch(outcome.result.sid) == outcome.result


def test_fetch(
    center: Center, found: Any, made: Any, case: Listed, outcome: Outcome
) -> None:
    found.fetch(outcome.callback)
    assert made in outcome.result.data
    assert len(outcome.result) == len(found.fetch(page_size=50))
    only = Outcome()
    found.fetch(case.only, only.callback)
    assert only.result.data == [made]
    assert ("GET", case.path, case.only) in center.sent()


def test_fetch_of_one(
    center: Center, found: Any, made: Any, case: Listed, outcome: Outcome
) -> None:
    found.fetch(made.sid, outcome.callback)
    assert (outcome.result, type(outcome.result)) == (made, type(made))
    assert center.sent()[-1] == ("GET", f"{case.path}/{made.sid}", {})


@pytest.mark.parametrize("method", ["all", "iterAll"])
def test_all(found: Any, made: Any, method: str) -> None:
    """Without a fetch before it, too."""
    every = list(getattr(found, method)())
    assert made in every
    assert every == found.fetch().all() == [*found.fetch(page_size=1).iter_all()]


@pytest.mark.parametrize("as_dict", [False, True])
def test_update(
    center: Center,
    found: Any,
    made: Any,
    case: Listed,
    outcome: Outcome,
    as_dict: bool,
) -> None:
    args: Any = [dict([case.change])] if as_dict else case.change
    found.update(made.sid, *args, outcome.callback)
    assert shown(outcome.result, case) == case.shows
    assert center.sent()[-1] == ("POST", f"{case.path}/{made.sid}", dict([case.change]))


@pytest.mark.parametrize("as_dict", [False, True])
@pytest.mark.parametrize("with_sid", [False, True])
def test_update_of_a_resource(
    made: Any, case: Listed, outcome: Outcome, as_dict: bool, with_sid: bool
) -> None:
    """``activity.update("WAxxx", "FriendlyName", "New", cb)`` is documented too."""
    args: list[Any] = [made.sid] if with_sid else []
    args += [dict([case.change])] if as_dict else case.change
    made.update(*args, outcome.callback)
    assert outcome.result == made
    assert shown(made, case) == case.shows
    assert shown(made.fetch(), case) == case.shows


@pytest.mark.parametrize("by", ["list", "resource"])
def test_delete(
    center: Center, found: Any, made: Any, case: Listed, outcome: Outcome, by: str
) -> None:
    delete = (
        made.delete if by == "resource" else lambda *cb: found.delete(made.sid, *cb)
    )
    delete(outcome.callback)
    assert outcome.result is None
    assert center.sent()[-1] == ("DELETE", f"{case.path}/{made.sid}", {})
    with pytest.raises(HttpError, match="404"):
        delete()


def test_in_python(found: Any, case: Listed) -> None:
    """Results come back, parameters may be keywords in snake_case."""
    snake = {"FriendlyName": "friendly_name", "TargetWorkers": "target_workers"}
    made = found.create(
        **{snake.get(name, name.lower()): each for name, each in case.params.items()}
    )
    only = {snake.get(name, name.lower()): each for name, each in case.only.items()}
    assert found.fetch(**only).data == [made]
    assert found.fetch(made.sid) == made
    assert shown(found.update(made.sid, *case.change), case) == case.shows
    assert found.delete(made.sid) is None


def test_what_the_service_refuses(
    found: Any, made: Any, case: Listed, outcome: Outcome
) -> None:
    wrong = {"Priority": "high"} if "Priority" in case.params else {"Attributes": "{}"}
    found.create(wrong, outcome.callback)
    assert outcome.error.code == 400
    with pytest.raises(HttpError, match="400"):
        found.create(wrong)
    nobody = made.sid[:2] + "0" * 32
    with pytest.raises(HttpError, match=f"404 .*{nobody}"):
        found.fetch(nobody)
