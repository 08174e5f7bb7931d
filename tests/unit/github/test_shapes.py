import pytest

from bot.github.access import quote
from bot.github.addresses import host_of, raw_base_url
from bot.github.shapes import parse_comment, parse_release, parse_repository

REPOSITORY = {
    "id": 7, "full_name": "Acme/App", "owner": {"login": "Acme"}, "private": False, "default_branch": "trunk",
    "description": None, "homepage": "", "html_url": "https://github.com/Acme/App",
}  # fmt: skip
ASSET = {
    "id": 9, "name": "A.ipa", "state": "uploaded", "size": 3, "digest": "sha256:ab", "created_at": "c",
    "updated_at": "u", "browser_download_url": "https://github.com/d", "url": "https://api.github.com/a",
}  # fmt: skip
COMMENT = {
    "id": 1, "user": {"login": "o", "type": "User"}, "body": "/help", "created_at": "a", "updated_at": "a",
    "html_url": "h",
}  # fmt: skip


def test_a_repository():
    facts = parse_repository(REPOSITORY)
    assert (facts.id, facts.full_name, facts.owner, facts.default_branch) == (7, "Acme/App", "Acme", "trunk")
    assert facts.homepage is None


def test_a_release_has_the_assets_that_are_given():
    data = {
        "id": 1, "tag_name": "v1", "name": None, "body": None, "draft": False, "prerelease": True,
        "created_at": "c", "published_at": "p", "html_url": "h", "assets": [],
    }  # fmt: skip
    release = parse_release(data, parse_repository(REPOSITORY), [ASSET, {**ASSET, "id": 10, "digest": None}])
    assert [asset.id for asset in release.assets] == [9, 10]
    assert release.assets[0].digest == "sha256:ab"
    assert release.prerelease


@pytest.mark.parametrize(
    ("changes", "author", "edited"),
    [
        ({}, "o", False),
        ({"updated_at": "b"}, "o", True),
        ({"user": None}, "ghost", False),
        ({"body": None}, "o", False),
    ],
)
def test_a_comment_with_what_github_may_leave_out(changes, author, edited):
    comment = parse_comment({**COMMENT, **changes})
    assert (comment.author, comment.edited) == (author, edited)


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("https://api.github.com", "https://raw.githubusercontent.com/acme/source/main/"),
        ("https://git.example/api/v3", "https://git.example/raw/acme/source/main/"),
        ("http://127.0.0.1:7001/api/v3/", "http://127.0.0.1:7001/raw/acme/source/main/"),
    ],
)
def test_where_a_branch_can_be_read(api, expected):
    assert raw_base_url(api, "acme/source", "main") == expected


def test_a_branch_with_odd_signs():
    assert raw_base_url("https://api.github.com", "a/b", "feat/ü#1").endswith("/a/b/feat/%C3%BC%231/")


def test_hosts_are_compared_without_port():
    assert host_of("http://127.0.0.1:7001/api/v3") == "127.0.0.1"
    assert host_of("https://API.github.com") == "api.github.com"


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/b", "a/b"), ("a/../b", "a/b"), ("a?b#c", "a%3Fb%23c"), ("/a//b/", "a/b"), ("%2e%2e", "%252e%252e")],
)
def test_a_path_cannot_climb_or_change_the_query(path, expected):
    assert quote(path) == expected
