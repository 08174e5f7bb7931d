"""What is said about commits, as plain rows. No I/O."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What an App says about a commit."""

    id: int
    repository: int
    app: int
    sha: str
    name: str
    external_id: str
    status: str  # "queued", "in_progress", "completed"
    conclusion: str | None
    started_at: str
    completed_at: str | None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[dict[str, Any], ...] = ()  # as they were given


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What somebody who may write says about a commit, under a name; the newest of a name counts."""

    id: int
    repository: int
    sha: str
    context: str
    state: str  # "error", "failure", "pending", "success"
    description: str | None
    target_url: str | None
    creator: str  # login
    created_at: str
