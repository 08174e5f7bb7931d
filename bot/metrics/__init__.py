"""Numbers about altpress's own work, for Prometheus.

What happens is counted in the process where it happens (`meter.py`), added to hashes in Redis now and then
(`shared.py`), and rendered from there when somebody asks (`render.py`): right with any number of web
processes, and with a child of the worker for each job. `table.py` names everything that there is.
"""

from bot.metrics.meter import Batch, Meter
from bot.metrics.shared import Flusher, SharedCounts

__all__ = ["Batch", "Flusher", "Meter", "SharedCounts"]
