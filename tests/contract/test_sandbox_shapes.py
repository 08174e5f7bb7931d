"""The sandbox's answers and payloads against GitHub's own description and what GitHub really answered.

- `githubkit_schemas` holds models generated from GitHub's OpenAPI description: every shape must validate and
  carry no key that the description does not know.
- `tests/data/recorded_shapes.json` lists key names and JSON types of real answers (those that PyGithub's test
  suite recorded; names and types only): every one must be in ours, at the same place, with the same type.
- `../shared/webhooks` holds 77 real payloads: what all of one kind have must be at the same place in ours.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import sandbox_rows as rows
from tests.github_models import find_undescribed, validate

REST = {
    "annotation": "CheckAnnotation",
    "app": "Integration",
    "asset": "ReleaseAsset",
    "blob": "Blob",
    "branch": "BranchWithProtection",
    "check_run": "CheckRun",
    "combined_status": "CombinedCommitStatus",
    "comment": "IssueComment",
    "commit": "Commit",
    "commit_comment": "CommitComment",
    "contents": "ContentFile",
    "delivery": "HookDelivery",
    "delivery_item": "HookDeliveryItem",
    "full_repository": "FullRepository",
    "git_commit": "GitCommit",
    "installation": "Installation",
    "issue": "Issue",
    "list_repository": "Repository",
    "permission": "RepositoryCollaboratorPermission",
    "protection": "ProtectedBranch",
    "pull": "PullRequest",
    "pull_item": "PullRequestSimple",
    "pull_issue": "Issue",
    "pull_of_fork": "PullRequest",
    "pull_of_gone": "PullRequest",
    "reaction": "Reaction",
    "ref": "GitRef",
    "release": "Release",
    "short_branch": "ShortBranch",
    "status": "Status",
    "token": "InstallationToken",
    "tree": "GitTree",
    "user": "PublicUser",
    "rate": "RateLimitOverview",
    "hook": "Hook",
    "hook_config": "WebhookConfig",
}
# What a real answer holds and the sandbox leaves out, with the reason.
_CHECKS = "protection.required_status_checks.checks[]"
_ADMIN = "shown to administrators only, and the bot is none"
LEFT_OUT = {
    "branch": dict.fromkeys((_CHECKS, f"{_CHECKS}.app_id", f"{_CHECKS}.context"), "no checks are required"),
    "delivery": {"url": "the address may have changed since, and the row does not keep it"},
    "delivery_item": {"url": "the address may have changed since, and the row does not keep it"},
    "full_repository": {
        "parent": "it is no fork",
        "source": "it is no fork",
        **dict.fromkeys(
            (
                "allow_auto_merge", "allow_merge_commit", "allow_rebase_merge", "allow_squash_merge",
                "allow_update_branch", "delete_branch_on_merge", "merge_commit_message", "merge_commit_title",
                "squash_merge_commit_message", "squash_merge_commit_title", "use_squash_pr_title_as_default",
            ),
            _ADMIN,
        ),
    },
    "issue": {"pinned_comment": "not in webhooks, which carry the same object"},
    "release": dict.fromkeys(
        (
            "reactions", "reactions.url", "reactions.total_count", "reactions.+1", "reactions.-1",
            "reactions.laugh", "reactions.hooray", "reactions.confused", "reactions.heart",
            "reactions.rocket", "reactions.eyes",
        ),
        "only there once somebody reacted",
    ),
}  # fmt: skip
# Headers and payload of a logged delivery are anything; the description leaves them open.
UNDESCRIBED = {"delivery": {"request.headers.X-GitHub-Event", "request.payload.action"}}
# Parts of the real payloads that follow from what happened to be there: labels, rights, a milestone.
VARIES = (
    "issue.labels[]", "issue.milestone.", "issue.assignees[]", "issue.assignee.", "issue.draft",
    "installation.permissions.", "organization.", "pull_request.labels[]", "pull_request.assignees[]",
    "pull_request.requested_reviewers[]", "pull_request.milestone.",
)  # fmt: skip
NO_EXAMPLE = {
    "release/unpublished", "create", "delete", "pull_request/synchronize", "pull_request/edited",
    "pull_request/reopened", "check_run/rerequested", "check_suite/rerequested",
}  # fmt: skip
# Where the real payloads (of 2019 to 2022) are not what GitHub describes today.
CHANGED = {
    "installation": dict.fromkeys(("installation.created_at", "installation.updated_at"), "numbers once"),
    "installation_repositories": dict.fromkeys(
        ("installation.created_at", "installation.updated_at"), "numbers once"
    ),
    "ping": dict.fromkeys(("hook.url", "hook.ping_url", "sender"), "a repository's hook, not an App's"),
}
EVENTS = {
    "release/created": "WebhookReleaseCreated",
    "release/published": "WebhookReleasePublished",
    "release/released": "WebhookReleaseReleased",
    "release/prereleased": "WebhookReleasePrereleased",
    "release/edited": "WebhookReleaseEdited",
    "release/deleted": "WebhookReleaseDeleted",
    "release/unpublished": "WebhookReleaseUnpublished",
    "issue_comment/created": "WebhookIssueCommentCreated",
    "issue_comment/edited": "WebhookIssueCommentEdited",
    "issue_comment/deleted": "WebhookIssueCommentDeleted",
    "push/branch": "WebhookPush",
    "push/new": "WebhookPush",
    "push/gone": "WebhookPush",
    "create": "WebhookCreate",
    "delete": "WebhookDelete",
    **{
        f"pull_request/{action}": f"WebhookPullRequest{action.title()}"
        for action in ("opened", "synchronize", "edited", "closed", "reopened")
    },
    "check_run/rerequested": "WebhookCheckRunRerequested",
    "check_suite/rerequested": "WebhookCheckSuiteRerequested",
    "ping": "WebhookPing",
    "installation/created": "WebhookInstallationCreated",
    "installation/deleted": "WebhookInstallationDeleted",
    "installation/suspend": "WebhookInstallationSuspend",
    "installation/unsuspend": "WebhookInstallationUnsuspend",
    "installation_repositories/added": "WebhookInstallationRepositoriesAdded",
    "installation_repositories/removed": "WebhookInstallationRepositoriesRemoved",
    "repository/created": "WebhookRepositoryCreated",
    "repository/renamed": "WebhookRepositoryRenamed",
    "repository/privatized": "WebhookRepositoryPrivatized",
}

REST_ANSWERS, PAYLOADS = rows.render_rest(), rows.render_events()
RECORDED = json.loads((Path(__file__).parents[1] / "data" / "recorded_shapes.json").read_text())


def test_every_shape_has_a_model() -> None:
    assert REST_ANSWERS.keys() == REST.keys()
    assert PAYLOADS.keys() == EVENTS.keys()


@pytest.mark.parametrize("name", REST)
def test_answer_is_as_described(name: str) -> None:
    model = validate(REST[name], REST_ANSWERS[name])
    assert find_undescribed(model) - UNDESCRIBED.get(name, set()) == set()


@pytest.mark.parametrize("name", EVENTS)
def test_payload_is_as_described(name: str) -> None:
    model = validate(EVENTS[name], PAYLOADS[name])
    assert find_undescribed(model) - UNDESCRIBED.get(name, set()) == set()


@pytest.mark.parametrize("name", RECORDED)
def test_answer_has_what_real_ones_have(name: str) -> None:
    ours = _flatten(REST_ANSWERS[name])
    wanted = {k: t for k, t in RECORDED[name]["keys"].items() if k not in LEFT_OUT.get(name, {})}
    missing = wanted.keys() - ours.keys()
    wrong = {k: (ours[k], t) for k, t in wanted.items() if k in ours and not _same(ours[k], t)}
    assert (missing, wrong) == (set(), {})


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_really_left_out(name: str) -> None:
    assert not LEFT_OUT[name].keys() & _flatten(REST_ANSWERS[name]).keys()
    assert LEFT_OUT[name].keys() <= RECORDED[name]["keys"].keys()


@pytest.mark.parametrize("name", sorted(PAYLOADS.keys() - NO_EXAMPLE))
def test_payload_has_what_real_ones_have(name: str, shared: Path) -> None:
    event, _, action = name.partition("/")
    kind = action if event not in {"push", "ping"} else "noaction"
    real = [_flatten(json.loads(f.read_text())) for f in (shared / "webhooks" / event).glob(f"*.{kind}.json")]
    ours, passed = _flatten(PAYLOADS[name]), CHANGED.get(event, {}).keys()
    always = {k for k in set.intersection(*map(set, real)) if not k.startswith(VARIES)} - passed
    wrong = {k for k in always & ours.keys() if not any(_same(ours[k], keys[k]) for keys in real)}
    assert (always - ours.keys(), wrong) == (set(), set())


def _flatten(value: Any, at: str = "") -> dict[str, str]:
    """Key -> JSON type, nested keys as `assets[].name`; a user object is one thing."""
    names = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    if isinstance(value, list):
        return {
            at: "array",
            **(_flatten(value[0], at + "[]") if value and isinstance(value[0], dict) else {}),
        }
    if not isinstance(value, dict):
        return {at: names[type(value)]}
    if at and "login" in value:
        return {at: "user"}
    found = {at: "object"} if at else {}
    for key, part in value.items():
        found |= _flatten(part, f"{at}.{key}" if at else key)
    return found


def _same(ours: str, theirs: str) -> bool:
    """Null stands for any type: a recorded answer, or ours, may just have had no value."""
    return ours == theirs or "null" in {ours, theirs}
