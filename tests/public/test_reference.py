"""The documentation: built without a warning, and readable on a phone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]

# Each with something that only its page has.
PAGES = {
    "clients.html": "fetch_reservations",
    "resources.html": "post_work_activity_sid",
    "tokens.html": "allow_update_activities",
    "errors.html": "twilio_code",
    "emulator_reference.html": "manual_clock",
    "testing_reference.html": "taskrouter_worker",
    "getting_started.html": "languages",
    "notebooks.html": "close_all",
    "daemons.html": "run_forever",
    "testing.html": "taskrouter_worker",
    "emulator.html": "--manual-clock",
    "many_workers.html": "celery",
    "architecture.html": "taskrouter-socket-",
    "contributing.html": "typed_events.py",
    "command_line.html": "TASKROUTER_TASK_QUEUE_SID",
    "porting.html": "Porting from JavaScript",
    "changelog.html": "Changelog",
}


@pytest.mark.timeout(120)
def test_the_reference_is_built_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, "")
    for page, content in PAGES.items():
        assert content in (tmp_path / page).read_text(encoding="utf-8"), page
