"""MongoDB: one module a collection.

A standalone server is enough: no transactions, every write is one atomic document operation, keyed so that
doing it twice changes nothing. The same code runs on MongoDB and on the embedded NX-27017; what differs
there is noted where it matters, and `tests/contract/test_store.py` holds both.
"""

from bot.store.database import Store, connect
from bot.store.deadline import within
from bot.store.delivery_rows import Added, NewDelivery, PendingDelivery

__all__ = ["Added", "NewDelivery", "PendingDelivery", "Store", "connect", "within"]
