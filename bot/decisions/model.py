"""What a maintainer can decide. No I/O."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class Kind(StrEnum):
    YANK = "yank"
    PIN = "pin"
    HOLD = "hold"
    APPROVE = "approve"
    PROMOTE = "promote"


WITHOUT_VERSION = frozenset({Kind.HOLD, Kind.PROMOTE})


def _moment(value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a time such as `2026-11-22T21:48:16Z`") from None
    if moment.tzinfo is None:
        raise ValueError("must name its time zone, such as `2026-11-22T21:48:16Z`")
    return value


Moment = Annotated[str, AfterValidator(_moment), Field(max_length=40)]
LONGEST_NAME = 300  # characters of an app's or a version's
Short = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
MOST_FILES = 50  # that one approval names
FileKey = Annotated[str, Field(pattern=r"^[0-9]{1,20}:[0-9]{1,20}$")]  # GitHub's repository id and asset id


class Decision(BaseModel):
    """One decision. `version` is a version, `1.2.0 (57)` with its build, or the release's tag."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    app: Short | None = None  # the app's `id`; None is the whole site (hold and promote)
    version: Short | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None
    actor: Short
    at: Moment
    link: Annotated[str, Field(max_length=2000)] | None = None  # the comment that asked for it
    until: Moment | None = None  # without effect from then on
    seen: Moment | None = None  # approve: a file uploaded after it is not meant; None: after `at`
    files: Annotated[tuple[FileKey, ...], Field(min_length=1, max_length=MOST_FILES)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind in WITHOUT_VERSION:
            if self.version is not None:
                raise ValueError(f"a {self.kind} is for an app or the site, and takes no `version`")
        elif self.app is None or self.version is None:
            raise ValueError(f"a {self.kind} needs `app` and `version`")
        for name in ("seen", "files"):
            if getattr(self, name) is not None and self.kind is not Kind.APPROVE:
                raise ValueError(f"a {self.kind} takes no `{name}`: it is for approve")
        return self

    @property
    def reach(self) -> float:
        """Seconds since 1970: what came later, an approval or a promotion does not mean."""
        return seconds(self.seen or self.at)

    def means(self, file: str, uploaded: float) -> bool:
        """Whether an approval is for the file of that key (`Record.key`), uploaded then."""
        return self.reach >= uploaded and (self.files is None or file in self.files)

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


def seconds(moment: str) -> float:
    """An ISO 8601 time as seconds since 1970; a time without zone is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def stamp(at: float) -> str:
    """Seconds since 1970 as decisions and the lock write them: whole seconds of UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
