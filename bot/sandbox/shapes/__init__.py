"""No I/O. What the sandbox answers: GitHub's REST JSON, made from the rows of `bot/sandbox/model.py`.

Every shape is held to GitHub's own description (githubkit's models) and to the keys of recorded real answers
by `tests/contract/test_sandbox_shapes.py`.
"""

from bot.sandbox.shapes.hooks import render_hook_config, render_hook_delivery, render_repository_hook
from bot.sandbox.shapes.issues import (
    render_comment,
    render_commit_comment,
    render_issue,
    render_reaction,
    render_rollup,
)
from bot.sandbox.shapes.objects import (
    CommitObject,
    FileChange,
    Signature,
    TreeEntry,
    render_blob,
    render_branch,
    render_commit,
    render_contents,
    render_git_commit,
    render_new_object,
    render_ref,
    render_short_branch,
    render_tree,
)
from bot.sandbox.shapes.people import (
    ROLES,
    render_app,
    render_installation,
    render_installation_token,
    render_organization,
    render_permission,
    render_permissions,
    render_public_user,
    render_repository_stub,
    render_user,
)
from bot.sandbox.shapes.pulls import (
    render_protection,
    render_pull,
    render_pull_reference,
    render_pull_request_event,
)
from bot.sandbox.shapes.releases import render_asset, render_release
from bot.sandbox.shapes.repositories import render_full_repository, render_repository
from bot.sandbox.shapes.urls import FindUser, Json, Urls, node_id, render_error, render_rate_limit

__all__ = [
    "ROLES", "CommitObject", "FileChange", "FindUser", "Json", "Signature", "TreeEntry", "Urls", "node_id",
    "render_app", "render_asset", "render_blob", "render_branch", "render_comment", "render_commit",
    "render_commit_comment", "render_contents", "render_error", "render_full_repository", "render_git_commit",
    "render_hook_config", "render_hook_delivery", "render_installation", "render_installation_token",
    "render_issue", "render_new_object", "render_organization", "render_permission", "render_permissions",
    "render_protection", "render_public_user", "render_pull", "render_pull_reference",
    "render_pull_request_event", "render_rate_limit", "render_reaction", "render_ref", "render_release",
    "render_repository", "render_repository_hook", "render_repository_stub", "render_rollup",
    "render_short_branch", "render_tree", "render_user",
]  # fmt: skip
