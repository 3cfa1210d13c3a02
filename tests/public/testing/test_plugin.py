"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import configparser
import sys
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


UNITTEST_FORGETTING = """
from taskrouter_sync import Worker, WorkerCapabilityToken
from taskrouter_sync.emulator import Emulator
from taskrouter_sync.testing import TaskRouterTestCase

class WorkTest(TaskRouterTestCase):
    def test_it(self):
        emulator = Emulator()
        emulator.start()
        workspace = emulator.workspace(workers={"Alice": {}})
        token = WorkerCapabilityToken(
            emulator.account_sid,
            emulator.auth_token,
            workspace.sid,
            workspace.workers["Alice"],
        )
        Worker(token.to_jwt(), debug=False, **emulator.client_options)
"""


def test_a_client_of_another_service_does_not_keep_unittest_from_ending(
    pytester: pytest.Pytester,
) -> None:
    path = pytester.makepyfile(UNITTEST_FORGETTING)
    command = f"import unittest; unittest.main({path.stem!r})"
    result = pytester.run(sys.executable, "-c", command, timeout=30)
    assert result.ret == 0
    result.stderr.fnmatch_lines(["OK", "*<Worker WK*> was left open, so it was closed"])


# What a callback raises.

RAISING = """
import pytest
from taskrouter_sync import Worker

def on_created(reservation):
    assert reservation.task.priority == 7, "of the callback"

def start(token):
    return Worker(token, debug=False).on("reservation.created", on_created)

def test_raising(taskrouter, taskrouter_worker):
    taskrouter_worker.on("reservation.created", on_created)
    events = taskrouter.events_of(taskrouter_worker)
    taskrouter.create_task()
    events.wait_for("reservation.created")

def test_a_client_of_the_program(taskrouter):
    with start(taskrouter.worker_token()) as worker:
        worker.wait_until_ready(5)
        events = taskrouter.events_of(worker)
        taskrouter.create_task()
        events.wait_for("reservation.created")

@pytest.mark.taskrouter(callbacks_may_raise=True)
def test_that_may(taskrouter, taskrouter_worker):
    taskrouter_worker.on("reservation.created", on_created)
    events = taskrouter.events_of(taskrouter_worker)
    taskrouter.create_task()
    events.wait_for("reservation.created")
"""


def test_a_callback_that_raises_fails_its_test(run: RunTests) -> None:
    result = run(RAISING)
    result.assert_outcomes(failed=2, passed=1)
    # With the callback's own lines, and none of the package's.
    result.stdout.fnmatch_lines(
        [
            "*def on_created(reservation):",
            '>*assert reservation.task.priority == 7, "of the callback"',
            "E*AssertionError: of the callback",
        ]
    )
    assert "taskrouter_sync/emitter.py" not in without_captured(result)


def without_captured(result: pytest.RunResult) -> str:
    """Give what pytest reports, without what tests printed and logged."""
    lines, is_captured = [], False
    for line in result.outlines:
        if line.startswith(("---", "___", "===")):
            is_captured = "Captured" in line
        if not is_captured:
            lines.append(line)
    return "\n".join(lines)


def test_what_does_not_come_shows_the_test_s_own_line(run: RunTests) -> None:
    result = run(
        """
        def test_waiting(taskrouter, taskrouter_worker):
            events = taskrouter.events_of(taskrouter_worker)
            events.wait_for("reservation.timeout", timeout=0.01)
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>*events.wait_for("reservation.timeout", timeout=0.01)',
            "E*AssertionError: no 'reservation.timeout' within 0.01 s; got *",
            "*test_what_does_not_come_shows_the_test_s_own_line.py:3: AssertionError",
        ]
    )
    assert "workspace.created" not in str(result.stdout)


@pytest.mark.parametrize(
    ("marker", "right"),
    [
        ("worker={'Alice': {}}", "did you mean 'workers'?"),
        ("workers=['Alice']", "workers must be a dict of attributes by name"),
        ("{'Alice': {}}", "only takes keyword arguments"),
    ],
)
def test_a_wrong_marker_says_what_is_right(
    run: RunTests, marker: str, right: str
) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.taskrouter({marker})
        def test_it(taskrouter):
            pass
        """
    )
    result.assert_outcomes(errors=1)
    assert right in str(result.stdout)
    assert "_check_plan" not in str(result.stdout)


# Clients that nobody closed.


def test_a_client_that_outlives_its_test_is_closed_and_named(run: RunTests) -> None:
    result = run(
        """
        from taskrouter_sync import Worker

        def test_forgetting(taskrouter):
            Worker(taskrouter.worker_token(), debug=False).wait_until_ready(5)
        """,
        "-W",
        "default::UserWarning",
    )
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*UserWarning: the test left <Worker WK*> open*"])


def test_a_client_of_another_service_does_not_keep_pytest_from_ending(
    run: RunTests,
) -> None:
    result = run(
        """
        from taskrouter_sync import Worker, WorkerCapabilityToken
        from taskrouter_sync.emulator import Emulator

        def test_forgetting():
            emulator = Emulator()
            emulator.start()
            workspace = emulator.workspace()
            token = WorkerCapabilityToken(
                emulator.account_sid,
                emulator.auth_token,
                workspace.sid,
                workspace.workers["Alice"],
            )
            Worker(token.to_jwt(), debug=False, **emulator.client_options)
        """
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*taskrouter_sync: <Worker WK*> was left open, so*"])


UNITTEST_RAISING = """
from taskrouter_sync import Worker
from taskrouter_sync.testing import TaskRouterTestCase

def on_created(reservation):
    raise ValueError("of the callback")

class WorkTest(TaskRouterTestCase):
    def work(self):
        worker = self.taskrouter.worker()
        worker.on("reservation.created", on_created)
        events = self.taskrouter.events_of(worker)
        self.taskrouter.create_task()
        events.wait_for("reservation.created")

    def test_raising(self):
        self.work()

    def test_forgetting(self):
        Worker(self.taskrouter.worker_token(), debug=False).wait_until_ready(5)

    def test_waiting(self):
        self.taskrouter.events_of(self.taskrouter.worker()).wait_for(
            "reservation.created", 0.01
        )

class ToleratingTest(WorkTest):
    taskrouter_options = {"callbacks_may_raise": True}

    def test_raising(self):
        self.work()

    test_forgetting = test_waiting = None
"""


def test_unittest_fails_for_what_a_callback_raises(pytester: pytest.Pytester) -> None:
    path = pytester.makepyfile(UNITTEST_RAISING)
    result = pytester.runpython_c(f"import unittest; unittest.main({path.stem!r})")
    result.stderr.fnmatch_lines(
        [
            "*in on_created",
            "ValueError: of the callback",
            "Ran 4 tests in *",
            "FAILED (failures=1, errors=1)",
        ]
    )
    result.stderr.fnmatch_lines(["*UserWarning: the test left <Worker WK*> open*"])
    assert "testing/events.py" not in str(result.stderr)
