"""No I/O. Webhook payloads: what happened, around the same objects that the REST API shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.model import Release, Repository, User
from bot.sandbox.shapes.objects import CommitObject, Signature
from bot.sandbox.shapes.people import render_organization, render_user
from bot.sandbox.shapes.repositories import render_repository
from bot.sandbox.shapes.urls import Json, Urls, node_id

NO_COMMIT = "0" * 40  # `before` of a new branch, `after` of a deleted one
MOST_COMMITS = 2_048  # in one push event


@dataclass(frozen=True, slots=True)
class Scene:
    """Where and by whom: the part of a payload that is the same for all events of a repository."""

    repository: Repository
    owner: User
    sender: User
    installation: int | None
    open_issues: int = 0

    def show(self, urls: Urls) -> Json:
        """The repository as payloads carry it."""
        shown = render_repository(urls, self.repository, self.owner, open_issues=self.open_issues)
        return shown | {"custom_properties": {}}

    def wrap(self, urls: Urls, body: Json) -> Json:
        """`body` with `repository`, `organization`, `sender` and `installation`."""
        whole = {**body, "repository": body.get("repository", self.show(urls))}
        if self.owner.type == "Organization":
            whole["organization"] = render_organization(urls, self.owner)
        whole["sender"] = render_user(urls, self.sender)
        if self.installation is not None:
            whole["installation"] = _short_installation(self.installation)
        return whole


@dataclass(frozen=True, slots=True)
class PushedCommit:
    """A commit of a push with the paths that it changed; logins where GitHub knows the e-mail address."""

    commit: CommitObject
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    author: str | None = None
    committer: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A ref that moved; commits oldest first, only those that are new to the ref."""

    ref: str  # refs/heads/main
    before: str
    after: str
    commits: tuple[PushedCommit, ...] = ()
    forced: bool = False


def plan_release_actions(before: Release | None, after: Release | None) -> tuple[str, ...]:
    """The `release` events of a change from `before` to `after` (None: not there).

    https://docs.github.com/webhooks/webhook-events-and-payloads#release; there is none for assets.
    """
    if after is None:
        return ("deleted",)
    published = ("published", "prereleased" if after.prerelease else "released")
    if before is None:
        return ("created",) if after.draft else ("created", *published)
    if before.draft and not after.draft:
        return published
    if after.draft and not before.draft:
        return ("unpublished",)
    edited = ("edited",) if before != after else ()
    return (*edited, "released") if before.prerelease and not after.prerelease else edited


def render_release_event(
    urls: Urls, scene: Scene, action: str, release: Json, before: Release | None = None
) -> Json:
    """Any action of `release`; `before` is the row that an edit started from."""
    body: Json = {"action": action, "release": release}
    if action == "edited":
        body["changes"] = _changes(before, release)
    return scene.wrap(urls, body)


def render_issue_comment_event(
    urls: Urls, scene: Scene, action: str, *, issue: Json, comment: Json, old_body: str | None = None
) -> Json:
    """`created`, `edited` (with the body before) and `deleted`."""
    body: Json = {"action": action, "issue": issue, "comment": comment}
    if action == "edited":
        body["changes"] = {"body": {"from": old_body or ""}}
    return scene.wrap(urls, body)


def render_push_event(urls: Urls, scene: Scene, push: Push) -> Json:
    """`push` of a branch or a tag; its repository differs from all other events' in its times and owner."""
    page = urls.page(scene.repository)
    commits = [_pushed(page, pushed) for pushed in push.commits[:MOST_COMMITS]]
    sender = scene.sender
    return scene.wrap(
        urls,
        {
            "ref": push.ref,
            "before": push.before,
            "after": push.after,
            "repository": _pushed_repository(urls, scene),
            "pusher": {"name": sender.login, "email": address(sender)},
            "created": push.before == NO_COMMIT,
            "deleted": push.after == NO_COMMIT,
            "forced": push.forced,
            "base_ref": None,
            "compare": f"{page}/compare/{push.before[:12]}...{push.after[:12]}",
            "commits": commits,
            "head_commit": commits[-1] if commits else None,
        },
    )


