"""Opening one file of a release: over the network, within the time and the room that one file may take."""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol

from bot.context import Context
from bot.errors import BadIpa, NotFound, Unavailable
from bot.ipa.limits import Limits
from bot.ipa.model import IpaInfo
from bot.ipa.wrapped import Contents, Wanted, read_asset
from bot.metrics.table import INGEST_BYTES, INGEST_SECONDS
from bot.records import Asset, Facts, InnerIpa
from bot.source.facts import facts_from_ipa
from jobs.records import digest_of

log = logging.getLogger(__name__)
_LIMITS = Limits()
_STEP = 1 << 20  # bytes of one read


class Fetched(Protocol):
    """An asset as `bot.github` opens it."""

    def seek(self, offset: int, /) -> int: ...
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Opened:
    """What a record keeps of a file."""

    facts: Facts
    sha256: str | None  # the asset's
    inner: InnerIpa | None


def open_file(
    ctx: Context, wanted: Wanted, asset: Asset, *, private_of: str | None, limits: Limits = _LIMITS
) -> Opened:
    """What is inside; the icon's picture goes into the store, to be committed with the next publish.

    `private_of` is the full name of the repository when that is private. Raises BadIpa for what the file
    itself is, and Unavailable for what may be otherwise the next time: the network, no room for a temporary
    file, a server too slow for the time that one file may take.
    """
    try:
        with _measured(ctx):
            contents = _fetch_contents(ctx, wanted, asset, private_of, limits)
    except (
        NotFound
    ):  # the release was read just now and lists it: storage comes after, or it was deleted since
        raise Unavailable(f"{asset.name} cannot be fetched, though the release lists it.") from None
    except OSError as error:
        raise Unavailable(
            f"{asset.name} cannot be kept while it is read: {error.strerror or type(error).__name__}."
        ) from None
    info, inner = contents.info, None
    if info.problems:
        log.info(
            "ipa_problems", extra={"asset": asset.name, "codes": [found.code for found in info.problems]}
        )
    if contents.inner is not None:
        inner = InnerIpa(name=contents.inner, size=info.size, sha256=info.sha256)
    return Opened(_keep(ctx, info), None if inner else info.sha256, inner)


def _fetch_contents(
    ctx: Context, wanted: Wanted, asset: Asset, private_of: str | None, limits: Limits
) -> Contents:
    with ctx.github.open_asset(
        asset, hosts=ctx.asset_hosts, max_bytes=wanted.max_bytes, private_of=private_of
    ) as file:
        timed = Timed(file, asset.name, limits.seconds)
        try:
            return read_asset(
                timed,
                size=file.size,
                sha256=digest_of(asset),
                wanted=wanted,
                spool=_make_temporary,
                limits=limits,
            )
        except BadIpa as error:
            if error.code == "too_slow" and timed.is_slow:
                raise timed.too_slow() from None
            raise
        finally:
            cost = {"requests": file.transfer.requests, "bytes": file.transfer.bytes}
            ctx.meter.count(INGEST_BYTES, "size", by=file.size)
            ctx.meter.count(INGEST_BYTES, "transferred", by=file.transfer.bytes)
            log.info("ipa_read", extra={"asset": asset.name, "waited": round(timed.waited, 3), **cost})


@contextmanager
def _measured(ctx: Context) -> Iterator[None]:
    """How long a file took, by how its reading ended."""
    began, outcome = time.monotonic(), "failed"
    try:
        yield
        outcome = "read"
    except BadIpa:
        outcome = "refused"
        raise
    finally:
        ctx.meter.observe(INGEST_SECONDS, time.monotonic() - began, outcome)


def _keep(ctx: Context, info: IpaInfo) -> Facts:
    facts = facts_from_ipa(info)
    if info.icon and facts.icon:
        ctx.store.blobs.put(f"sha256:{facts.icon.sha256}", info.icon.png)
    return facts


def _make_temporary() -> IO[bytes]:
    return tempfile.TemporaryFile(prefix="altpress-")  # on POSIX without a name: nothing stays behind


class Timed:
    """A file that gives up when its bytes come too slowly, and knows how long they were waited for.

    A large read is made of smaller ones, all announced at once, so that the time is looked at in between.
    """

    def __init__(self, file: Fetched, name: str, limit: float) -> None:
        self._file, self._name, self._limit = file, name, limit
        self._ends = time.monotonic() + limit
        self._at = 0
        self.waited = 0.0  # seconds

    def seek(self, offset: int, /) -> int:
        self._at = self._file.seek(offset)
        return self._at

    def read(self, size: int, /) -> bytes:
        if size > _STEP:
            self.expect(self._at, self._at + size)
        parts = [self._read(min(_STEP, size))]
        while parts[-1] and (size := size - len(parts[-1])) > 0:
            parts.append(self._read(min(_STEP, size)))
        return b"".join(parts)

    def _read(self, size: int) -> bytes:
        started = time.monotonic()
        if started > self._ends:
            raise self.too_slow()
        try:
            data = self._file.read(size)
        finally:
            self.waited += time.monotonic() - started
        self._at += len(data)
        return data

    def expect(self, start: int, end: int) -> None:
        expect = getattr(self._file, "expect", None)
        if expect is not None:
            expect(start, end)

    @property
    def is_slow(self) -> bool:
        """Whether waiting is what took the time."""
        return self.waited > self._limit / 2

    def too_slow(self) -> Unavailable:
        return Unavailable(f"{self._name} comes too slowly to be read in time.")
