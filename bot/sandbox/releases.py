"""Releases and assets that come, change and go: rows, files, tags and webhooks together.

Raises `AlreadyExistsError` for a tag that a published release has, or a name that an asset of it has.
"""

from dataclasses import dataclass
from typing import IO, Any

from bot.sandbox.git import RefMovedError
from bot.sandbox.model import Asset, Release, Repository, User
from bot.sandbox.pushes import Move, announce_push
from bot.sandbox.state import AlreadyExistsError
from bot.sandbox.world import World

MOST_BYTES = 2 * 1024**3 - 1  # of an asset: below 2 GiB
MOST_ASSETS = 1_000  # of a release


class NoCommitError(Exception):
    """The tag is not there, and `target_commitish` names no commit that it could be put on."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in."""

    name: str
    content_type: str
    stream: IO[bytes]
    length: int | None = None  # in bytes, where it was announced


def create_release(
    world: World, repository: Repository, actor: User, *, tag: str, name: str | None = None,
    body: str | None = None, draft: bool = False, prerelease: bool = False, target: str | None = None,
) -> Release:  # fmt: skip
    """A release, published at once unless it is a draft; its tag is made on `target` when absent."""
    target = target or repository.default_branch
    now = world.state.now()
    with world.state.transaction():
        _check_tag(world, repository, tag, draft=draft)
        release = world.state.releases.add(
            repository=repository.id, tag=tag, name=name, body=body, draft=draft, prerelease=prerelease,
            author=actor.login, target_commitish=target, created_at=now, published_at=None if draft else now,
        )  # fmt: skip
        tagged = None if draft else _make_tag(world, repository, release)
    _announce_tag(world, repository, tag, tagged, actor)
    world.announcer.release(repository, None, release, actor)
    return release


def edit_release(
    world: World, repository: Repository, release: Release, actor: User, **changes: Any
) -> Release:
    """A release with these fields changed (`tag name body draft prerelease target_commitish`)."""
    draft, tag = changes.get("draft", release.draft), changes.get("tag", release.tag)
    with world.state.transaction():
        _check_tag(world, repository, tag, draft=draft, other_than=release.id)
        if not draft and release.published_at is None:
            changes["published_at"] = world.state.now()
        changed = world.state.releases.update(release.id, **changes) if changes else release
        tagged = None if draft else _make_tag(world, repository, changed)
    _announce_tag(world, repository, tag, tagged, actor)
    world.announcer.release(repository, release, changed, actor)
    return changed


def remove_release(world: World, repository: Repository, release: Release, actor: User) -> None:
    """The release goes with its assets; the tag stays, as on GitHub."""
    last = world.views.release(repository, release)
    for asset in world.state.assets.select(release=release.id):
        remove_asset(world, asset)
    world.state.releases.remove(id=release.id)
    world.announcer.release(repository, release, None, actor, last=last)


def add_asset(world: World, release: Release, actor: User, upload: Upload) -> Asset:
    """A whole file. No webhook tells of it, as on GitHub. Raises TooLargeError, CutShortError."""
    now = world.state.now()
    row = world.state.assets.add(
        release=release.id, name=upload.name, state="starter", content_type=upload.content_type, size=0,
        digest=None, uploader=actor.login, created_at=now, updated_at=now, blob="",
    )  # fmt: skip
    try:
        blob, size, digest = world.files.save(upload.stream, max_bytes=MOST_BYTES, length=upload.length)
    except BaseException:  # also when the client hangs up: no half a file stays
        world.state.assets.remove(id=row.id)
        raise
    return world.state.assets.update(
        row.id, state="uploaded", size=size, digest=digest, blob=blob, updated_at=world.state.now()
    )


def remove_asset(world: World, asset: Asset) -> None:
    world.state.assets.remove(id=asset.id)
    if asset.blob:
        world.files.remove(asset.blob)


def find_release(world: World, repository: Repository, tag: str, *, drafts: bool = False) -> Release | None:
    """The published release of a tag (of drafts several may have it)."""
    rows = world.state.releases.select(repository=repository.id, tag=tag, newest_first=True)
    return next((row for row in rows if drafts or not row.draft), None)


def find_latest(world: World, repository: Repository) -> Release | None:
    """The newest that is neither a draft nor a prerelease."""
    rows = world.state.releases.select(repository=repository.id, draft=False, prerelease=False)
    return max(rows, key=lambda row: (row.published_at or "", row.id), default=None)


def _check_tag(
    world: World, repository: Repository, tag: str, *, draft: bool, other_than: int | None = None
) -> None:
    found = None if draft else find_release(world, repository, tag)
    if found and found.id != other_than:
        raise AlreadyExistsError("tag_name")


def _make_tag(world: World, repository: Repository, release: Release) -> str | None:
    """The commit of a tag that was made now; None when it was there."""
    bare, ref = world.bare(repository), f"refs/tags/{release.tag}"
    if bare.ref(ref):
        return None
    sha = bare.resolve(release.target_commitish)
    if sha is None:
        raise NoCommitError(release.target_commitish)
    try:
        bare.update_ref(ref, sha, None)
    except RefMovedError:
        if bare.ref(ref) is None:  # no race: git refuses the name
            raise NoCommitError(release.tag) from None
        return None
    return sha


def _announce_tag(world: World, repository: Repository, tag: str, sha: str | None, actor: User) -> None:
    if sha:
        announce_push(world, repository, Move(f"refs/tags/{tag}", None, sha), actor)
