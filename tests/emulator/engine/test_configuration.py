"""Workflow configurations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from taskrouter_sync.emulator.engine import ServiceError
from taskrouter_sync.emulator.engine.workflow import parse_configuration

from .support import filter_of


def parsed(routing: Any) -> Any:
    return parse_configuration(json.dumps({"task_routing": routing}))


def test_reads_everything_a_target_can_say() -> None:
    said = {
        "queue": "WQ1",
        "priority": "10",
        "timeout": "300",
        "expression": "worker.level > task.level",
        "order_by": "worker.level DESC, worker.age, worker.level",
        "skip_if": "workers.available == 0",
        "known_worker_sid": "task.agent",
    }
    calls = filter_of(said, expression="type == 'call'", name="Calls")
    (filter_,) = parsed({"filters": [calls]}).filters
    (target,) = filter_.targets
    assert filter_.friendly_name == "Calls"
    assert filter_.expression.matches({"type": "call"})
    assert (target.queue_sid, target.priority, target.timeout) == ("WQ1", 10, 300)
    assert target.expression.text == "worker.level > task.level"
    assert [clause.descending for clause in target.order_by] == [True, False]
    assert target.skip_if.matches({"workers": {"available": 0}})
    assert target.known_worker.value({"agent": "WK1"}) == "WK1"


def test_targets_inherit_the_queue_and_nothing_else() -> None:
    first = {"queue": "WQ1", "priority": 3, "expression": "1==1"}
    named = {"friendly_name": "Old name", "targets": [first, {"timeout": 10}]}
    (filter_,) = parsed({"filters": [named]}).filters
    assert filter_.friendly_name == "Old name"
    second = filter_.targets[1]
    assert (second.queue_sid, second.priority, second.expression) == ("WQ1", None, None)


def test_a_filter_without_expression_takes_everything() -> None:
    configuration = parsed({"filters": [{"targets": [{"queue": "WQ1"}]}]})
    assert configuration.filters[0].expression is None


def test_the_wrapper_may_be_missing() -> None:
    configuration = parse_configuration('{"default_filter": {"queue": "WQ1"}}')
    assert configuration.queue_sids() == {"WQ1"}


def test_the_default_filter_has_no_timeout_and_takes_task_queue_sid() -> None:
    default = parsed(
        {"default_filter": {"task_queue_sid": "WQ2", "priority": 4, "timeout": 9}}
    ).default_filter
    (target,) = default.targets
    assert (target.queue_sid, target.priority, target.timeout) == ("WQ2", 4, None)


def of_target(said: str) -> str:
    """Write a configuration whose only target says this."""
    return f'{{"filters": [{{"targets": [{{"queue": "WQ1", {said}}}]}}]}}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Configuration is not valid JSON"),
        ("[]", "Configuration must be a JSON object"),
        ('{"task_routing": 1}', "task_routing must be an object"),
        ('{"filters": {}}', "filters must be a list"),
        ('{"filters": [1]}', r"filters\[0\] must be an object"),
        ('{"filters": [{"targets": []}]}', r"filters\[0\] needs at least one target"),
        ('{"filters": [{"targets": [{}]}]}', r"targets\[0\] needs a queue"),
        ('{"default_filter": {"queue": 7}}', "default_filter needs a queue"),
        (
            # In two filters; what a target says is not even read.
            '{"filters": [{"targets": [%s1]}, {"targets": [1]}]}' % ("1," * 4999),
            "there must be at most 5000 targets",
        ),
        (of_target('"timeout": 0'), r"targets\[0\].timeout must be between 1"),
        (of_target('"priority": "high"'), "priority must be an integer"),
        (
            of_target('"expression": "skill-level > 3"'),
            "extraneous input 'evel' expecting OPERATOR",
        ),
        (of_target('"order_by": "level"'), "order_by is not valid: level"),
        (
            of_target('"order_by": "%s"' % ("worker.a," * 4000)),
            r"targets\[0\].order_by must not be longer than 32768 characters",
        ),
        (
            of_target('"known_worker_sid": "a"'),
            "known_worker_sid must be of the form task.name",
        ),
    ],
)
def test_says_what_is_wrong_and_where(text: str, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        parse_configuration(text)
    assert (caught.value.status, caught.value.code) == (400, 20001)


KEYS = st.sampled_from(
    "filters default_filter targets queue expression timeout x order_by skip_if"
    " known_worker_sid priority task_routing".split()
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_document_is_read_or_refused(document: Any) -> None:
    try:
        parse_configuration(json.dumps(document))
    except ServiceError as error:
        assert error.status == 400
