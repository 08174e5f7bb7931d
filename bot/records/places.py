"""GitHub's things: sites, repositories, releases and their files. No I/O."""

from bot.records.base import Value


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
