"""A session for resources, and a worker of it."""

from __future__ import annotations

from typing import Any

import pytest

from ..support.recording_session import WORKER, RecordingSession


@pytest.fixture
def session() -> RecordingSession:
    """A session that records what is asked for."""
    return RecordingSession()


@pytest.fixture
def worker(session: RecordingSession) -> Any:
    """A worker; Any, as tests read what its payload holds."""
    return session.make(WORKER)
