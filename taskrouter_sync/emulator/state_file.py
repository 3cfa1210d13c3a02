"""The file that keeps a service's state.

Owns: the SQLite database: whether it is one of ours, that nobody else has it, whose
account it is, transactions, and the records in it: so many rows are written as there
are changes, however large the state is.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .engine.state import Records, records_of_version_1


# "TRst": says in the file's header whose it is.
_APPLICATION = 0x54527374
# Rises with every change of the tables or of what is in them.
FORMAT = 2

# Seconds to wait for another process that is just letting go of it.
_PATIENCE = 1.0

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class StateError(ValueError):
    """A file that cannot keep the state, or not any more: PATH: why."""


class StateFile:
    """An open file; nobody else can have it until it is closed.

    A commit is in the hands of the operating system: no death of this process takes
    it back. When the machine itself dies, the last moments may be lost, but no
    transaction by half.

    Args:
        path: the file; created if it does not exist, readable by its owner only.

    Raises:
        StateError: it is another program's, a newer version's, damaged, in use, or
            cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        with self._speaking_plainly():
            # The tokens of a made-up account are as good as its auth token.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            self.connection = sqlite3.connect(
                # As a full path no name means anything special to SQLite.
                os.path.abspath(self.path),
                timeout=_PATIENCE,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            with self._speaking_plainly():
                self._open()
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Let others have it."""
        self.connection.close()

    def _open(self) -> None:
        execute = self.connection.execute
        # Kept from the first write on, and with the process it ends.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        application = self._read_one("PRAGMA application_id")
        version = self._read_one("PRAGMA user_version")
        tables = self._read_one("SELECT count(*) FROM sqlite_master")
        if application != _APPLICATION and (application or version or tables):
            raise StateError(f"{self.path}: not a state file of the emulator")
        if version > FORMAT:
            raise StateError(f"{self.path}: written by a newer version of the emulator")
        # A write ahead log is appended to, so that a commit is one write; without
        # shared memory, as there is nobody to share it with.
        execute("PRAGMA journal_mode = WAL")
        # NORMAL: a commit waits for no disk (see the class).
        execute("PRAGMA synchronous = NORMAL")
        with self.transaction():
            if not tables:
                execute("CREATE TABLE account (sid TEXT NOT NULL, auth_token TEXT)")
                execute(f"PRAGMA application_id = {_APPLICATION}")
            if version < FORMAT:
                # Numbered permanently, in the order of creation.
                execute(
                    "CREATE TABLE records (number INTEGER PRIMARY KEY,"
                    " key TEXT NOT NULL UNIQUE, value TEXT NOT NULL)"
                )
                if version:
                    self.write(self._read_version_1())
                execute(f"PRAGMA user_version = {FORMAT}")
        trouble = self._read_one("PRAGMA quick_check(1)")
        if trouble != "ok":
            raise StateError(f"{self.path}: damaged: {trouble.splitlines()[-1]}")

    def _read_version_1(self) -> Records:
        """Read the records that version 1.0 kept in tables, and drop these."""
        state: dict[str, Any] = {}
        for name in ("general", "configurations"):
            rows = self._read_all(f"SELECT name, value FROM {name}")
            state[name] = {key: json.loads(value) for key, value in rows}
        for name in ("entities", "versions", "events", "deadlines", "calls"):
            rows = self._read_all(f"SELECT row, value FROM {name} ORDER BY row")
            state[name] = {row: json.loads(value) for row, value in rows}
        general = state.pop("general")
        for name in (*state, "general"):
            self.connection.execute(f"DROP TABLE {name}")
        if not general:
            return {}
        sids = general.pop("sids")
        for name in ("entities", "events", "deadlines", "calls"):
            state[name] = list(state[name].values())
        return {**records_of_version_1({**general, **state}), "sids": sids}

    def _read_one(self, statement: str) -> Any:
        return self.connection.execute(statement).fetchone()[0]

    def _read_all(self, statement: str) -> list[Any]:
        # At once: an error's traceback would hold a cursor, and that the file.
        return self.connection.execute(statement).fetchall()

    def account(
        self, account_sid: str | None, auth_token: str | None, made_up: tuple[str, str]
    ) -> tuple[str, str]:
        """Return the service's account and save it for the next time.

        A generated auth token is saved; a given one is not.

        Args:
            account_sid: the given one; it must be the file's.
            auth_token: the given one.
            made_up: an account and an auth token for a new file.

        Raises:
            StateError: the file is of another account.
        """
        with self.transaction():
            execute = self.connection.execute
            kept = execute("SELECT sid, auth_token FROM account").fetchone()
            kept_sid, kept_token = kept or (None, None)
            if account_sid is not None and kept_sid not in (None, account_sid):
                raise StateError(f"{self.path}: belongs to account {kept_sid}")
            sid = account_sid or kept_sid or made_up[0]
            token = auth_token or kept_token or made_up[1]
            execute("DELETE FROM account")
            execute(
                "INSERT INTO account VALUES (?, ?)",
                (sid, kept_token if auth_token else token),
            )
        return sid, token

    def read(self) -> Records:
        """Read all records, in order; a new file has none.

        To be called in a transaction.

        Raises:
            ValueError: one is damaged.
        """
        rows = self._read_all("SELECT key, value FROM records ORDER BY number")
        try:
            return {key: json.loads(value) for key, value in rows}
        except (TypeError, ValueError, RecursionError):
            raise ValueError("damaged: a record is not valid JSON") from None

    def write(self, records: Mapping[str, Any]) -> None:
        """Write records, and delete those whose value is None, in a transaction."""
        texts = {
            key: _encode(value) for key, value in records.items() if value is not None
        }
        self.connection.executemany(
            "INSERT INTO records (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            texts.items(),
        )
        self.connection.executemany(
            "DELETE FROM records WHERE key = ?",
            [(key,) for key, value in records.items() if value is None],
        )

    def clear(self) -> None:
        """Delete all records, in a transaction."""
        self.connection.execute("DELETE FROM records")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside, all of it or (at an error) nothing.

        Raises:
            StateError: it could not be written, or what was read is damaged.
        """
        with self._speaking_plainly(), self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            yield

    @contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        try:
            yield
        except StateError:
            raise
        except OSError as error:
            raise StateError(f"{self.path}: {error.strerror}") from error
        except sqlite3.Error as error:
            raise StateError(f"{self.path}: {_plain(str(error))}") from error
        except ValueError as error:
            raise StateError(f"{self.path}: {error}") from error


def _plain(message: str) -> str:
    # Error codes are known to Python from 3.11 on only.
    if message == "file is not a database":
        return "not a state file of the emulator"
    if message == "database is locked":
        return "in use by another process"
    return f"damaged: {message}" if "malformed" in message else message
