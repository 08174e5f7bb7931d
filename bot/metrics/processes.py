"""How the processes of an installation are: memory, open files, age.

A scrape reaches one web process. So each long-lived process says of itself how it is, under its own name, and
a scrape shows all; the usual `process_…` metrics would be those of whichever process happened to answer.
"""

import os
import resource
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEEN = 60.0  # seconds since it was heard of, after which a process is shown no more
FORGOTTEN = 3600.0  # seconds after which its row is removed
REPORT_EVERY = 10.0  # seconds
_SELF = Path("/proc/self")


@dataclass(frozen=True)
class ProcessState:
    """As it stands in Redis: a JSON list in this order."""

    process: str  # `web`, `worker`, `scheduler`
    name: str  # the machine's, and the process's id there: no other's
    memory: float  # bytes
    open_fds: float
    max_fds: float
    started: float  # Unix seconds
    at: float  # when it said so


def describe_process(process: str, name: str, now: float) -> ProcessState | None:
    """This process; None where /proc does not tell (not Linux)."""
    try:
        pages = int((_SELF / "statm").read_text().split()[1])
        opened = len(list((_SELF / "fd").iterdir())) - 1  # the listing's own
        started = _started()
    except (OSError, ValueError, IndexError):
        return None
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return ProcessState(process, name, pages * resource.getpagesize(), opened, most, started, now)


@cache
def _started() -> float:
    """In whole seconds: what is computed from two clocks must not seem to move."""
    ticks = int((_SELF / "stat").read_text().rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return float(round(time.time() - age))
