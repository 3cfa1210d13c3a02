"""What the README and docs/ show works as it stands there.

Every block of code is claimed by one of these tests. Blocks of Python without a caption
run one after the other, in one namespace for each page; those with a caption are the
files of a program, which runs as people would run it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest
import requests
from docutils.core import publish_doctree

from taskrouter_sync import WorkspaceCapabilityToken
from taskrouter_sync.cli.main import _parse, _parser
from taskrouter_sync.emulator import Emulator, plan
from taskrouter_sync.testing import LocalTaskRouter
from taskrouter_sync.typed_events import WORKER_EVENTS

from ..support.raw_server import unused_port
from ..support.script import run_python


pytest_plugins = "pytester"

ROOT = Path(__file__).parents[2]
README = ROOT / "README.rst"
# Without the porting guide, whose rows have tests of their own.
PAGES = [README, *sorted((ROOT / "docs").glob("*.rst"))]

# Columns of a block: the width of a page without a sidebar.
WIDEST = 88
WIDEST_IN_README = 72
# Of a command that people paste from the README on a phone.
WIDEST_COMMAND = 44

LIMIT = 60.0  # seconds for anything that several processes do


class Block(NamedTuple):
    """One block of code.

    Attributes:
        page: its file.
        language: as the page says; "sh" for a literal block.
        caption: the name of the file that it is, if it says so.
        code: without its indentation.
    """

    page: Path
    language: str
    caption: str
    code: str

    @property
    def is_test(self) -> bool:
        return "def test_" in self.code

    @property
    def is_daemon(self) -> bool:
        return "run_forever()" in self.code


_BLOCK = re.compile(
    r"^(?P<indent> *)(?:\.\. code-block:: (?P<language>\w+)|(?!\.\.)\S[^\n]*::)\n"
    r"(?P<options>(?:(?P=indent) +:[^\n]*\n)*)\n+"
    r"(?P<code>(?:(?P=indent) +[^\n]*\n|\n)+)",
    re.MULTILINE,
)


def blocks(page: Path) -> Iterator[Block]:
    for found in _BLOCK.finditer(page.read_text("utf-8") + "\n"):
        caption = re.search(r":caption: (.*)", found["options"])
        yield Block(
            page,
            found["language"] or "sh",
            caption[1] if caption else "",
            dedent(found["code"]).strip() + "\n",
        )


ALL = [each for page in PAGES for each in blocks(page)]


def of(language: str, page: str = "") -> list[Block]:
    return [
        each
        for each in ALL
        if each.language == language and each.page.name.startswith(page)
    ]


def captioned(page: str) -> dict[str, str]:
    """Give the files of a page's programs by name."""
    return {each.caption: each.code for each in of("python", page) if each.caption}


def test_every_block_is_claimed() -> None:
    known = {"python", "sh", "json", "javascript", "text", "ini"}
    assert {each.language for each in ALL} == known, (
        "a block in another language needs a test in this module"
    )
    files = {each.caption for each in ALL if each.caption}
    claimed = {"agent_daemon.py", "many.py", "test_desk.py", "test_with_unittest.py"}
    claimed |= {"test_raising.py"}
    claimed |= {"celeryconfig.py", "desk.py", "listener.py", "ask.py"}
    assert files == claimed, "a new file needs a test in this module that runs it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_is_not_wider_than_a_page(page: Path) -> None:
    widest = WIDEST_IN_README if page == README else WIDEST
    wide = [
        line
        for each in blocks(page)
        for line in each.code.splitlines()
        if len(line) > widest
    ]
    assert not wide, f"break these lines: they are wider than {widest} columns"
    if page == README:
        commands = "".join(each.code for each in of("sh", "README"))
        wide = [line for line in commands.splitlines() if len(line) > WIDEST_COMMAND]
        assert not wide, f"break these: a phone shows {WIDEST_COMMAND} columns"


def test_the_readme_lists_the_events() -> None:
    table = (
        README.read_text("utf-8").partition("\nEvents\n")[2].partition("\nTokens")[0]
    )
    listed = set(re.findall(r"``([a-z.-]+)``", table)) & {*WORKER_EVENTS}
    missing = sorted({*WORKER_EVENTS} - listed)
    assert not missing, "add these to the README's table of events"


