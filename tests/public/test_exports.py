"""Exports: the public names, and what importing them does not bring along."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import taskrouter_sync
from taskrouter_sync import Twilio, errors
from taskrouter_sync.errors import TaskRouterError


PUBLIC = [
    "ArgumentError",
    "ClientClosed",
    "ConnectionFailed",
    "HttpError",
    "InvalidResponse",
    "RequestTimeout",
    "TaskQueue",
    "TaskQueueCapabilityToken",
    "TaskRouterError",
    "TokenError",
    "Twilio",
    "Worker",
    "WorkerCapabilityToken",
    "Workspace",
    "WorkspaceCapabilityToken",
    "__version__",
]

# What only the emulator or the tests need.
UNNEEDED = [
    "aiohttp",
    "argparse",
    "lark",
    "pytest",
    "rich",
    "taskrouter_sync.cli",
    "taskrouter_sync.emulator",
    "twilio",
]

LOADED = """
import sys
from taskrouter_sync import *
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""

MINTING = """
import sys
from taskrouter_sync import WorkerCapabilityToken
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""

STARTED = """
import threading, logging
from taskrouter_sync import *
print(threading.active_count(), logging.getLogger().handlers)
"""


def output_of(program: str, *args: str) -> str:
    """What a fresh interpreter prints, where no test has imported anything."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *args],
        check=True,
        capture_output=True,
        text=True,
        timeout=25,
    ).stdout.strip()


def test_the_public_names_are_these() -> None:
    assert sorted(taskrouter_sync.__all__) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there(name: str) -> None:
    assert hasattr(taskrouter_sync, name)


def test_every_error_is_public() -> None:
    tree = {
        name
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, TaskRouterError)
    }
    assert tree <= set(PUBLIC)


@pytest.mark.parametrize("name", ["Worker", "TaskQueue", "Workspace"])
def test_ported_code_finds_the_same_classes(name: str) -> None:
    assert getattr(Twilio.TaskRouter, name) is getattr(taskrouter_sync, name)


def test_a_client_tells_where_it_is_from() -> None:
    assert taskrouter_sync.Worker.__module__ == "taskrouter_sync.worker"


def test_the_version_is_a_version() -> None:
    assert all(part.isdigit() for part in taskrouter_sync.__version__.split("."))


def test_the_sdk_needs_nothing_of_the_emulator() -> None:
    assert output_of(LOADED, *UNNEEDED) == ""


def test_to_mint_tokens_needs_neither_http_nor_websockets() -> None:
    assert output_of(MINTING, "requests", "websocket", "jwt") == "jwt"


def test_to_import_it_starts_and_configures_nothing() -> None:
    assert output_of(STARTED) == "1 []"
