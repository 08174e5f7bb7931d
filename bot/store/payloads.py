"""What a delivery brought: headers and body, compressed, in pieces when they are large."""

import json
import zlib
from typing import Any

from zlib_ng import zlib_ng

from bot.store.chunks import CHUNK_BYTES, Chunks
from bot.store.delivery_rows import NewDelivery, PendingDelivery

UNREADABLE = (zlib.error, ValueError, TypeError, KeyError)  # what `unpack` raises for a damaged one


class Payloads(Chunks):
    """Beside the rows of `deliveries`: their fields, and the pieces in a collection of their own."""

    def pack(self, new: NewDelivery) -> dict[str, Any]:
        """The fields that hold what came in; large ones are written in pieces first."""
        payload = zlib_ng.compress(new.body, 6)  # a third of the time of zlib, and as small
        if len(payload) <= CHUNK_BYTES:
            return {"headers": json.dumps(new.headers), "payload": payload}
        chunks = self.save(new.guid, payload, new.received_ms)
        return {"headers": json.dumps(new.headers), "chunks": chunks}

    def unpack(self, row: dict[str, Any]) -> PendingDelivery | None:
        """None when there is none (any more); raises one of UNREADABLE."""
        chunks = row.get("chunks", 0)
        payload = self.load(row["_id"], chunks) if chunks else row.get("payload")
        if payload is None:
            return None
        return PendingDelivery(row["_id"], json.loads(row["headers"]), zlib.decompress(payload))
