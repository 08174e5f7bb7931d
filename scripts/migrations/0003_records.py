"""Records that can be read a page at a time, and tombstones that go some day.

Until November 22nd the records of a site were found by its key alone (`live_site`); without `live` they are
in no source that is published, and their line in the lock does not bring them back. What was noted then as
read from a file (`file`) may have been a lock's word for it. Until November 23rd a tombstone had no time
(`gone_ms`), and stayed for ever.
"""

from functools import partial

from bot.migrate.model import Row, Steps, Update

VERSION = 3
TITLE = "order every record by repository and asset, date every tombstone"
NEEDS = 0


def up(steps: Steps) -> None:
    steps.rewrite(
        "records",
        partial(change_record, now_ms=steps.now_ms),
        reads=("live", "live_site", "file", "removed", "gone_ms", "unpublished"),
    )
    steps.drop_index("records", "live_site")


def change_record(row: Row, now_ms: int) -> Update:
    if "removed" in row:
        dated = "gone_ms" in row or "unpublished" in row  # one that no commit has taken in gets its time then
        return {} if dated else {"$set": {"gone_ms": now_ms}}
    if "live_site" not in row:
        return {}
    if "live" in row:
        return {"$unset": {"live_site": ""}}
    site, _, key = row["_id"].rpartition("|")
    repository, _, asset = key.partition(":")
    live = f"{site}|{int(repository):015d}:{int(asset):015d}"
    return {"$set": {"live": live}, "$unset": {"live_site": "", "file": ""}}


def down(steps: Steps) -> None:
    steps.revert("records", _with_site, to=1, reads=("live",))


def _with_site(row: Row) -> Update:
    return {"$set": {"live_site": row["live"].rpartition("|")[0]}} if "live" in row else {}
