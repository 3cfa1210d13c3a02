"""What version 1.0.0 promised still works: its examples, its notebooks, its README.

The files in ``v1_0_0`` are those of the release, unchanged. As long as they run,
nothing that they use has been removed or renamed.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest

from taskrouter_sync.cli.main import _parse, _parser
from taskrouter_sync.emulator import Emulator, plan

from ...support.script import run_python
from ..conftest import RunNotebook
from ..test_documentation import Block, blocks, page_names
from ..test_examples import FLOWS


pytest_plugins = "pytester"

RELEASED = Path(__file__).parent / "v1_0_0"
EXAMPLES = RELEASED / "examples"
README = [*blocks(RELEASED / "README.rst")]
NOTEBOOKS = [path.name for path in EXAMPLES.glob("*.ipynb")]

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.usefixtures("jupyter_loop"),
]


@pytest.mark.parametrize("name", [*FLOWS, "quickstart.py"])
def test_an_example_runs(name: str) -> None:
    done = run_python("-W", "error", EXAMPLES / name)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    if name in FLOWS:
        assert [line for line in lines if line in FLOWS[name]] == FLOWS[name]
    else:
        assert any(line.endswith("is completed") for line in lines)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs(name: str, run_notebook: RunNotebook) -> None:
    notebook = nbformat.read(EXAMPLES / name, as_version=4)  # type: ignore[no-untyped-call] # of nbformat
    run_notebook(notebook, EXAMPLES)


def of(language: str) -> list[Block]:
    """Give the README's blocks; Python without a caption stands in literal ones too."""
    imports = "from taskrouter_sync"
    return [
        each
        for each in README
        if ("python" if each.code.startswith(imports) else each.language) == language
    ]


def test_the_readme_s_python_runs(caplog: pytest.LogCaptureFixture) -> None:
    with page_names() as names, ExitStack() as stack:
        for each in of("python"):
            if each.is_test:
                continue
            code = each.code.replace('"WA…"', "activity_sid")
            exec(compile(code, "README.rst", "exec"), names)
            if hasattr(client := names.get("worker"), "close"):
                stack.callback(client.close)
    assert not [each for each in caplog.records if each.exc_info]


def test_the_readme_s_test_passes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (block,) = [each for each in of("python") if each.is_test]
    pytester.makepyfile(test_readme=f"import pytest\n{block.code}")
    run = pytester.runpytest_subprocess("-p", "taskrouter_sync.testing.plugin")
    run.assert_outcomes(passed=1)


def test_the_readme_s_commands_exist() -> None:
    commands = "".join(each.code for each in of("sh"))
    found = re.findall(r"^taskrouter-sync ([^#\n]+)", commands, re.MULTILINE)
    assert len(found) == 7
    for words in found:
        assert _parse(_parser("taskrouter-sync"), words.split()).run is not None


def test_the_readme_s_workspace_can_be_set_up(tmp_path: Path) -> None:
    (block,) = of("json")
    (tmp_path / "workspace.json").write_text(block.code)
    with Emulator() as emulator:
        workspace = emulator.workspace(**plan.load(tmp_path / "workspace.json"))
        assert {*workspace.workers} == {"Alice", "Bob"}
