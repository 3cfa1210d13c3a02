"""What `debug` means, and what a program without logging sees."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.logs import ClientLog, ConsoleFormatter

from ..conftest import OpenWorker, ReadyWorker
from ..support.backend import Backend
from ..support.collector import Collector
from ..support.script import run_python


_HOSTILE = "trouble\nERROR forged\x1b[2J\r\x07\u202e\u2028"


@pytest.fixture(autouse=True)
def same_logging() -> Iterator[None]:
    """Leave the library's logger as it was."""
    log = logging.getLogger("taskrouter_sync")
    before = log.level, list(log.handlers)
    yield
    log.setLevel(before[0])
    log.handlers[:] = before[1]


@pytest.mark.parametrize(
    ("debug", "is_on"),
    [
        *((each, True) for each in (True, None, 1, 0, "true", "False", "no")),
        (False, False),
        ("false", False),
    ],
)
def test_debug_is_on_unless_it_is_false(debug: object, is_on: bool) -> None:
    """As TaskRouter.js has it: everything but False and "false" is on."""
    logging.getLogger("taskrouter_sync").setLevel(logging.DEBUG)
    assert ClientLog(debug).isEnabledFor(logging.DEBUG) is is_on
    assert ClientLog(debug).isEnabledFor(logging.WARNING)


def test_a_program_s_own_logging_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The test runner's handlers are a configuration.
    log = logging.getLogger("taskrouter_sync")
    before = (list(log.handlers), log.level)
    ClientLog(True).warning("trouble")
    assert (log.handlers, log.level) == before
    assert caplog.messages == ["trouble"]


def test_every_line_is_one_line_of_harmless_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ClientLog(True).warning("%s", "trouble\nERROR forged\x1b[2J\u202e")
    assert caplog.messages == [r"trouble\nERROR forged\x1b[2J\u202e"]


class _Noted(ValueError):
    """Has a note, which Python 3.11 and later show."""

    __notes__ = (_HOSTILE,)


@pytest.mark.parametrize("error", [ValueError(_HOSTILE), _Noted(_HOSTILE)])
def test_trouble_is_told_without_debug_and_all_its_lines_are_harmless(
    caplog: pytest.LogCaptureFixture, open_worker: OpenWorker, error: Exception
) -> None:
    def fail() -> None:
        raise error from KeyError(_HOSTILE)

    came = Collector()
    worker = open_worker(debug=False)
    worker.on("connected", fail).on("connected", came.callback("called"))
    came.expect("called")
    [record] = caplog.records
    # What collectors of errors read is left as it is.
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    first, *lines = caplog.text.removesuffix("\n").split("\n")
    assert first.endswith("raised an exception")
    assert "  Traceback (most recent call last):" in lines
    assert r"  ERROR forged\x1b[2J\r\x07\u202e\u2028" in lines
    assert all(each.startswith("  ") and each.isprintable() for each in lines)


def test_with_debug_the_story_is_told(
    caplog: pytest.LogCaptureFixture, open_worker: OpenWorker, alice: str
) -> None:
    caplog.set_level(logging.DEBUG)
    worker = open_worker(debug=True)
    worker.wait_until_ready(5.0)
    worker.close()
    messages = [each.getMessage() for each in caplog.records]
    for said in (
        f"{alice}: connected",
        f"{alice}: ready {alice}",
        f"{alice}: disconnected",
    ):
        assert said in messages
    assert any("-> 200 in" in each for each in messages)


def test_an_event_and_the_requests_for_it_name_the_same_sids(
    caplog: pytest.LogCaptureFixture, ready_worker: ReadyWorker, emulator: Emulator
) -> None:
    caplog.set_level(logging.DEBUG)
    _, came = ready_worker(debug=True)
    emulator.create_task()
    reservation = came.expect("reservation.created")
    messages = [each.getMessage() for each in caplog.records]
    told = [each for each in messages if reservation.sid in each]
    assert any(f"/Reservations/{reservation.sid} -> 200" in each for each in told)
    assert any(each.endswith(f"created {reservation.sid}") for each in told)


