"""NX-27017 with one commit, and one sync to the disk, for the documents of an insert, or updates of a bulk.

It commits each document on its own: with `journal=true` that is a sync of the disk for each.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from nx_27017.handler import NeoSQLiteHandler

LOST = "the transaction was rolled back"
FULL = "database or disk is full"  # SQLite's words
OUT_OF_DISK = 14031  # MongoDB's code OutOfDiskSpace
Answer = tuple[int, dict[str, Any]]  # the request's id, and what it is answered with


class Engine(NeoSQLiteHandler):  # type: ignore[misc]  # NX-27017 has no types
    """NX-27017, quicker where a command writes several documents."""

    def handle_insert(self, msg: dict[str, Any]) -> Answer:
        """As NX-27017 does it, duplicates told apart, but in one transaction of SQLite."""
        return self._in_one(msg, super().handle_insert)

    def handle_command(self, msg: dict[str, Any]) -> Answer:
        """As NX-27017 does it; several updates of one command in one transaction of SQLite."""
        parts = (part for _, part in msg["sections"] if isinstance(part, dict))
        if any(len(part.get("updates", ())) > 1 for part in parts):
            return self._in_one(msg, super().handle_command)
        return _typed(super().handle_command(msg))

    def _in_one(self, msg: dict[str, Any], handle: Callable[[dict[str, Any]], Any]) -> Answer:
        body: dict[str, Any] = next((part for kind, part in msg["sections"] if kind == "body"), {})
        name = body.get("$db", "test")
        with self._lock_for(name):
            connection = self.get_database(name)
            if connection.db.in_transaction:  # a session's own
                return _typed(handle(msg))
            self._apply_write_concern(connection, name, body.get("writeConcern"))  # not possible inside one
            try:
                return _in_transaction(connection, msg, handle)
            except sqlite3.OperationalError as error:
                if FULL not in str(error):
                    raise
                return int(msg["request_id"]), {"ok": 0, "errmsg": FULL, "code": OUT_OF_DISK}


def _in_transaction(connection: Any, msg: dict[str, Any], handle: Callable[[dict[str, Any]], Any]) -> Answer:
    with connection.transaction():
        answer = _typed(handle(msg))
        if not connection.db.in_transaction:  # a full disk ends it early; what came before is gone
            raise sqlite3.OperationalError(_why(answer[1]))
    return answer


def _why(answer: dict[str, Any]) -> str:
    """What SQLite said of the document that it was at."""
    errors = answer.get("writeErrors") or [{}]
    return str(errors[0].get("errmsg") or LOST)


def _typed(answer: tuple[Any, Any]) -> Answer:
    return int(answer[0]), dict(answer[1])
