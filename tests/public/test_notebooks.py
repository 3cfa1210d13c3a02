"""Notebooks: the examples run, and a client feels at home in a kernel."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from taskrouter_sync.emulator import Emulator
from taskrouter_sync.emulator.setup import ReadyWorkspace

from ..conftest import MintToken
from ..support.html import check
from ..support.script import WATCHED
from .conftest import RunNotebook


EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
LIMIT = 60.0  # seconds for anything that a kernel does; usually it takes one or two

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("jupyter_loop"),
]


def executed(name: str, run_notebook: RunNotebook) -> list[Any]:
    """Run a notebook; give its cells of code, with their outputs."""
    notebook = nbformat.read(EXAMPLES / name, as_version=4)  # type: ignore[no-untyped-call] # of nbformat
    run_notebook(notebook, EXAMPLES)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any) -> str:
    """Give all that a cell shows as text."""
    return "".join(
        each.get("text") or each.get("data", {}).get("text/plain", "")
        for each in cell.outputs
    )


def cell_with(cells: list[Any], source: str) -> Any:
    [found] = [cell for cell in cells if source in cell.source]
    return found


def test_an_agents_notebook_runs(run_notebook: RunNotebook) -> None:
    cells = executed("agent.ipynb", run_notebook)
    # What the callback printed, on a thread that an earlier cell had started.
    created = cell_with(cells, "next_reservation()\nreservation\n".strip())
    assert "reserved: {'topic': 'a notebook'}" in shown(created)
    assert shown(cell_with(cells, "task.complete(")) == "'completed'"
    for cell in cells:
        for output in cell.outputs:
            check(output.get("data", {}).get("text/html", ""))
    # No log between what the cells show.
    assert not any(
        output.get("name") == "stderr" for cell in cells for output in cell.outputs
    )


def test_a_report_of_a_queue_is_drawn(run_notebook: RunNotebook) -> None:
    cells = executed("queue_report.ipynb", run_notebook)
    [figure] = cell_with(cells, "plt.show()").outputs
    assert len(figure.data["image/png"]) > 10_000
    sums = shown(cell_with(cells, "cumulative_stats"))
    assert "'endTime': '2026-01-01T01:00:00Z'" in sums


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_goes_on_from_any_cell(
    path: Path, run_notebook: RunNotebook
) -> None:
    """Also from the first, in the same kernel; a cell's earlier client is closed."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # of nbformat
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    order = [*code]
    for cell in code:
        order += code[code.index(cell) :] if path.name == "agent.ipynb" else [cell]
    notebook.cells = [
        nbformat.v4.new_code_cell(cell.source)  # type: ignore[no-untyped-call] # of nbformat
        for cell in [*order, *code]
    ]
    last = "from taskrouter_sync.lifecycle import lifecycle; len(lifecycle.clients())"
    notebook.cells.append(nbformat.v4.new_code_cell(last))  # type: ignore[no-untyped-call] # of nbformat
    run_notebook(notebook, EXAMPLES)
    once = {"agent.ipynb": "1", "queue_report.ipynb": "3"}
    assert shown(notebook.cells[-1]) == once[path.name]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # of nbformat
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_every_notebook_is_run() -> None:
    assert [path.name for path in NOTEBOOKS] == ["agent.ipynb", "queue_report.ipynb"]


