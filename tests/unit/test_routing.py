"""Which jobs follow from which event, for which sites."""

import json
from pathlib import Path

import pytest

from bot.events import Event, Ignored, Ping, parse_event
from bot.records import Job, SiteState
from bot.routing import MANY_REPOSITORIES, route_event
from tests.fake_store import site_state

DATA = Path(__file__).resolve().parents[1] / "data" / "events"
SITE = site_state("acme/source", "acme/app", head="1" * 40)
OTHER = site_state("other/store", "acme/app", "other/tool", repository_id=9)
GUID = "d1"


def event(case: str, **changes: object) -> Event:
    payload = json.loads((DATA / f"{case}.json").read_bytes())
    return parse_event({"X-GitHub-Event": case.partition(".")[0]}, json.dumps(payload | changes).encode())


def routed(case: str, *sites: SiteState, **changes: object) -> list[tuple[object, ...]]:
    jobs = route_event(event(case, **changes), sites, delivery=GUID)
    assert all(job.delivery == GUID for job in jobs)
    assert len({job.token for job in jobs}) == len(jobs)
    return [(job.name, *job.args) for job in jobs]


INGEST = ("ingest", "acme/source@main", "acme/app", 31001, GUID)
SYNC = ("sync", "acme/source@main", GUID)
SCAN = ("scan", "acme/source@main", None, GUID)


@pytest.mark.parametrize(
    "action", ["published", "prereleased", "released", "edited", "unpublished", "deleted"]
)
def test_release_is_ingested_for_every_site_it_feeds(action: str) -> None:
    case = f"release.{action}"
    assert routed(case, SITE, OTHER) == [INGEST, ("ingest", "other/store@main", "acme/app", 31001, GUID)]
    assert routed(case, site_state("acme/source", "acme/else")) == []
    assert routed(case) == []


def test_a_job_speaks_to_the_sites_that_it_was_accepted_for() -> None:
    told_ms = event("ready").told_ms  # type: ignore[attr-defined]
    expected = ("ready", "acme/source@main", "acme/app", "v1.2.0", told_ms, GUID)
    assert routed("ready", SITE, OTHER) == [expected]
    assert routed("ready", OTHER) == []


@pytest.mark.parametrize(
    ("branch", "action", "merged", "expected"),
    [
        ("altpress/publish/main", "closed", True, "merged"),
        ("altpress/publish/main", "closed", False, "closed"),
        ("altpress/publish/main", "reopened", False, "reopened"),
        ("altpress/publish/main", "synchronize", False, None),
        ("altpress/publish/other", "closed", True, None),
        ("feature", "closed", True, None),
    ],
)
def test_altpress_own_pull_request_is_followed(
    branch: str, action: str, merged: bool, expected: str | None
) -> None:
    payload = json.loads((DATA / "pull_request.closed.json").read_bytes())
    own = {"id": payload["repository"]["id"]}
    pull = {**payload["pull_request"], "merged": merged}
    pull["head"] = {**pull["head"], "ref": branch, "repo": own}
    number, name = pull["number"], payload["repository"]["full_name"]
    site = site_state(name, "acme/app")
    jobs = routed("pull_request.closed", site, action=action, pull_request=pull)
    wanted = [("proposal", site.site.key, number, expected, GUID)] if expected else []
    assert [job for job in jobs if job[0] != "catalog-pull"] == wanted
    own_one = branch == "altpress/publish/main"
    assert not (own_one and len(jobs) > len(wanted)), "it does not check what it proposes itself"
    pull["head"]["repo"] = {"id": own["id"] + 1}
    of_fork = routed("pull_request.closed", site, action=action, pull_request=pull)
    assert "proposal" not in {name for name, *_ in of_fork}, "a fork's"


CHECK_PULL = ("catalog-pull", "acme/source@main", 3, None, GUID)


