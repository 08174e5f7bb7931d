"""The sandbox's REST paths, one module a topic."""

from bot.sandbox.routes import (
    app_hook,
    apps,
    assets,
    checks,
    commits,
    contents,
    git_data,
    git_refs,
    hooks,
    issues,
    meta,
    oidc,
    protection,
    pulls,
    reactions,
    releases,
    repositories,
    teams,
)

# below /api/v3
API = (
    meta.api, protection.api, repositories.api, git_data.api, git_refs.api, contents.api, checks.api,
    commits.api, releases.api, assets.api, issues.api, pulls.api, reactions.api, apps.api, app_hook.api,
    hooks.api, teams.api,
)  # fmt: skip
UPLOADS = (assets.uploads,)  # below /api/uploads
PAGES = (assets.downloads, contents.raw, oidc.pages)  # at the root
