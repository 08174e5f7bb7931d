"""The lock, `.altpress/lock.jsonl`: every fact that the outputs are made of. No I/O.

One compact JSON object a line, keys sorted; records by repository id and asset id, then what was taken over
from a hand-made source (`kind: adopted`). The same values give the same bytes, so that a change of one
release is a change of one line.
"""

import json
from collections.abc import Iterable
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


class Lock(Value):
    records: tuple[Record, ...] = ()
    adopted: tuple[Adopted, ...] = ()


def parse_lock(data: bytes) -> Lock:
    """The lock's values. Raises BadCatalog with the lines that cannot be read."""
    if len(data) > MAX_BYTES:
        raise _bad([FileProblem(None, "", f"is larger than {MAX_BYTES // 1024**2} MiB")])
    records: dict[str, Record] = {}
    adopted: dict[tuple[int, str, str, int], Adopted] = {}
    problems: list[FileProblem] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        value = _parse_line(line)
        if isinstance(value, str):
            problems.append(FileProblem(number, "", value))
        elif isinstance(value, Record):
            if records.setdefault(value.key, value) is not value:
                problems.append(FileProblem(number, "", f"repeats the asset {value.key}"))
        elif adopted.setdefault(value.key, value) is not value:
            problems.append(FileProblem(number, "", "repeats an adopted entry"))
        if len(problems) >= MAX_PROBLEMS:
            break
    if problems:
        raise _bad(problems)
    return _sorted(records.values(), adopted.values())


def render_lock(lock: Lock) -> bytes:
    """The file's bytes; parse_lock gives the same values back."""
    ordered = _sorted(lock.records, lock.adopted)
    lines = [_line(record.model_dump(mode="json", exclude_none=True)) for record in ordered.records]
    # None inside an adopted entry is somebody's own word and stays
    lines += [
        _line({**a.model_dump(exclude={"entry"}, exclude_none=True), "entry": a.entry})
        for a in ordered.adopted
    ]
    return "".join(lines).encode("utf-8", "replace")


def _sorted(records: Iterable[Record], adopted: Iterable[Adopted]) -> Lock:
    return Lock.model_construct(
        records=tuple(sorted(records, key=lambda r: (r.repository_id, r.asset_id))),
        adopted=tuple(sorted(adopted, key=lambda a: a.key)),
    )


def _line(value: dict[str, Any]) -> str:
    return (
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n"
    )


def _parse_line(line: bytes) -> Record | Adopted | str:
    """The line's value, or what is wrong with it."""
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return "is no JSON object on one line (a merge conflict?)"
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in ("record", "adopted"):
        return "must be an object with `kind` `record` or `adopted`"
    try:
        return Record.model_validate(value) if kind == "record" else Adopted.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = " > ".join(str(part)[:60] for part in first["loc"])
        return f"{where}: {first['msg']}"


def _bad(problems: list[FileProblem]) -> BadCatalog:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return BadCatalog(f"{PATH} cannot be used: {problems[0]}{more}", problems)
