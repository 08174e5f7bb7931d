"""The rows of the source identity vectors (U01, …), and others beside them."""

import pytest

from bot.clients import build_source_identity
from bot.clients.identity import is_duplicate


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("https://apps.altstore.io/", "apps.altstore.io"),
        ("http://www.Example.com:443/a//b/Apps.json?x=1#f", "example.com/a/b/apps.json"),
        ("https://example.com:8443/Apps.JSON", "example.com:8443/apps.json"),
        ("https://example.com/a///b/", "example.com/a//b"),
        ("https://example.com/My%20Repo/apps.json", "example.com/my repo/apps.json"),
        (
            "https://raw.githubusercontent.com/User/Repo/main/apps.json",
            "raw.githubusercontent.com/user/repo/main/apps.json",
        ),
        ("https://www.www.example.com/", "www.example.com"),  # U05
        ("http://e.x:443/a", "e.x/a"),  # U07
        ("https://e.x:80/a", "e.x/a"),
        ("e.x/apps.json", "e.x/apps.json"),  # U11
        ("//e.x/apps.json", "e.x/apps.json"),
        ("https://user:password@e.x/a", "e.x/a"),
        ("https://e.x", "e.x"),
        ("https://e.x/WWW.json", "e.x/www.json"),
    ],
)
def test_identity(url, identity):
    assert build_source_identity(url) == identity


@pytest.mark.parametrize(
    ("row", "one", "other", "same"),
    [
        ("U01", "https://e.x/apps.json", "http://e.x/apps.json", True),
        ("beside U01", "https://e.x/Apps.json", "https://E.X/apps.json", True),
        ("U03", "https://e.x/apps.json?channel=beta", "https://e.x/apps.json?channel=stable", True),
        ("beside U03", "https://www.e.x/apps.json", "https://e.x/apps.json", True),
        ("beside U05", "https://e.x:8443/a", "https://e.x/a", False),
        ("beside U07", "https://e.x/a/", "https://e.x/a", True),
        ("U09", "https://e.x/a%2Fb", "https://e.x/a/b", True),
        ("beside U09", "https://e.x/a#x", "https://e.x/a", True),
        ("beside U11", "https://e.x/a//b", "https://e.x/a/b", True),
        ("U15", "https://old.x/apps.json", "https://new.x/apps.json", False),
    ],
)
def test_duplicates(row, one, other, same):
    assert is_duplicate(one, other) is same, row


@pytest.mark.parametrize("url", ["", "https://", "https:///apps.json", "https://e.x:port/a", "file:///a"])
def test_without_a_host_there_is_none(url):
    with pytest.raises(ValueError, match=r"."):
        build_source_identity(url)
