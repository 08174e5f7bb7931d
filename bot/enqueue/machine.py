"""Which machine this is: by its host name, and where the system tells, by what no other has.

Containers may share a host name (`hostname:` in a compose file), and in each the first process has the number
1. What tells them apart: the start of the machine below, and the container's own space of process numbers.
A container's health check runs in the same space as the process that it asks for.
"""

import hashlib
import socket
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SPACE = Path("/proc/self/ns/pid")


@cache
def machine_name() -> str:
    """`host-1a2b3c4d`; the same for all processes of a machine or container, until it starts anew."""
    try:
        own = f"{_BOOT.read_text()} {_SPACE.readlink()}"
    except OSError:  # not Linux
        own = ""
    return f"{socket.gethostname()}-{hashlib.sha256(own.encode()).hexdigest()[:8]}"