class Kernel:
    """A kernel, and what comes from it."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self._client = client
        self._cell = ""

    def start(self, code: str, cell_id: str = "") -> None:
        """Start a cell; with the id that JupyterLab sends, if one is given."""
        # What comes soon after an error runs too; else the kernel may pass it over.
        request = self._client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "stop_on_error": False,
            },
            metadata={"cellId": cell_id} if cell_id else {},
        )
        self._client.shell_channel.send(request)
        self._cell = request["header"]["msg_id"]

    def printed(self, words: str) -> str:
        """Wait until these words are printed; give the id of the cell they are in."""
        came: list[str] = []
        text = ""
        try:
            while True:
                message = self._client.get_iopub_msg(timeout=LIMIT)
                came.append(str(message["content"]))
                if message["msg_type"] == "stream":
                    # A line may come in parts.
                    text += message["content"]["text"]
                    if words in text:
                        return str(message["parent_header"]["msg_id"])
        except queue.Empty:
            pytest.fail(f"no {words!r} came, but {came}")

    def ended(self) -> str:
        """Wait until the cell has ended: ``ok``, or the name of an exception."""
        while True:
            message = self._client.get_shell_msg(timeout=LIMIT)
            # Answers to what was asked before there was a cell come late.
            if message["parent_header"].get("msg_id") == self._cell:
                content = message["content"]
                return str(content.get("ename", content["status"]))

    def run(self, code: str, cell_id: str = "") -> str:
        """Run a cell to its end."""
        self.start(code, cell_id)
        return self.ended()

    def output(self, code: str, cell_id: str = "") -> str:
        """Run a cell; gives all that it printed, and the traceback of its error."""
        self.start(code, cell_id)
        text = ""
        while True:
            message = self._client.get_iopub_msg(timeout=LIMIT)
            content, kind = message["content"], message["msg_type"]
            if message["parent_header"].get("msg_id") != self._cell:
                continue
            if kind == "stream":
                text += content["text"]
            elif kind == "error":
                text += "\n".join(content["traceback"])
            elif kind == "status" and content["execution_state"] == "idle":
                self.ended()
                return text


@pytest.fixture
def kernel(
    emulator: Emulator,
    workspace: ReadyWorkspace,
    worker_token: MintToken,
    monkeypatch: pytest.MonkeyPatch,
    jupyter_settings: dict[str, str],
) -> Iterator[Kernel]:
    """A kernel with a client of Alice, who goes offline with it."""
    monkeypatch.setenv("TOKEN", worker_token())
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", emulator.event_bridge_url)
    manager = KernelManager(kernel_name="python3", **jupyter_settings)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LIMIT)
        made = Kernel(manager, client)
        assert made.run(BEGINNING.format(workspace.activities["Offline"])) == "ok"
        yield made
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


BEGINNING = """
import os, threading
from taskrouter_sync import Worker
worker = Worker(os.environ["TOKEN"], False, disconnect_activity_sid={!r})
worker.wait_until_ready(5)
"""


def test_a_callback_prints_where_people_look(
    kernel: Kernel, emulator: Emulator
) -> None:
    """Below the cell that was run last, though none runs at that moment."""
    listen = 'worker.on("reservation.created", lambda each: print("came", each.sid))'
    assert kernel.run(listen) == "ok"
    kernel.start("print('last')")
    last = kernel.printed("last")
    assert kernel.ended() == "ok"
    emulator.create_task()
    assert kernel.printed("came WR") == last


# In short waits: a signal that comes just before one of Python's ends none.
WAITING = "while True: threading.Event().wait(1)"


@pytest.mark.parametrize(
    ("function", "waiting"),
    [("wait", WAITING), ("run_forever", "worker.run_forever()")],
)
def test_an_interrupted_cell_leaves_the_client_working(
    kernel: Kernel, emulator: Emulator, alice: str, function: str, waiting: str
) -> None:
    listen = 'worker.on("reservation.created", lambda each: print("came", each.sid))'
    assert kernel.run(listen) == "ok"
    kernel.start(f"{WATCHED % function}\n{waiting}")
    kernel.printed("waits")
    kernel.manager.interrupt_kernel()
    assert kernel.ended() == "KeyboardInterrupt"
    emulator.create_task()
    kernel.printed("came WR")
    assert kernel.run("list(worker.reservations.values())[0].accept()") == "ok"
    assert emulator.connections(alice) == 1


def test_a_restart_leaves_no_ghost(
    kernel: Kernel, emulator: Emulator, workspace: ReadyWorkspace, alice: str
) -> None:
    assert emulator.connections(alice) == 1
    kernel.manager.restart_kernel()
    emulator.wait_for_connections(alice, 0)
    # By the client itself: the worker does not stay available for work.
    [request] = emulator.wait_for_requests(method="POST", url=f"/Workers/{alice}")
    assert request.params == {"ActivitySid": workspace.activities["Offline"]}


# Running a cell again.

OPENING = """
import os
from taskrouter_sync import Worker
worker = Worker(os.environ["TOKEN"])
worker.wait_until_ready(5)
"""


@pytest.mark.parametrize(
    ("cell_id", "edited"),
    [("", OPENING), ("cell-7", f"{OPENING}# edited")],
    ids=["same source", "same cell of JupyterLab"],
)
def test_a_cell_that_runs_again_closes_what_it_opened(
    kernel: Kernel, emulator: Emulator, alice: str, cell_id: str, edited: str
) -> None:
    assert kernel.run("worker.close()") == "ok"
    assert kernel.output(OPENING, cell_id) == ""
    said = kernel.output(edited, cell_id)
    assert "which an earlier run of this cell (In[" in said
    assert "closing <Worker " in said
    emulator.wait_for_connections(alice, 1)


def test_two_clients_of_one_run_stay_open(
    kernel: Kernel, emulator: Emulator, alice: str
) -> None:
    assert kernel.run("worker.close()") == "ok"
    said = kernel.output(f"{OPENING}{OPENING}")
    assert "is a second open client for the channel of" in said
    emulator.wait_for_connections(alice, 2)
    # Both were of the earlier run.
    assert kernel.output(f"{OPENING}{OPENING}").count("closing <Worker ") == 2
    emulator.wait_for_connections(alice, 2)


def test_another_cell_warns_of_a_second_client(
    kernel: Kernel, emulator: Emulator, alice: str
) -> None:
    said = kernel.output("first = worker\n" + OPENING)
    assert "second open client" in said
    assert "taskrouter_sync.close_all()" in said
    assert kernel.output("import taskrouter_sync; taskrouter_sync.close_all()") == ""
    emulator.wait_for_connections(alice, 0)


# What a notebook shows.


def test_the_log_is_off_unless_a_cell_wants_it(kernel: Kernel) -> None:
    assert kernel.run("worker.close()") == "ok"
    assert kernel.output(f"{OPENING}worker.close()") == ""
    assert ": ready" in kernel.output(
        OPENING.replace('"])', '"], debug=True)') + "worker.close()"
    )


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("worker.update(activity_sid='WA' + '0' * 32)", "400 ActivitySid WA"),
        ("worker.update('ActivitySid')", "expected a name and a value"),
        ("Worker('bad')", "not a valid JWT"),
        ("worker.close(); worker.fetch()", "The client is closed"),
    ],
)
def test_an_error_shows_the_cell_and_none_of_our_frames(
    kernel: Kernel, call: str, error: str
) -> None:
    said = kernel.output(call)
    assert error in said
    assert "taskrouter_sync/" not in said
    assert said.count("\n") < 12
