"""Values that nobody expects: they get a response, and one that can be sent."""

from __future__ import annotations

import json

import pytest

from taskrouter_sync.emulator.api.dispatch import Api
from taskrouter_sync.emulator.api.rendering import Renderer
from taskrouter_sync.emulator.api.requests import Parameters
from taskrouter_sync.emulator.clock import MANUAL_START, Sids
from taskrouter_sync.emulator.engine import Engine


HALF = "\ud800"
DIGITS = "9" * 400
SECONDS = [str(second) for second in range(51)]


@pytest.mark.parametrize(
    ("method", "path", "params", "status"),
    [
        ("POST", "/Tasks", {"Attributes": f'{{"n": {DIGITS}}}'}, 201),
        ("POST", "/Tasks", {"Attributes": f'{{"n": {DIGITS}e9}}'}, 400),
        ("POST", "/Tasks", {"Attributes": f'{{"n": {DIGITS * 20}}}'}, 400),
        ("POST", "/Tasks", {"Attributes": '{"n": 1e400}'}, 400),
        ("POST", "/Tasks", {"Priority": DIGITS}, 400),
        ("POST", "/Tasks", {"Timeout": DIGITS * 20}, 400),
        ("GET", "/Tasks", {"Priority": DIGITS}, 200),
        ("GET", "/Tasks", {"EvaluateTaskAttributes": f"n == {DIGITS}"}, 200),
        ("GET", "/Tasks", {"PageSize": DIGITS}, 400),
        ("GET", "/Events", {"Minutes": DIGITS}, 200),
        ("GET", "/Statistics", {"SplitByWaitTime": DIGITS}, 400),
        ("GET", "/Statistics", {"SplitByWaitTime": SECONDS[:50] * 2}, 200),
        ("GET", "/Statistics", {"SplitByWaitTime": SECONDS}, 400),
        ("POST", "/Workers", {"FriendlyName": HALF}, 201),
        ("POST", "/Workers", {"FriendlyName": "B", "Attributes": f'"{HALF}"'}, 400),
        ("GET", "/Workers", {"FriendlyName": HALF}, 200),
        ("GET", "/Workers", {"TargetWorkersExpression": f"a == '{HALF}'"}, 200),
        ("POST", "/TaskQueues", {"FriendlyName": "Q", "TargetWorkers": HALF}, 400),
        ("POST", "", {"EventCallbackUrl": "http://[::1"}, 200),
    ],
)
def test_whatever_comes_is_answered_in_the_services_way(
    method: str, path: str, params: dict[str, object], status: int
) -> None:
    """Halves of characters come in the bridge's JSON; forms cannot have them."""
    engine = Engine("AC1", clock=lambda: MANUAL_START, new_sid=Sids(1))
    workspace = engine.workspaces.create("Support", template="FIFO")
    api = Api(engine, Renderer(engine, "http://there/v1"))
    url = f"/v1/Workspaces/{workspace.sid}{path}"
    answer = api.perform(method, url, Parameters.from_json(params))
    assert answer.status == status
    json.dumps(answer.body).encode()
