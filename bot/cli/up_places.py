"""What `altpress up` needs of the machine before anything starts: a directory, its lock, ports."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from bot.embedded.lock import Lock, holder, take
from bot.embedded.urls import check_socket_paths
from bot.errors import BadSettings


def make_data_dir(path: Path) -> Path:
    """The data directory with its parts, for its owner alone; its absolute path."""
    data_dir = path.absolute()
    if problem := check_socket_paths(data_dir):
        raise BadSettings(problem)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o700)
        for name in ("run", "mongo", "redis"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise BadSettings(f"The data directory {data_dir} cannot be used: {error.strerror}.") from None
    return data_dir


def lock_data_dir(data_dir: Path) -> Lock:
    """The one lock on the directory, held until the end; BadSettings names who has it."""
    path = data_dir / "up.lock"
    lock = take(path)
    if lock is None:
        raise BadSettings(
            f"altpress is already up on {data_dir} (process {holder(path) or 'unknown'}): "
            "stop that one first, or choose another directory with --data."
        )
    return lock


def check_port(host: str, port: int) -> int:
    """The port, or a free one for 0; BadSettings when it cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadSettings(
                f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port, "
                "or ALTPRESS_PORT."
            ) from None
        return int(probe.getsockname()[1])


def sandbox_port(data_dir: Path) -> int:
    """The port that this directory's sandbox had before, where it is free: published addresses name it."""
    note = data_dir / "run" / "sandbox.port"
    try:
        port = check_port("127.0.0.1", int(note.read_text()))
    except (OSError, ValueError, BadSettings):
        port = check_port("127.0.0.1", 0)
    note.write_text(f"{port}\n")
    return port


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, mode 0600 from the first byte on."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    draft.replace(path)


def write_up_file(data_dir: Path, facts: dict[str, Any]) -> None:
    """`DATA/up.json`: there from the moment that everything answers until it is stopped."""
    write_private(data_dir / "up.json", json.dumps(facts, indent=2) + "\n")
