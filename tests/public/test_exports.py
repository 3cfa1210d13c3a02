"""Exports: the public names, and what importing does not bring along."""

from __future__ import annotations

import inspect
import sys
from pydoc import plaintext, render_doc
from typing import get_type_hints

import pytest

import taskrouter_sync
from taskrouter_sync import Twilio

from ..support.script import run_python


ERRORS = [
    "ArgumentError",
    "ClientClosed",
    "ConnectionFailed",
    "HttpError",
    "InvalidResponse",
    "RequestTimeout",
    "TaskRouterError",
    "TokenError",
]

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
    *ERRORS,
    *KINDS,
    *CLIENTS,
    "TaskQueueCapabilityToken",
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
    done = run_python("-W", "error", "-c", program, *names.split())
    assert (done.stdout.strip(), done.stderr) == (printed, "")
