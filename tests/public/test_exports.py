"""Exports: the public names, the errors, and what importing does not bring along."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pydoc import plaintext, render_doc
from typing import get_type_hints

import pytest

import taskrouter_sync
from taskrouter_sync import (
    ArgumentError,
    ClientClosed,
    ConnectionFailed,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    TaskRouterError,
    TokenError,
    Twilio,
    errors,
)


ERRORS = [
    # error, code, message, what `except` catches it as besides
    (HttpError(404, "Not Found"), 404, "Not Found", TaskRouterError),
    (RequestTimeout("no answer"), 0, "no answer", TimeoutError),
    (ConnectionFailed("refused"), 0, "refused", TaskRouterError),
    (InvalidResponse("no JSON", code=200), 200, "no JSON", TaskRouterError),
    (ClientClosed(), 0, "The client is closed", TaskRouterError),
    (TokenError("not a valid JWT"), 0, "not a valid JWT", ValueError),
    (ArgumentError("too many"), 0, "too many", TypeError),
]
ERROR_NAMES = [type(each[0]).__name__ for each in ERRORS]

# What events and methods bring.
KINDS = [
    "Activity",
    "ActivityList",
    "Disconnection",
    "Reservation",
    "ReservationList",
    "StatisticsData",
    "StatisticsList",
    "Task",
    "TaskList",
    "TaskQueueList",
    "TaskQueueResource",
    "WorkerChannel",
    "WorkerChannelList",
    "WorkerList",
    "WorkerResource",
    "Workflow",
    "WorkflowList",
    "WorkspaceResource",
]

CLIENTS = ["TaskQueue", "Worker", "Workspace"]

PUBLIC = [
    *ERROR_NAMES,
    *KINDS,
    *CLIENTS,
    "TaskQueueCapabilityToken",
    "TaskRouterError",
    "Twilio",
    "WorkerCapabilityToken",
    "WorkspaceCapabilityToken",
    "__version__",
    "close_all",
]


def test_the_public_names_are_these() -> None:
    assert sorted(taskrouter_sync.__all__) == sorted(PUBLIC)
    assert all(hasattr(taskrouter_sync, name) for name in PUBLIC)
    assert all(part.isdigit() for part in taskrouter_sync.__version__.split("."))


def test_the_package_lists_its_public_names_and_no_other() -> None:
    assert dir(taskrouter_sync) == sorted(PUBLIC)


@pytest.mark.parametrize("name", KINDS)
def test_what_calls_bring_can_be_imported(name: str) -> None:
    kind = getattr(taskrouter_sync, name)
    assert (kind.__name__, bool(kind.__doc__)) == (name, True)


@pytest.mark.parametrize("name", CLIENTS)
def test_help_shows_what_is_public_of_a_constructor(name: str) -> None:
    kind = getattr(taskrouter_sync, name)
    parameters = inspect.signature(kind).parameters
    assert not [each for each in parameters if each.startswith("_")]
    assert repr(parameters["debug"].default) == "True"
    shown = render_doc(kind, renderer=plaintext)
    constructor = shown[: shown.index("Open the client")]
    assert "debug: 'object' = True" in constructor
    assert "_timing" not in constructor


@pytest.mark.parametrize("name", CLIENTS)
def test_help_shows_what_a_method_takes(name: str) -> None:
    kind = getattr(taskrouter_sync, name)
    for method in ("update", "fetch", "delete", "on", "once"):
        shown = str(inspect.signature(getattr(kind, method)))
        assert "*args" not in shown
        assert " at 0x" not in shown


@pytest.mark.parametrize("name", taskrouter_sync.__all__)
def test_type_hints_can_be_evaluated(name: str) -> None:
    public = getattr(taskrouter_sync, name)
    if inspect.isclass(public):
        get_type_hints(public)
    # What Python 3.10 lacks is in those of tokens.
    if name in CLIENTS or (name.endswith("Token") and sys.version_info >= (3, 11)):
        get_type_hints(public.__init__)


@pytest.mark.parametrize("name", CLIENTS)
def test_ported_code_finds_the_same_classes(name: str) -> None:
    kind = getattr(taskrouter_sync, name)
    assert getattr(Twilio.TaskRouter, name) is kind
    assert kind.__module__.startswith("taskrouter_sync")


# Errors.


@pytest.mark.parametrize(("error", "code", "message", "caught_as"), ERRORS, ids=repr)
def test_every_error_has_a_code_and_a_message(
    error: TaskRouterError, code: int, message: str, caught_as: type[Exception]
) -> None:
    assert (error.code, error.message) == (code, message)
    assert isinstance(error, caught_as)
    assert isinstance(error, TaskRouterError)
    assert message in str(error)


def test_the_errors_are_the_whole_tree_that_the_docstring_draws() -> None:
    tree = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, TaskRouterError)
    }
    assert tree == {*ERROR_NAMES, "TaskRouterError"}
    assert errors.__doc__ is not None
    for name in ERROR_NAMES:
        assert f"── {name} " in errors.__doc__


def test_an_error_has_what_is_known_of_it() -> None:
    error = HttpError(
        429, "Too many", twilio_code=20429, more_info="https://t/20429", retry_after=2.5
    )
    assert str(error) == "429 Too many"
    assert (error.status, error.twilio_code, error.retry_after) == (429, 20429, 2.5)
    assert error.more_info == "https://t/20429"
    error = HttpError(500, "Oops")
    assert (error.twilio_code, error.more_info, error.retry_after) == (None,) * 3
    assert not ConnectionFailed("refused").reached
    assert ConnectionFailed("cut", reached=True).reached
    assert InvalidResponse("no JSON", response="{").response == "{"
    assert InvalidResponse("no JSON").response == ""


# Importing, in a fresh interpreter, where no test has imported anything.

LOADED = "print(*(name for name in sys.argv[1:] if name in sys.modules))"


@pytest.mark.parametrize(
    ("program", "names", "printed"),
    [
        # What only the emulator, the command line or the tests need.
        (
            f"import sys\nfrom taskrouter_sync import *\n{LOADED}",
            "aiohttp argparse lark pytest rich taskrouter_sync.cli "
            "taskrouter_sync.emulator twilio",
            "",
        ),
        # To mint tokens needs neither HTTP nor WebSockets.
        (
            f"import sys\nfrom taskrouter_sync import WorkerCapabilityToken\n{LOADED}",
            "requests websocket jwt",
            "jwt",
        ),
        # Nothing is started or configured.
        (
            "import logging, threading\nfrom taskrouter_sync import *\n"
            "print(threading.active_count(), logging.getLogger().handlers)",
            "",
            "1 []",
        ),
    ],
    ids=["nothing of the emulator", "minting tokens", "nothing started"],
)
def test_what_importing_brings_along(program: str, names: str, printed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *names.split()],
        check=True,
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert done.stdout.strip() == printed
