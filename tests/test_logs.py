"""What `debug` means, and what a program without logging sees."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from taskrouter_sync import logs

from .conftest import OpenWorker
from .support.collector import Collector


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    """Leave the library's logger as it was."""
    log = logging.getLogger("taskrouter_sync")
    before = log.level, list(log.handlers)
    yield
    log.level, log.handlers[:] = before


@pytest.mark.parametrize("debug", [True, None, 1, 0, "true", "False", "no"])
def test_debug_is_on_unless_it_is_false(debug: object) -> None:
    """As TaskRouter.js has it: everything but False and "false" is on."""
    assert logs.is_on(debug)


@pytest.mark.parametrize("debug", [False, "false"])
def test_debug_is_off_for_false(debug: object) -> None:
    assert not logs.is_on(debug)


def test_a_program_s_own_logging_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The test runner's handlers are a configuration.
    log = logging.getLogger("taskrouter_sync")
    before = (list(log.handlers), log.level)
    assert logs.logger(True) is log
    assert (log.handlers, log.level) == before


def test_without_debug_the_story_is_not_told(
    caplog: pytest.LogCaptureFixture, open_worker: OpenWorker
) -> None:
    caplog.set_level(logging.DEBUG)
    worker = open_worker(debug=False)
    worker.wait_until_ready(5.0)
    worker.close()
    assert [each for each in caplog.records if each.name == "taskrouter_sync"] == []
    assert [each for each in caplog.records if "quiet" in each.name] == []


def test_without_debug_trouble_is_told(
    caplog: pytest.LogCaptureFixture, open_worker: OpenWorker
) -> None:
    def fail() -> None:
        raise RuntimeError("a mistake")

    came = Collector()
    worker = open_worker(debug=False)
    worker.on("connected", fail).on("connected", came.callback("marker"))
    came.expect("marker")
    assert "a mistake" in caplog.text


def test_with_debug_the_story_is_told(
    caplog: pytest.LogCaptureFixture, open_worker: OpenWorker, alice: str
) -> None:
    caplog.set_level(logging.DEBUG)
    worker = open_worker(debug=True)
    worker.wait_until_ready(5.0)
    worker.close()
    messages = [each.getMessage() for each in caplog.records]
    for said in (f"{alice}: connected", f"{alice}: ready", f"{alice}: disconnected"):
        assert said in messages
    assert any("-> 200 in" in each for each in messages)


# Programs of their own, as the test runner has configured logging.


def errors_of(program: str) -> str:
    done: Any = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    text: str = done.stderr
    return text


_TELL = "log.debug('the story'); log.warning('trouble')"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (f"log = logs.logger(True); {_TELL}", ["the story", "trouble"]),
        (f"logging.basicConfig(); log = logs.logger(True); {_TELL}", ["trouble"]),
        (
            "logging.basicConfig(level=logging.DEBUG, format='%(message)s')\n"
            f"log = logs.logger(True); {_TELL}",
            ["the story", "trouble"],
        ),
        (f"logs.logger(True); log = logs.logger(True); {_TELL}", ["story", "trouble"]),
    ],
    ids=["no logging", "logging of warnings", "logging of all", "two clients"],
)
def test_each_line_comes_once_to_the_console(program: str, told: list[str]) -> None:
    text = errors_of(f"import logging\nfrom taskrouter_sync import logs\n{program}")
    lines = text.splitlines()
    assert len(lines) == len(told), text
    for line, words in zip(lines, told, strict=True):
        assert words in line
