"""What the sandbox holds, as plain rows. No I/O.

`state.py` keeps them (SQLite), `shapes.py` turns them into GitHub's JSON, `git.py` holds the repositories
themselves. Times are ISO 8601 in UTC, as GitHub writes them.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class User:
    id: int
    login: str
    type: str = "User"  # "User", "Bot" or "Organization"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    id: int
    owner: str
    name: str
    default_branch: str = "main"
    private: bool = False
    description: str | None = None
    created_at: str = ""
    pushed_at: str = ""
    parent: int | None = None  # id of the repository that it is a fork of

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class Release:
    id: int
    repository: int
    tag: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    author: str  # login
    target_commitish: str
    created_at: str
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Asset:
    id: int
    release: int
    name: str
    state: str  # "uploaded", "starter"
    content_type: str
    size: int
    digest: str | None
    uploader: str
    created_at: str
    updated_at: str
    blob: str  # name of the file in the sandbox's data directory


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    repository: int
    number: int
    title: str
    body: str | None
    author: str
    state: str  # "open", "closed"
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a pull request has beside its issue, which holds title, text, author and state."""

    id: int
    repository: int
    number: int  # the issue's
    head: str  # branch of the same repository, or of a fork
    base: str  # branch
    head_sha: str
    base_sha: str
    draft: bool = False
    merged_at: str | None = None
    merged_by: str | None = None  # login
    merge_commit: str | None = None
    fork: int | None = None  # id of the repository that `head` is in, when it is not this one


@dataclass(frozen=True, slots=True)
class Protection:
    """The protection of one branch: `rules` as PUT …/protection takes them."""

    id: int
    repository: int
    branch: str
    rules: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    repository: int
    issue: int | None  # the issue's number, or None on a commit
    commit: str | None
    author: str
    body: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Reaction:
    id: int
    subject: str  # "comment:<id>", "issue:<id>" or "commit_comment:<id>"
    content: str  # +1 -1 laugh confused heart hooray rocket eyes
    user: str
    created_at: str


@dataclass(frozen=True, slots=True)
class App:
    """The GitHub App that altpress is, in the sandbox; its user is `<slug>[bot]`."""

    id: int
    slug: str
    client_id: str
    public_key: str  # PEM


@dataclass(frozen=True, slots=True)
class Installation:
    id: int
    app: int
    account: str  # login
    permissions: dict[str, str]
    events: tuple[str, ...]
    repositories: tuple[int, ...]  # repository ids
    created_at: str
    suspended_at: str | None = None


@dataclass(frozen=True, slots=True)
class HookDelivery:
    id: int
    guid: str
    event: str
    action: str | None
    repository: int | None
    installation: int | None
    delivered_at: str
    redelivery: bool
    duration: float  # seconds
    status: str  # "OK", "timed out", …
    status_code: int
    request_headers: dict[str, str]
    request_body: str
    response_body: str


@dataclass(frozen=True, slots=True)
class RepositoryHook:
    """A webhook of one repository, beside the App's."""

    id: int
    repository: int
    url: str
    content_type: str  # "json", "form"
    insecure_ssl: str  # "0", "1"
    secret: str
    events: tuple[str, ...]
    active: bool
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class RepositoryHookDelivery(HookDelivery):
    """A delivery of a repository's webhook."""

    hook: int


@dataclass(frozen=True, slots=True)
class Collaborator:
    """What a user may do in a repository; an owner has `admin` without a row."""

    id: int
    repository: int
    login: str
    role: str  # "admin", "maintain", "write", "triage", "read"


@dataclass(frozen=True, slots=True)
class Token:
    """A personal or an installation access token; only its digest is kept."""

    id: int
    digest: str  # hex SHA-256 of the token
    kind: str  # "user", "installation"
    login: str  # whose it is; `<slug>[bot]` of an installation
    installation: int | None
    permissions: dict[str, str]  # a user's token without any may what the collaborator rows say
    repositories: tuple[int, ...]  # ids it is narrowed to; empty: all that its owner may
    created_at: str
    expires_at: str | None


@dataclass(frozen=True, slots=True)
class VerifiedCommit:
    """A commit that the sandbox itself made for an App, which GitHub would have signed."""

    id: int
    repository: int
    sha: str
