"""Protected branches: who may move them, and GitHub's words for those who may not. No I/O.

A protected branch takes no force-push and no deletion, with required reviews no commit but by a pull request,
and with restrictions only what the listed push. Administrators pass by all of it unless `enforce_admins`; an
App never does, whatever it may write, but where it is listed.

https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches
"""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.shapes.urls import Json

DOCS = "https://docs.github.com/articles/about-protected-branches"
NEEDS_PULL = "Changes must be made through a pull request."
NEEDS_REVIEW = "At least {count} approving review is required by reviewers with write access."
NOT_LISTED = f"You're not authorized to push to this branch. Visit {DOCS} for more information."
NO_FORCE = "Cannot force-push to this protected branch"
NO_DELETION = "Cannot delete this protected branch"
VIOLATIONS = "Repository rule violations found\n\n{reason}\n\n"
RULESET = "ruleset"  # beside the rules: they come from a ruleset, and the branch is not called protected
SWITCHES = (
    "required_linear_history", "allow_force_pushes", "allow_deletions", "block_creations",
    "required_conversation_resolution", "lock_branch", "allow_fork_syncing",
)  # fmt: skip


class ProtectedBranchError(Exception):
    """The branch does not take this; `listed` is false where only some may push, and this is none of them.

    `ruleset`: because of a ruleset, which GitHub says in other words.
    """

    def __init__(self, branch: str, reason: str, *, listed: bool = True, ruleset: bool = False) -> None:
        super().__init__(reason)
        self.branch, self.reason, self.listed, self.ruleset = branch, reason, listed, ruleset


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who moves a branch: an App is known by its slug, and has no role."""

    login: str
    role: str
    slug: str | None = None


def check_push(rules: Json, branch: str, who: Pusher, *, forced: bool = False, deleted: bool = False) -> None:
    """Raise ProtectedBranchError when this branch must not be moved so."""
    if _passes_by(rules, who):
        return
    if deleted and not rules.get("allow_deletions"):
        raise ProtectedBranchError(branch, NO_DELETION)
    if forced and not rules.get("allow_force_pushes"):
        raise ProtectedBranchError(branch, NO_FORCE)
    if not _is_listed(rules.get("restrictions"), who, otherwise=True):
        raise ProtectedBranchError(branch, NOT_LISTED, listed=False)
    reviews = rules.get("required_pull_request_reviews")
    if reviews is not None and not _is_listed(
        reviews.get("bypass_pull_request_allowances"), who, otherwise=False
    ):
        raise ProtectedBranchError(branch, NEEDS_PULL, ruleset=bool(rules.get(RULESET)))


def check_merge(rules: Json, branch: str, who: Pusher) -> None:
    """Raise ProtectedBranchError when this person may not merge into the branch; nobody reviews here."""
    if _passes_by(rules, who):
        return
    if not _is_listed(rules.get("restrictions"), who, otherwise=True):
        raise ProtectedBranchError(branch, NOT_LISTED, listed=False)
    count = (rules.get("required_pull_request_reviews") or {}).get("required_approving_review_count", 0)
    if count:
        raise ProtectedBranchError(branch, NEEDS_REVIEW.format(count=count))


def list_rules(rules: Json, source: str, number: int) -> list[Json]:
    """What `GET …/rules/branches/…` says of a branch: the rules of rulesets alone.

    https://docs.github.com/rest/repos/rules#get-rules-for-a-branch
    """
    reviews = rules.get("required_pull_request_reviews")
    if not rules.get(RULESET) or reviews is None:
        return []
    parameters = {
        "allowed_merge_methods": ["merge", "squash", "rebase"],
        "dismiss_stale_reviews_on_push": reviews["dismiss_stale_reviews"],
        "require_code_owner_review": reviews["require_code_owner_reviews"],
        "require_last_push_approval": reviews["require_last_push_approval"],
        "required_approving_review_count": reviews["required_approving_review_count"],
        "required_review_thread_resolution": False,
    }
    own = {"ruleset_source_type": "Repository", "ruleset_source": source, "ruleset_id": number}
    return [{"type": "pull_request", "parameters": parameters, **own}]


def normalise(body: Json) -> Json:
    """What PUT …/protection was given, with GitHub's defaults. Raises ValueError with the field's name."""
    for name in ("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"):
        if name not in body:
            raise ValueError(name)
    rules: Json = {name: bool(body.get(name)) for name in SWITCHES}
    rules["enforce_admins"] = bool(body["enforce_admins"])
    rules["required_status_checks"] = _part(body, "required_status_checks")
    rules["required_pull_request_reviews"] = _reviews(_part(body, "required_pull_request_reviews"))
    rules["restrictions"] = _lists(_part(body, "restrictions"))
    return rules


def _passes_by(rules: Json, who: Pusher) -> bool:
    return who.slug is None and who.role == "admin" and not rules.get("enforce_admins")


def _is_listed(lists: Any, who: Pusher, *, otherwise: bool) -> bool:
    """Whether users or apps have this one; `otherwise` where there is no list."""
    if lists is None:
        return otherwise
    if who.slug is not None:
        return who.slug in lists.get("apps", ())
    return who.login.lower() in {login.lower() for login in lists.get("users", ())}


def _part(body: Json, name: str) -> Json | None:
    part = body[name]
    if part is not None and not isinstance(part, dict):
        raise ValueError(name)
    return part


def _lists(part: Json | None) -> Json | None:
    if part is None:
        return None
    found = {name: part.get(name, []) for name in ("users", "teams", "apps")}
    if not all(isinstance(names, list) for names in found.values()):
        raise ValueError("restrictions")
    return {name: [str(item) for item in names] for name, names in found.items()}


def _reviews(part: Json | None) -> Json | None:
    if part is None:
        return None
    count = part.get("required_approving_review_count", 1)
    if not isinstance(count, int) or not 0 <= count <= 6:
        raise ValueError("required_approving_review_count")
    names = ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")
    found: Json = {name: bool(part.get(name)) for name in names}
    found["required_approving_review_count"] = count
    found["bypass_pull_request_allowances"] = _lists(part.get("bypass_pull_request_allowances"))
    return found
