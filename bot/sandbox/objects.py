r"""Git objects of one bare repository, read and written as loose files; git itself is the fallback.

A loose object is `zlib("<type> <size>\0" + data)` in `objects/ab/cdef…` (git's gitformat-loose). In the
process this takes some 50 µs where a `git cat-file` takes 4 ms; a publish reads and writes a dozen. The
sandbox's repositories unpack every push (`receive.unpackLimit`), so packs appear only when a person packs.
"""

import hashlib
import os
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from bot.sandbox.shapes import TreeEntry

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",  # nobody's settings, hooks or credentials
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
DIRECTORY = "040000"
SHA = re.compile(r"[0-9a-f]{40}")


class BadObjectError(Exception):
    """What was asked for is no object of this repository, or not of that kind."""


def run_git(directory: Path, *arguments: str, data: bytes = b"", check: bool = True) -> bytes:
    """What a git command prints; raises subprocess.CalledProcessError when it fails and `check` is on."""
    return subprocess.run(
        ["git", "--git-dir", str(directory), *arguments],  # noqa: S607  # git is wherever PATH says
        input=data, capture_output=True, check=check, env=ENVIRONMENT,
    ).stdout  # fmt: skip


def build_entry_type(mode: str) -> str:
    return {DIRECTORY: "tree", "160000": "commit"}.get(mode, "blob")


def parse_tree(data: bytes) -> list[TreeEntry]:
    """The lines of a tree object."""
    entries, at = [], 0
    while at < len(data):
        end = data.index(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        text = mode.decode().zfill(6)
        sha = data[end + 1 : end + 21].hex()
        path = name.decode("utf-8", "surrogateescape")
        entries.append(TreeEntry(path, text, build_entry_type(text), sha))
        at = end + 21
    return entries


def render_tree(entries: Iterable[TreeEntry]) -> bytes:
    """A tree object, sorted as git wants it: a folder as if its name ended with a slash."""

    def order(entry: TreeEntry) -> bytes:
        return entry.path.encode("utf-8", "surrogateescape") + (b"/" if entry.mode == DIRECTORY else b"")

    return b"".join(
        f"{e.mode.lstrip('0')} ".encode() + order(e).rstrip(b"/") + b"\0" + bytes.fromhex(e.sha)
        for e in sorted(entries, key=order)
    )


class Objects:
    """The object database of a bare repository."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def read(self, sha: str) -> tuple[str, bytes] | None:
        """The kind and the bytes of an object, or None."""
        if not SHA.fullmatch(sha):
            return None
        try:
            raw = zlib.decompress((self.directory / "objects" / sha[:2] / sha[2:]).read_bytes())
        except FileNotFoundError:
            return self._read_packed(sha)
        header, _, data = raw.partition(b"\0")
        return header.split(b" ")[0].decode(), data

    def read_as(self, kind: str, sha: str) -> bytes:
        """The bytes of an object of this kind; raises BadObjectError."""
        found = self.read(sha)
        if found is None or found[0] != kind:
            raise BadObjectError(f"{sha} is no {kind} of this repository")
        return found[1]

    def size(self, sha: str) -> int | None:
        """How many bytes an object has; of a loose one only the beginning is read."""
        try:
            with (self.directory / "objects" / sha[:2] / sha[2:]).open("rb") as file:
                # the code tables of a deflated block may take 300 bytes before the first of its content
                header = zlib.decompressobj().decompress(file.read(1024), 64)
        except FileNotFoundError:
            found = self._read_packed(sha)
            return len(found[1]) if found else None
        return int(header.partition(b"\0")[0].split(b" ")[1])

    def write(self, kind: str, data: bytes) -> str:
        """The name of the object, which is stored when it was not there."""
        raw = f"{kind} {len(data)}\0".encode() + data
        sha = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        target = self.directory / "objects" / sha[:2] / sha[2:]
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            # git takes no file that is half written: a new name appears only when it is whole
            with tempfile.NamedTemporaryFile(dir=target.parent, prefix="tmp_obj_", delete=False) as file:
                file.write(zlib.compress(raw, 1))
            Path(file.name).chmod(0o444)
            Path(file.name).replace(target)
        return sha

    def read_tree(self, sha: str, *, recursive: bool = False, prefix: str = "") -> list[TreeEntry]:
        """The entries of a tree; recursive as GitHub lists them, each folder before what is in it."""
        found: list[TreeEntry] = []
        for entry in parse_tree(self.read_as("tree", sha)):
            path = prefix + entry.path
            found.append(TreeEntry(path, entry.mode, entry.type, entry.sha))
            if recursive and entry.type == "tree":
                found += self.read_tree(entry.sha, recursive=True, prefix=path + "/")
        return found

    def _read_packed(self, sha: str) -> tuple[str, bytes] | None:
        answer = run_git(self.directory, "cat-file", "--batch", data=sha.encode() + b"\n", check=False)
        header, _, rest = answer.partition(b"\n")
        words = header.split(b" ")
        if len(words) != 3 or words[0] != sha.encode():
            return None
        return words[1].decode(), rest[: int(words[2])]