# The last line of what people paste from the README, and what they install before.
ENDS = {
    ".venv/bin/python examples/quickstart.py": "'.[emulator]'",
    ".venv/bin/python -m pytest": "-e '.[test]'",
}


def test_the_commands_of_the_readme_stand_there_once() -> None:
    """What .ci/run runs: each ends with its own line."""
    lines = [line.strip() for line in README.read_text("utf-8").splitlines()]
    for last, what in ENDS.items():
        assert lines.count(last) == 1
        place = lines.index(last)
        assert lines[place - 2 : place] == [
            "python3 -m venv .venv",
            f".venv/bin/pip install -q {what}",
        ]


@pytest.mark.parametrize(
    "page", ["README.rst", "CHANGELOG.rst", "examples/PORTING.rst"]
)
def test_pages_that_are_shown_elsewhere_are_well_formed(page: str) -> None:
    publish_doctree(
        (ROOT / page).read_text("utf-8"),
        settings_overrides={"halt_level": 2, "report_level": 5},
    )


# Python.


class _GiveToken(BaseHTTPRequestHandler):
    token = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.token.encode())

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def token_server(token: str) -> Iterator[str]:
    """Run a server of tokens, as programs have one; gives its URL."""
    handler = type("Handler", (_GiveToken,), {"token": token})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def page_names() -> Iterator[dict[str, Any]]:
    """Give the names that a page's blocks use without defining them."""
    with LocalTaskRouter(manual_clock=False) as service:
        token = service.worker_token()
        with token_server(token) as url:
            of_workspace = WorkspaceCapabilityToken(
                service.emulator.account_sid,
                service.emulator.auth_token,
                service.workspace.sid,
                allow_fetch_subresources=True,
            )
            names: dict[str, Any] = {
                "WORKER_TOKEN": token,
                "TOKEN_URL": url,
                "token": token,
                "workspace_token": of_workspace.to_jwt(),
                "account_sid": service.emulator.account_sid,
                "auth_token": service.emulator.auth_token,
                "workspace_sid": service.workspace.sid,
                "worker_sid": service.workspace.workers["Alice"],
                "activity_sid": service.workspace.activities["Break"],
                "requests": requests,
            }
            yield names


SCRIPTS = [page for page in PAGES if any(True for each in of("python", page.name))]


