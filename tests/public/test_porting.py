"""Each row of the porting guide runs: what it prints is what the guide says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from taskrouter_sync import TaskQueue, Worker, Workspace
from taskrouter_sync.client import Client

from ..support.center import Center
from ..support.collector import LIMIT


GUIDE = publish_doctree(
    (Path(__file__).parents[2] / "examples" / "PORTING.rst").read_text(),
    settings_overrides={"syntax_highlight": "none"},
)

PYTHON = {"undefined": "None", "null": "None", "true": "True", "false": "False"}


def blocks(language: str) -> list[str]:
    """The guide's blocks of code in a language, in its order."""
    return [
        block.astext()
        for block in GUIDE.findall(nodes.literal_block)
        if language in block["classes"]
    ]


# What the guide says of every row: what a file begins with, and the task's attributes.
BEGINNING, ATTRIBUTES = blocks("python")[0], json.loads(blocks("json")[0])


@dataclass(frozen=True)
class Row:
    """A row of one of the guide's tables.

    Attributes:
        title: of the table.
        javascript, python: the code.
        there: what the JavaScript prints, by what the row says.
        here: what the Python prints, if it is something else.
    """

    title: str
    javascript: str
    python: str
    there: list[str]
    here: list[str] | None

    @property
    def prints(self) -> list[str]:
        """What the Python prints."""
        return in_python(self.there) if self.here is None else self.here


def code_of(cell: nodes.entry) -> str:
    """The cell's code: its blocks; without any, the first literal."""
    found = [each.astext() for each in cell.findall(nodes.literal_block)]
    found = found or [each.astext() for each in cell.findall(nodes.literal)][:1]
    return "\n".join(found)


def result_of(cell: nodes.entry) -> tuple[list[str], list[str] | None]:
    """What the JavaScript prints, and what the Python does after a "here"."""
    there: list[str] = []
    here: list[str] | None = None
    for node in cell.findall():
        if isinstance(node, nodes.literal | nodes.literal_block):
            (there if here is None else here).extend(node.astext().splitlines())
        elif isinstance(node, nodes.Text) and re.search(r"\bhere\b", node.astext()):
            here = []
    return there, here


def in_python(lines: list[str]) -> list[str]:
    """Write what JavaScript prints as Python does: ``None`` for ``undefined``."""
    words = "|".join(PYTHON)
    return [re.sub(rf"\b({words})\b", lambda m: PYTHON[m[1]], each) for each in lines]


def rows() -> Iterator[Row]:
    for section in GUIDE.findall(nodes.section):
        for table in section.findall(nodes.tbody):
            for row in table.findall(nodes.row):
                javascript, python, result = row.findall(nodes.entry)
                yield Row(
                    section[0].astext(),
                    code_of(javascript),
                    code_of(python),
                    *result_of(result),
                )


ROWS = list(rows())


class Printed:
    """What a row prints, on whichever thread."""

    def __init__(self) -> None:
        # Guards the lines; expect waits on it.
        self._came = threading.Condition()
        self._lines: list[str] = []

    def add(self, *values: Any) -> None:
        """Print, with short sids: the guide knows no others."""
        text = " ".join(map(str, values))
        with self._came:
            self._lines.append(re.sub(r"\b([A-Z]{2})[0-9a-f]{32}\b", r"\1…", text))
            self._came.notify_all()

    def wait_for(self, count: int) -> None:
        with self._came:
            self._came.wait_for(lambda: len(self._lines) >= count, LIMIT)

    def lines(self) -> list[str]:
        with self._came:
            return list(self._lines)


def names_of(center: Center, code: str) -> dict[str, Any]:
    """What the guide says that a row finds; other clients only if the code has one."""
    worker = center.worker
    center.emulator.telephony.answer_after = 3600
    center.backend.create_task(**ATTRIBUTES)
    center.settle(worker)
    (reservation,) = worker.fetch_reservations()
    return {
        "worker": worker,
        **({"workspace": center.workspace} if "workspace" in code else {}),
        **({"taskQueue": center.task_queue} if "taskQueue" in code else {}),
        "reservation": reservation,
        "task": reservation.task,
        "attributes": reservation.task.attributes,
        "BREAK": center.rest,
        "OFFLINE": center.sids.activities["Offline"],
        "GONE": "WA" + "f" * 32,
        "ALICE": center.alice,
        "WORKER_TOKEN": center.token(Worker),
    }


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{each.title}-{n}" for n, each in enumerate(ROWS)]
)
def test_a_row_prints_what_the_guide_says(
    center: Center, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    monkeypatch.setenv("TASKROUTER_EVENT_BRIDGE_URL", center.emulator.event_bridge_url)
    printed = Printed()
    names = {**names_of(center, row.python), "print": printed.add}
    worker = names["worker"]
    try:
        exec(BEGINNING, names)
        exec(row.python, names)
    except SystemExit:
        pass  # as a script that has come to its end
    except Exception as error:  # noqa: BLE001 - what the row is about
        printed.add(type(error).__name__)
    finally:
        try:
            printed.wait_for(len(row.prints))
            if worker is names["worker"] and " open " in repr(worker):
                center.settle(worker)
        finally:
            for each in names.values():
                if isinstance(each, Client):
                    each.close()
    assert printed.lines() == row.prints


# Runs each row's code for itself; prints what each has printed, as JSON.
NODE = """
const {rows, attributes} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const printed = rows.map(() => []);
rows.forEach((code, n) => {
  const task = {dateCreated: new Date()};
  const own = JSON.parse(JSON.stringify(attributes));
  const log = (...values) => printed[n].push(values.map(String).join(" "));
  try {
    new Function("attributes", "task", "console", code)(own, task, {log});
  } catch (error) {
    log(error.name);
  }
});
process.on("exit", () => console.log(JSON.stringify(printed)));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_javascript_prints_what_the_guide_says() -> None:
    """Of the rows that need nothing but the language."""
    service = "worker|workspace|taskQueue|reservation|workflow|Twilio|task.update"
    page = r"window|document|log\(task\)"
    own = [row for row in ROWS if not re.search(f"{service}|{page}", row.javascript)]
    assert len(own) > 25
    given = {"rows": [row.javascript for row in own], "attributes": ATTRIBUTES}
    node = subprocess.run(
        ["node", "-e", NODE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    printed = zip(own, json.loads(node.stdout), strict=True)
    assert [(row.javascript, lines) for row, lines in printed] == [
        (row.javascript, row.there) for row in own
    ]


def test_the_guide_has_its_rows_and_all_are_read() -> None:
    assert len(ROWS) > 80
    assert all(row.python for row in ROWS)
    # Some rows are about what is no code in JavaScript: a page, its buttons.
    assert sum(not row.javascript for row in ROWS) <= 1
    assert [row.python for row in ROWS if not compiles(row.python)] == []


def compiles(code: str) -> bool:
    try:
        compile(code, "row", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("kind", [Worker, TaskQueue, Workspace])
def test_the_guide_names_every_client(kind: type) -> None:
    name = kind.__name__
    assert any(name[0].lower() + name[1:] in row.javascript for row in ROWS)
