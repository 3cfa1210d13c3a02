"""The pytest plugin: fixtures ``taskrouter`` and ``taskrouter_worker``.

Loaded in every run of pytest; imports the emulator only when a test asks for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest


if TYPE_CHECKING:
    from .. import Worker
    from .local import LocalTaskRouter

_MARKER = (
    "taskrouter(**options): how the fixture `taskrouter` is set up: workers={'Alice': "
    "{...}}, queues, workflow, manual_clock=False and so on"
)
_services = pytest.StashKey["LocalTaskRouter"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def taskrouter(request: pytest.FixtureRequest) -> Iterator[LocalTaskRouter]:
    """A TaskRouter service on this machine, with a workspace that is ready for work.

    Its time stands still but for ``taskrouter.advance(seconds)``. The marker
    ``@pytest.mark.taskrouter(…)`` says what the workspace has.
    """
    from .local import LocalTaskRouter

    marker = request.node.get_closest_marker("taskrouter")
    with LocalTaskRouter(**(marker.kwargs if marker else {})) as service:
        request.node.stash[_services] = service
        yield service


@pytest.fixture
def taskrouter_worker(taskrouter: LocalTaskRouter) -> Worker:
    """A client of the workspace's first worker, which is ready; closed at the end."""
    return taskrouter.worker()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Tell in the report of a failing test what happened in its service."""
    outcome = yield
    report = outcome.get_result()
    service: Any = item.stash.get(_services, None)
    if service is None:
        # A TaskRouterTestCase has its own.
        service = getattr(getattr(item, "instance", None), "taskrouter", None)
    if report.failed and report.when == "call" and hasattr(service, "journal"):
        report.sections.append(("TaskRouter", service.journal()))
