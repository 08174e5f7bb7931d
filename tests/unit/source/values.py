"""Values that the source's tests are made of."""

import json
from typing import Any

from bot.catalog import Catalog, parse_catalog
from bot.decisions import Decisions, parse_decisions
from bot.records import Cause, CauseKind, Facts, IconFile, Record, RepositoryFacts
from bot.source.site import SiteContext

ALL_CLIENTS = "altstore, altstore-2.0, sidestore, feather, livecontainer"
ICON = IconFile(sha256="ab" * 32, width=60, height=60)
CAUSE = Cause(
    kind=CauseKind.RELEASE,
    delivery="guid-1",
    repository="acme/app",
    tag="v1.0",
    url="https://github.com/acme/app/x",
)
NOW = 1_800_000_000.0
NO_DECISIONS = Decisions()


def repository(full_name: str = "acme/app", number: int = 2, **changes: Any) -> RepositoryFacts:
    owner = full_name.partition("/")[0]
    values = {
        "id": number, "full_name": full_name, "owner": owner, "private": False, "default_branch": "main",
        "html_url": f"https://github.com/{full_name}",
    }  # fmt: skip
    return RepositoryFacts(**{**values, **changes})


def site(**changes: Any) -> SiteContext:
    values = {
        "repository": repository("acme/source", 1),
        "branch": "main",
        "base_url": "https://raw.githubusercontent.com/acme/source/main/",
        "app_repositories": {"acme/app": repository(), "acme/tool": repository("acme/tool", 3)},
    }
    return SiteContext(**{**values, **changes})


def catalog(app: str = "", top: str = "", *, clients: str = ALL_CLIENTS) -> Catalog:
    """One app fed by acme/app; `app` and `top` are further lines."""
    lines = ["name: Acme Source", f"outputs: [{{path: apps.json, clients: [{clients}]}}]", *top.splitlines()]
    lines += ["apps:", "  - repository: acme/app", *(f"    {line}" for line in app.splitlines())]
    return parse_catalog("\n".join(lines) + "\n")


def facts(version: str = "1.0", build: str = "1", **changes: Any) -> Facts:
    values = {"bundle_identifier": "com.acme.app", "name": "Acme", "version": version, "build_version": build}
    return Facts(**{**values, **changes})


def record(
    number: int = 1, version: str = "1.0", build: str = "1", *, inside: Any = None, **changes: Any
) -> Record:
    """An asset of acme/app; `number` is its id and the day on which it was published."""
    when = f"2026-01-{number:02d}T12:00:00Z"
    values = {
        "repository_id": 2, "asset_id": number, "app": "app", "repository": "acme/app", "release_id": number,
        "tag": f"v{version}", "published_at": when, "updated_at": when, "asset_name": "App.ipa", "size": 1000,
        "release_url": f"https://github.com/acme/app/releases/tag/v{version}",
        "download_url": f"https://github.com/acme/app/releases/download/v{version}/App.ipa",
        "facts": facts(version, build, **(inside or {})),
    }  # fmt: skip
    return Record(**{**values, **changes})


def decided(*decisions: dict[str, Any]) -> Decisions:
    base = {"actor": "octocat", "at": "2026-01-10T00:00:00Z"}
    return parse_decisions(json.dumps({"decisions": [{**base, **d} for d in decisions]}).encode())
