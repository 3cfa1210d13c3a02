"""A service whose time passes when a test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from taskrouter_sync.emulator import Emulator

from .simulation import Service


@pytest.fixture
def service() -> Iterator[Service]:
    with Emulator(seed=1, manual_clock=True) as emulator:
        yield Service(emulator)
