"""The documented lines of every entity, on those that a workspace's lists hold."""

from __future__ import annotations

from typing import Any

import pytest

from taskrouter_sync import HttpError

from ...support.outcome import Outcome
from .held import Held
from .list_cases import Case


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
