"""Every document gets `schema_version`, so that a later altpress knows what it has before it."""

from bot.migrate.model import Row, Steps, Update

VERSION = 1
TITLE = "stamp every document with its version"
NEEDS = 0
DOWN = "It only added a field, schema_version, that an altpress of before does not look at."

# as they were named when this was written: a collection that is new since never had documents without one
COLLECTIONS = (
    "answers", "blob_chunks", "blobs", "command_rates", "decision_edits", "deliveries", "delivery_chunks",
    "heads", "hearings", "hook_marks", "imports", "notices", "publication_causes", "publications", "ready",
    "records", "redeliveries", "repositories", "site_issues", "sites", "talks", "troubles",
)  # fmt: skip


def up(steps: Steps) -> None:
    for name in COLLECTIONS:
        steps.rewrite(name, _nothing_else)


def _nothing_else(row: Row) -> Update:
    del row
    return {}
