"""A small GitHub in memory: what is put in can be fetched, what is said can be read."""

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from redis import Redis

from bot.errors import NotAllowed, NotFound, Unavailable
from bot.github.comments import OwnIssue
from bot.records import Asset, Job, Release, RepositoryFacts, Site

AT = "2026-11-22T12:00:00Z"


def make_repository(full_name: str = "acme/app", **changes: Any) -> RepositoryFacts:
    values = {
        "id": sum(full_name.encode()),
        "full_name": full_name,
        "owner": full_name.split("/", maxsplit=1)[0],
        "private": False,
        "default_branch": "main",
        "html_url": f"https://github.com/{full_name}",
    }
    return RepositoryFacts(**{**values, **changes})


def make_asset(number: int, size: int = 1, **changes: Any) -> Asset:
    values = {
        "id": number,
        "name": f"{number}.ipa",
        "state": "uploaded",
        "size": size,
        "digest": None,
        "created_at": AT,
        "updated_at": AT,
        "download_url": f"https://github.com/{number}.ipa",
        "api_url": "a",
    }
    return Asset(**{**values, **changes})


@dataclass
class FakeFile(io.BytesIO):
    """An opened asset."""

    data: bytes

    def __post_init__(self) -> None:
        super().__init__(self.data)
        self.size = len(self.data)
        self.transfer = SimpleNamespace(requests=1, bytes=self.size)


@dataclass
class FakeQueue:
    """What was put into it, each once."""

    jobs: list[Job] = field(default_factory=list)
    connection: Redis = field(default_factory=Redis)  # never reached: writes are not bounded here

    def enqueue(self, job: Job, *, delay: float = 0) -> str:
        self.jobs += [] if job in self.jobs else [job]
        return job.token


@dataclass
class FakeGitHub:
    """Repositories, their releases and files, and what altpress said where."""

    repositories: dict[str, RepositoryFacts] = field(default_factory=dict)
    releases: dict[int, Release] = field(default_factory=dict)
    files: dict[int, bytes | None] = field(default_factory=dict)  # by asset id; None: not to be had now
    allow_files: dict[str, str] = field(default_factory=dict)
    writable: set[str] = field(default_factory=set)
    commit_comments: list[tuple[str, str, str]] = field(default_factory=list)  # repository, sha, body
    issues: list[tuple[str, str, str]] = field(default_factory=list)  # repository, title, body
    opened: list[tuple[int, str | None]] = field(default_factory=list)  # asset id, private_of

    def stream_releases(self, repository: RepositoryFacts) -> Iterator[Release]:
        return (r for r in self.releases.values() if r.repository.id == repository.id)

    def add_release(
        self, repository: RepositoryFacts, number: int, files: dict[str, bytes | None]
    ) -> Release:
        """A release whose assets have the ids `100 * number + n`."""
        assets = []
        for position, (name, data) in enumerate(files.items()):
            asset = make_asset(100 * number + position, len(data or b"?"), name=name)
            self.files[asset.id] = data
            assets.append(asset)
        release = Release(
            id=number,
            repository=repository,
            tag=f"v{number}",
            name=None,
            body=None,
            draft=False,
            prerelease=False,
            created_at=AT,
            published_at=AT,
            html_url="https://h",
            assets=tuple(assets),
        )
        self.releases[number] = release
        self.repositories[repository.full_name.lower()] = repository
        return release

    def learn(self, site: Site) -> None:
        """Nothing to learn: there are no installations."""

    def fetch_repository(self, full_name: str) -> RepositoryFacts:
        return self._find(self.repositories, full_name.lower())

    def fetch_release(self, repository: RepositoryFacts, release_id: int) -> Release:
        return self._find(self.releases, release_id)

    def fetch_allow_file(self, repository: str) -> str | None:
        return self.allow_files.get(repository)

    @contextmanager
    def open_asset(
        self, asset: Asset, *, hosts: Collection[str], max_bytes: int, private_of: str | None = None
    ) -> Iterator[FakeFile]:
        self.opened.append((asset.id, private_of))
        data = self.files[asset.id]
        if data is None:
            raise Unavailable("The file cannot be had.")
        yield FakeFile(data)

    def resolve_tag(self, repository: str, tag: str) -> str:
        return f"commit-of-{tag}"

    def comment_on_commit(self, repository: str, sha: str, body: str) -> str:
        if repository not in self.writable:
            raise NotAllowed("Not here.")
        self.commit_comments.append((repository, sha, body))
        return "https://comment"

    def open_issue(self, repository: str, title: str, body: str) -> OwnIssue:
        if repository not in self.writable:
            raise NotAllowed("Not here.")
        self.issues.append((repository, title, body))
        return OwnIssue(len(self.issues), "https://issue", True, body)

    def find_issue(self, repository: str, marker: str, *, by: str) -> OwnIssue | None:
        found = [
            n for n, (where, _, body) in enumerate(self.issues, 1) if where == repository and marker in body
        ]
        return OwnIssue(found[0], "https://issue", True, self.issues[found[0] - 1][2]) if found else None

    def edit_issue(
        self, repository: str, number: int, *, title: str, body: str, state: str | None = None
    ) -> OwnIssue:
        self.issues[number - 1] = (repository, title, body)
        return OwnIssue(number, "https://issue", state != "closed", body)

    def find_said(self, repository: str, marker: str, *, by: str, commit: str | None = None) -> str | None:
        said = [body for where, sha, body in self.commit_comments if (where, sha) == (repository, commit)]
        return "https://comment" if any(marker in body for body in said) else None

    def find_installation(self, repository: str) -> int | None:
        return None

    def login(self) -> str:
        return "altpress[bot]"

    @staticmethod
    def _find(among: dict[Any, Any], key: Any) -> Any:
        if key not in among:
            raise NotFound(f"{key}: not found on GitHub.")
        return among[key]
