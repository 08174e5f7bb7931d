"""PyGithub, git and plain HTTP against the running sandbox: git data, contents, pages, ETags, errors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from github import Auth, Github, GithubException, GithubIntegration, InputGitAuthor, InputGitTreeElement
from github.Repository import Repository

from tests.sandboxes import Sandbox, as_user, run_git, run_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("rest") / "data") as running:
        yield running


def as_app(sandbox: Sandbox) -> Github:
    key = sandbox.keys.private_key_file.read_text()
    app = Auth.AppAuth(sandbox.keys.app_id, key)
    with GithubIntegration(auth=app, base_url=sandbox.api) as integration:
        number = integration.get_installations()[0].id
    return Github(
        auth=app.get_installation_auth(number),
        base_url=sandbox.api,
        seconds_between_requests=0,
        seconds_between_writes=0,
    )


@pytest.fixture
def site(sandbox: Sandbox) -> Iterator[Repository]:
    with as_app(sandbox) as github:
        yield github.get_repo("acme/source")


def commit_files(site: Repository, message: str, *entries: InputGitTreeElement) -> str:
    """One commit by the Git Data API, as a publisher makes it; its name."""
    ref = site.get_git_ref("heads/main")
    head = site.get_git_commit(ref.object.sha)
    tree = site.create_git_tree(list(entries), head.tree)
    commit = site.create_git_commit(message, tree, [head])
    ref.edit(commit.sha, force=False)
    return commit.sha


def test_a_commit_by_the_git_data_api_can_be_cloned(
    sandbox: Sandbox, site: Repository, tmp_path: Path
) -> None:
    blob = site.create_git_blob("AAEC/w==", "base64")
    sha = commit_files(
        site,
        "Publish it\n\nAltpress-Delivery: 1",
        InputGitTreeElement("apps.json", "100644", "blob", content='{"name": "Ünï"}\n'),
        InputGitTreeElement("icons/a.png", "100644", "blob", sha=blob.sha),
    )
    clone = tmp_path / "clone"
    assert run_git("clone", "--quiet", f"{sandbox.html}/acme/source.git", clone).returncode == 0
    assert (clone / "apps.json").read_text() == '{"name": "Ünï"}\n'
    assert (clone / "icons/a.png").read_bytes() == b"\x00\x01\x02\xff"
    assert (clone / "altpress.yml").exists()
    shown = run_git("log", "-1", "--format=%H %an <%ae> %cn", cwd=clone).stdout.strip()
    number = site.get_commit(sha).author.id
    assert shown == (f"{sha} altpress[bot] <{number}+altpress[bot]@users.noreply.github.com> GitHub")
    assert run_git("fsck", "--strict", cwd=clone).returncode == 0


def test_a_commit_of_the_app_is_verified_and_one_with_an_author_is_not(site: Repository) -> None:
    head = site.get_git_commit(site.get_git_ref("heads/main").object.sha)
    own = site.create_git_commit("Own", head.tree, [head])
    named = site.create_git_commit(
        "Named", head.tree, [head], InputGitAuthor("Ann", "ann@acme.invalid", "2026-01-02T03:04:05Z")
    )
    assert own.verification.verified
    assert not named.verification.verified
    assert site.get_git_commit(named.sha).author.email == "ann@acme.invalid"


def test_whoever_loses_the_race_for_the_branch_gets_422(site: Repository) -> None:
    ref = site.get_git_ref("heads/main")
    head = site.get_git_commit(ref.object.sha)
    names = []
    for text in ("one", "two"):
        entry = InputGitTreeElement("race.txt", "100644", "blob", content=text)
        names.append(site.create_git_commit(text, site.create_git_tree([entry], head.tree), [head]).sha)

    def move(sha: str) -> str:
        try:
            site.get_git_ref("heads/main").edit(sha, force=False)
        except GithubException as error:
            return f"{error.status} {error.data['message']}"
        return "200"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(move, names)) == ["200", "422 Update is not a fast forward"]
    winner = site.get_git_ref("heads/main").object.sha
    assert winner in names
    site.get_git_ref("heads/main").edit(head.sha, force=True)
    assert site.get_branch("main").commit.sha == head.sha


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (
            "trees",
            {"base_tree": "0" * 40, "tree": [{"path": "a", "mode": "100644", "content": ""}]},
            "base_tree",
        ),
        ("trees", {"tree": []}, "Invalid tree info"),
        ("trees", {"tree": [{"path": "../a", "mode": "100644", "content": ""}]}, "malformed path"),
        ("trees", {"tree": [{"path": "a", "mode": "100644", "sha": "1" * 40}]}, "tree.sha"),
        ("trees", {"tree": [{"path": "none", "mode": "100644", "sha": None}]}, "BadObjectState"),
        ("commits", {"message": "x", "tree": "0" * 40}, "no tree"),
        ("commits", {"tree": "0" * 40}, "Validation Failed"),
        ("refs", {"ref": "refs/heads/new", "sha": "0" * 40}, "Object does not exist"),
        ("refs", {"ref": "main", "sha": "0" * 40}, ""),
        ("blobs", {"content": "%%%", "encoding": "base64"}, "Base64"),
    ],
)
def test_bad_git_data_is_422(sandbox: Sandbox, path: str, body: dict[str, object], message: str) -> None:
    answer = as_user(sandbox, "maintainer").post(f"{sandbox.api}/repos/acme/source/git/{path}", json=body)
    assert answer.status_code == 422
    assert message in answer.json()["message"]
    assert answer.json()["documentation_url"]


def test_a_branch_is_made_and_deleted(site: Repository) -> None:
    head = site.get_git_ref("heads/main").object.sha
    site.create_git_ref("refs/heads/feature/one", head)
    with pytest.raises(GithubException, match="already exists"):
        site.create_git_ref("refs/heads/feature/one", head)
    assert site.get_branch("feature/one").commit.sha == head
    site.get_git_ref("heads/feature/one").delete()
    assert [branch.name for branch in site.get_branches()] == ["main"]


def test_contents_are_written_with_the_right_sha_only(site: Repository) -> None:
    made = site.create_file("notes/a.md", "Add a note", "first", branch="main")
    old = made["content"].sha
    changed = site.update_file("notes/a.md", "Change it", "second", old, branch="main")
    assert site.get_contents("notes/a.md").decoded_content == b"second"  # type: ignore[union-attr]
    with pytest.raises(GithubException) as refused:
        site.update_file("notes/a.md", "Again", "third", old, branch="main")
    assert refused.value.status == 409
    with pytest.raises(GithubException, match="wasn't supplied"):
        site.create_file("notes/a.md", "Again", "third", branch="main")
    assert [entry.name for entry in site.get_contents("notes")] == ["a.md"]  # type: ignore[union-attr]
    site.delete_file("notes/a.md", "Away", changed["content"].sha, branch="main")
    with pytest.raises(GithubException, match="404"):
        site.get_contents("notes/a.md")


def test_a_tree_lists_everything_with_sizes(site: Repository) -> None:
    commit_files(site, "Deep", InputGitTreeElement("a/b/c.txt", "100644", "blob", content="four"))
    tree = site.get_git_tree("main", recursive=True)
    found = {entry.path: (entry.type, entry.size) for entry in tree.tree}
    assert found["a"] == found["a/b"] == ("tree", None)
    assert found["a/b/c.txt"] == ("blob", 4)
    compared = site.compare(site.get_commits()[1].sha, "main")
    assert (compared.status, compared.ahead_by, [file.filename for file in compared.files]) == (
        "ahead",
        1,
        ["a/b/c.txt"],
    )


def test_raw_files_need_no_token(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.html}/raw/acme/source/main/altpress.yml", timeout=60)
    assert answer.ok
    assert "acme/app" in answer.text
    assert requests.get(f"{sandbox.html}/raw/acme/source/main/none", timeout=60).status_code == 404


def test_an_etag_gives_304_which_costs_nothing(sandbox: Sandbox) -> None:
    session, url = as_user(sandbox, "visitor"), f"{sandbox.api}/repos/acme/app"
    first = session.get(url)
    again = session.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    third = session.get(url)
    assert int(third.headers["X-RateLimit-Remaining"]) == int(first.headers["X-RateLimit-Remaining"]) - 1


def test_pages_are_linked(sandbox: Sandbox) -> None:
    session = as_user(sandbox, "visitor")
    url = f"{sandbox.api}/repos/acme/app/issues/1/comments"
    for number in range(5):
        assert session.post(url, json={"body": f"comment {number}"}).status_code == 201
    seen, answer = [], session.get(url, params={"per_page": 2})
    assert set(answer.links) == {"next", "last"}
    while True:
        seen += [comment["body"] for comment in answer.json()]
        if "next" not in answer.links:
            break
        answer = session.get(answer.links["next"]["url"])
    assert seen == [f"comment {number}" for number in range(5)]
    assert set(answer.links) == {"prev", "first"}
    with as_app(sandbox) as github:
        github.per_page = 2
        assert len(list(github.get_repo("acme/app").get_issue(1).get_comments())) == 5