@pytest.mark.parametrize("page", SCRIPTS, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(
    page: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with page_names() as names, ExitStack() as stack:
        for each in of("python", page.name):
            if each.caption or each.is_test or each.is_daemon:
                continue
            exec(compile(each.code, page.name, "exec"), names)
            for name in ("worker", "workspace"):
                # A later block may open another one under the name.
                if hasattr(client := names.get(name), "close"):
                    stack.callback(client.close)
    raised = [each for each in caplog.records if each.exc_info]
    assert not raised, "a callback of the page raised"


def of_the_readme(words: str) -> str:
    """Find the first block of the README's Python with these words."""
    return next(each.code for each in of("python", "README") if words in each.code)


def test_the_readme_s_worker_completes_its_task() -> None:
    with service() as started:
        names: dict[str, Any] = {"WORKER_TOKEN": started.worker_token()}
        exec(of_the_readme("on_completed"), names)
        with names["worker"] as worker:
            worker.wait_until_ready(5)
            started.create_task({"topic": "readme"})
            started.emulator.wait_for_events("task.completed")


def test_the_readme_s_emulator_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where variables of another service were left behind."""
    monkeypatch.setenv("TASKROUTER_API_URL", "http://127.0.0.1:9/v1")
    exec(of_the_readme("import Emulator"), {})


def test_the_tests_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (readme,) = [each for each in of("python", "README") if each.is_test]
    pytester.makepyfile(test_readme=f"import pytest\n{readme.code}")
    for name, code in captioned("testing").items():
        pytester.makepyfile(**{name.removesuffix(".py"): code})
    run = pytester.runpytest_subprocess("-p", "taskrouter_sync.testing.plugin")
    run.assert_outcomes(passed=7)


# Programs.


@contextmanager
def running(folder: Path, *command: str, **variables: str) -> Iterator[Any]:
    """Run a program; it is killed at the end, if it still runs."""
    log = (folder / f"{Path(command[-1]).name}.log").open("w+")
    program = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, folder)))}
        | variables,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield program
    except BaseException:
        log.seek(0)
        sys.stderr.write(f"{' '.join(command)} said:\n{log.read()}")
        raise
    finally:
        program.kill()
        program.wait()
        log.close()


@contextmanager
def service(**workspace: Any) -> Iterator[LocalTaskRouter]:
    with LocalTaskRouter(manual_clock=False, **workspace) as started:
        yield started


DAEMONS = [each for each in ALL if each.language == "python" and each.is_daemon]
ALONE = [each for each in DAEMONS if each.caption in ("", "agent_daemon.py")]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("block", ALONE, ids=lambda block: block.page.name)
def test_a_daemon_works_until_sigterm(block: Block, tmp_path: Path) -> None:
    (tmp_path / "daemon.py").write_text(block.code)
    with service() as started, running(tmp_path, "daemon.py") as daemon:
        alice = started.workspace.workers["Alice"]
        started.emulator.wait_for_connections(alice, 1, LIMIT)
        started.create_task({"language": "en"})
        started.emulator.wait_for_events("reservation.accepted", timeout=LIMIT)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=LIMIT) == 0
    log = (tmp_path / "agent.log").read_text()
    assert "INFO" in log and "reservation.created" in log
    assert "Traceback" not in log


@pytest.mark.timeout(90)
def test_processes_share_the_workers(tmp_path: Path) -> None:
    (tmp_path / "many.py").write_text(captioned("many")["many.py"])
    names = [f"Agent {number}" for number in range(4)]
    with service(workers={name: {} for name in names}) as started:
        sids = [started.workspace.workers[name] for name in names]
        several = running(tmp_path, "many.py", WORKER_SIDS=" ".join(sids))
        with several as program:
            for sid in sids:
                started.emulator.wait_for_connections(sid, 1, LIMIT)
            for _ in names:
                started.create_task()
            started.emulator.wait_for_events(
                "reservation.accepted", len(names), timeout=LIMIT
            )
            accepted = {
                each.worker.sid
                for each in started.events
                if each.event_type == "reservation.accepted" and each.worker
            }
            program.send_signal(signal.SIGTERM)
            assert program.wait(timeout=LIMIT) == 0
    assert accepted == {*sids}


@contextmanager
def redis_settings(folder: Path) -> Iterator[str]:
    """Run a Redis server; gives the page's own settings with its port."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("there is no redis-server")
    port = unused_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ready to accept connections" in line:
                break
        page = captioned("many")["celeryconfig.py"]
        assert page.count("localhost:6379") == 2
        yield page.replace("localhost:6379", f"127.0.0.1:{port}")
    finally:
        server.terminate()
        server.communicate()


@contextmanager
def folder_settings(folder: Path) -> Iterator[str]:
    """Give settings that exchange messages through files: no server is needed."""
    for name in ("messages", "done", "results", "control"):
        (folder / name).mkdir()
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "processed_folder": str(folder / "done"),
        "control_folder": str(folder / "control"),
    }
    page = captioned("many")["celeryconfig.py"]
    page = re.sub(r"redis://\S+/0", "filesystem://", page)
    page = re.sub(r"redis://\S+/1", f"file://{folder}/results", page)
    yield f"{page}\nbroker_transport_options = {options!r}\n"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("broker", [redis_settings, folder_settings])
def test_celery_gets_the_events(broker: Any, tmp_path: Path) -> None:
    files = captioned("many")
    with service() as started, broker(tmp_path) as settings:
        for name, code in {**files, "celeryconfig.py": settings}.items():
            (tmp_path / name).write_text(code)
        celery = ("-m", "celery", "-A", "desk", "worker", "-c", "2", "-l", "INFO")
        celery_worker = running(tmp_path, *celery, "--without-mingle", "-n", "test")
        with celery_worker, running(tmp_path, "listener.py") as listener:
            alice = started.workspace.workers["Alice"]
            started.emulator.wait_for_connections(alice, 1, LIMIT)
            task = started.create_task({"language": "en"})
            started.emulator.wait_for_events("task.completed", timeout=LIMIT)
            (done,) = [
                each
                for each in started.requests
                if each.params.get("AssignmentStatus") == "completed"
            ]
            assert done.params["Reason"] == "answered in en"
            # An error travels with its attributes.
            gone = "WT" + "0" * 32
            for sid, answer in ((gone, "404 "), (task["sid"], "40")):
                asked = run_python(
                    *("ask.py", sid),
                    cwd=tmp_path,
                    timeout=LIMIT,
                    PYTHONPATH=str(ROOT),
                )
                assert asked.stdout.startswith(answer), asked.stderr
            listener.send_signal(signal.SIGTERM)
            assert listener.wait(timeout=LIMIT) == 0


# Other languages.


def test_json_is_what_the_emulator_takes(tmp_path: Path) -> None:
    (block,) = of("json")
    path = tmp_path / "workspace.json"
    path.write_text(block.code)
    with Emulator() as emulator:
        made = emulator.workspace(**plan.load(path))
        task = emulator.create_task(made, attributes={"language": "de"})
    assert task["task_queue_friendly_name"] == "German"


def test_javascript_is_valid(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    for number, block in enumerate(of("javascript")):
        path = tmp_path / f"{number}.js"
        path.write_text(block.code)
        subprocess.run([node, "--check", str(path)], check=True, timeout=30)


def commands() -> list[str]:
    found = []
    for block in of("sh"):
        for line in block.code.replace("\\\n", " ").splitlines():
            command = line.partition("  #")[0].strip()
            if command:
                found.append(command)
    return found


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_a_command_is_one(command: str) -> None:
    command = command.partition(" > ")[0].partition(" < ")[0]
    program, *words = shlex.split(command.replace("…", "0"))
    name = Path(program).name
    if name == "taskrouter-sync":
        own = words[: words.index("--")] if "--" in words else words
        options = _parse(_parser("taskrouter-sync"), own)
        assert options.run is not None
    elif name.startswith("python") and words[0] == "-m":
        assert importlib.util.find_spec(words[1]) is not None
    elif name.startswith("python"):
        mentioned = {each.caption for each in ALL} | {"my_agent.py"}
        assert words[0] in mentioned or (ROOT / words[0]).exists()
    elif name == "pip":
        assert words[0] == "install"
        extras = {each for word in words for each in re.findall(r"\[(\w+)\]", word)}
        declared = re.findall(r"^(\w+) =$", (ROOT / "setup.cfg").read_text(), re.M)
        assert extras <= {*declared}
    elif name == "curl":
        url, *options = words
        data = options[1] if options else None
        assert options[:1] in ([], ["-d"])
        with Emulator() as emulator:
            url = url.replace("http://127.0.0.1:8123", emulator.url)
            answer = requests.request("POST" if data else "GET", url, data=data)
            assert answer.ok, answer.text
            emulator.faults.clear()
    else:
        assert command in ("bash .ci/run", "jupyter lab examples"), "check it here"


def test_contributing_names_what_is_there() -> None:
    text = (ROOT / "docs" / "contributing.rst").read_text("utf-8")
    paths = set(
        re.findall(r"``((?:tests|docs|cli|resources|emulator)/[\w./]*)``", text)
    )
    gone = [
        path
        for path in sorted(paths)
        if not any((base / path).exists() for base in (ROOT, ROOT / "taskrouter_sync"))
    ]
    assert not gone, "the table names what is not there any more"


def test_architecture_names_the_modules() -> None:
    """Every module of the SDK has a line in the map, and the map has no other."""
    text = (ROOT / "docs" / "architecture.rst").read_text("utf-8")
    half = text.partition("The SDK\n")[2].partition("Threads\n")[0]
    named = set(re.findall(r"``(\w+\.py|\w+/)``", half))
    package = ROOT / "taskrouter_sync"
    there = {each.name for each in package.glob("[a-z]*.py")} | {"resources/"}
    missing = sorted(there - named - {"javascript.py"})
    assert not missing, "add these to the table in docs/architecture.rst"
    assert not sorted(named - there), "these are not there any more"
    emulator = text.partition("The emulator\n----")[2]
    assert "engine/" in emulator