class Gone(logging.Handler):
    """A handler whose log server is gone."""

    def emit(self, record: logging.LogRecord) -> None:
        raise ConnectionResetError("the log server is gone")


def test_a_handler_that_raises_ends_no_thread(
    emulator: Emulator,
    ready_worker: ReadyWorker,
    no_pauses: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    worker, came = ready_worker(debug=True)
    log = logging.getLogger("taskrouter_sync")
    log.setLevel(logging.INFO)
    log.addHandler(Gone())
    emulator.faults.cut_sockets()
    came.expect("ready")
    worker.fetch()
    assert "the log server is gone" in capsys.readouterr().err


def test_what_a_handler_raises_is_shown_harmlessly(
    emulator: Emulator,
    alice: str,
    ready_worker: ReadyWorker,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With what was logged, which may quote anything."""
    worker, came = ready_worker()

    def fail(*_: Any) -> None:
        raise ValueError("evil\x1b[2J\n2031-01-01 all is well")

    worker.on("fail", fail)
    came.listen(worker, "mark")
    logging.getLogger("taskrouter_sync").addHandler(Gone())
    for event in ("fail", "mark"):
        emulator.send_frame(alice, {"event_type": event, "payload": {}})
    came.expect("mark")
    shown = capsys.readouterr().err
    assert "evil" in shown
    assert all(
        line[:1] in ("", " ") and line.isprintable() for line in shown.split("\n")
    )


@pytest.mark.parametrize("is_wrong", [False, True])
def test_a_program_s_record_factory_gets_text_and_may_raise(
    ready_worker: ReadyWorker, is_wrong: bool
) -> None:
    usual, seen = logging.getLogRecordFactory(), []

    def make(*args: Any, **keywords: Any) -> logging.LogRecord:
        record = usual(*args, **keywords)
        seen.append(record.funcName.upper())
        if is_wrong:
            raise LookupError
        return record

    logging.getLogger("taskrouter_sync").setLevel(logging.INFO)
    logging.setLogRecordFactory(make)
    try:
        worker, _ = ready_worker(debug=True)
        worker.fetch()
    finally:
        logging.setLogRecordFactory(usual)
    assert seen


def test_a_handler_that_raises_takes_no_result_away(
    emulator: Emulator,
    backend: Backend,
    session: requests.Session,
    ready_worker: ReadyWorker,
) -> None:
    """Neither from a call nor from what the client asks for by itself."""
    failing: list[Exception] = []

    def authorize(request: Any) -> Any:
        if failing:
            raise failing.pop()
        return request

    session.auth = authorize
    _, came = ready_worker(http_session=session)
    backend.create_task(language="en")
    reservation = came.expect("reservation.created")
    logging.getLogger("taskrouter_sync").addHandler(Gone())
    emulator.faults.answer(404, method="GET", url="/Tasks/", times=9)
    called = Collector()
    reservation.accept(lambda error, found: called.add("accepted", error))
    assert called.expect("accepted") is None
    came.expect("reservation.accepted")
    failing.append(RuntimeError("of the program"))
    emulator.faults.cut_sockets()
    assert "RuntimeError" in came.expect("error").message


@pytest.mark.parametrize("debug", [True, False])
def test_an_outage_reads_as_one(
    caplog: pytest.LogCaptureFixture,
    ready_worker: ReadyWorker,
    emulator: Emulator,
    alice: str,
    no_pauses: None,
    debug: bool,
) -> None:
    """However many attempts fail: what each of them met is a detail."""
    caplog.set_level(logging.DEBUG)
    _, came = ready_worker(debug=debug)
    before = len(caplog.records)
    emulator.faults.refuse_upgrades(503, times=3)
    emulator.faults.cut_sockets(alice)
    for _ in range(3):
        came.expect("error")
    came.expect("ready")
    said = [
        (each.levelname, each.getMessage().removeprefix(f"{alice}: "))
        for each in caplog.records[before:]
        if each.name == "taskrouter_sync" and each.levelno >= logging.INFO
    ]
    warnings = [message for level, message in said if level == "WARNING"]
    assert [warnings[0][-10:], warnings[1][:18]] == ["; retrying", "reconnected after "]
    assert len(warnings) == 2
    events = [message for level, message in said if " -> " not in message]
    expected = ["disconnected", *warnings, "connected", f"ready {alice}"]
    assert events == (expected if debug else warnings)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("WK0123456789abcdef0123456789abcdef: ready", "WK0123…cdef: ready"),
        (
            "GET https://taskrouter.twilio.com/v1/Workspaces/WS0123456789abcdef"
            "0123456789abcdef/Tasks/WT0123456789abcdef0123456789abcdef -> 200",
            "GET /Tasks/WT0123…cdef -> 200",
        ),
        ("no sid: WK0123, 0123456789abcdef", "no sid: WK0123, 0123456789abcdef"),
    ],
)
def test_the_console_s_lines_are_short(line: str, read: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "x", 1, "%s", (line,), None)
    written = ConsoleFormatter().format(record)
    assert written.split(" ", 2)[2] == read


# Programs of their own, as the test runner has configured logging.


def errors_of(program: str) -> str:
    done = run_python("-c", program)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


_TELL = "log.debug('the story'); log.warning('trouble')"


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("", ["the story", "trouble"]),
        ("logging.basicConfig()", ["trouble"]),
        (
            "logging.basicConfig(level=logging.DEBUG, format='%(message)s')",
            ["the story", "trouble"],
        ),
        ("logs.ClientLog(True)", ["the story", "trouble"]),
        ("logging.disable(logging.INFO)", ["trouble"]),
        ("logging.disable()", []),
        ("logging.getLogger('taskrouter_sync').disabled = True", []),
        (
            "logging.getLogger('taskrouter_sync').addFilter(lambda each: False)",
            [],
        ),
        (
            "logging.getLogger('taskrouter_sync').addFilter(lambda each: True)",
            ["the story", "trouble"],
        ),
        (
            "logging.getLogger('taskrouter_sync').setLevel(logging.DEBUG)",
            ["the story", "trouble"],
        ),
        ("logging.getLogger('taskrouter_sync').setLevel(logging.ERROR)", []),
        ("logging.getLogger().setLevel(logging.ERROR)", []),
        ("logging.getLogger().setLevel(logging.DEBUG)", ["the story", "trouble"]),
    ],
)
@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_each_line_comes_once_to_the_console(
    program: str, told: list[str], is_late: bool
) -> None:
    """Whether the program configures logging before it opens a client or after that."""
    opened = "log = logs.ClientLog(True)"
    steps = [opened, program] if is_late else [program, opened]
    text = errors_of(
        "\n".join(["import logging", "from taskrouter_sync import logs", *steps, _TELL])
    )
    lines = text.splitlines()
    assert len(lines) == len(told), text
    for line, words in zip(lines, told, strict=True):
        assert words in line


@pytest.mark.skipif(sys.version_info < (3, 12), reason="filters only say yes or no")
def test_a_filter_may_replace_a_line() -> None:
    replace = "lambda each: logging.makeLogRecord({'msg': 'another'})"
    text = errors_of(
        "import logging\nfrom taskrouter_sync import logs\n"
        f"logging.getLogger('taskrouter_sync').addFilter({replace})\n"
        "logs.ClientLog(True).warning('trouble')"
    )
    assert text.endswith(" another\n")


def test_a_console_of_any_encoding_gets_each_line() -> None:
    text = errors_of(
        "import io, sys\nfrom taskrouter_sync import logs\n"
        "sys.stderr = io.TextIOWrapper(sys.stderr.buffer, 'ascii', 'strict')\n"
        f"logs.ClientLog(True).warning('WK{'01' * 16}: Zoë')"
    )
    assert text.endswith(r" WK0101\u20260101: Zo\xeb" "\n")
