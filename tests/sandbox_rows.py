"""One of everything that the sandbox holds, as rows, and the shapes of it, for the sandbox's tests."""

from bot.sandbox import shapes
from bot.sandbox.model import (
    App,
    Asset,
    Comment,
    HookDelivery,
    Installation,
    Issue,
    PullRequest,
    Reaction,
    Release,
    Repository,
    RepositoryHook,
    User,
)
from bot.sandbox.model_checks import CheckRun, CommitStatus
from bot.sandbox.protection import normalise
from bot.sandbox.shapes import CommitObject, FileChange, Json, Signature, TreeEntry, Urls, payloads
from bot.sandbox.shapes.checks import (
    render_annotation,
    render_check_run,
    render_check_run_event,
    render_check_suite_event,
    render_combined_status,
    render_status,
)
from bot.sandbox.shapes.payloads import NO_COMMIT, Push, PushedCommit, Scene
from bot.sandbox.shapes.pulls import PullNumbers

AT = "2026-11-22T21:48:16Z"
LATER = "2026-11-22T21:50:00Z"
SHA, TREE, PARENT = "a" * 40, "b" * 40, "c" * 40
URLS = Urls.at("http://127.0.0.1:7001")
ACME = User(1, "acme", "Organization", "Acme")
DEVELOPER = User(2, "developer", name="Dev Eloper")
BOT = User(3, "altpress[bot]", "Bot")
PEOPLE = {user.login: user for user in (ACME, DEVELOPER, BOT)}
REPOSITORY = Repository(20, "acme", "app", description="An app", created_at=AT, pushed_at=LATER)
RELEASE = Release(30, 20, "v1.2.0", "Acme 1.2.0", "New icon", False, False, "developer", "main", AT, LATER)
ASSET = Asset(
    40, 30, "Acme 1.2.ipa", "uploaded", "application/octet-stream", 9, "sha256:" + "d" * 64, "developer",
    AT, LATER, "blob",
)  # fmt: skip
ISSUE = Issue(50, 20, 1, "Hello", "Text", "developer", "open", AT, LATER)
PULL = PullRequest(80, 20, 1, "altpress/publish/main", "main", "a" * 40, "c" * 40)
MERGED = PullRequest(
    81, 20, 1, "altpress/publish/main", "main", "a" * 40, "c" * 40, merged_at=LATER, merged_by="developer",
    merge_commit="f" * 40,
)  # fmt: skip
NUMBERS = PullNumbers(
    mergeable=True, comments=1, commits=1, additions=3, deletions=1, changed_files=1, merge="9" * 40
)
FORK = Repository(21, "developer", "app", created_at=AT, pushed_at=LATER, parent=20)
FORKED = PullRequest(82, 20, 1, "mine", "main", "a" * 40, "c" * 40, fork=21)
GONE = PullRequest(83, 20, 1, "mine", "main", "a" * 40, "c" * 40, fork=22)
ANNOTATION = {
    "path": "altpress.yml", "start_line": 3, "end_line": 3, "annotation_level": "failure",
    "message": "is no key here", "title": "apps > 0 > nmae",
}  # fmt: skip
RUN = CheckRun(
    85, 20, 80, SHA, "altpress", "pull:1", "completed", "failure", AT, LATER, "1 problem", "Summary", None,
    (ANNOTATION,),
)  # fmt: skip
STATUS = CommitStatus(95, 20, SHA, "altpress", "failure", "1 problem", None, "developer", AT)
RULES = normalise({
    "required_status_checks": None, "enforce_admins": None,
    "required_pull_request_reviews": {"bypass_pull_request_allowances": {"users": ["developer"]}},
    "restrictions": {"users": ["developer"], "teams": [], "apps": ["altpress"]},
})  # fmt: skip
COMMENT = Comment(60, 20, 1, None, "developer", "/rebuild", AT, LATER)
COMMIT_COMMENT = Comment(61, 20, None, SHA, "altpress[bot]", "Line 3: unknown key", AT, LATER)
REACTION = Reaction(70, "comment:60", "eyes", "altpress[bot]", AT)
APP = App(80, "altpress", "Iv1.0123456789abcdef", "")
INSTALLATION = Installation(
    90,
    80,
    "acme",
    {"contents": "write", "issues": "write", "metadata": "read"},
    ("release", "push"),
    (20,),
    AT,
)
DELIVERY = HookDelivery(
    100, "0b989ba4-242f-11e5-81e1-c7b6966d2516", "release", "published", 20, 90, AT, False, 0.12, "OK", 202,
    {"X-GitHub-Event": "release"}, '{"action":"published"}', "",
)  # fmt: skip
HOOK = RepositoryHook(
    110, 20, "http://127.0.0.1:8080/webhooks/github", "json", "0", "a secret", ("push", "release"), True,
    AT, LATER,
)  # fmt: skip
COMMIT = CommitObject(
    SHA, TREE, (PARENT,), "Publish Acme 1.2.0",
    Signature("Dev Eloper", "2+developer@users.noreply.github.com", AT),
    Signature("GitHub", "noreply@github.com", AT), verified=True,
)  # fmt: skip
FILES = (FileChange("apps.json", "modified", "e" * 40, 3, 1, "@@ -1 +1,3 @@"),)
ENTRIES = (TreeEntry("apps.json", "100644", "blob", "e" * 40, 12), TreeEntry("icons", "040000", "tree", TREE))


