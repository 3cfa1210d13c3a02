"""Gaps that a soak found: each once more, alone."""

from __future__ import annotations

import pytest

from taskrouter_sync.clients import gap, known
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.errors import InvalidResponse

from ..conftest import ReadyWorker
from .stage import on_stage


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


@pytest.mark.parametrize(
    "payload", ["{}", '{"reservations": {}}', '{"reservations": 5}']
)
def test_an_answer_without_a_list_is_no_empty_list(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    no_pauses: None,
    payload: str,
) -> None:
    """Or what is open would be told as withdrawn."""
    _, came = ready_worker()
    emulator.create_task()
    came.expect("reservation.created")
    emulator.faults.malformed(f'{{"payload": {payload}}}', url="/Reservations")
    emulator.faults.cut_sockets(alice)
    came.expect("ready")
    assert isinstance(came.expect("error"), InvalidResponse)
    _withdraw_all(emulator)
    came.expect("reservation.canceled")
    assert came.count("reservation.canceled") == 1


def test_a_list_without_end_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap, "_MOST_PAGES", 5)
    page = {"reservations": [], "meta": {"key": "reservations", "next_page_url": "x"}}
    with on_stage() as stage:
        stage.answer = page
        with pytest.raises(InvalidResponse, match="more pages than can be"):
            gap.Gap(stage.client._session).present(with_channels=False)


def _withdraw_all(emulator: Emulator) -> None:
    emulator.call(
        lambda engine: [
            engine.tasks.update(task, assignment_status="canceled")
            for workspace in engine.workspaces.values()
            for task in workspace.tasks.values()
            if not task.finished
        ]
    )
