"""No I/O. Addresses, node ids and the other small things that every shape needs."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.sandbox.model import Release, Repository, User

Json = dict[str, Any]
FindUser = Callable[[str], User]  # login -> the person; how a row's login becomes GitHub's user object
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Urls:
    """The three addresses of a GitHub, none ending in a slash; laid out as an Enterprise Server's."""

    api: str  # http://127.0.0.1:PORT/api/v3
    html: str  # http://127.0.0.1:PORT
    uploads: str  # http://127.0.0.1:PORT/api/uploads

    @classmethod
    def at(cls, root: str) -> "Urls":
        """All three below one address, `http://127.0.0.1:PORT`."""
        return cls(api=f"{root}/api/v3", html=root, uploads=f"{root}/api/uploads")

    def repo(self, repository: Repository) -> str:
        return f"{self.api}/repos/{repository.full_name}"

    def page(self, repository: Repository) -> str:
        return f"{self.html}/{repository.full_name}"

    def user(self, user: User) -> str:
        return f"{self.api}/users/{quote(user.login)}"

    def user_page(self, user: User) -> str:
        if user.type == "Bot":
            return f"{self.html}/apps/{quote(user.login.removesuffix('[bot]'))}"
        return f"{self.html}/{quote(user.login)}"

    def download(self, repository: Repository, release: Release, name: str) -> str:
        """`browser_download_url` of an asset; a draft has no tag yet, and GitHub invents one."""
        tag = f"untagged-{release.id:x}" if release.draft else release.tag
        return f"{self.page(repository)}/releases/download/{quote(tag)}/{quote(name)}"

    def raw(self, repository: Repository, branch: str, path: str) -> str:
        return f"{self.html}/raw/{repository.full_name}/{quote(branch)}/{quote(path)}"


def node_id(kind: str, number: int | str) -> str:
    """An id of the GraphQL API in its older, still valid form: base64 of `04:User1`."""
    return b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode("ascii")


def render_error(message: str, status: int, *, errors: list[Any] | None = None, docs: str = DOCS) -> Json:
    """The body of every answer of 400 and above."""
    body: Json = {"message": message, "documentation_url": docs, "status": str(status)}
    return body | ({"errors": errors} if errors is not None else {})


def render_rate_limit(limit: int, used: int, reset: int) -> Json:
    """GET /rate_limit: `reset` in seconds since 1970."""
    core = {"limit": limit, "used": used, "remaining": max(limit - used, 0), "reset": reset}
    other = {"limit": 30, "used": 0, "remaining": 30, "reset": reset}
    return {"resources": {"core": core, "search": other, "graphql": other}, "rate": core}
