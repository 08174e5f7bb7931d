"""What a failure of the database is told as."""

import pytest
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure, PyMongoError, WriteError

from bot.errors import DatabaseAway, Unavailable
from bot.store.errors import translating

FULL = "database or disk is full"


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (OperationFailure("no space", 14031), Unavailable, "disk is full"),
        (WriteError(FULL, 8, {"errmsg": FULL}), Unavailable, "disk is full"),
        (BulkWriteError({"writeErrors": [{"code": 8, "errmsg": FULL}]}), Unavailable, "disk is full"),
        (OperationFailure("who are you", 18), DatabaseAway, "refuses altpress's user"),
        (AutoReconnect("host:27017"), DatabaseAway, "does not answer"),
    ],
)  # fmt: skip
def test_it_is_told_by_what_is_to_be_done(error: PyMongoError, kind: type[Unavailable], told: str) -> None:
    """A full disk is no database that is away: where that is looked for helps nobody."""
    with pytest.raises(Unavailable, match=told) as caught, translating():
        raise error
    assert type(caught.value) is kind
    assert "27017" not in caught.value.public
