"""What people install: its files, what it needs, and its types in their programs."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest

from ..support.script import run_python


ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("distribution")]


class Built(NamedTuple):
    """The names of the files in the distributions, and the wheel."""

    sdist: set[str]
    in_wheel: set[str]
    wheel: Path


def tracked() -> set[str]:
    """List what the repository holds."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    return {each for each in listed.stdout.split("\n") if (ROOT / each).is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build both distributions as a release does, of a copy of the checkout."""
    folder = tmp_path_factory.mktemp("build")
    for name in tracked():
        copy = folder / "checkout" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "-o", folder / "dist"],
        cwd=folder / "checkout",
        check=True,
        capture_output=True,
    )
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    with tarfile.open(sdist) as archive:
        files = {each.name.partition("/")[2] for each in archive if each.isfile()}
    with zipfile.ZipFile(wheel) as zipped:
        return Built(files, set(zipped.namelist()), wheel)


def test_a_source_distribution_holds_the_checkout(built: Built) -> None:
    """It can be tested and documented by itself."""
    made = {"PKG-INFO"} | {each for each in built.sdist if ".egg-info/" in each}
    missing = sorted(tracked() - built.sdist - {".gitignore"})
    assert not missing, "add these to MANIFEST.in"
    extra = sorted(built.sdist - tracked() - made)
    assert not extra, "leave these out in MANIFEST.in"


def test_a_wheel_holds_the_package_alone(built: Built) -> None:
    package = {each for each in tracked() if each.startswith("taskrouter_sync/")}
    found = {each for each in built.in_wheel if ".dist-info/" not in each}
    assert not sorted(package - found), "add these to package_data in setup.cfg"
    assert not sorted(found - package), "these are no part of the package"
    assert "taskrouter_sync/py.typed" in found


def test_setup_py_only_calls_setup() -> None:
    statements = ast.parse((ROOT / "setup.py").read_text()).body
    assert [ast.unparse(each) for each in statements] == [
        "from setuptools import setup",
        "setup()",
    ]


# What it needs.


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """Give the libraries that a folder's modules import, and where."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        beside = {each.stem for each in path.parent.glob("*.py")}
        for node in _run_time_nodes(ast.parse(path.read_text("utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in beside:
                    yield top, str(path.relative_to(ROOT))


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk all nodes but those that only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from _run_time_nodes(node)


def declared(*extras: str) -> set[str]:
    """List the distributions that the package, and some of its extras, need."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    text = config["options"]["install_requires"]
    for extra in extras:
        text += config["options.extras_require"][extra]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {_normal(re.split(r"[\s<>=!\[]", line)[0]) for line in lines}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("taskrouter_sync", ["emulator", "cli", "test"]),
        ("tests", ["emulator", "cli", "test"]),
        ("docs", ["test"]),
        ("examples", ["emulator"]),
    ],
)
def test_what_is_imported_is_declared(folder: str, extras: list[str]) -> None:
    ours = {"taskrouter_sync", "tests"}
    distributions = packages_distributions()
    known = declared(*extras)
    missing = {
        f"{name} (imported in {path})"
        for name, path in imported(folder)
        if name not in ours
        and not known & {_normal(each) for each in distributions.get(name, [name])}
    }
    assert not missing, "declare these in setup.cfg, each with a line that says why"


def test_the_sdk_needs_nothing_of_the_extras() -> None:
    parts = [
        ("", []),
        ("resources", []),
        ("emulator", ["emulator"]),
        ("cli", ["cli", "emulator"]),
        ("testing", ["test", "emulator"]),
    ]
    distributions = packages_distributions()
    for part, extras in parts:
        known = declared(*extras)
        for name, path in imported(f"taskrouter_sync/{part}"):
            inside = Path(path).relative_to("taskrouter_sync").parent
            if name == "taskrouter_sync" or (not part and inside != Path(".")):
                continue
            names = {_normal(each) for each in distributions.get(name, [name])}
            assert names & known, f"{path} imports {name}, which its users may lack"


# Its types, in a program outside of the checkout.

PROGRAM = """\
from taskrouter_sync import Worker

worker = Worker("token")
worker.update("ActivitySid", "WA1", lambda error, result: print(result.sid))
worker.on("reservation.created", lambda reservation: print(reservation.task.priority))
worker.fetch_reservations(lambda error, found: print(found[0].task.age))
"""

# Each line is an error for every checker.
MISTAKES = """\
from taskrouter_sync import Reservation, Task, Worker

worker = Worker("token")


def on_task(task: Task) -> None: ...


def on_created(reservation: Reservation) -> None: ...


worker.on("reservation.created", on_created)
worker.updaet("ActivitySid", "WA1")
worker.on("reservation.acepted", on_created)
worker.on("reservation.created", on_task)
worker.on("ready", lambda worker: worker.nope)
Worker("token", dbug=False)
worker.complete_task(1)
from taskrouter_sync import Wroker
"""
WRONG_LINES = set(range(13, 20))


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody else's, with programs that use the package."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "mistakes.py").write_text(MISTAKES)
    (folder / "mypy.ini").write_text("[mypy]\nstrict = True\n")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    return folder


def environment(folder: Path) -> Path:
    """Make an environment that has nothing; gives its Python."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60
    )
    return folder / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    # With this environment's setuptools, so that nothing is downloaded.
    builder = importlib.util.find_spec("setuptools")
    assert builder is not None and builder.origin is not None
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "-q",
            "--python",
            python,
            "install",
            "--no-deps",
            "--no-build-isolation",
            *what,
        ],
        env={**os.environ, "PYTHONPATH": str(Path(builder.origin).parents[1])},
        check=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def regular(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with a regular installation."""
    python = environment(tmp_path_factory.mktemp("regular") / "env")
    install(python, built.wheel)
    return python


@pytest.fixture(scope="module")
def editable(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the editable one that the README shows."""
    readme = (ROOT / "README.rst").read_text("utf-8")
    (options,) = re.findall(r"(--config-settings \S+)", readme)
    folder = tmp_path_factory.mktemp("editable")
    for name in tracked():
        if name.startswith(("taskrouter_sync/", "setup", "pyproject", "README")):
            copy = folder / "checkout" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
    python = environment(folder / "env")
    install(python, "-e", folder / "checkout", *options.split())
    return python


def mypy(folder: Path, python: Path, program: str) -> set[int]:
    """Give the lines that mypy finds wrong."""
    run = run_python(
        *("-m", "mypy", "--python-executable", python, program),
        cwd=folder,
        timeout=170,
        PYTHONPATH="",
    )
    assert run.returncode in (0, 1), run.stderr
    return {
        int(each) for each in re.findall(rf"^{program}:(\d+): error", run.stdout, re.M)
    }


def pyright(folder: Path, python: Path, program: str) -> set[int]:
    """Give the lines that pyright finds wrong."""
    run = run_python(
        *("-m", "basedpyright", "--pythonpath", python),
        *("--level", "error", "--outputjson", program),
        cwd=folder,
        timeout=170,
        PYTHONPATH="",
    )
    assert run.returncode in (0, 1), run.stderr
    found = json.loads(run.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found}


@pytest.mark.parametrize("installation", ["regular", "editable"])
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_program_outside_is_checked(
    request: pytest.FixtureRequest,
    outside: Path,
    installation: str,
    checker: Callable[[Path, Path, str], set[int]],
) -> None:
    python = request.getfixturevalue(installation)
    refused = checker(outside, python, "program.py")
    assert not refused, "these lines of PROGRAM are right, and must pass"
    assert checker(outside, python, "mistakes.py") == WRONG_LINES
