"""Deliveries and publications in the order in which they are listed, and the history of each delivery.

Until November 22nd they were sorted by an index on two fields, which the embedded engine does not use: rows
of then are in no list by state or site, and are never purged. Until November 23rd no times of a delivery's
states were noted: what is known of them are the arrival and the end.
"""

from bot.migrate.model import Row, Steps, Update

VERSION = 2
TITLE = "list every delivery by its state, every publication by its site"
NEEDS = 0
DOWN = "It added fields that an altpress of before does not look at, and took away what none reads."


def up(steps: Steps) -> None:
    steps.rewrite(
        "deliveries",
        change_delivery,
        reads=("state", "state_ms", "received_ms", "settled_ms", "history"),
        same=("rev",),  # which every change of a delivery raises
    )
    steps.rewrite("publications", change_publication, reads=("site", "site_ms", "at_ms"))
    steps.drop_index("deliveries", "state", "received_ms")
    steps.drop_index("publications", "site", "at_ms")


def change_delivery(row: Row) -> Update:
    state, received_ms = row["state"], row["received_ms"]
    fields: dict[str, object] = {}
    if not row.get("state_ms"):
        fields["state_ms"] = f"{state}|{received_ms:015d}"
    if not row.get("history"):
        later = [] if state == "pending" else [[state, row.get("settled_ms") or received_ms]]
        fields["history"] = [["pending", received_ms], *later]
    return {"$set": fields}


def change_publication(row: Row) -> Update:
    site = row["_id"].rpartition("|")[0]  # a commit follows
    fields = {} if row.get("site_ms") else {"site_ms": f"{site}|{row['at_ms']:015d}"}
    return {"$set": fields, "$unset": {"site": ""} if "site" in row else {}}
