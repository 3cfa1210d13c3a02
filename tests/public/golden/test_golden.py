"""The recorded conversations of TaskRouter.js, played with our clients.

All cases that were asked for are played first, several at a time, as most of a case is
waiting; then each test judges one.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from ...support.internals import timing
from .bridge import OpenSession, running_bridge
from .case import Case, Recording, load_all
from .compare import differences
from .player import Player
from .rules import adapt


# The first test waits for all plays: about 6 s in all, more on a busy machine.
pytestmark = pytest.mark.timeout(120)

_AT_A_TIME = 6

# For the cases that are about time limits: seconds that they can be waited for.
_SHORT = timing(answer=1.0, heartbeat=2.0)

_CASES = {name: adapt(case) for name, case in load_all().items()}


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest) -> Mapping[str, Future[Recording]]:
    """Play every case that a test of this run asks for."""
    names: list[str] = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_conversation.__name__
    ]
    with (
        pytest.MonkeyPatch.context() as environment,
        warnings.catch_warnings(),
        running_bridge() as open_session,
        ThreadPoolExecutor(_AT_A_TIME) as pool,
    ):
        for variable in ("TASKROUTER_EVENT_BRIDGE_URL", "TASKROUTER_API_URL"):
            environment.delenv(variable, raising=False)
        # The deprecated methods of the recordings warn, as they should.
        warnings.simplefilter("ignore", DeprecationWarning)
        plays = {name: pool.submit(_play, _CASES[name], open_session) for name in names}
    return plays


def _play(case: Case, open_session: OpenSession) -> Recording:
    if "slow" not in case["tags"]:
        return Player(case, open_session).play()
    return Player(case, open_session, _timing=_SHORT).play()


@pytest.mark.parametrize("name", sorted(_CASES))
def test_conversation(name: str, played: Mapping[str, Future[Any]]) -> None:
    """A client does what TaskRouter.js did, but for the differences of the rules."""
    found = list(differences(_CASES[name], played[name].result()))
    assert not found, "\n".join([_CASES[name]["shows"], *found])