@pytest.mark.parametrize(
    ("case", "changes", "expected"),
    [
        ("pull_request.opened", {}, [CHECK_PULL]),
        ("pull_request.opened", {"action": "reopened"}, [CHECK_PULL]),
        ("pull_request.opened", {"action": "closed"}, []),
        ("pull_request.synchronize", {}, [CHECK_PULL]),
        ("pull_request.edited-base", {}, [CHECK_PULL]),
        ("pull_request.edited-base", {"changes": {"base": {"ref": {"from": "x"}}}}, [CHECK_PULL]),
        ("pull_request.edited-title", {}, []),
        ("check_run.rerequested", {}, [("catalog-pull", "acme/source@main", 3, 85000001, GUID)]),
        ("check_run.completed", {}, []),
        ("check_suite.rerequested", {}, [("catalog-checks", "acme/source@main", "2" * 40, GUID)]),
        ("check_suite.requested", {}, []),
    ],
)
def test_a_pull_request_of_the_site_is_checked(
    case: str, changes: dict[str, object], expected: list[tuple[object, ...]]
) -> None:
    assert routed(case, SITE, OTHER, **changes) == expected
    assert routed(case, OTHER, **changes) == []


def test_a_pull_request_that_leaves_the_site_s_branch_is_looked_at_once_more() -> None:
    payload = json.loads((DATA / "pull_request.edited-base.json").read_bytes())
    pull = payload["pull_request"] | {"base": {"ref": "other"}}
    away = {"pull_request": pull, "changes": {"base": {"ref": {"from": "main"}}}}
    assert routed("pull_request.edited-base", SITE, **away) == [CHECK_PULL]
    assert routed("pull_request.opened", SITE, pull_request=pull) == []


@pytest.mark.parametrize(
    "external_id",
    [
        "",
        "pull:3",
        "pull:0:acme/source@main",
        "pull:x:acme/source@main",
        "pull:3:other/store@main",
        "3",
        None,
    ],
)
def test_a_check_run_of_somebody_else_is_left_alone(external_id: str | None) -> None:
    payload = json.loads((DATA / "check_run.rerequested.json").read_bytes())
    run = payload["check_run"] | {"external_id": external_id}
    assert routed("check_run.rerequested", SITE, OTHER, check_run=run) == []


def test_repository_names_know_no_case() -> None:
    payload = json.loads((DATA / "release.published.json").read_bytes())
    payload["repository"]["full_name"] = "Acme/App"
    assert routed("release.published", SITE, repository=payload["repository"]) == [
        ("ingest", "acme/source@main", "Acme/App", 31001, GUID)
    ]


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/rebuild", True),
        ("  @altpress help", True),
        ("thanks\r\n\r\n/rebuild app", True),
        ("", False),
        ("a/b and x@y", False),
        ("> /rebuild", False),
    ],
)
def test_comment_is_looked_at_when_a_line_may_be_a_command(body: str, command: bool) -> None:
    comment = json.loads((DATA / "issue_comment.created.json").read_bytes())["comment"] | {"body": body}
    expected = [("command", "acme/source", 1, 8001, GUID)] if command else []
    assert routed("issue_comment.created", SITE, comment=comment) == expected


def test_comment_of_a_site_that_was_renamed_meanwhile_is_looked_at() -> None:
    payload = json.loads((DATA / "issue_comment.created.json").read_bytes())["repository"]
    facts = OTHER.repository.model_copy(update={"id": payload["id"]})
    renamed = OTHER.model_copy(update={"repository": facts})
    assert routed("issue_comment.created", renamed) == [("command", "acme/source", 1, 8001, GUID)]


def test_comment_gives_one_job_however_many_sites_it_concerns() -> None:
    app = json.loads((DATA / "release.published.json").read_bytes())["repository"]
    assert len(routed("issue_comment.created", SITE, OTHER, repository=app)) == 1
    assert routed("issue_comment.created", OTHER) == []


@pytest.mark.parametrize("case", ["push.branch", "push.forced", "push.new-branch", "push.deleted-branch"])
def test_push_to_a_site_is_looked_at(case: str) -> None:
    assert routed(case, SITE, OTHER) == [SYNC]


