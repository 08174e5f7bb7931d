"""The values that travel between the parts of altpress. No I/O.

All are frozen, compare by value, and go to and from JSON by pydantic (`model_dump(mode="json")`,
`model_validate`), strictly: an unknown key is an error. Times are whole milliseconds since 1970 in UTC
where they are stored for ordering (`*_ms`), and ISO 8601 strings as GitHub sent them (`2026-11-22T21:48:16Z`)
where they are part of a published document.
"""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Value(BaseModel):
    """The base of all values here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


# ---- places -----------------------------------------------------------------------------------------


class Site(Value):
    """A hosting repository and branch that holds a catalog and receives the outputs."""

    repository: str  # "owner/name"
    branch: str
    installation: int | None = None  # of the GitHub App; None with a token

    @property
    def key(self) -> str:
        """The site's name in stores, jobs and logs: `owner/name@branch`, owner and name in lower case."""
        return f"{self.repository.lower()}@{self.branch}"


class RepositoryFacts(Value):
    """What altpress needs to know about a GitHub repository."""

    id: int
    full_name: str  # "owner/name"
    owner: str
    private: bool
    default_branch: str
    owner_name: str | None = None  # the owner's display name, where known
    description: str | None = None
    homepage: str | None = None
    html_url: str


class Asset(Value):
    """A file of a GitHub release."""

    id: int
    name: str
    state: str  # "uploaded" when complete; "starter" or "open" before
    size: int  # bytes
    digest: str | None  # "sha256:<hex>", or None on older assets
    created_at: str
    updated_at: str
    download_url: str  # browser_download_url: public
    api_url: str  # the REST address; with `Accept: application/octet-stream` it answers 302


class Release(Value):
    """A GitHub release with all its assets (every page)."""

    id: int
    repository: RepositoryFacts
    tag: str
    name: str | None
    body: str | None  # Markdown
    draft: bool
    prerelease: bool
    created_at: str
    published_at: str | None
    html_url: str
    assets: tuple[Asset, ...] = ()


# ---- what is known about one asset ------------------------------------------------------------------


class IconFile(Value):
    """An icon that the site hosts: content-addressed, so that the same picture is the same file."""

    sha256: str  # of the PNG, lower-case hex
    width: int
    height: int

    @property
    def path(self) -> str:
        """Where it lies in the site, below the outputs' folder."""
        return f"icons/{self.sha256[:16]}.png"


class Facts(Value):
    """What a source says about the inside of an IPA; made from `bot.ipa.model.IpaInfo`."""

    bundle_identifier: str
    name: str
    version: str
    build_version: str
    min_os_version: str | None = None
    device_families: tuple[int, ...] = ()
    entitlements: tuple[str, ...] = ()
    privacy: dict[str, str] = Field(default_factory=dict)
    icon: IconFile | None = None


class InnerIpa(Value):
    """The IPA inside of an asset that is a zip around it: what clients are given."""

    name: str  # without the zip's folders
    size: int  # bytes
    sha256: str | None = None


class Verdict(Value):
    """Whether a record may be published; a rejected one names the reason."""

    accepted: bool
    code: str | None = None  # `bad_ipa.no_app`, `bundle_id_mismatch`, `client.altstore.duplicateVersion`, …
    reason: str | None = None  # one public sentence


ACCEPTED = Verdict(accepted=True)


class Record(Value):
    """The stored fact about one asset of one app of one site; a line of the lock.

    Keyed by `repository_id` and `asset_id` within its site. `facts` is None when the file could not be read;
    the verdict then says why.
    """

    kind: Literal["record"] = "record"
    repository_id: int
    asset_id: int
    app: str  # the app's `id` in the catalog
    repository: str  # "owner/name" at the time
    release_id: int
    tag: str
    release_name: str | None = None
    notes: str | None = None  # the release's body
    prerelease: bool = False
    published_at: str  # ISO 8601
    release_url: str
    asset_name: str
    size: int  # of the asset, as `sha256`
    sha256: str | None = None
    inner: InnerIpa | None = None  # None: the asset is the IPA
    download_url: str
    updated_at: str
    facts: Facts | None = None
    verdict: Verdict = ACCEPTED

    @property
    def key(self) -> str:
        return f"{self.repository_id}:{self.asset_id}"

    @property
    def ipa_size(self) -> int:
        """Bytes that a client downloads."""
        return self.inner.size if self.inner else self.size

    @property
    def ipa_sha256(self) -> str | None:
        """Of what a client downloads: never that of a zip around it."""
        return self.inner.sha256 if self.inner else self.sha256


# ---- deliveries, causes, publications ---------------------------------------------------------------


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


class CauseKind(StrEnum):
    RELEASE = "release"
    CATALOG = "catalog"
    COMMAND = "command"
    SWEEP = "sweep"
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


# ---- what is known about one site -------------------------------------------------------------------


class Proposal(Value):
    """The pull request in which a site's next commit waits for somebody to merge it."""

    number: int | None = None  # None: none is open
    url: str = ""
    base: str = ""  # the branch that it is to go into
    parent: str = ""  # the commit there that it was made on
    digest: str = ""  # names what is proposed (`bot/source/proposal.py`)
    files: dict[str, str] = Field(default_factory=dict)  # path -> git blob id, as proposed
    partial: bool = False  # the lock alone: the outputs follow on another branch
    subject: str = ""
    changes: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    declined: bool = False  # somebody closed it: not proposed again as it is
    at_ms: int = 0


class SiteState(Value):
    """A site as altpress last saw it, and what is to be published there."""

    site: Site
    repository: RepositoryFacts
    head: str | None = None  # the branch's head when the catalog was read
    catalog_sha: str | None = None  # git blob id of the last valid catalog
    catalog: str | None = None  # text of the last VALID catalog; None when there has been none
    problems: tuple[str, ...] = ()  # of the catalog at `head`; one public sentence each
    apps: tuple[str, ...] = ()  # full names of the app repositories, lower case
    renamed: dict[str, str] = Field(
        default_factory=dict
    )  # of these, those called otherwise now: the new name
    generation: int = 0  # goes up with each trigger
    published_generation: int = 0
    causes: tuple[Cause, ...] = ()  # why it is to be published, oldest first
    last_publish_ms: int | None = None
    proposal: Proposal | None = None  # None: not known; GitHub is to be asked

    def feeds(self, full_name: str) -> bool:
        """Whether a repository, by its name in the catalog or the one of today, feeds an app of the site."""
        name = full_name.lower()
        return name in self.apps or any(name == new.lower() for new in self.renamed.values())


class HeadCache(Value):
    """The files of a site's branch as the bot left it: saves reading them again."""

    commit: str
    tree: str
    blobs: dict[str, str]  # path -> git blob id
    left: dict[str, str] = Field(default_factory=dict)  # the outputs among them, as the bot committed them


# ---- whether webhooks arrive ------------------------------------------------------------------------


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
    alarms: dict[str, str] = Field(default_factory=dict)  # site -> the issue where its maintainer was told

    @property
    def unannounced(self) -> dict[str, int]:
        """The missed releases since the last webhook: one that comes ends the list."""
        return {tag: at for tag, at in self.missed.items() if at > (self.heard_ms or 0)}


class Job(Value):
    """Work for a worker: a name from `bot.enqueue.JOBS` and JSON arguments (ids and strings only)."""

    name: str
    args: tuple[str | int | None, ...] = ()
    site: str | None = None
    delivery: str | None = None

    @property
    def token(self) -> str:
        """How the ledger knows this piece of work among those of its delivery."""
        return ":".join([self.name, *(str(a) for a in self.args)])
