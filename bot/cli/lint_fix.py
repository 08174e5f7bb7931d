"""`altpress lint --fix`: the difference, and the file."""

import contextlib
import difflib
import os
import tempfile
from pathlib import Path

from bot.clients.encodings import NotJson, decode_text
from bot.errors import NotAllowed

_MOST_LINES = 60_000  # difflib's time grows faster than the document


def diff_documents(old: bytes, new: bytes, name: str) -> list[str]:
    """A unified diff; one line that says so where the document is too long for one."""
    try:
        before = decode_text(old).splitlines()
    except NotJson:
        return []
    after = new.decode().splitlines()
    heads = [f"--- {name}", f"+++ {name}"]
    if max(len(before), len(after)) > _MOST_LINES:
        return [*heads, f"@@ {len(before)} lines -> {len(after)} lines, too many to compare @@"]
    return list(difflib.unified_diff(before, after, name, name, lineterm=""))


def save_document(path: Path, data: bytes) -> None:
    """Replace the file at once, or not at all; its mode stays, and a link stays a link. Raises NotAllowed."""
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise NotAllowed(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise NotAllowed(f"{path} cannot be written: {error.strerror}.") from None
