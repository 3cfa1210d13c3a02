"""The documentation: built without a warning, and readable on a phone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright import sync_api as playwright

from ..support.script import run_python


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


pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("documentation")]

# What needs scrolling sideways: the page itself, code, and tables.
TOO_WIDE = """
    [document.documentElement, ...document.querySelectorAll("pre, .table-wrapper")]
        .filter(each => each.scrollWidth > each.clientWidth + 1)
        .map(each => each.innerText.slice(0, 60))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built as the README says."""
    folder = tmp_path_factory.mktemp("docs")
    run = run_python(
        *("-m", "sphinx", "-W", "--keep-going", "-q", "docs"),
        folder,
        cwd=ROOT,
        timeout=110,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return folder


def test_the_pages_are_there(built: Path) -> None:
    for page, content in PAGES.items():
        assert content in (built / page).read_text(encoding="utf-8"), page


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_needs_scrolling_sideways(built: Path, width: int) -> None:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no browser")
    wide = {}
    with playwright.sync_playwright() as driver:
        # As root it has no sandbox; it only ever opens our own pages.
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 844})
        for path in sorted(built.glob("*.html")):
            page.goto(path.as_uri())
            if found := page.evaluate(TOO_WIDE):
                wide[path.name] = found
        browser.close()
    assert not wide, "shorten these lines, or let them wrap in docs/_static/narrow.css"
