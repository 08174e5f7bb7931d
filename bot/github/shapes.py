"""GitHub's JSON -> our values. No I/O. Only the fields that altpress reads; see docs.github.com/rest."""

from dataclasses import dataclass
from typing import Any

from bot.records import Asset, Release, RepositoryFacts


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment as it stands now."""

    id: int
    author: str  # login
    author_type: str  # "User", "Bot" or "Organization"
    body: str
    created_at: str
    updated_at: str
    html_url: str

    @property
    def edited(self) -> bool:
        return self.created_at != self.updated_at


def parse_repository(data: dict[str, Any]) -> RepositoryFacts:
    """A "full" or "minimal" repository object."""
    owner = data["owner"]
    return RepositoryFacts(
        id=data["id"],
        full_name=data["full_name"],
        owner=owner["login"],
        private=data["private"],
        default_branch=data.get("default_branch") or "main",
        owner_name=owner.get("name"),
        description=data.get("description"),
        homepage=data.get("homepage") or None,
        html_url=data["html_url"],
    )


def parse_asset(data: dict[str, Any]) -> Asset:
    return Asset(
        id=data["id"],
        name=data["name"],
        state=data["state"],
        size=data["size"],
        digest=data.get("digest"),
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        download_url=data["browser_download_url"],
        api_url=data["url"],
    )


def parse_release(data: dict[str, Any], repository: RepositoryFacts, assets: list[dict[str, Any]]) -> Release:
    """A release with the given assets (all pages of them; the embedded list may be cut)."""
    return Release(
        id=data["id"],
        repository=repository,
        tag=data["tag_name"],
        name=data.get("name"),
        body=data.get("body"),
        draft=data["draft"],
        prerelease=data["prerelease"],
        created_at=data["created_at"],
        published_at=data.get("published_at"),
        html_url=data["html_url"],
        assets=tuple(parse_asset(asset) for asset in assets),
    )


def parse_comment(data: dict[str, Any]) -> IssueComment:
    """An issue comment; a deleted account's is GitHub's `ghost`, with `user` null."""
    user = data.get("user") or {"login": "ghost", "type": "User"}
    return IssueComment(
        id=data["id"],
        author=user["login"],
        author_type=user.get("type", "User"),
        body=data.get("body") or "",
        created_at=data["created_at"],
        updated_at=data["updated_at"],
        html_url=data["html_url"],
    )
