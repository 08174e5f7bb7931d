"""Where the built-in stores answer, from the data directory alone. No I/O.

Other processes of the same installation (`altpress worker` by hand, the demo) find them with these.
"""

from pathlib import Path
from urllib.parse import quote

# A unix socket's address ends at 104 bytes on macOS and 108 on Linux, its zero byte included.
MAX_SOCKET_PATH = 103


def mongo_socket(data_dir: Path) -> Path:
    return data_dir.absolute() / "mongo.sock"


def redis_socket(data_dir: Path) -> Path:
    return data_dir.absolute() / "redis.sock"


def mongo_url(data_dir: Path) -> str:
    """PyMongo's URL; `journal=true`: a write is on the disk when it is acknowledged."""
    return f"mongodb://{quote(str(mongo_socket(data_dir)), safe='')}/?directConnection=true&journal=true"


def redis_url(data_dir: Path) -> str:
    """redis-py's URL; it decodes percent signs in the path."""
    return f"unix://{quote(str(redis_socket(data_dir)))}"


def check_socket_paths(data_dir: Path) -> str | None:
    """What is wrong with the place, in one sentence; None when sockets fit there."""
    longest = max(mongo_socket(data_dir), redis_socket(data_dir), key=lambda path: len(bytes(path)))
    if len(bytes(longest)) <= MAX_SOCKET_PATH:
        return None
    return (
        f"The data directory's path is too long for a unix socket ({len(bytes(longest))} bytes, "
        f"{MAX_SOCKET_PATH} fit): choose a shorter one with --data."
    )
