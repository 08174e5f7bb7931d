"""A maintainer's decisions, `.altpress/decisions.json`, and what they mean. No I/O.

    {"decisions": [{"kind": "yank", "app": "acme", "version": "1.2.0", "reason": "crashes at start",
                    "actor": "octocat", "at": "2026-11-22T21:48:16Z", "link": "https://…"}]}

yank takes a version out; pin puts it first; hold keeps what comes after it out, for one app or (without
`app`) for the whole site, until it is lifted or `until` has passed; approve lets one version through a hold.
"""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.errors import BadCatalog, FileProblem

PATH = ".altpress/decisions.json"
MAX_BYTES = 1024 * 1024


class Kind(StrEnum):
    YANK = "yank"
    PIN = "pin"
    HOLD = "hold"
    APPROVE = "approve"


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a time such as `2026-11-22T21:48:16Z`") from None
    if moment.tzinfo is None:
        raise ValueError("must name its time zone, such as `2026-11-22T21:48:16Z`")
    return value


Moment = Annotated[str, AfterValidator(_moment), Field(max_length=40)]
Short = Annotated[str, Field(min_length=1, max_length=300)]


class Decision(BaseModel):
    """One decision. `version` is a version, `1.2.0 (57)` with its build, or the release's tag."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    app: Short | None = None  # the app's `id`; None is the whole site (hold only)
    version: Short | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None
    actor: Short
    at: Moment
    link: Annotated[str, Field(max_length=2000)] | None = None  # the comment that asked for it
    until: Moment | None = None  # without effect from then on

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind is Kind.HOLD:
            if self.version is not None:
                raise ValueError("a hold is for an app or the site, and takes no `version`")
        elif self.app is None or self.version is None:
            raise ValueError(f"a {self.kind} needs `app` and `version`")
        return self

    def names(self, app: str, *, version: str, build: str | None, tag: str | None) -> bool:
        """Whether it is about that version of that app."""
        if self.app is None or self.app.lower() != app.lower():
            return False
        return self.version in {version, f"{version} ({build})", tag}


class Decisions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: tuple[Decision, ...] = ()

    def active(self, now: float) -> "Decisions":
        """Those in force at `now` (seconds since 1970)."""
        return Decisions(
            decisions=tuple(d for d in self.decisions if d.until is None or seconds(d.until) > now)
        )

    def of(self, kind: Kind) -> tuple[Decision, ...]:
        return tuple(d for d in self.decisions if d.kind is kind)


def parse_decisions(data: bytes) -> Decisions:
    """The decisions in the file. Raises BadCatalog with every problem."""
    if len(data) > MAX_BYTES:
        raise _bad([FileProblem(None, "", "is larger than 1 MiB")])
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise _bad([FileProblem(error.lineno, "", f"is no JSON: {error.msg}")]) from None
    except (UnicodeDecodeError, RecursionError):
        raise _bad([FileProblem(None, "", "is no JSON in UTF-8")]) from None
    except _DuplicateKey as error:
        raise _bad([FileProblem(None, "", f"gives the key `{error}` twice in one object")]) from None
    try:
        return Decisions.model_validate(document)
    except ValidationError as error:
        raise _bad([_translate(found) for found in error.errors(include_url=False)]) from None


def render_decisions(decisions: Decisions) -> bytes:
    """The file's bytes: two spaces, fixed key order, one newline at the end."""
    document = decisions.model_dump(mode="json", exclude_none=True)
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def seconds(moment: str) -> float:
    """An ISO 8601 time as seconds since 1970; a time without zone is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


class _DuplicateKey(Exception):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _DuplicateKey(key[:60])
        found[key] = value
    return found


def _bad(problems: list[FileProblem]) -> BadCatalog:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return BadCatalog(f"{PATH} cannot be used: {problems[0]}{more}", problems)


def _translate(error: Any) -> FileProblem:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        allowed = Decision.model_fields if len(error["loc"]) > 1 else Decisions.model_fields
        message = f"is no key here; allowed: {', '.join(allowed)}"
    if not error["loc"]:
        message = "must be an object with the list `decisions`"
    return FileProblem(None, " > ".join(str(part)[:60] for part in error["loc"]), message)
