"""Check runs, commit statuses and forks of the running sandbox, through PyGithub and plain HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from github import Auth, Github, GithubException, GithubIntegration
from github.Repository import Repository

from tests.github_models import find_undescribed, validate
from tests.sandboxes import Sandbox, as_user, run_sandbox

SITE = "acme/source"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("checks") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def site(sandbox: Sandbox) -> Iterator[Repository]:
    """As the App sees it."""
    key = Auth.AppAuth(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text())
    with GithubIntegration(auth=key, base_url=sandbox.api) as integration:
        number = integration.get_installations()[0].id
    pauses: dict[str, Any] = {"seconds_between_requests": 0, "seconds_between_writes": 0}
    with Github(auth=key.get_installation_auth(number), base_url=sandbox.api, **pauses) as github:
        yield github.get_repo(SITE)


def control(sandbox: Sandbox, verb: str, path: str, **options: Any) -> Any:
    headers = {"X-Sandbox-Control": sandbox.running.control_token}
    answer = requests.request(verb, f"{sandbox.html}/_sandbox/{path}", headers=headers, timeout=60, **options)
    assert answer.ok, answer.text
    return answer.json()


def push(sandbox: Sandbox, repository: str, branch: str, text: str, by: str) -> str:
    """One commit; `dGV4dA==` is its base64."""
    body = {"repository": repository, "files": {"new.txt": text}, "branch": branch, "as": by}
    return str(control(sandbox, "POST", "pushes", json=body)["sha"])


def note(line: int, **fields: Any) -> dict[str, Any]:
    given = {"path": "altpress.yml", "start_line": line, "end_line": line, "annotation_level": "failure"}
    return {**given, "message": "wrong", **fields}


def output(**fields: Any) -> dict[str, Any]:
    return {"title": "Title", "summary": "Summary", **fields}


def head_of(site: Repository) -> str:
    return site.get_git_ref("heads/main").object.sha


def refused(site: Repository, **values: Any) -> tuple[int, str]:
    with pytest.raises(GithubException) as error:
        site.create_check_run("altpress", head_of(site), **values)
    return error.value.status, str(error.value.data["message"])


def test_a_run_is_made_listed_and_its_annotations_add_up(site: Repository) -> None:
    sha = head_of(site)
    run = site.create_check_run(
        "adding", sha, status="in_progress", external_id="pull:7",
        output=output(annotations=[note(line) for line in range(1, 51)]),
    )  # fmt: skip
    assert (run.status, run.raw_data["conclusion"], run.external_id) == ("in_progress", None, "pull:7")
    run.edit(conclusion="failure", output=output(annotations=[note(51, title="apps")]))
    [found] = site.get_commit(sha).get_check_runs(check_name="adding")
    assert (found.id, found.status, found.conclusion) == (run.id, "completed", "failure")
    assert found.output.annotations_count == 51
    notes = list(found.get_annotations())
    assert [(n.path, n.start_line, n.annotation_level) for n in notes[-2:]] == [
        ("altpress.yml", 50, "failure"),
        ("altpress.yml", 51, "failure"),
    ]
    assert notes[-1].title == "apps"


def test_of_one_name_the_newest_run_counts(site: Repository) -> None:
    sha = head_of(site)
    site.create_check_run("twice", sha, conclusion="failure", output=output())
    newest = site.create_check_run("twice", sha, conclusion="success", output=output())
    assert [run.id for run in site.get_commit(sha).get_check_runs(check_name="twice")] == [newest.id]
    assert site.get_commit(sha).get_check_runs(check_name="twice", filter="all").totalCount == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"output": output(annotations=[note(1)] * 51)}, "No more than 50 items"),
        ({"output": output(summary="x" * 65_536)}, "Only 65535 characters"),
        ({"output": output(annotations=[note(0)])}, "annotation"),
        ({"output": output(annotations=[note(1, message="x" * 65_537)])}, "too long"),
        ({"output": {"title": "No summary"}}, "weren't supplied"),
        ({"status": "completed"}, "conclusion"),
        ({"conclusion": "splendid"}, "anyOf"),
    ],
)
def test_what_github_refuses(site: Repository, values: dict[str, Any], words: str) -> None:
    status, message = refused(site, **values)
    assert status == 422
    assert words in message


def test_people_write_statuses_and_no_checks(sandbox: Sandbox, site: Repository) -> None:
    sha, person = head_of(site), as_user(sandbox, "maintainer")
    address = f"{sandbox.api}/repos/{SITE}"
    made = person.post(f"{address}/check-runs", json={"name": "altpress", "head_sha": sha})
    assert (made.status_code, made.json()["message"]) == (403, "You must authenticate via a GitHub App.")
    for state in ("pending", "failure"):
        said = {"state": state, "context": "altpress", "description": "1 problem"}
        answer = person.post(f"{address}/statuses/{sha}", json=said)
        assert find_undescribed(validate("Status", answer.json())) == set()
    combined = person.get(f"{address}/commits/main/status").json()
    assert (combined["state"], combined["sha"], len(combined["statuses"])) == ("failure", sha, 1)
    assert find_undescribed(validate("CombinedCommitStatus", combined)) == set()
    states = [row["state"] for row in person.get(f"{address}/commits/{sha}/statuses").json()]
    assert states == ["failure", "pending"]
    too_long = {"state": "failure", "description": "x" * 141}
    assert person.post(f"{address}/statuses/{sha}", json=too_long).status_code == 422
    visitor = as_user(sandbox, "visitor")
    assert visitor.post(f"{address}/statuses/{sha}", json={"state": "success"}).status_code == 403
    with pytest.raises(GithubException) as error:  # the App's rights hold no statuses
        site.get_commit(sha).create_status("success")
    assert error.value.status == 403


def test_a_pull_request_comes_from_a_fork_and_follows_it(sandbox: Sandbox, site: Repository) -> None:
    fork = control(sandbox, "POST", "forks", json={"repository": SITE, "as": "visitor"})
    assert fork["full_name"] == "visitor/source"
    assert control(sandbox, "POST", "forks", json={"repository": SITE, "as": "visitor"})["id"] == fork["id"]
    first = push(sandbox, "visitor/source", "mine", "dGV4dA==", "visitor")
    body = {"repository": SITE, "head": "visitor:mine", "as": "visitor", "title": "Mine"}
    number = control(sandbox, "POST", "pulls", json=body)["number"]
    shown = as_user(sandbox, "visitor").get(f"{sandbox.api}/repos/{SITE}/pulls/{number}").json()
    assert find_undescribed(validate("PullRequest", shown)) == set()
    assert (shown["head"]["repo"]["full_name"], shown["head"]["repo"]["fork"]) == ("visitor/source", True)
    assert (shown["head"]["sha"], shown["head"]["label"]) == (first, "visitor:mine")
    merge = site.get_git_commit(shown["merge_commit_sha"])
    assert [parent.sha for parent in merge.parents] == [head_of(site), first]
    assert site.get_git_tree(first).sha, "the base knows the commits of its forks"
    pull = site.get_pull(number)
    assert [file.filename for file in pull.get_files()] == ["new.txt"]
    assert [row.number for row in site.get_pulls(head="visitor:mine")] == [number]
    second = push(sandbox, "visitor/source", "mine", "bW9yZQ==", "visitor")
    assert (site.get_pull(number).head.sha, site.get_pull(number).commits) == (second, 2)
    run = site.create_check_run("altpress", second, conclusion="success", output=output())
    assert run.pull_requests == [], "GitHub names none that come from a fork"
    assert pull.merge().merged
    assert site.get_contents("new.txt").decoded_content == b"more"  # type: ignore[union-attr]  # a file, no folder
    assert head_of(site) == site.get_pull(number).merge_commit_sha


def test_pages_show_what_was_said(sandbox: Sandbox, site: Repository) -> None:
    push(sandbox, SITE, "shown", "dGV4dA==", "maintainer")
    body = {"repository": SITE, "head": "shown", "as": "maintainer"}
    pull = site.get_pull(control(sandbox, "POST", "pulls", json=body)["number"])
    hostile = "<script>alert(1)</script>"
    run = site.create_check_run(
        "altpress", pull.head.sha, conclusion="failure",
        output=output(title=hostile, annotations=[note(7, message=hostile, title="apps > 0")]),
    )  # fmt: skip
    said = {"state": "success", "context": "other", "description": hostile}
    as_user(sandbox, "maintainer").post(f"{sandbox.api}/repos/{SITE}/statuses/{pull.head.sha}", json=said)
    pages = [requests.get(url, timeout=60).text for url in (pull.html_url, run.html_url)]
    assert all("<script>" not in page and "alert(1)" in page for page in pages)
    assert f"/runs/{run.id}" in pages[0]
    assert "altpress.yml:7" in pages[1]
    assert requests.get(f"{sandbox.html}/{SITE}/runs/1", timeout=60).status_code == 404


def test_a_new_branch_leaves_the_default_one(sandbox: Sandbox, site: Repository) -> None:
    sha = push(sandbox, SITE, "side", "dGV4dA==", "maintainer")
    assert [parent.sha for parent in site.get_git_commit(sha).parents] == [head_of(site)]
