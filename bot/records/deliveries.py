"""Deliveries, why a site is published, and what came of it. No I/O."""

from enum import StrEnum

from bot.records.base import Value


class DeliveryState(StrEnum):
    PENDING = "pending"  # stored, not yet routed
    QUEUED = "queued"  # jobs are under way
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


class Delivery(Value):
    """One webhook delivery as the ledger shows it (the payload apart)."""

    guid: str  # X-GitHub-Delivery
    event: str
    action: str | None = None
    repository: str | None = None
    state: DeliveryState
    received_ms: int
    settled_ms: int | None = None
    open: tuple[str, ...] = ()  # what is still to be done: one token a job
    reason: str | None = None  # why it was ignored, or failed
    attempts: int = 1
    publications: tuple[str, ...] = ()  # commit ids
    history: tuple[tuple[DeliveryState, int], ...] = ()  # each state with its time, oldest first

    @property
    def name(self) -> str:
        """`release.published`; the event alone where it has no action."""
        return f"{self.event}.{self.action}" if self.action else self.event


class CauseKind(StrEnum):
    RELEASE = "release"
    CATALOG = "catalog"
    COMMAND = "command"
    SWEEP = "sweep"
    TIME = "time"
    PULL = "pull-request"


class Cause(Value):
    """Why a site is to be published again; told in the commit and in replies."""

    kind: CauseKind
    delivery: str | None = None  # the GUID
    origin: str | None = None  # without one: what began the work, such as `sweep-1a2b3c4d`
    repository: str | None = None
    tag: str | None = None
    url: str | None = None  # where a person can look: release, comment, commit
    actor: str | None = None
    text: str | None = None  # `/rebuild app`


class Liveness(StrEnum):
    """What came of looking for a publication at its public address."""

    LIVE = "live"  # the published bytes are there
    SUPERSEDED = "superseded"  # the branch moved on before they were
    NOT_LIVE = "not_live"  # they were not, for longer than anybody should wait


class Hosted(Value):
    """An output as people fetch it."""

    path: str  # in the repository
    url: str
    blob: str  # git blob id of its bytes


class Publication(Value):
    """One commit to a site."""

    site: str  # Site.key
    commit: str
    parent: str
    subject: str
    causes: tuple[Cause, ...]
    changes: tuple[str, ...] = ()  # one public sentence each: "Acme 1.2.0 added"
    at_ms: int
    outputs: tuple[Hosted, ...] = ()  # what the public address must show; none: nobody looks
    live: Liveness | None = None
    live_ms: int | None = None  # when that was found

    @property
    def live_seconds(self) -> float | None:
        """From the commit until its bytes were seen at the public address."""
        if self.live is not Liveness.LIVE or self.live_ms is None:
            return None
        return max(self.live_ms - self.at_ms, 0) / 1000
