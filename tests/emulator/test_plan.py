"""A workspace's plan in a file."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from taskrouter_sync.emulator import Emulator, plan


def test_a_plan_has_the_arguments_of_the_call() -> None:
    arguments = list(inspect.signature(Emulator.workspace).parameters)
    assert [field.name for field in plan.FIELDS] == arguments[1:]


def test_a_file_gives_the_arguments_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    # As some editors save it.
    path.write_text('\ufeff{"workers": {"Zoë": {}}, "workflow": null}', "utf-8")
    assert plan.load(path) == {"workers": {"Zoë": {}}, "workflow": None}


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (
            '{"workers": []}',
            "workers must be a JSON object whose values are each a JSON object",
        ),
        ('{"workers": {"Ann": 1}}', "workers.Ann must be a JSON object"),
        ('{"activities": {"Here": 1}}', "activities.Here must be true or false"),
        ('{"multi_task_enabled": 1}', "multi_task_enabled must be true or false"),
        ('{"name": "a", "name": "b"}', "name is a duplicate"),
        ('{"colour": "red"}', "colour is an unknown parameter; use: name, "),
        ('{"name": ', "Expecting value: line 1 column 10 (char 9)"),
        ("[]", "it must be a JSON object"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, contents: str, message: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(contents)
    with pytest.raises(ValueError) as raised:
        plan.load(path)
    assert str(raised.value).startswith(message)
