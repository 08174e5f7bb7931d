"""A SQLite table whose columns are the fields of a frozen dataclass of `model.py`."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from threading import RLock
from typing import Any, Generic, TypeVar, get_origin, get_type_hints

Row = TypeVar("Row")


class AlreadyExistsError(Exception):
    """A row with the same unique columns is there; GitHub's `already_exists`."""


class Table(Generic[Row]):
    """Rows of one kind. Each call is one atomic statement; `State.transaction()` joins several.

    Column names come from the dataclass alone: an unknown name is a KeyError before any SQL is made.
    `start` is the first id, far apart between tables, so that an id of one kind never passes for another's.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: RLock,
        row: Callable[..., Row],
        name: str,
        *,
        start: int,
        unique: Sequence[str] = (),
        nocase: Sequence[str] = (),
    ) -> None:
        self._connection, self._lock, self._row, self._name = connection, lock, row, name
        hints = get_type_hints(row)
        known = fields(row)  # type: ignore[arg-type]  # `row` is a dataclass
        self._columns = tuple(field.name for field in known)
        self._defaults = {field.name: field.default for field in known if field.default is not MISSING}
        self._coded = {c: hints[c] for c in self._columns if get_origin(hints[c]) in {dict, tuple}}
        self._flags = {c for c in self._columns if hints[c] is bool}
        self._create(start, unique, set(nocase))

    def add(self, **values: Any) -> Row:
        """A new row; `id` is given out when absent, a field's default likewise. Raises AlreadyExistsError."""
        values = {**self._defaults, **values}
        columns = ", ".join(f'"{self._column(name)}"' for name in values)
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {self._name} ({columns}) VALUES ({marks}) RETURNING *"  # noqa: S608  # names are ours
        try:
            return self._run(sql, self._encoded(values))[0]
        except sqlite3.IntegrityError as error:
            raise AlreadyExistsError(str(error)) from None

    def find(self, **equals: Any) -> Row | None:
        """The oldest row with these values."""
        rows = self.select(limit=1, **equals)
        return rows[0] if rows else None

    def select(
        self, *, newest_first: bool = False, limit: int = -1, offset: int = 0, **equals: Any
    ) -> list[Row]:
        """The rows with these values (None matches NULL), in order of their ids."""
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT * FROM {self._name}{self._where(equals)} ORDER BY id {order} LIMIT ? OFFSET ?"  # noqa: S608  # names are ours
        return self._run(sql, [*self._encoded(equals), limit, offset])

    def count(self, **equals: Any) -> int:
        sql = f"SELECT COUNT(*) FROM {self._name}{self._where(equals)}"  # noqa: S608  # names are ours
        with self._lock:
            return int(self._connection.execute(sql, self._encoded(equals)).fetchone()[0])

    def update(self, row_id: int, **changes: Any) -> Row:
        """The changed row; raises KeyError when it is not there, AlreadyExistsError when values clash."""
        sets = ", ".join(f'"{self._column(name)}" = ?' for name in changes)
        sql = f"UPDATE {self._name} SET {sets} WHERE id = ? RETURNING *"  # noqa: S608  # names are ours
        try:
            rows = self._run(sql, [*self._encoded(changes), row_id])
        except sqlite3.IntegrityError as error:
            raise AlreadyExistsError(str(error)) from None
        if not rows:
            raise KeyError(row_id)
        return rows[0]

    def remove(self, **equals: Any) -> int:
        """How many rows with these values went."""
        sql = f"DELETE FROM {self._name}{self._where(equals)}"  # noqa: S608  # names are ours
        with self._lock:
            return self._connection.execute(sql, self._encoded(equals)).rowcount

    def _create(self, start: int, unique: Sequence[str], nocase: set[str]) -> None:
        columns = ['"id" INTEGER PRIMARY KEY AUTOINCREMENT']
        columns += [f'"{c}" COLLATE NOCASE' if c in nocase else f'"{c}"' for c in self._columns if c != "id"]
        if unique:
            columns.append("UNIQUE ({})".format(", ".join(f'"{c}"' for c in unique)))
        with self._lock:
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {self._name} ({', '.join(columns)})")
            sql = (
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)"
            )
            self._connection.execute(sql, (self._name, start - 1, self._name))
            self._add_new_columns()

    def _add_new_columns(self) -> None:
        """To a table of an older altpress: with the field's default, which it must have."""
        rows = self._connection.execute(f"PRAGMA table_info({self._name})").fetchall()
        there = {row["name"] for row in rows}
        for column in (c for c in self._columns if c not in there):
            (value,) = self._encoded({column: self._defaults[column]})
            self._connection.execute(f'ALTER TABLE {self._name} ADD COLUMN "{column}"')
            self._connection.execute(f'UPDATE {self._name} SET "{column}" = ?', (value,))  # noqa: S608  # names are ours

    def _run(self, sql: str, values: Sequence[Any]) -> list[Row]:
        with self._lock:
            return [self._decoded(found) for found in self._connection.execute(sql, values).fetchall()]

    def _column(self, name: str) -> str:
        if name not in self._columns:
            raise KeyError(f"{self._name} has no column {name}")
        return name

    def _where(self, equals: dict[str, Any]) -> str:
        # `IS` compares like `=`, and NULL with NULL too
        tests = " AND ".join(f'"{self._column(name)}" IS ?' for name in equals)
        return f" WHERE {tests}" if tests else ""

    def _encoded(self, values: dict[str, Any]) -> list[Any]:
        return [json.dumps(v) if name in self._coded else v for name, v in values.items()]

    def _decoded(self, found: sqlite3.Row) -> Row:
        values = dict(found)
        for name, kind in self._coded.items():
            decoded = json.loads(values[name])
            values[name] = tuple(decoded) if get_origin(kind) is tuple else decoded
        for name in self._flags:
            values[name] = bool(values[name])
        return self._row(**values)
