"""No I/O. Whether a MongoDB keeps what it acknowledges, from its `hello` and the write concern in use.

With w=1 on a replica set, a write that was acknowledged is rolled back when the primary fails before a second
member has it: https://www.mongodb.com/docs/manual/core/replica-set-rollbacks/
"""

from collections.abc import Mapping
from typing import Any

UNACKNOWLEDGED = "ALTPRESS_MONGO_URL says w=0: writes would be lost without a word. Leave w out of it."
ONE_MEMBER = (
    "ALTPRESS_MONGO_URL says w=1, and the server is a replica set: what one member acknowledged is lost when "
    "it fails. Leave w out: altpress asks for majority."
)
STALE = "ALTPRESS_MONGO_URL reads from secondaries, which may lag behind: leave readPreference out."


def check_mongo(write_concern: Mapping[str, Any]) -> list[str]:
    """Why altpress must not start with it; one public sentence each."""
    return [UNACKNOWLEDGED] if write_concern.get("w") == 0 else []


def check_mongo_risks(
    hello: Mapping[str, Any], write_concern: Mapping[str, Any], read_preference: str
) -> list[str]:
    """What an operator should know, but may want."""
    replicated = "setName" in hello or hello.get("msg") == "isdbgrid"
    risks = [ONE_MEMBER] if replicated and write_concern.get("w") == 1 else []
    return risks + ([STALE] if replicated and read_preference != "Primary" else [])
