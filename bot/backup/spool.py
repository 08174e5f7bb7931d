"""A file of this machine without a name, for what does not fit into memory: it is gone with the process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from bot.backup.format import show_size
from bot.errors import Unavailable

MARGIN = 16 * 1024 * 1024  # bytes of the disk that are left to others


class Spool:
    """Raises Unavailable where there is no room. `file` is what was written."""

    def __init__(self, file: FileIO, what: str) -> None:
        self.file = file
        self._what = what

    def expect(self, size: int) -> None:
        """Look whether there is room for so many bytes, before the first of them."""
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if size + MARGIN > free:
            raise _refused(self._what, f"{show_size(size)} are needed, {show_size(free)} are free")

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self.file.write(left) :]
        except OSError as error:
            raise _refused(self._what, str(error.strerror)) from None

    def cut(self, size: int) -> None:
        """Drop what was written after the first `size` bytes."""
        self.file.seek(size)
        self.file.truncate()


@contextmanager
def open_spool(what: str) -> Iterator[Spool]:
    """`what` is copied there: words for people. Not buffered, so that a full disk is told where it is met."""
    try:
        file = tempfile.TemporaryFile(buffering=0, prefix="altpress-")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _refused(what, str(error.strerror)) from None
    with file:
        yield Spool(file, what)


def _refused(what: str, why: str) -> Unavailable:
    try:
        folder = tempfile.gettempdir()
    except OSError:
        folder = "a temporary folder"
    return Unavailable(
        f"{what} is copied to {folder} for the time, which has no room for it ({why}): make some, or set "
        "TMPDIR to a folder that has."
    )
