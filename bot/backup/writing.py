"""A backup's file as it is written: compressed and digested on its way, in bounded memory."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from zlib_ng import zlib_ng

from bot.backup.documents import build_document
from bot.backup.format import COLLECTION, END, GZIP, HEAD, Digest, Part, build_line

LEVEL = 6


class Sink(Protocol):
    """Takes bytes in order."""

    def write(self, data: bytes, /) -> object: ...


class Writer:
    """Compresses lines into `sink`; `size` and `sha256` are of what went there."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._deflate: Any = zlib_ng.compressobj(LEVEL, zlib_ng.DEFLATED, GZIP)
        self._sha256 = hashlib.sha256()
        self._digest: Digest | None = None
        self.size = 0
        self.parts: dict[str, Part] = {}

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def head(self, **values: object) -> None:
        self._line(build_line(HEAD, values))

    @contextmanager
    def collection(self, name: str) -> Iterator[None]:
        """Documents that are added inside are of this collection."""
        self._line(build_line(COLLECTION, {"name": name}))
        self._digest = Digest()
        yield
        self.parts[name] = self._digest.part()
        self._line(build_line(END, {"name": name, **vars(self.parts[name])}))
        self._digest = None

    def add(self, document: dict[str, Any]) -> int:
        """The bytes of its line. Raises BadBackup for one that could not be read back."""
        assert self._digest is not None
        line = build_document(document)
        self._digest.add(line)
        self._line(line)
        return len(line)

    def end(self) -> None:
        """Nothing more is compressed."""
        self._put(self._deflate.flush())

    def _line(self, line: bytes) -> None:
        self._put(self._deflate.compress(line))

    def _put(self, data: bytes) -> None:
        if data:
            self._sha256.update(data)
            self.size += len(data)
            self._sink.write(data)
