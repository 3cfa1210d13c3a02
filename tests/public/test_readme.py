"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from docutils.core import publish_doctree

from taskrouter_sync import WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator


README = Path(__file__).parents[2] / "README.rst"


def code_after(title: str) -> str:
    """Find the first block of code under a title."""
    match = re.search(
        rf"^{title}\n=+\n.*?^\.\. code-block:: python\n\n(.*?)^(?=\S)",
        README.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert match, f"no code under {title!r}"
    return re.sub(r"^ {4}", "", match[1], flags=re.MULTILINE)


@pytest.mark.parametrize(
    "page", ["README.rst", "CHANGELOG.rst", "examples/PORTING.rst"]
)
def test_pages_are_well_formed(page: str) -> None:
    publish_doctree(
        (README.parent / page).read_text(),
        settings_overrides={"halt_level": 2, "report_level": 5},
    )


def test_the_worker_completes_its_task(monkeypatch: Any) -> None:
    completed = threading.Event()
    with Emulator() as emulator:
        workspace = emulator.workspace(
            workers={"Alice": {}}, worker_activity="Available"
        )
        monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", emulator.event_bridge_url)
        token = WorkerCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            workspace.workers["Alice"],
            allow_update_reservations=True,
        ).to_jwt()
        names: dict[str, Any] = {"WORKER_TOKEN": token, "print": lambda *args: None}
        exec(code_after("A worker"), names)  # the README's own words
        worker = names["worker"]
        try:
            worker.on("reservation.completed", lambda reservation: completed.set())
            worker.wait_until_ready(timeout=5)
            emulator.create_task(attributes={"topic": "readme"})
            assert completed.wait(timeout=5), "the task was not completed"
        finally:
            worker.close()
