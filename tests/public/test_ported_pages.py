"""The ported pages of the examples run, each as the program that people start."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from taskrouter_sync import TaskQueue, Worker, Workspace

from ..support.center import CALLER, Center
from ..support.script import Script


PORTED = Path(__file__).parents[2] / "examples" / "ported"
PAGES = sorted(path.stem for path in PORTED.glob("*.py") if path.stem != "page")
FROM, TO = "+15551234567", "+15557654321"


class Page:
    """A page that runs: it is clicked, filled in, and looked at."""

    def __init__(self, script: Script) -> None:
        self._script = script
        # What was shown and not expected yet: threads show things in any order.
        self._shown: list[str] = []

    def click(self, button: str, **fields: str) -> None:
        for name, text in fields.items():
            self._script.tell(f"{name}={text}")
        self._script.tell(button)

    def expect(self, *lines: str) -> None:
        """Wait until the page has shown these, each once more."""
        for line in lines:
            while line not in self._shown:
                came = self._script.line()
                assert came, f"no {line!r} before the end, but {self._shown}"
                self._shown.append(came)
            self._shown.remove(line)

    def close(self) -> None:
        """Close it as people close pages; it ends by itself and says no more."""
        assert self._script.ends()[::2] == (0, "")


@pytest.fixture
def open_page(center: Center) -> Iterator[Callable[..., Page]]:
    """Open a page by its name, with what its server puts into it."""
    with ExitStack() as stack:

        def open_one(name: str, **variables: str) -> Page:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(PORTED / f"{name}.py")],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    env={
                        **os.environ,
                        "TASKROUTER_EVENT_BRIDGE_URL": center.emulator.event_bridge_url,
                        "WORKER_TOKEN": center.token(Worker),
                        "TASK_QUEUE_TOKEN": center.token(TaskQueue),
                        "WORKSPACE_TOKEN": center.token(Workspace),
                        **variables,
                    },
                )
            )
            stack.callback(process.kill)
            return Page(Script(process))

        yield open_one


def test_an_agents_desk(center: Center, open_page: Callable[..., Page]) -> None:
    page = open_page("agent_desk")
    page.expect(
        "agent: Alice is Available",
        "activities: Offline, Available, Unavailable, Break",
    )
    page.click("accept")
    page.expect("error: nobody is calling")

    task = center.backend.create_task(
        **{"from": FROM, "order_number": 7, "items": ["phone", "case"]}
    )
    page.expect(f"caller: {FROM}", "language: any", "order: order 7")
    page.expect("item: phone", "item: case", "call: ringing")
    page.click("accept")
    page.expect("call: accepted", "greeted: True")
    page.click("complete")
    page.expect("call: completed", "done: completed: solved")
    completed = center.workspace.tasks.fetch(task)
    assert (completed.attributes.greeted, completed.attributes.order_number) == (
        True,
        7,
    )
    assert completed.assignmentStatus == "completed"

    waiting = center.backend.create_task(selected_language="es")
    page.expect("caller: unknown", "language: ES", "order: order None", "call: ringing")
    page.click("reject")
    page.expect("call: rejected", "agent: Alice is Break")
    page.click("change", activity="Available")
    page.expect("agent: Alice is Available", "language: ES", "call: ringing")
    center.backend.cancel(waiting)
    page.expect("call: canceled")
    statuses = [
        each.reservation_status
        for each in center.backend.reservations(center.alice).values()
    ]
    assert statuses == ["completed", "rejected", "canceled"]
    page.close()


def test_a_queue_dashboard(center: Center, open_page: Callable[..., Page]) -> None:
    center.workspace.workers.update(center.alice, "ActivitySid", center.rest)
    for number in range(2):
        center.backend.create_task(number=number)
    page = open_page("queue_dashboard")
    page.expect("queue: Everyone", "waiting: 2 of 2", "longest: somebody waits")
    page.expect("workers: Break 1")
    center.backend.create_task(number=2)
    page.expect("waiting: 3 of 3")  # by polling
    page.click("pause")
    page.expect("polling: paused")
    page.click("hour")
    page.expect("entered: 3", "since: True", "split: none")
    page.click("all")
    page.expect("all: 3 entered", "all: busy")
    page.click("limit", most="7")
    page.expect("limit: 7")
    page.click("limit", most="many")
    page.expect("error: " + refusal(center))
    assert center.task_queue.fetch().maxReservedWorkers == 7
    page.close()


def refusal(center: Center) -> str:
    """What the service says to a limit that is none."""
    said: list[str] = []
    center.task_queue.update(
        "MaxReservedWorkers", "many", lambda error: said.append(error.message)
    )
    return said[0]


def test_a_supervisors_list(center: Center, open_page: Callable[..., Page]) -> None:
    for name, skills in (("Bob", ["phone"]), ("Cid", None)):
        attributes = {} if skills is None else {"skills": skills}
        center.workspace.workers.create(friendly_name=name, attributes=attributes)
    page = open_page("supervisor")
    page.expect("workspace: Emulated workspace")
    page.click("refresh")  # two pages
    page.expect(
        "worker: Alice, Available, no skills, for 0 min",
        "worker: Bob, Offline, phone, for 0 min",
        "worker: Cid, Offline, no skills, for 0 min",
        "workers: 3",
    )
    page.click("available")
    page.expect("available: Alice")
    page.click("change", worker="Bob", activity="Break")
    page.expect("worker: Bob, Break, phone, for 0 min")
    page.click("train", skill="chat")
    page.expect("worker: Bob, Break, phone+chat, for 0 min")
    page.click("train", worker="Cid")
    page.expect("worker: Cid, Offline, chat, for 0 min")
    page.click("dismiss")
    page.expect("workers: 2")
    left = {each.friendlyName: each for each in center.workspace.workers.fetch()}
    assert set(left) == {"Alice", "Bob"}
    assert left["Bob"].attributes == {"skills": ["phone", "chat"]}
    page.close()


class HoldServer(HTTPServer):
    """The page's own server: keeps what it is told to hold."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), HoldHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HoldHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, HoldServer)
        length = int(self.headers["Content-Length"])
        self.server.told.append(json.loads(self.rfile.read(length)))
        self.send_response(200 if self.path == "/hold" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hold_server() -> Iterator[HoldServer]:
    with HoldServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_desk_with_conference_and_hold(
    center: Center, open_page: Callable[..., Page], hold_server: HoldServer
) -> None:
    center.workspace.workers.update(
        center.alice, "Attributes", {"contact_uri": "client:alice"}
    )
    offline = center.sids.activities["Offline"]
    page = open_page(
        "conference_desk", OFFLINE_SID=offline, PAGE_SERVER=hold_server.url
    )
    page.expect("agent: Alice at desk 7", "desk: open")
    task = center.backend.create_task(**{"call_sid": CALLER, "from": FROM, "to": TO})
    page.expect(f"caller: {FROM} to {TO}", "call: conference started", "call: assigned")
    page.click("hold")
    page.expect("error: there is no conference")
    attributes = center.workspace.tasks.fetch(task).attributes
    attributes.conference = {"sid": "CF1", "participants": {"customer": CALLER}}
    center.workspace.tasks.update(task, "Attributes", attributes)
    page.click("refresh")
    page.expect("conference: known")
    page.click("hold")
    page.expect("hold: on")
    page.click("hold")
    page.expect("hold: off")
    assert hold_server.told == [
        {"conference": "CF1", "participant": CALLER, "hold": held}
        for held in (True, False)
    ]
    page.click("complete")
    page.expect("reason: the caller is happy", "call: completed")
    page.close()
    assert center.workspace.workers.fetch(center.alice).activityName == "Offline"


def test_tasks_are_created_and_watched(
    center: Center, open_page: Callable[..., Page]
) -> None:
    page = open_page("task_watch", WORKFLOW_SID=center.sids.workflow_sid)
    page.click("start")
    page.expect(
        "created: order 1, gold, from +15550001",
        "created: order 2, silver, from None",
    )
    tasks = {each.attributes.order: each for each in center.workspace.tasks.fetch()}
    assert tasks[1].timeout == 3600
    (sid,) = [
        sid
        for sid, each in center.backend.reservations(center.alice).items()
        if each.task_sid == tasks[1].sid
    ]
    center.backend.update_reservation(sid, "accepted")
    page.expect("order 1: assigned")
    tasks[1].complete(reason="done")
    page.expect("order 1: completed: done")
    page.click("cancel")
    page.expect("order 2: canceled: closing")
    page.click("count")
    page.expect("canceled: 1", "json: 2 canceled", "fresh: True")
    page.click("nonsense")
    page.expect("page: there is no button nonsense")
    page.close()


def test_each_page_has_its_javascript() -> None:
    assert PAGES == sorted(
        path.stem for path in PORTED.glob("*.js") if path.stem != "page"
    )
    assert len(PAGES) == 5


@pytest.mark.parametrize("name", [*PAGES, "page"])
def test_the_javascript_is_what_was_ported(name: str) -> None:
    """It uses the same of the page, and shows the same texts."""
    javascript, python = (
        (PORTED / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("js", "py")
    )
    if shutil.which("node"):
        subprocess.run(["node", "--check", str(PORTED / f"{name}.js")], check=True)
    for function in ("onClick", "show", "value", "post"):
        assert (f"{function}(" in javascript) == (f"{function}(" in python), function
    for shown in re.findall(r'show\("(\w+)"', javascript):
        assert f'"{shown}"' in python, shown
