"""Protected branches and pull requests of the running sandbox, through PyGithub, git and plain HTTP."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from github import Auth, Github, GithubException, GithubIntegration, InputGitTreeElement
from github.PullRequest import PullRequest
from github.Repository import Repository

from tests.github_models import find_undescribed, validate
from tests.sandboxes import Sandbox, as_user, run_git, run_sandbox

HEAD = "altpress/publish/main"
RULES: dict[str, Any] = {
    "required_status_checks": None,
    "enforce_admins": None,
    "restrictions": None,
    "required_pull_request_reviews": {"required_approving_review_count": 0},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("pulls") / "data") as running:
        yield running


@pytest.fixture
def site(sandbox: Sandbox) -> Iterator[Repository]:
    """As the App sees it; what it left open is closed at the end."""
    key = Auth.AppAuth(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text())
    with GithubIntegration(auth=key, base_url=sandbox.api) as integration:
        number = integration.get_installations()[0].id
    pauses: dict[str, Any] = {"seconds_between_requests": 0, "seconds_between_writes": 0}
    with Github(auth=key.get_installation_auth(number), base_url=sandbox.api, **pauses) as github:
        found = github.get_repo("acme/source")
        yield found
        ask(sandbox, "DELETE", "/branches/main/protection")
        for pull in found.get_pulls():
            pull.edit(state="closed")
        for ref in found.get_git_matching_refs(f"heads/{HEAD}"):
            ref.delete()


def ask(
    sandbox: Sandbox, method: str, path: str, body: Any = None, *, by: str = "maintainer"
) -> requests.Response:
    return as_user(sandbox, by).request(method, f"{sandbox.api}/repos/acme/source{path}", json=body)


def commit(site: Repository, branch: str, path: str, text: str, *, on: str = "main") -> str:
    """One commit on the head of `on` that a new branch names; its id."""
    head = site.get_git_commit(site.get_git_ref(f"heads/{on}").object.sha)
    entry = InputGitTreeElement(path, "100644", "blob", content=text)
    made = site.create_git_commit(f"Write {path}", site.create_git_tree([entry], head.tree), [head])
    if branch == on:
        site.get_git_ref(f"heads/{branch}").edit(made.sha)
    else:
        site.create_git_ref(f"refs/heads/{branch}", made.sha)
    return made.sha


def propose(site: Repository, path: str, text: str = "text") -> PullRequest:
    commit(site, HEAD, path, text)
    return site.create_pull("main", HEAD, title=f"Publish {path}", body="Because")


def refused(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(GithubException) as error:
        act()
    return error.value.status, str(error.value.data["message"])


def test_a_protected_branch_takes_no_commit_of_the_app(sandbox: Sandbox, site: Repository) -> None:
    assert not site.get_branch("main").protected
    answer = ask(sandbox, "PUT", "/branches/main/protection", RULES)
    assert answer.ok
    assert find_undescribed(validate("ProtectedBranch", answer.json())) == set()
    assert site.get_branch("main").protected
    assert [(branch.name, branch.protected) for branch in site.get_branches()] == [("main", True)]
    before = site.get_git_ref("heads/main").object.sha
    status, message = refused(lambda: commit(site, "main", "a.txt", "a"))
    assert status == 422
    assert message.startswith("Protected branch update failed for refs/heads/main.\n\n- Changes must be made")
    status, message = refused(lambda: site.create_file("b.txt", "b", "b", branch="main"))
    assert (status, message) == (
        409,
        "Could not update file: Changes must be made through a pull request.",
    )
    assert site.get_git_ref("heads/main").object.sha == before
    assert ask(sandbox, "DELETE", "/branches/main/protection").status_code == 204
    assert commit(site, "main", "a.txt", "a") == site.get_git_ref("heads/main").object.sha


def test_only_those_who_are_listed_may_push(sandbox: Sandbox, site: Repository) -> None:
    rules = {**RULES, "required_pull_request_reviews": None, "restrictions": {"users": [], "teams": []}}
    ask(sandbox, "PUT", "/branches/main/protection", rules)
    status, message = refused(lambda: commit(site, "main", "a.txt", "not listed"))
    assert status == 403
    assert message.startswith("You're not authorized to push to this branch.")
    rules["restrictions"] = {"users": [], "teams": [], "apps": ["altpress"]}
    ask(sandbox, "PUT", "/branches/main/protection", rules)
    commit(site, "main", "a.txt", "listed")


@pytest.mark.parametrize(("enforced", "works"), [(False, True), (True, False)])
def test_administrators_pass_unless_that_is_enforced(
    sandbox: Sandbox, site: Repository, tmp_path: Path, *, enforced: bool, works: bool
) -> None:
    ask(sandbox, "PUT", "/branches/main/protection", {**RULES, "enforce_admins": enforced})
    body = {"message": "By hand", "content": "aGk=", "branch": "main"}
    assert ask(sandbox, "PUT", f"/contents/hand-{enforced}.txt", body).ok is works
    token = sandbox.tokens["maintainer"]
    clone, address = tmp_path / "clone", sandbox.html.replace("://", f"://maintainer:{token}@")
    run_git("clone", "--quiet", f"{address}/acme/source.git", clone)
    (clone / f"pushed-{enforced}.txt").write_text("x")
    run_git("add", "-A", cwd=clone)
    run_git("commit", "-qm", "By git", cwd=clone)
    pushed = run_git("push", "origin", "HEAD:main", "HEAD:refs/heads/side", cwd=clone)
    assert ("GH006: Protected branch update failed for refs/heads/main" in pushed.stderr) is not works
    assert ("Changes must be made through a pull request" in pushed.stderr) is not works
    heads = {ref.ref: ref.object.sha for ref in site.get_git_matching_refs("heads/")}
    assert (heads["refs/heads/main"] == heads["refs/heads/side"]) is works
    site.get_git_ref("heads/side").delete()


def test_who_is_no_administrator_sets_no_protection(sandbox: Sandbox, site: Repository) -> None:
    assert ask(sandbox, "PUT", "/branches/main/protection", RULES, by="visitor").status_code == 403
    assert ask(sandbox, "PUT", "/branches/none/protection", RULES).status_code == 404
    assert ask(sandbox, "PUT", "/branches/main/protection", {}).status_code == 422
    assert ask(sandbox, "GET", "/branches/main/protection").status_code == 404
    assert not site.get_branch("main").protected


def test_a_pull_request_is_opened_listed_and_changed(sandbox: Sandbox, site: Repository) -> None:
    pull = propose(site, "pull.txt")
    shown = ask(sandbox, "GET", f"/pulls/{pull.number}").json()
    assert find_undescribed(validate("PullRequest", shown)) == set()
    assert (pull.mergeable, pull.merged, pull.commits, pull.changed_files) == (True, False, 1, 1)
    assert pull.user.login == "altpress[bot]"
    found = site.get_pulls(head=f"acme:{HEAD}", base="main", state="open")
    assert [row.number for row in found] == [pull.number]
    assert list(site.get_pulls(head="other:altpress")) == []
    assert [file.filename for file in pull.get_files()] == ["pull.txt"]
    assert [row.sha for row in pull.get_commits()] == [pull.head.sha]
    issue = site.get_issue(pull.number)
    assert issue.pull_request is not None
    assert issue.pull_request.html_url == pull.html_url == f"{sandbox.html}/acme/source/pull/{pull.number}"
    issue.create_comment("Said")
    assert pull.get_issue_comments()[0].body == "Said"
    assert refused(lambda: site.create_pull("main", HEAD, title="Again"))[0] == 422
    pull.edit(title="Other", state="closed")
    assert (site.get_pull(pull.number).title, site.get_pull(pull.number).state) == ("Other", "closed")
    pull.edit(state="open")
    assert site.get_pull(pull.number).state == "open"
    head = commit(site, HEAD, "more.txt", "more", on=HEAD)
    assert site.get_pull(pull.number).head.sha == head
    page = requests.get(pull.html_url, timeout=60)
    assert page.ok
    assert "more.txt" in page.text


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_pull_request_is_merged(sandbox: Sandbox, site: Repository, method: str) -> None:
    ask(sandbox, "PUT", "/branches/main/protection", RULES)
    pull, before = propose(site, f"{method}.txt"), site.get_git_ref("heads/main").object.sha
    merged = ask(sandbox, "PUT", f"/pulls/{pull.number}/merge", {"merge_method": method})
    assert find_undescribed(validate("PullRequestMergeResult", merged.json())) == set()
    after = site.get_git_commit(site.get_git_ref("heads/main").object.sha)
    assert merged.json()["sha"] == after.sha
    parents = {"merge": [before, pull.head.sha], "squash": [before], "rebase": [before]}
    assert [parent.sha for parent in after.parents] == parents[method]
    found = site.get_pull(pull.number)
    assert (found.merged, found.state, found.merge_commit_sha) == (True, "closed", after.sha)
    assert found.commits == 1
    assert site.get_contents(f"{method}.txt", ref="main").decoded_content == b"text"  # type: ignore[union-attr]
    assert ask(sandbox, "PUT", f"/pulls/{pull.number}/merge").status_code == 405
    assert ask(sandbox, "PATCH", f"/pulls/{pull.number}", {"state": "open"}).status_code == 422


def test_a_squashed_commit_keeps_its_own_words(sandbox: Sandbox, site: Repository) -> None:
    before = site.get_git_ref("heads/main").object.sha
    head = site.get_git_commit(before)
    entry = InputGitTreeElement("worded.txt", "100644", "blob", content="text")
    words = "Write worded.txt\n\nBecause it is needed.\n\nAltpress-Delivery: 1234"
    made = site.create_git_commit(words, site.create_git_tree([entry], head.tree), [head])
    site.create_git_ref("refs/heads/worded", made.sha)
    pull = site.create_pull("main", "worded", title="Another title", body="Not this")
    sha = ask(sandbox, "PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash"}).json()["sha"]
    title, _, body = words.partition("\n\n")
    assert site.get_git_commit(sha).message == f"{title} (#{pull.number})\n\n{body}"


def test_several_squashed_commits_are_listed(sandbox: Sandbox, site: Repository) -> None:
    pull = propose(site, "first-of-two.txt")
    commit(site, HEAD, "second-of-two.txt", "text", on=HEAD)
    sha = ask(sandbox, "PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash"}).json()["sha"]
    listed = "* Write first-of-two.txt\n\n* Write second-of-two.txt"
    title = f"Publish first-of-two.txt (#{pull.number})"
    assert site.get_git_commit(sha).message == f"{title}\n\n{listed}"


def test_its_branch_is_brought_up_to_the_base(sandbox: Sandbox, site: Repository) -> None:
    pull = propose(site, "updated.txt")
    assert ask(sandbox, "PUT", f"/pulls/{pull.number}/update-branch").status_code == 422
    moved = commit(site, "main", "elsewhere.txt", "new")
    assert pull.update_branch()
    new = site.get_git_commit(site.get_pull(pull.number).head.sha)
    assert [parent.sha for parent in new.parents] == [pull.head.sha, moved]
    assert new.committer.name == "GitHub"
    assert site.get_pull(pull.number).commits == 2


def test_what_contradicts_is_not_merged(sandbox: Sandbox, site: Repository) -> None:
    pull = propose(site, "same.txt", "one")
    commit(site, "main", "same.txt", "two")
    assert site.get_pull(pull.number).mergeable is False
    assert ask(sandbox, "PUT", f"/pulls/{pull.number}/merge").status_code == 405


def test_a_pull_request_follows_its_branches(site: Repository) -> None:
    pull = propose(site, "gone.txt")
    site.get_git_ref(f"heads/{HEAD}").delete()
    assert site.get_pull(pull.number).state == "closed"
    pull = propose(site, "by-hand.txt")
    site.get_git_ref("heads/main").edit(pull.head.sha)
    assert site.get_pull(pull.number).merged


def test_reviews_that_nobody_can_give_keep_it_open(sandbox: Sandbox, site: Repository) -> None:
    rules = {**RULES, "enforce_admins": True, "required_pull_request_reviews": {}}
    ask(sandbox, "PUT", "/branches/main/protection", rules)
    pull = propose(site, "reviewed.txt")
    answer = ask(sandbox, "PUT", f"/pulls/{pull.number}/merge")
    assert answer.status_code == 405
    assert "At least 1 approving review is required" in answer.json()["message"]
