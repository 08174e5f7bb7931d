"""Whether what is in a database is what `bot/store/collections.py` says of it."""

from typing import Any

from pymongo.database import Database

from bot.store.collections import COLLECTIONS, VERSION_FIELD


def versions(database: Database[dict[str, Any]]) -> dict[str, dict[int | None, int]]:
    """How many documents of each collection carry which version (None: none)."""
    count = [{"$group": {"_id": f"${VERSION_FIELD}", "n": {"$sum": 1}}}]
    return {
        name: {row["_id"]: row["n"] for row in database[name].aggregate(count)}
        for name in database.list_collection_names()
    }


def strangers(database: Database[dict[str, Any]]) -> dict[str, object]:
    """Collections that the table does not name, and those with documents of another version than its own."""
    found = versions(database)
    return {
        name: counted
        for name, counted in found.items()
        if name not in COLLECTIONS or set(counted) - {COLLECTIONS[name].schema_version}
    }
