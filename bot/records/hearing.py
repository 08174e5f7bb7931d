"""Whether webhooks arrive. No I/O."""

from pydantic import Field

from bot.records.base import Value


class FailedDelivery(Value):
    """A webhook that did not arrive, as GitHub's log has it, and what was done about it."""

    guid: str
    hook: str  # "app", or "owner/name#id" of a repository's own
    id: int  # of an attempt in that log, by which GitHub is asked to send it again
    event: str
    action: str | None = None
    failed_ms: int  # the first attempt: GitHub keeps it for three days
    asked: int = 0
    next_ms: int = 0  # not asked for again before


class HookMark(Value):
    """How far a webhook's log has been read."""

    read_ms: int = 0  # everything that GitHub logged before this is known, but for the backlog
    cursor: str | None = None  # where the reading of what is older goes on
    until_ms: int = 0  # where the backlog ends
    refused_ms: int = 0  # when GitHub said that altpress may not read it


class Hearing(Value):
    """What is known of a repository's webhooks."""

    since_ms: int | None = None  # when altpress began to watch it
    heard_ms: int | None = None  # the last delivery from there
    missed: dict[str, int] = Field(default_factory=dict)  # tag -> published, of those found without one
    alarms: dict[str, str] = Field(default_factory=dict)  # site -> where its maintainer is told

    @property
    def unannounced(self) -> dict[str, int]:
        """The missed releases since the last webhook: one that comes ends the list."""
        return {tag: at for tag, at in self.missed.items() if at > (self.heard_ms or 0)}
