"""The GitHub adapter against the running sandbox, in the order of a site's life."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bot.errors import BadIpa, BadSettings, Conflict, NotAllowed, NotFound
from bot.github import GitHub
from bot.github.publisher import SiteTree
from bot.ipa import read_ipa
from bot.records import Site
from bot.records.blobs import blob_id
from bot.sandbox.make_ipa import make_ipa
from tests.installation import APP, SITE, Hub
from tests.sandboxes import Sandbox, run_sandbox

HOSTS = ("127.0.0.1",)
PNG = b"\x89PNG\r\n\x1a\n\0\xff"


@dataclass
class Blobs:
    """A blob cache in memory."""

    held: dict[str, bytes] = field(default_factory=dict)

    def get(self, sha: str) -> bytes | None:
        return self.held.get(sha)

    def put(self, sha: str, data: bytes) -> None:
        self.held[sha] = data


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("adapter") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def hub(sandbox: Sandbox) -> Iterator[Hub]:
    hub = Hub(sandbox)
    yield hub
    hub.close()


@pytest.fixture(params=["app", "token"])
def either(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[GitHub]:
    """The adapter as an App, and with a token."""
    github = as_app(sandbox) if request.param == "app" else as_user(sandbox, "maintainer")
    yield github
    github.close()


@pytest.fixture
def app(sandbox: Sandbox) -> Iterator[GitHub]:
    github = as_app(sandbox)
    yield github
    github.close()


def as_app(sandbox: Sandbox) -> GitHub:
    return GitHub.from_app(sandbox.keys.app_id, sandbox.keys.private_key_file.read_text(), sandbox.api)


def as_user(sandbox: Sandbox, login: str) -> GitHub:
    return GitHub.from_token(sandbox.tokens[login], sandbox.api, (SITE,))


def site_of(github: GitHub) -> Site:
    return next(found.site for found in github.discover_sites() if found.site.repository == SITE)


def test_sites_are_found(either: GitHub) -> None:
    found = {f.site.repository: f for f in either.discover_sites()}
    assert found[SITE].site.branch == "main"
    assert found[SITE].pushed_at is not None
    assert found[SITE].repository == either.fetch_repository(SITE)


def test_it_knows_its_own_login(app: GitHub, sandbox: Sandbox) -> None:
    assert app.login() == "altpress[bot]"
    user = as_user(sandbox, "developer")
    assert user.login() == "developer"
    user.close()


def test_tokens_are_kept_and_counted_apart(app: GitHub) -> None:
    for _ in range(3):
        app.fetch_repository(SITE)
    assert app.requests == {"api": 3, "token": 2}, "one look-up of the installation, one token"
    fresh = site_of(app)
    app.requests.clear()
    app.learn(fresh)
    app.fetch_repository(APP)
    assert app.requests["token"] == 0, "the same owner's installation"


def test_a_wrong_key_and_a_wrong_token_are_told_as_settings(sandbox: Sandbox) -> None:
    github = GitHub.from_token("ghp_wrong0000", sandbox.api, ())
    with pytest.raises(BadSettings) as caught:
        github.fetch_repository(SITE)
    assert "ghp_wrong" not in str(caught.value)
    github.close()


def test_a_repository_that_is_not_there(either: GitHub) -> None:
    with pytest.raises(NotFound):
        either.fetch_repository("acme/nothing")


def test_releases_with_their_assets(either: GitHub, hub: Hub, request: pytest.FixtureRequest) -> None:
    tag = f"v1-{request.node.callspec.params['either']}"
    ipa = make_ipa(version="1.0", padding=300_000)
    number = hub.release(tag, {"Acme.ipa": ipa}, notes="Grüße", prerelease=True)
    facts = either.fetch_repository(APP)
    release = either.fetch_release(facts, number)
    assert (release.tag, release.body, release.prerelease) == (tag, "Grüße", True)
    [asset] = release.assets
    assert (asset.state, asset.size) == ("uploaded", len(ipa))
    assert release in list(either.stream_releases(facts))
    with either.open_asset(asset, hosts=HOSTS, max_bytes=2**30) as file:
        assert read_ipa(file, size=asset.size).version == "1.0"
    assert 2 <= either.requests["asset"] <= 5, "the redirect and four ranges at most"


def test_an_asset_above_the_bound_or_on_another_host(app: GitHub, hub: Hub) -> None:
    facts = app.fetch_repository(APP)
    [asset] = app.fetch_release(facts, hub.release("v9.0")).assets
    with pytest.raises(BadIpa), app.open_asset(asset, hosts=HOSTS, max_bytes=100):
        pass
    with pytest.raises(NotAllowed), app.open_asset(asset, hosts=("github.com",), max_bytes=2**30):
        pass


def test_an_asset_through_the_api_with_credentials(app: GitHub, hub: Hub) -> None:
    facts = app.fetch_repository(APP)
    [asset] = app.fetch_release(facts, hub.release("v9.1")).assets
    with app.open_asset(asset, hosts=HOSTS, max_bytes=2**30, private_of=APP) as file:
        assert file.read(2) == b"PK"


def test_a_deleted_release_is_not_there(app: GitHub, hub: Hub) -> None:
    number = hub.release("v8.0")
    hub.delete_release("v8.0")
    with pytest.raises(NotFound):
        app.fetch_release(app.fetch_repository(APP), number)


def test_one_commit_with_text_and_binary_files_and_removals(
    either: GitHub, hub: Hub, request: pytest.FixtureRequest
) -> None:
    site, cache = site_of(either), Blobs()
    png = PNG + request.node.callspec.params["either"].encode()
    head = either.fetch_head(site)
    base = either.fetch_tree(site, head)
    assert either.fetch_blob(site, base.blobs["altpress.yml"], cache).startswith(b"#")
    files = {"apps.json": '{"ä": 1}\n'.encode(), "icons/a.png": png, "lone.txt": b"x", "nothing": None}
    either.requests.clear()
    first = either.apply_commit(site, base, files, "Publish Acme 1.0\n\nWhy.\n", cache)
    assert either.requests["api"] == 4, "one binary blob, tree, commit, ref"
    assert first.blobs["icons/a.png"] == blob_id(png)
    either.requests.clear()
    second = either.apply_commit(site, first, {"lone.txt": None, "apps.json": b"{}\n"}, "Again", cache)
    assert either.requests["api"] == 3, "on the bot's own head nothing is read"
    assert "lone.txt" not in second.blobs
    assert either.fetch_tree(site, either.fetch_head(site)).blobs == second.blobs
    assert hub.git(SITE, "show", "main:apps.json") == "{}\n"
    assert hub.commits()[:2] == ["Again", "Publish Acme 1.0"]


def test_an_apps_commit_is_its_own_and_verified(app: GitHub, hub: Hub) -> None:
    site = site_of(app)
    app.apply_commit(site, app.fetch_tree(site, app.fetch_head(site)), {"x.txt": b"1"}, "Mine", Blobs())
    commit = hub.get(f"/repos/{SITE}/commits/main")
    assert commit["author"]["login"] == "altpress[bot]"
    assert commit["commit"]["verification"]["verified"]


def test_a_lost_race_is_a_conflict_and_changes_nothing(either: GitHub, hub: Hub) -> None:
    site = site_of(either)
    base = either.fetch_tree(site, either.fetch_head(site))
    theirs = hub.push({"README.md": "first"})
    with pytest.raises(Conflict):
        either.apply_commit(site, base, {"apps.json": b"late"}, "Late", Blobs())
    assert either.fetch_head(site) == theirs


def test_a_branch_that_is_not_there(app: GitHub) -> None:
    with pytest.raises(NotFound):
        app.fetch_head(Site(repository=SITE, branch="nowhere"))


def test_another_tree_than_its_own_is_refused_without_write(sandbox: Sandbox) -> None:
    visitor = as_user(sandbox, "visitor")
    site = Site(repository=SITE, branch="main")
    base = visitor.fetch_tree(site, visitor.fetch_head(site))
    with pytest.raises((NotAllowed, NotFound)):
        visitor.apply_commit(site, base, {"apps.json": b"evil"}, "Evil", Blobs())
    visitor.close()


def test_a_blob_is_read_once(app: GitHub) -> None:
    site, cache = site_of(app), Blobs()
    sha = app.fetch_tree(site, app.fetch_head(site)).blobs["altpress.yml"]
    app.fetch_blob(site, sha, cache)
    app.requests.clear()
    app.fetch_blob(site, sha, cache)
    assert app.requests["api"] == 0


@pytest.mark.parametrize(
    ("repository", "login", "role"),
    [
        (SITE, "maintainer", "admin"), (APP, "developer", "write"), (SITE, "visitor", "none"),
        (SITE, "nobody-at-all", "none"),
    ],
)  # fmt: skip
def test_roles(app: GitHub, repository: str, login: str, role: str) -> None:
    found = app.fetch_permission(repository, login)
    assert found == role or {found, role} == {"read", "none"}, "everybody reads a public repository"


def test_comments_reactions_and_replies(app: GitHub, hub: Hub) -> None:
    hub.comment("/help <&>", by="visitor")
    listed = hub.get(f"/repos/{SITE}/issues/1/comments")[-1]
    comment = app.fetch_comment(SITE, listed["id"])
    assert (comment.author, comment.author_type, comment.body) == ("visitor", "User", "/help <&>")
    assert not comment.edited
    for _ in range(2):
        app.react(SITE, comment.id, "eyes")
    reactions = hub.get(f"/repos/{SITE}/issues/comments/{comment.id}/reactions")
    assert [reaction["content"] for reaction in reactions] == ["eyes"]

    assert app.find_reply(SITE, 1, "<!-- m -->", by="altpress[bot]", since=comment.created_at) is None
    url = app.reply(SITE, 1, "Hello\n<!-- m -->")
    assert app.find_reply(SITE, 1, "<!-- m -->", by="altpress[bot]", since=comment.created_at) == url
    assert app.find_reply(SITE, 1, "<!-- m -->", by="visitor", since=comment.created_at) is None


def test_commit_comments_and_issues(app: GitHub, hub: Hub) -> None:
    hub.release("v7.0")
    sha = app.resolve_tag(APP, "v7.0")
    assert sha == hub.git(APP, "rev-parse", "v7.0^{commit}").strip()
    app.comment_on_commit(APP, sha, "Not published.")
    assert hub.get(f"/repos/{APP}/commits/{sha}/comments")[-1]["body"] == "Not published."
    assert "/issues/" in app.open_issue(SITE, "A title", "y" * 70_000).url


def test_files_without_the_tree(app: GitHub, hub: Hub) -> None:
    assert app.has_file(SITE, "altpress.yml", "main")
    assert not app.has_file(SITE, ".github/altpress.yml", "main")
    assert app.fetch_allow_file(APP) is None
    hub.push({".github/altpress-allow": "acme/source\n"}, repository=APP)
    assert app.fetch_allow_file(APP) == "acme/source\n"


def test_trees_name_what_git_names(app: GitHub, hub: Hub) -> None:
    site = site_of(app)
    tree = app.fetch_tree(site, app.fetch_head(site))
    listed = [line.split() for line in hub.git(SITE, "ls-tree", "-r", "main").splitlines()]
    assert tree.blobs == {path: sha for _, _, sha, path in listed}
    assert isinstance(tree, SiteTree)
    assert json.dumps(dict(tree.blobs))
