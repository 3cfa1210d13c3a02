"""The pytest plugin: fixtures ``taskrouter`` and ``taskrouter_worker``.

An exception in an event callback fails the test. Clients that are still open after the
last test are closed and listed, because they would keep pytest from exiting.

This module is loaded in every run of pytest. It imports the emulator only when a test
uses a fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest


if TYPE_CHECKING:
    from .. import Worker
    from .local import LocalTaskRouter

_MARKER = (
    "taskrouter(**options): set up the fixture `taskrouter`: workers={'Alice': "
    "{...}}, queues, workflow, manual_clock=False, callbacks_may_raise=True and so on"
)
_services = pytest.StashKey["LocalTaskRouter"]()
_left_open = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def taskrouter(request: pytest.FixtureRequest) -> Iterator[LocalTaskRouter]:
    """A TaskRouter service on this machine, with a workspace that is ready to use.

    Its clock is stopped; ``taskrouter.advance(seconds)`` moves it. The marker
    ``@pytest.mark.taskrouter(…)`` sets the contents of the workspace. An exception in
    an event callback fails the test, unless the marker has
    ``callbacks_may_raise=True``.
    """
    from ..errors import ArgumentError
    from .local import LocalTaskRouter

    marker = request.node.get_closest_marker("taskrouter")
    if marker and marker.args:
        _refuse_marker(
            "pytest.mark.taskrouter only takes keyword arguments, such as "
            f"workers={{'Alice': {{}}}}, not {marker.args[0]!r:.80}"
        )
    try:
        prepared = LocalTaskRouter(**(marker.kwargs if marker else {}))
    except ArgumentError as error:
        _refuse_marker(f"pytest.mark.taskrouter: {error}")
    with prepared as service:
        request.node.stash[_services] = service
        yield service


def _refuse_marker(message: str) -> NoReturn:
    # The test's own mistake: a line says more than a traceback of this package.
    raise pytest.fail.Exception(message, pytrace=False) from None


@pytest.fixture
def taskrouter_worker(taskrouter: LocalTaskRouter) -> Worker:
    """A client for the workspace's first worker, ready; closed after the test."""
    return taskrouter.worker()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test if one of its event callbacks has raised."""
    __tracebackhide__ = True
    result = yield
    service = item.stash.get(_services, None)
    if service is not None:
        service.check_callbacks()
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the clients that are still open after the last test."""
    module = sys.modules.get("taskrouter_sync.lifecycle")
    clients = [] if module is None else module.lifecycle.clients()
    session.config.stash[_left_open] = [repr(client) for client in clients]
    for client in reversed(clients):
        client.close()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List the clients that were still open after the last test."""
    for client in config.stash.get(_left_open, []):
        terminalreporter.write_line(
            f"taskrouter_sync: {client} was left open, so it was closed", yellow=True
        )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Add what happened in the service to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    service: Any = item.stash.get(_services, None)
    if service is None:
        # A TaskRouterTestCase has its own.
        service = getattr(getattr(item, "instance", None), "taskrouter", None)
    if report.failed and report.when == "call" and hasattr(service, "journal"):
        report.sections.append(("TaskRouter", service.journal()))
