"""Databases that versions of before left, and what they read in them: tests/data/old_databases.

Each file was written by the code of its `commit`: `altpress up --sandbox` of then, with three releases, one
of them deleted again, comments, and a catalog that cannot be read (of the first file, which is older than
any job: by its store alone). `rows` are all documents as they were in the embedded MongoDB (of the blobs the
smallest three, and no signatures of webhooks), `read` is what that version's own store answered.
"""

import json
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo.database import Database

FOLDER = Path(__file__).parent / "data" / "old_databases"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
Rows = dict[str, list[dict[str, Any]]]


class Old:
    """One of them."""

    def __init__(self, name: str) -> None:
        found = json.loads((FOLDER / f"{name}.json").read_text())
        self.rows: Rows = json_util.loads(json.dumps(found["rows"]))
        self.indexes: dict[str, list[list[str]]] = found["indexes"]
        self.read: dict[str, Any] = found["read"]

    def put(self, database: Database[dict[str, Any]]) -> None:
        """As it was, with its indexes."""
        for name, indexes in self.indexes.items():
            for fields in indexes:
                database[name].create_index([(field, 1) for field in fields])
        for name, rows in self.rows.items():
            if rows:
                database[name].insert_many(rows)


def read_rows(database: Database[dict[str, Any]]) -> Rows:
    """Everything that is there now, what is noted of migrations apart."""
    return {
        name: sorted(database[name].find(), key=lambda row: str(row["_id"]))
        for name in sorted(database.list_collection_names())
        if name not in {"migrations", "migration_lock"}
    }


def without_versions(rows: Rows) -> Rows:
    return {
        name: [{key: value for key, value in row.items() if key != "schema_version"} for row in found]
        for name, found in rows.items()
        if found
    }
