"""The lock, `.altpress/lock.jsonl`: every fact that the outputs are made of. No I/O.

One compact JSON object a line, keys sorted; records by repository id and asset id, then what was taken over
from a hand-made source (`kind: adopted`), then what published files were that are gone (`kind: removed`). The
same values give the same bytes, so that a change of one release is a change of one line.

Records that no app of the catalog takes any more stay, so that the app may come back without a download; a
release or file that is gone from GitHub takes its record along.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from bot.errors import BadCatalog, FileProblem
from bot.records import Record, Value

PATH = ".altpress/lock.jsonl"
MAX_BYTES = 256 * 1024 * 1024
MAX_PROBLEMS = 20
_SCOPES = ("source", "app", "version")


class Adopted(Value):
    """What was taken over, once, from a hand-made source; `entry` is its JSON with unknown keys.

    `source`: the document's own keys without `apps`. `app`: an app's keys without its versions. `version`:
    one version. `app` is the catalog's id of the app that goes on with it, None for an app that the catalog
    does not feed; `bundle_identifier` tells those apart, `index` keeps the order of the document.
    """

    kind: Literal["adopted"] = "adopted"
    scope: Literal["source", "app", "version"]
    app: str | None = None
    bundle_identifier: str | None = None
    index: int = 0
    entry: dict[str, Any] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str, str, int]:
        return _SCOPES.index(self.scope), self.app or "", self.bundle_identifier or "", self.index


class Removed(Value):
    """A file that was published and is gone: what its version's bytes were (docs/life.md)."""

    kind: Literal["removed"] = "removed"
    repository_id: int
    repository: str | None = None  # "owner/name" at the time; older lines do not say it
    asset_id: int
    app: str
    version: str
    build: str
    size: int  # bytes of the IPA, as `sha256`
    sha256: str | None = None

    @property
    def key(self) -> str:
        return f"{self.repository_id}:{self.asset_id}"


class Lock(Value):
    records: tuple[Record, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    removed: tuple[Removed, ...] = ()


Line = Record | Adopted | Removed
_KINDS: dict[str, type[Line]] = {"record": Record, "adopted": Adopted, "removed": Removed}


@dataclass(frozen=True)
class Salvaged:
    """What a lock still says where some of its lines cannot be used."""

    lock: Lock
    problems: tuple[FileProblem, ...] = ()  # by line; MAX_PROBLEMS at most
    lost: int = 0  # lines that cannot be used, all of them


def parse_lock(data: bytes) -> Lock:
    """The lock's values. Raises BadCatalog with the lines that cannot be used."""
    found = salvage_lock(data)
    if found.problems:
        raise _bad(found.problems)
    return found.lock


def salvage_lock(data: bytes) -> Salvaged:
    """The lines that can be used, and what is wrong with the others. Raises BadCatalog for too large a file.

    Of two records that say different things about one asset neither is believed: its release tells which is
    right. The other kinds have no release any more, so their first line stays.
    """
    if len(data) > MAX_BYTES:
        raise _bad([FileProblem(None, "", f"is larger than {MAX_BYTES // 1024**2} MiB")])
    lines = _Lines()
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            lines.add(number, _parse_line(line))
    kept = [record for key, (record, _) in lines.records.items() if key not in lines.disputed]
    lock = _sorted(kept, lines.adopted.values(), lines.removed.values())
    return Salvaged(lock, tuple(lines.problems), lines.lost)


class _Lines:
    """The lines of a lock so far."""

    def __init__(self) -> None:
        self.records: dict[str, tuple[Record, int]] = {}  # with their line
        self.adopted: dict[tuple[int, str, str, int], Adopted] = {}
        self.removed: dict[str, Removed] = {}
        self.disputed: set[str] = set()  # keys of records
        self.problems: list[FileProblem] = []
        self.lost = 0

    def add(self, number: int, value: Line | str) -> None:
        if isinstance(value, str):
            self._lose(number, value)
        elif isinstance(value, Record):
            first, line = self.records.setdefault(value.key, (value, number))
            if first is not value:
                same = first == value
                said = f"repeats line {line}" if same else f"disagrees with line {line}"
                self._lose(number, f"{said} on the asset {value.key}")
                self.disputed |= set() if same else {value.key}
        elif isinstance(value, Removed):
            if self.removed.setdefault(value.key, value) is not value:
                self._lose(number, f"repeats the removed asset {value.key}")
        elif self.adopted.setdefault(value.key, value) is not value:
            self._lose(number, "repeats an adopted entry")

    def _lose(self, number: int, reason: str) -> None:
        self.lost += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(FileProblem(number, "", reason))


def render_lock(lock: Lock) -> bytes:
    """The file's bytes; parse_lock gives the same values back."""
    ordered = _sorted(lock.records, lock.adopted, lock.removed)
    lines = [_line(record.model_dump(mode="json", exclude_none=True)) for record in ordered.records]
    # None inside an adopted entry is somebody's own word and stays
    lines += [
        _line({**a.model_dump(exclude={"entry"}, exclude_none=True), "entry": a.entry})
        for a in ordered.adopted
    ]
    lines += [_line(removed.model_dump(exclude_none=True)) for removed in ordered.removed]
    return "".join(lines).encode("utf-8", "replace")


def _sorted(records: Iterable[Record], adopted: Iterable[Adopted], removed: Iterable[Removed]) -> Lock:
    return Lock.model_construct(
        records=tuple(sorted(records, key=lambda r: (r.repository_id, r.asset_id))),
        adopted=tuple(sorted(adopted, key=lambda a: a.key)),
        removed=tuple(sorted(removed, key=lambda r: (r.repository_id, r.asset_id))),
    )


def _line(value: dict[str, Any]) -> str:
    return (
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"
    )


def _parse_line(line: bytes) -> Line | str:
    """The line's value, or what is wrong with it."""
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return "is no JSON object on one line (a merge conflict?)"
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in _KINDS:
        return "must be an object with `kind` `record`, `adopted` or `removed`"
    try:
        return _KINDS[kind].model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = " > ".join(str(part)[:60] for part in first["loc"])
        return f"{where}: {first['msg']}"


def _bad(problems: Sequence[FileProblem]) -> BadCatalog:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return BadCatalog(f"{PATH} cannot be used: {problems[0]}{more}", problems)
