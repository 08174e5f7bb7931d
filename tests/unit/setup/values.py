"""Releases, files and readings for the tests of the set-up."""

from collections.abc import Mapping

from bot.records import Asset, Facts, Release, RepositoryFacts
from bot.setup.files import Group, find_files, group_files
from bot.setup.plan import Reading

REPOSITORY = RepositoryFacts(
    id=1, full_name="acme/app", owner="acme", private=False, default_branch="main", owner_name="Acme Inc.",
    description="An app", html_url="https://github.com/acme/app",
)  # fmt: skip


def make_release(number: int, tag: str, *names: str, pre: bool = False, state: str = "uploaded") -> Release:
    """A release that is the newer the higher its number."""
    at = f"2026-01-{number:02}T00:00:00Z"
    assets = tuple(
        Asset(
            id=100 * number + index, name=name, state=state, size=1, digest=None, created_at=at,
            updated_at=at, download_url=f"https://x/{name}", api_url=f"https://x/{index}",
        )
        for index, name in enumerate(names)
    )  # fmt: skip
    return Release(
        id=number, repository=REPOSITORY, tag=tag, name=None, body=None, draft=False, prerelease=pre,
        created_at=at, published_at=at, html_url="https://x", assets=assets,
    )  # fmt: skip


def make_releases(rows: Mapping[str, str], pre: str = "") -> list[Release]:
    """`{tag: "file file"}`, oldest first; `pre` names the tags of prereleases."""
    items = list(rows.items())
    return [
        make_release(number, tag, *names.split(), pre=tag in pre.split())
        for number, (tag, names) in enumerate(items, start=1)
    ][::-1]


def read_groups(releases: list[Release], bundles: Mapping[str, str]) -> dict[Group, Reading]:
    """What opening a file of each group would show; `bundles`: bundle ID by part of a tag or name."""
    readings = {}
    for group in group_files(find_files(releases)):
        file = group.files[0]
        where = f"{file.release.tag} {file.asset.name}"
        bundle = next((found for part, found in bundles.items() if part in where), "com.acme.app")
        readings[group] = Reading(
            file, Facts(bundle_identifier=bundle, name="Acme", version="1.0", build_version="1")
        )
    return readings
