"""The sandbox's rows in one SQLite file: what GitHub keeps outside of git.

    with State.open(directory / "sandbox.sqlite3") as state:
        user = state.users.find(login="developer")
        issue = state.add_issue(repository.id, title="Hello", body=None, author="visitor")

One process, many threads: a single connection in WAL mode behind a lock (a statement takes some 20 µs).
Every table has `add find select count update remove` of `table.Table`.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self, TypeVar

from bot.sandbox import model, model_checks
from bot.sandbox.table import AlreadyExistsError, Table

__all__ = ["AlreadyExistsError", "State", "Table", "iso"]

Row = TypeVar("Row")


def iso(seconds: float) -> str:
    """Seconds since 1970 as GitHub writes a time: `2026-11-22T21:48:16Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class State:
    """All rows of a sandbox. `clock` gives seconds since 1970."""

    def __init__(self, connection: sqlite3.Connection, clock: Callable[[], float] = time.time) -> None:
        self._connection, self._lock, self.clock = connection, RLock(), clock
        self._depth = 0
        connection.execute(
            "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
        )
        table = self._table
        self.users = table(model.User, "users", 1_001, ("login",), ("login",))
        self.repositories = table(
            model.Repository, "repositories", 20_001, ("owner", "name"), ("owner", "name")
        )
        self.collaborators = table(
            model.Collaborator, "collaborators", 1, ("repository", "login"), ("login",)
        )
        self.releases = table(model.Release, "releases", 300_001)
        self.assets = table(model.Asset, "assets", 4_000_001, ("release", "name"))
        self.issues = table(model.Issue, "issues", 50_000_001, ("repository", "number"))
        self.pulls = table(model.PullRequest, "pulls", 80_000_001, ("repository", "number"))
        self.protections = table(model.Protection, "protections", 90_001, ("repository", "branch"))
        self.check_runs = table(model_checks.CheckRun, "check_runs", 850_000_001)
        self.statuses = table(model_checks.CommitStatus, "statuses", 950_001)
        self.comments = table(model.Comment, "comments", 600_000_001)
        self.reactions = table(model.Reaction, "reactions", 70_000_001, ("subject", "content", "user"))
        self.apps = table(model.App, "apps", 801, ("slug",))
        self.installations = table(model.Installation, "installations", 9_001, ("app", "account"))
        self.tokens = table(model.Token, "tokens", 1, ("digest",))
        self.deliveries = table(model.HookDelivery, "deliveries", 1_000_000_001)
        self.hooks = table(model.RepositoryHook, "hooks", 410_001)
        self.hook_deliveries = table(model.RepositoryHookDelivery, "hook_deliveries", 2_000_000_001)
        self.verified = table(model.VerifiedCommit, "verified", 1, ("repository", "sha"))
        self._index("releases", "repository")
        self._index("comments", "repository")
        self._index("deliveries", "guid")
        self._index("check_runs", "sha")
        self._index("statuses", "sha")

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """The state in this file, made when absent; the folder must be there."""
        path.touch(mode=0o600)  # it holds a signing key; SQLite gives its other files the same mode
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "PRAGMA synchronous = NORMAL"
        )  # safe against a killed process; WAL syncs at checkpoints
        return cls(connection, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def now(self) -> str:
        """The time, as GitHub writes it."""
        return iso(self.clock())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens at once, or not at all; other threads wait. May be nested."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._connection.execute("BEGIN IMMEDIATE")
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def load_fact(self, name: str) -> Any:
        """A single value of the sandbox (JSON), or None."""
        with self._lock:
            found = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def save_fact(self, name: str, value: Any) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )

    def find_repository(self, full_name: str) -> model.Repository | None:
        """By `owner/name`, in any case."""
        owner, _, name = full_name.partition("/")
        return self.repositories.find(owner=owner, name=name)

    def find_user(self, login: str) -> model.User | None:
        return self.users.find(login=login)

    def add_issue(self, repository: int, *, title: str, body: str | None, author: str) -> model.Issue:
        """An open issue with the repository's next number."""
        with self.transaction():
            last = self.issues.select(repository=repository, newest_first=True, limit=1)
            return self.issues.add(
                repository=repository, number=last[0].number + 1 if last else 1, title=title, body=body,
                author=author, state="open", created_at=self.now(), updated_at=self.now(),
            )  # fmt: skip

    def find_role(self, repository: model.Repository, login: str) -> str:
        """`admin`, `maintain`, `write`, `triage`, `read`, or `none`."""
        if login.lower() == repository.owner.lower():
            return "admin"
        found = self.collaborators.find(repository=repository.id, login=login)
        if found:
            return found.role
        return "none" if repository.private else "read"

    def find_installation(self, repository: int) -> model.Installation | None:
        """The App's installation that covers a repository."""
        return next((i for i in self.installations.select() if repository in i.repositories), None)

    def _table(
        self, row: Callable[..., Row], name: str, start: int, unique: tuple[str, ...] = (),
        nocase: tuple[str, ...] = (),
    ) -> Table[Row]:  # fmt: skip
        return Table(self._connection, self._lock, row, name, start=start, unique=unique, nocase=nocase)

    def _index(self, table: str, column: str) -> None:
        self._connection.execute(f'CREATE INDEX IF NOT EXISTS {table}_{column} ON {table} ("{column}")')