def test_push_of_the_head_that_altpress_knows_is_nothing_new() -> None:
    assert routed("push.branch", site_state(head="2" * 40)) == []


def test_push_to_another_branch_is_none_of_ours() -> None:
    assert routed("push.slashed-branch", SITE) == []
    assert routed("create.branch", SITE) == [SYNC]
    assert routed("delete.branch", SITE) == [SYNC]


def test_installing_looks_at_sites_and_at_new_repositories() -> None:
    assert routed("installation.created", SITE) == [SYNC, SCAN, ("sync", "acme/app", GUID)]
    assert routed("installation_repositories.added", SITE) == [("sync", "acme/new", GUID)]


def test_losing_repositories_looks_at_the_sites_they_fed() -> None:
    assert routed("installation_repositories.removed", SITE, OTHER) == [
        SYNC,
        ("sync", "other/store@main", GUID),
    ]
    assert routed("installation_repositories.removed") == [("sweep",)]


def test_installing_without_a_list_or_with_a_long_one_is_a_sweep() -> None:
    assert routed("installation.unsuspend", SITE) == [("sweep",)]
    many = [{"full_name": f"acme/r{number}"} for number in range(MANY_REPOSITORIES + 1)]
    assert routed("installation.created", SITE, repositories=many) == [("sweep",)]


def test_changed_repository_is_known_by_its_old_name_or_its_id() -> None:
    look = ("look", "acme/source@main")
    assert routed("repository.renamed", SITE) == [(*look, "acme/app2", "acme/app", "renamed", GUID)]
    assert routed("repository.transferred", SITE) == [
        (*look, "umbrella/app", "acme/app", "transferred", GUID)
    ]
    called = SITE.model_copy(update={"renamed": {"acme/app": "Umbrella/App"}})
    assert routed("repository.transferred", called)[0][0] == "look", "known by its name of today, too"
    assert routed("repository.edited", site_state("acme/former-name", "x/y", repository_id=4002)) == [
        ("sync", "acme/former-name@main", GUID)
    ]
    assert routed("repository.privatized", site_state("a/b", "c/d", repository_id=1)) == []


def test_a_deleted_tag_is_looked_at_and_a_new_or_moved_one_is_not() -> None:
    expected = ("look", "acme/source@main", "acme/app", "acme/app", "tag_deleted", GUID)
    assert routed("delete.tag", SITE) == [expected]
    assert routed("create.tag", SITE) == []


def test_a_release_of_a_renamed_repository_is_known_by_its_new_name() -> None:
    state = site_state("acme/source", "acme/old").model_copy(update={"renamed": {"acme/old": "acme/app"}})
    assert routed("release.published", state) == [INGEST]


@pytest.mark.parametrize("case", ["workflow_run.completed", "ping", "push.tag"])
def test_nothing_follows(case: str) -> None:
    assert routed(case, SITE) == []


def test_what_is_ignored_or_a_ping_gives_no_jobs() -> None:
    for nothing in (Ignored(reason="no"), Ping()):
        assert route_event(nothing, [SITE], delivery=GUID) == list[Job]()


@pytest.mark.parametrize(
    ("path", "ref", "becomes"),
    [
        ("altpress.yml", "refs/heads/main", True),
        (".github/altpress.yml", "refs/heads/main", True),
        ("docs/altpress.yml", "refs/heads/main", False),
        ("altpress.yml", "refs/heads/draft", False),
    ],
)
def test_a_catalog_pushed_elsewhere_may_make_a_site(path: str, ref: str, becomes: bool) -> None:
    payload = json.loads((DATA / "push.branch.json").read_bytes())
    commits = [{**payload["commits"][0], "added": [path], "modified": [], "removed": []}]
    jobs = routed("push.branch", ref=ref, commits=commits)
    assert jobs == ([("sync", payload["repository"]["full_name"].lower(), GUID)] if becomes else [])