def render_create_event(urls: Urls, scene: Scene, ref: str, *, tag: bool = False) -> Json:
    """A new branch or tag, by its short name."""
    repository = scene.repository
    main = {"master_branch": repository.default_branch, "description": repository.description}
    return scene.wrap(urls, {**_ref(ref, tag=tag), **main, "pusher_type": "user"})


def render_delete_event(urls: Urls, scene: Scene, ref: str, *, tag: bool = False) -> Json:
    return scene.wrap(urls, {**_ref(ref, tag=tag), "pusher_type": "user"})


def render_repository_event(urls: Urls, scene: Scene, action: str, changes: Json | None = None) -> Json:
    """`created`, `deleted`, `renamed`, `transferred`, `privatized`, `publicized`, `edited`."""
    return scene.wrap(urls, {"action": action} | ({} if changes is None else {"changes": changes}))


def render_installation_event(
    urls: Urls, action: str, installation: Json, repositories: Sequence[Json], sender: User
) -> Json:
    """`created`, `deleted`, `suspend`, `unsuspend`, `new_permissions_accepted`; short repositories."""
    return {
        "action": action,
        "installation": installation,
        "repositories": list(repositories),
        "requester": None,
        "sender": render_user(urls, sender),
    }


def render_installation_repositories_event(
    urls: Urls, installation: Json, *, added: Sequence[Json] = (), removed: Sequence[Json] = (), sender: User
) -> Json:
    """Repositories that an installation got, or lost; in short form."""
    return {
        "action": "added" if added else "removed",
        "installation": installation,
        "repository_selection": "selected",
        "repositories_added": list(added),
        "repositories_removed": list(removed),
        "requester": None,
        "sender": render_user(urls, sender),
    }


def render_ping_event(urls: Urls, *, hook_id: int, app_id: int, url: str, events: Sequence[str],
                      created_at: str) -> Json:  # fmt: skip
    """What an App's hook gets first."""
    hook = {
        "type": "App",
        "id": hook_id,
        "name": "web",
        "active": True,
        "events": list(events),
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url},
        "updated_at": created_at,
        "created_at": created_at,
        "app_id": app_id,
        "deliveries_url": f"{urls.api}/app/hook/deliveries",
    }
    return {"zen": "Keep it logically awesome.", "hook_id": hook_id, "hook": hook}


def address(user: User) -> str:
    """The address that GitHub gives a user who shows none."""
    return f"{user.id}+{user.login}@users.noreply.github.com"


def _short_installation(number: int) -> Json:
    return {"id": number, "node_id": node_id("IntegrationInstallation", number)}


def _changes(before: Release | None, release: Json) -> Json:
    """The old values of what an edit changed, as far as GitHub tells them."""
    if before is None:
        return {}
    fields = (
        ("name", "name", before.name),
        ("body", "body", before.body),
        ("tag_name", "tag_name", before.tag),
    )
    return {name: {"from": old or ""} for name, key, old in fields if old != release[key]}


def _ref(ref: str, *, tag: bool) -> Json:
    return {"ref": ref, "ref_type": "tag" if tag else "branch"}


def _pushed(page: str, pushed: PushedCommit) -> Json:
    commit = pushed.commit
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": f"{page}/commit/{commit.sha}",
        "author": _person(commit.author, pushed.author),
        "committer": _person(commit.committer, pushed.committer),
        "added": list(pushed.added),
        "removed": list(pushed.removed),
        "modified": list(pushed.modified),
    }


def _person(who: Signature, login: str | None) -> Json:
    return {"name": who.name, "email": who.email} | ({"username": login} if login else {})


def _pushed_repository(urls: Urls, scene: Scene) -> Json:
    """A push event's repository: seconds since 1970, an owner with a name, two more keys."""
    shown = scene.show(urls)
    owner = {"name": scene.owner.login, "email": address(scene.owner), **shown["owner"]}
    extra: Json = {"stargazers": 0, "master_branch": shown["default_branch"]}
    if scene.owner.type == "Organization":
        extra["organization"] = scene.owner.login
    times = {key: _seconds(shown[key]) for key in ("created_at", "pushed_at")}
    return {**shown, "url": shown["html_url"], "owner": owner, **times, **extra}


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