def find_user(login: str) -> User:
    return PEOPLE[login]


def render_rest() -> dict[str, Json]:
    """Every REST answer, by the name that the recorded ones have."""
    commit = shapes.render_commit(
        URLS, REPOSITORY, COMMIT, author=DEVELOPER, committer=DEVELOPER, files=FILES
    )
    app = {"permissions": INSTALLATION.permissions, "events": INSTALLATION.events, "created_at": AT}
    return {
        "app": shapes.render_app(URLS, APP, ACME, **app, installations=1),
        "asset": shapes.render_asset(URLS, REPOSITORY, RELEASE, ASSET, find_user),
        "blob": shapes.render_blob(URLS, REPOSITORY, SHA, b"hello"),
        "branch": shapes.render_branch(URLS, REPOSITORY, "main", commit),
        "comment": shapes.render_comment(URLS, REPOSITORY, COMMENT, find_user, reactions=(REACTION,)),
        "annotation": render_annotation(URLS, REPOSITORY, RUN, ANNOTATION),
        "check_run": _run(),
        "combined_status": render_combined_status(
            URLS,
            REPOSITORY,
            SHA,
            "failure",
            [STATUS],
            find_user,
            shapes.render_repository(URLS, REPOSITORY, ACME),
        ),
        "commit": commit,
        "commit_comment": shapes.render_commit_comment(URLS, REPOSITORY, COMMIT_COMMENT, find_user),
        "contents": shapes.render_contents(URLS, REPOSITORY, "a/b.json", ref="main", sha=SHA, data=b"{}"),
        "delivery": shapes.render_hook_delivery(DELIVERY, full=True),
        "delivery_item": shapes.render_hook_delivery(DELIVERY),
        "full_repository": shapes.render_full_repository(URLS, REPOSITORY, ACME, role="write", open_issues=1),
        "git_commit": shapes.render_git_commit(URLS, REPOSITORY, COMMIT),
        "hook": shapes.render_repository_hook(URLS, REPOSITORY, HOOK, DELIVERY),
        "hook_config": shapes.render_hook_config("http://127.0.0.1:8080/webhooks/github"),
        "installation": shapes.render_installation(URLS, INSTALLATION, APP, ACME),
        "issue": shapes.render_issue(URLS, REPOSITORY, ISSUE, find_user, comments=1),
        "list_repository": shapes.render_repository(URLS, REPOSITORY, ACME, role="write"),
        "permission": shapes.render_permission(URLS, DEVELOPER, "maintain"),
        "protection": shapes.render_protection(
            URLS, REPOSITORY, "main", RULES, find_user, [shapes.render_app(URLS, APP, ACME, **app)]
        ),
        "pull": _pull(PULL, NUMBERS),
        "pull_item": _pull(PULL),
        "pull_of_fork": _pull(FORKED, NUMBERS),
        "pull_of_gone": _pull(GONE, NUMBERS),
        "pull_issue": shapes.render_issue(URLS, REPOSITORY, ISSUE, find_user)
        | {"draft": False, "pull_request": shapes.render_pull_reference(URLS, REPOSITORY, MERGED)},
        "rate": shapes.render_rate_limit(15_000, 1, 1_795_384_096),
        "reaction": shapes.render_reaction(URLS, REACTION, find_user),
        "ref": shapes.render_ref(URLS, REPOSITORY, "refs/heads/main", SHA),
        "release": shapes.render_release(URLS, REPOSITORY, RELEASE, (ASSET,), find_user),
        "short_branch": shapes.render_short_branch(URLS, REPOSITORY, "main", SHA),
        "status": render_status(URLS, REPOSITORY, STATUS, find_user),
        "token": shapes.render_installation_token("ghs_x", LATER, INSTALLATION.permissions),
        "tree": shapes.render_tree(URLS, REPOSITORY, TREE, ENTRIES),
        "user": shapes.render_public_user(URLS, DEVELOPER, created_at=AT),
    }


