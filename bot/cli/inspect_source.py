"""Where `altpress inspect` reads from: a file, standard input, or an address."""

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.cli.output import plain
from bot.errors import BadIpa, NotAllowed, NotFound
from bot.github.ranges import open_url
from bot.github.wire import AnyHost
from bot.ipa.directory import SeekableFile

_MAX_BYTES = 4 << 30  # as much as a release's asset may have, twice
_PIECE = 1 << 20  # bytes of standard input at a time
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def is_url(source: str) -> bool:
    """Whether it is an address that can be read. Raises NotAllowed for one that cannot."""
    scheme = _SCHEME.match(source)
    if scheme and scheme[1].lower() not in ("https", "http"):
        raise NotAllowed("Only addresses that begin with https:// can be read, and files.")
    return scheme is not None


@contextmanager
def open_source(source: str) -> Iterator[tuple[SeekableFile, int]]:
    """The open file and its size in bytes.

    Every host may be named, because a person did: those of a private network, too. Which of them may be
    spoken to, and which redirects are followed, is `bot/github/wire.py`'s. Raises BotError, and OSError while
    a file is being read.
    """
    if is_url(source):
        with open_url(source, hosts=AnyHost(), max_bytes=_MAX_BYTES) as remote:
            yield remote, remote.size
    elif source == "-":
        with tempfile.TemporaryFile(prefix="altpress-") as copy:
            yield copy, _copy(sys.stdin.buffer, copy)
    else:
        with _open_file(source) as file:
            yield file, file.seek(0, os.SEEK_END)


def _open_file(path: str) -> IO[bytes]:
    """Raises NotFound; a pipe or a device is not opened, as that could wait, or read, for ever."""
    try:
        kind = Path(path).stat().st_mode if path else None
        if kind is None:
            reason = "its name is empty"
        elif stat.S_ISREG(kind):
            return Path(path).open("rb")
        else:
            folder = stat.S_ISDIR(kind)
            reason = "it is a folder" if folder else "it is no regular file (`-` reads standard input)"
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    raise unreadable(path, reason)


def unreadable(path: str, why: OSError | ValueError | str) -> NotFound:
    """A file that cannot be opened; ValueError is a null byte in its name."""
    reason = why if isinstance(why, str) else getattr(why, "strerror", None) or "No such file or directory"
    name = plain(path, 200) or "The file"
    return NotFound(f"{name} cannot be read: {reason}.", code="unreadable_file")


def _copy(stream: IO[bytes], copy: IO[bytes]) -> int:
    """Everything from the stream, which cannot be sought in, into a temporary file; its size."""
    size = 0
    while piece := stream.read(_PIECE):
        size += copy.write(piece)
        if size > _MAX_BYTES:
            raise BadIpa(
                f"The file has more than the {_MAX_BYTES} bytes that altpress reads.", code="too_large"
            )
    return size
