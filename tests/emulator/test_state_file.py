"""The file of the state: which files are taken, and which are refused how."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from taskrouter_sync.emulator.state_file import FORMAT, StateError, StateFile


MADE_UP = ("AC" + "1" * 32, "2" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state"


def made(path: Path) -> None:
    """Make a file with something in it."""
    with closing(StateFile(path)) as file:
        file.account(None, None, MADE_UP)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_new_file_is_for_its_owner_alone(path: Path) -> None:
    with closing(StateFile(path)):
        for name in os.listdir(path.parent):
            assert stat.S_IMODE((path.parent / name).stat().st_mode) == 0o600


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.touch()
    with closing(StateFile(path)) as file:
        assert file.account(None, None, MADE_UP) == MADE_UP


def test_nothing_else_is_left_beside_a_closed_file(path: Path) -> None:
    made(path)
    assert os.listdir(path.parent) == [path.name]


def test_a_name_means_nothing_special_to_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made(Path(":memory:"))
    assert (tmp_path / ":memory:").stat().st_size


def test_what_fails_inside_of_a_transaction_undoes_it(path: Path) -> None:
    with closing(StateFile(path)) as file:
        with pytest.raises(KeyError), file.transaction():
            file.connection.execute("INSERT INTO account VALUES ('AC', NULL)")
            raise KeyError
        assert not file.connection.execute("SELECT * FROM account").fetchall()


# Whose it is


def test_a_given_auth_token_is_not_kept(path: Path) -> None:
    with closing(StateFile(path)) as file:
        assert file.account("AC", "given", MADE_UP) == ("AC", "given")
    assert b"given" not in path.read_bytes()
    with closing(StateFile(path)) as file:
        assert file.account(None, None, MADE_UP) == ("AC", MADE_UP[1])


# What is refused


def change_state(path: Path, statement: str) -> None:
    made(path)
    change(path, statement)


def damage(path: Path, damaged: Callable[[bytes], bytes]) -> None:
    made(path)
    path.write_bytes(damaged(path.read_bytes()))


NOT_OURS = "not a state file of the emulator"
TEXT = "Dear diary, today was a day like any other. "
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "other program": (lambda path: change(path, "CREATE TABLE notes (text)"), NOT_OURS),
    "other mark": (
        lambda path: change(path, "PRAGMA application_id = 252006674"),
        NOT_OURS,
    ),
    "no database": (lambda path: path.write_text(TEXT * 50), NOT_OURS),
    "short text": (lambda path: path.write_text(TEXT), NOT_OURS),
    "newer version": (
        lambda path: change_state(path, f"PRAGMA user_version = {FORMAT + 1}"),
        "written by a newer version of the emulator",
    ),
    "cut off": (lambda path: damage(path, lambda old: old[:-5000]), "damaged: "),
    "overwritten": (
        lambda path: damage(
            path, lambda old: old[:4096] + bytes(range(256)) * 16 + old[8192:]
        ),
        "damaged: ",
    ),
    "directory": (Path.mkdir, "Is a directory"),
}


@pytest.mark.parametrize(("make", "why"), REFUSED.values(), ids=REFUSED)
def test_another_file_is_refused_and_left_as_it_is(
    path: Path, make: Callable[[Path], object], why: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(StateError) as caught:
        StateFile(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {why}")
    assert "\n" not in message
    assert (path.read_bytes() if path.is_file() else None) == before
    assert os.listdir(path.parent) == [path.name]


def test_a_file_where_nothing_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="No such file or directory"):
        StateFile(tmp_path / "nowhere" / "state")
