"""What tests of several areas need: no account, Jupyter's clients, a session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests


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
def no_jupyter_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels have nothing of this machine's own settings."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.fixture(scope="module")
def jupyter_loop() -> Iterator[None]:
    """The event loop that Jupyter's clients keep: here before any test, so no leak."""
    from jupyter_core.utils import ensure_event_loop

    kept = ensure_event_loop()
    yield
    kept.close()
