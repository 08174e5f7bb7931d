"""Releases and their assets, read afresh."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from bot.errors import NotFound
from bot.github.access import PER_PAGE, quote
from bot.github.client import Client
from bot.github.ranges import RemoteFile, open_url
from bot.github.shapes import parse_release
from bot.records import Asset, Release, RepositoryFacts

EMBEDDED = 30  # a list of this length inside a release may be one cut page


class Releases:
    """Reads releases with every page of their assets; drafts never."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_release(self, repository: RepositoryFacts, release_id: int) -> Release:
        """Raises NotFound for a deleted release and for a draft (visible to those who may write alone)."""
        name = repository.full_name
        what = f"{name}: release {release_id}"
        data = self._client.call("GET", name, f"/releases/{release_id}", what=what)
        if data["draft"]:
            raise NotFound(f"{what}: not published.")
        return self._whole(repository, data)

    def find_release(self, repository: RepositoryFacts, tag: str) -> int:
        """The id of the published release with this tag. Raises NotFound."""
        name = repository.full_name
        what = f"{name}: release of a tag"
        data = self._client.call("GET", name, f"/releases/tags/{quote(tag)}", what=what)
        if data["draft"]:
            raise NotFound(f"{what}: not published.")
        return int(data["id"])

    def stream_releases(self, repository: RepositoryFacts) -> Iterator[Release]:
        """All published releases, newest first, page by page as they are asked for."""
        name = repository.full_name
        for data in self._client.pages(name, "/releases", what=f"{name}: releases"):
            if not data["draft"]:
                yield self._whole(repository, data)

    @contextmanager
    def open_asset(
        self, asset: Asset, *, hosts: Collection[str], max_bytes: int, private_of: str | None = None
    ) -> Iterator[RemoteFile]:
        """The asset as a seekable file over HTTP ranges; what it cost is counted as "asset".

        `private_of` is the full name of a private repository: its assets are only reachable through the API,
        with credentials, which are never sent on to the host it redirects to.
        """
        url, headers = asset.download_url, dict[str, str]()
        if private_of is not None:
            url = asset.api_url
            headers["Accept"] = "application/octet-stream"
            headers["Authorization"] = self._client.authorization(private_of)
        file = open_url(url, hosts=hosts, headers=headers, max_bytes=max_bytes, size=asset.size)
        try:
            yield file
        finally:
            file.close()
            self._client.requests["asset"] += file.transfer.requests

    def _whole(self, repository: RepositoryFacts, data: dict[str, Any]) -> Release:
        assets = data["assets"]
        if len(assets) in {EMBEDDED, PER_PAGE}:
            path = f"/releases/{data['id']}/assets"
            assets = list(
                self._client.pages(repository.full_name, path, what=f"{repository.full_name}: assets")
            )
        return parse_release(data, repository, assets)