def _pull(row: PullRequest, numbers: PullNumbers | None = None) -> Json:
    repository = shapes.render_repository(URLS, REPOSITORY, ACME)
    return shapes.render_pull(
        URLS, REPOSITORY, ISSUE, row, find_user, shown=repository, association="MEMBER", numbers=numbers,
        fork=(FORK, shapes.render_repository(URLS, FORK, DEVELOPER)) if row.fork == FORK.id else None,
    )  # fmt: skip


def _run() -> Json:
    asked = {"permissions": INSTALLATION.permissions, "events": INSTALLATION.events, "created_at": AT}
    app = shapes.render_app(URLS, APP, ACME, **asked)
    return render_check_run(URLS, REPOSITORY, RUN, suite=1, app=app, pulls=[PULL])


SCENE = Scene(REPOSITORY, ACME, DEVELOPER, INSTALLATION.id, open_issues=1)
PUSHED = PushedCommit(COMMIT, modified=("altpress.yml",), author="developer", committer="developer")
PUSHES = {
    "branch": Push("refs/heads/main", PARENT, SHA, (PUSHED,)),
    "new": Push("refs/heads/next", NO_COMMIT, SHA),
    "gone": Push("refs/heads/next", SHA, NO_COMMIT),
}


def render_events() -> dict[str, Json]:
    """Every webhook payload, as `event/action`."""
    return {
        **_release_events(),
        **_comment_events(),
        **{f"push/{n}": payloads.render_push_event(URLS, SCENE, push) for n, push in PUSHES.items()},
        "create": payloads.render_create_event(URLS, SCENE, "next"),
        "delete": payloads.render_delete_event(URLS, SCENE, "v1", tag=True),
        **_pull_events(),
        "check_run/rerequested": render_check_run_event(URLS, SCENE, "rerequested", _run(), RUN, [PULL]),
        "check_suite/rerequested": render_check_suite_event(
            URLS, SCENE, "rerequested", _run(), RUN, [PULL], COMMIT, 1
        ),
        "ping": payloads.render_ping_event(
            URLS, hook_id=1, app_id=80, url="http://127.0.0.1:8080/", events=("release",), created_at=AT
        ),
        **_installation_events(),
        "repository/created": payloads.render_repository_event(URLS, SCENE, "created"),
        "repository/privatized": payloads.render_repository_event(URLS, SCENE, "privatized"),
        "repository/renamed": payloads.render_repository_event(
            URLS, SCENE, "renamed", {"repository": {"name": {"from": "old"}}}
        ),
    }


def _release_events() -> dict[str, Json]:
    before = Release(30, 20, "v1.1", "Acme", None, False, False, "developer", "main", AT, LATER)
    shown = shapes.render_release(URLS, REPOSITORY, RELEASE, (ASSET,), find_user)
    forms = {
        "prereleased": {**shown, "prerelease": True},
        "unpublished": {**shown, "draft": True, "published_at": None},
    }
    actions = ("created", "published", "released", "prereleased", "edited", "deleted", "unpublished")
    return {
        f"release/{action}": payloads.render_release_event(
            URLS, SCENE, action, forms.get(action, shown), before if action == "edited" else None
        )
        for action in actions
    }


def _comment_events() -> dict[str, Json]:
    issue = shapes.render_issue(URLS, REPOSITORY, ISSUE, find_user, comments=1)
    comment = shapes.render_comment(URLS, REPOSITORY, COMMENT, find_user)
    return {
        f"issue_comment/{action}": payloads.render_issue_comment_event(
            URLS, SCENE, action, issue=issue, comment=comment, old_body="/help"
        )
        for action in ("created", "edited", "deleted")
    }


def _pull_events() -> dict[str, Json]:
    extra: dict[str, Json] = {
        "edited": {"changes": {"title": {"from": "Old"}}},
        "synchronize": {"before": PARENT, "after": SHA},
    }
    return {
        f"pull_request/{action}": shapes.render_pull_request_event(
            URLS, SCENE, action, _pull(MERGED if action == "closed" else PULL, NUMBERS), extra.get(action)
        )
        for action in ("opened", "synchronize", "edited", "closed", "reopened")
    }


def _installation_events() -> dict[str, Json]:
    shown = shapes.render_installation(URLS, INSTALLATION, APP, ACME)
    suspended = shown | {"suspended_at": LATER, "suspended_by": shown["account"]}
    stub = shapes.render_repository_stub(REPOSITORY)
    events = {
        f"installation/{action}": payloads.render_installation_event(
            URLS, action, suspended if action == "suspend" else shown, [stub], DEVELOPER
        )
        for action in ("created", "deleted", "suspend", "unsuspend")
    }
    for name in ("added", "removed"):
        events[f"installation_repositories/{name}"] = payloads.render_installation_repositories_event(
            URLS, shown, **{name: [stub]}, sender=DEVELOPER
        )
    return events
