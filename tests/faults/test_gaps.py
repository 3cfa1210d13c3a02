"""Gaps that a soak found: each once more, alone."""

from __future__ import annotations

import pytest

from taskrouter_sync.clients import known
from taskrouter_sync.emulator import Emulator

from ..conftest import ReadyWorker


def test_a_long_day_is_not_told_again_after_a_gap(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    no_pauses: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many reservations are over: the service still lists them."""
    monkeypatch.setattr(known, "_REMEMBERED_UNLISTED", 2)
    _, came = ready_worker()
    for _ in range(5):
        emulator.create_task()
        came.expect("reservation.created")
        _withdraw_all(emulator)
        came.expect("reservation.canceled")
    told = [name for name in came.names() if name.startswith("reservation.")]
    emulator.faults.cut_sockets(alice)
    came.expect("ready")
    emulator.create_task()
    came.expect("reservation.created")
    now = [name for name in came.names() if name.startswith("reservation.")]
    assert now == [*told, "reservation.created"]


def _withdraw_all(emulator: Emulator) -> None:
    emulator.call(
        lambda engine: [
            engine.update_task(task, assignment_status="canceled")
            for workspace in engine.workspaces.values()
            for task in workspace.tasks.values()
            if not task.finished
        ]
    )
