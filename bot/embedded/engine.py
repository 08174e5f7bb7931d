"""NX-27017 with one commit, and one sync to the disk, for all documents of an insert."""

import sqlite3
from typing import Any

from nx_27017.handler import NeoSQLiteHandler

LOST = "the transaction was rolled back"


class Engine(NeoSQLiteHandler):  # type: ignore[misc]  # NX-27017 has no types
    """NX-27017 commits each document on its own: with `journal=true` that is a sync of the disk for each."""

    def handle_insert(self, msg: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """As NX-27017 does it, duplicates told apart, but in one transaction of SQLite."""
        body: dict[str, Any] = next((part for kind, part in msg["sections"] if kind == "body"), {})
        name = body.get("$db", "test")
        with self._lock_for(name):
            connection = self.get_database(name)
            if connection.db.in_transaction:  # a session's own
                return self._insert(msg)
            self._apply_write_concern(connection, name, body.get("writeConcern"))  # not possible inside one
            with connection.transaction():
                answer = self._insert(msg)
                if not connection.db.in_transaction:  # a full disk ends it early; what came before is gone
                    raise sqlite3.OperationalError(LOST)
            return answer

    def _insert(self, msg: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        request, answer = super().handle_insert(msg)
        return int(request), dict(answer)
