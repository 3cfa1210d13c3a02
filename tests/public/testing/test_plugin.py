"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from pathlib import Path

import pytest


pytest_plugins = "pytester"

PLUGIN = "taskrouter_sync.testing.plugin"
SETUP = Path(__file__).parents[3] / "setup.cfg"

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunTests:
    """Run a file of tests with the plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_file(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        return pytester.runpytest_subprocess(
            "-p", PLUGIN, "-W", "error", "--strict-markers", *arguments
        )

    return run_file


def test_it_is_found_by_pytest() -> None:
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    line = setup["options.entry_points"]["pytest11"].strip()
    assert line == f"taskrouter_sync = {PLUGIN} [emulator]"


def test_a_test_gets_a_service_and_a_worker(run: RunTests) -> None:
    result = run(
        """
        import pytest

        def test_work(taskrouter, taskrouter_worker):
            events = taskrouter.events_of(taskrouter_worker)
            task = taskrouter.create_task({"language": "en"})
            reservation = events.wait_for("reservation.created")
            assert reservation.task.sid == task["sid"]
            reservation.accept()
            taskrouter.advance(30)

        @pytest.mark.taskrouter(workers={"Bob": {}}, manual_clock=False)
        def test_the_marker_says_what_there_is(taskrouter):
            assert list(taskrouter.workspace.workers) == ["Bob"]
        """
    )
    result.assert_outcomes(passed=2)


def test_a_failing_test_tells_what_happened(run: RunTests) -> None:
    result = run(
        """
        def test_failing(taskrouter, taskrouter_worker):
            taskrouter.create_task()
            assert False, taskrouter.emulator.auth_token[:0]

        def test_passing(taskrouter):
            pass

        def test_without():
            assert False
        """
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        ["*TaskRouter*", "TaskRouter requests:", "*GET*Workers/WK*", "*task.created*"]
    )
    assert str(result.stdout).count("TaskRouter requests:") == 1


def test_it_loads_the_emulator_for_those_who_ask(run: RunTests) -> None:
    result = run(
        """
        import sys

        def test_nothing_is_loaded():
            assert "taskrouter_sync.emulator" not in sys.modules
            assert "aiohttp" not in sys.modules
        """
    )
    result.assert_outcomes(passed=1)


def test_without_the_extra_a_test_says_what_to_install(run: RunTests) -> None:
    result = run(
        """
        import sys

        sys.modules["aiohttp"] = None

        def test_asking(taskrouter):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pip install 'taskrouter_sync?emulator?'*"])


def test_its_fixtures_are_listed_with_what_they_are(run: RunTests) -> None:
    result = run("", "--fixtures", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.taskrouter(*"])


UNITTEST = """
from taskrouter_sync.testing import TaskRouterTestCase

class WorkTest(TaskRouterTestCase):
    taskrouter_options = {"workers": {"Bob": {}}}

    def setUp(self):
        super().setUp()
        self.worker = self.taskrouter.worker()

    def test_passing(self):
        self.assertEqual(self.worker.friendly_name, "Bob")

    def test_failing(self):
        self.taskrouter.create_task()
        self.fail("mine")

    def test_skipped(self):
        self.skipTest("mine")
"""


def test_unittest_has_it_too_under_pytest(run: RunTests) -> None:
    result = run(UNITTEST)
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["TaskRouter events:", "*task.created*"])


def test_unittest_has_it_too_by_itself(pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(UNITTEST)
    result = pytester.runpython_c(f"import unittest; unittest.main({path.stem!r})")
    assert result.ret == 1
    result.stderr.fnmatch_lines(["*AssertionError: mine", "FAILED (failures=1, *"])
