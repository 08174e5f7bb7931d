"""Addresses and names for the pages: only what is safe to click. No I/O."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

SHORT = 7  # letters of a commit id


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str | None  # None: shown as text


@dataclass(frozen=True, slots=True)
class Badge:
    """A state: its word, and its tone (`good`, `busy`, `bad`, `quiet`), which is its colour."""

    label: str
    tone: str


@dataclass(frozen=True, slots=True)
class GitHubPages:
    """Where a browser finds what the API at `api_url` tells of."""

    api_url: str

    @property
    def root(self) -> str:
        if self.api_url == "https://api.github.com":
            return "https://github.com"
        return self.api_url.removesuffix("/api/v3")

    @property
    def is_sandbox(self) -> bool:
        """A GitHub on this machine."""
        return urlsplit(self.api_url).hostname in {"127.0.0.1", "localhost", "::1"}

    def repository(self, full_name: str) -> str:
        return f"{self.root}/{quote(full_name)}"

    def commit(self, full_name: str, sha: str) -> Link:
        return Link(sha[:SHORT], f"{self.repository(full_name)}/commit/{quote(sha, safe='')}")


def check_link(url: str | None) -> str | None:
    """The address where it is one of the web; `javascript:` and the like are no link."""
    if url is None or any(c <= " " for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"https", "http"} and parts.netloc else None


def check_next(path: str | None) -> str:
    """Where to go after the sign-in: a path of our own, or the first page."""
    if path is None or not path.startswith("/") or path.startswith(("//", "/\\", "/login", "/logout")):
        return "/"
    return "/" if any(c < " " or c == "\\" for c in path) else path
