"""No I/O. Releases and their assets."""

from collections.abc import Iterable
from urllib.parse import quote

from bot.sandbox.model import Asset, Release, Repository
from bot.sandbox.shapes.people import render_user
from bot.sandbox.shapes.urls import FindUser, Json, Urls, node_id


def render_release(
    urls: Urls, repository: Repository, release: Release, assets: Iterable[Asset], find_user: FindUser
) -> Json:
    """A release with all its assets, in the order of their ids."""
    own = f"{urls.repo(repository)}/releases/{release.id}"
    tag = None if release.draft else quote(release.tag)  # archives exist once the tag does
    ordered = sorted(assets, key=lambda asset: asset.id)
    return {
        "url": own,
        "assets_url": f"{own}/assets",
        "upload_url": f"{urls.uploads}/repos/{repository.full_name}/releases/{release.id}/assets"
        "{?name,label}",
        "html_url": _page(urls, repository, release),
        "id": release.id,
        "author": render_user(urls, find_user(release.author)),
        "node_id": node_id("Release", release.id),
        "tag_name": release.tag,
        "target_commitish": release.target_commitish,
        "name": release.name,
        "draft": release.draft,
        "immutable": False,
        "prerelease": release.prerelease,
        "created_at": release.created_at,
        "updated_at": release.published_at or release.created_at,
        "published_at": release.published_at,
        "assets": [render_asset(urls, repository, release, asset, find_user) for asset in ordered],
        "tarball_url": tag and f"{urls.repo(repository)}/tarball/{tag}",
        "zipball_url": tag and f"{urls.repo(repository)}/zipball/{tag}",
        "body": release.body,
    }


def render_asset(
    urls: Urls, repository: Repository, release: Release, asset: Asset, find_user: FindUser
) -> Json:
    """An asset; it needs its release for the public address, which names the tag."""
    return {
        "url": f"{urls.repo(repository)}/releases/assets/{asset.id}",
        "id": asset.id,
        "node_id": node_id("ReleaseAsset", asset.id),
        "name": asset.name,
        "label": None,
        "uploader": render_user(urls, find_user(asset.uploader)),
        "content_type": asset.content_type,
        "state": asset.state,
        "size": asset.size,
        "digest": asset.digest,
        "download_count": 0,
        "created_at": asset.created_at,
        "updated_at": asset.updated_at,
        "browser_download_url": urls.download(repository, release, asset.name),
    }


def _page(urls: Urls, repository: Repository, release: Release) -> str:
    tag = f"untagged-{release.id:x}" if release.draft else quote(release.tag)
    return f"{urls.page(repository)}/releases/tag/{tag}"
