"""What tests of several areas need: no account, Jupyter's clients, a session."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests


RunNotebook = Callable[[Any, Path], None]


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's own account counts, here and in programs."""
    for name in os.environ:
        if name.startswith(("TWILIO_", "TASKROUTER_")):
            monkeypatch.delenv(name)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A session that is the program's."""
    with requests.Session() as made:
        yield made


@pytest.fixture
def jupyter_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """Of a kernel's manager: nothing of this machine's own, and none of its ports.

    What was a free port when it was chosen may be another program's when a kernel binds
    it.
    """
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with TemporaryDirectory() as sockets:  # their paths must be short
        yield {"transport": "ipc", "ip": f"{sockets}/kernel"}


@pytest.fixture
def run_notebook(jupyter_settings: dict[str, str]) -> RunNotebook:
    """Run all cells of a notebook, which gets their outputs, in a directory."""
    from nbclient import NotebookClient

    def run(notebook: Any, directory: Path) -> None:
        place = {"metadata": {"path": str(directory)}}
        client = NotebookClient(notebook, timeout=60, resources=place)
        client.config.KernelManager.update(jupyter_settings)
        client.execute()

    return run


@pytest.fixture(scope="module")
def jupyter_loop() -> Iterator[None]:
    """The event loop that Jupyter's clients keep: here before any test, so no leak."""
    from jupyter_core.utils import ensure_event_loop

    kept = ensure_event_loop()
    yield
    kept.close()
