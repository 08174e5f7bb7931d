"""What the contract with GitHub's description cannot see: addresses, words and values in the shapes."""

from base64 import b64decode
from dataclasses import replace

import pytest

from bot.sandbox import shapes
from bot.sandbox.model import Reaction, User
from bot.sandbox.shapes import TreeEntry, payloads
from bot.sandbox.shapes.payloads import NO_COMMIT, Push
from tests import sandbox_rows as rows
from tests.sandbox_rows import ASSET, BOT, DEVELOPER, RELEASE, REPOSITORY, SCENE, SHA, URLS

ROOT = "http://127.0.0.1:7001"


def show_release(**changes: object) -> shapes.Json:
    release = replace(RELEASE, **changes)
    return shapes.render_release(URLS, REPOSITORY, release, (ASSET,), rows.find_user)


def test_addresses_are_an_enterprise_servers() -> None:
    release = show_release()
    assert release["url"] == f"{ROOT}/api/v3/repos/acme/app/releases/30"
    assert release["html_url"] == f"{ROOT}/acme/app/releases/tag/v1.2.0"
    assert release["upload_url"] == f"{ROOT}/api/uploads/repos/acme/app/releases/30/assets{{?name,label}}"
    asset = release["assets"][0]
    assert asset["browser_download_url"] == f"{ROOT}/acme/app/releases/download/v1.2.0/Acme%201.2.ipa"
    assert asset["url"] == f"{ROOT}/api/v3/repos/acme/app/releases/assets/40"


def test_a_draft_has_no_tag_in_its_addresses() -> None:
    draft = show_release(draft=True, published_at=None)
    assert "/releases/tag/untagged-" in draft["html_url"]
    assert "/releases/download/untagged-" in draft["assets"][0]["browser_download_url"]
    assert (draft["tarball_url"], draft["zipball_url"], draft["published_at"]) == (None, None, None)


def test_tags_are_quoted_but_keep_their_slashes() -> None:
    assert show_release(tag="app/v1 #2")["html_url"].endswith("/releases/tag/app/v1%20%232")


def test_assets_come_in_the_order_of_their_ids() -> None:
    assets = [replace(ASSET, id=number, name=str(number)) for number in (43, 41, 42)]
    shown = shapes.render_release(URLS, REPOSITORY, RELEASE, assets, rows.find_user)
    assert [asset["id"] for asset in shown["assets"]] == [41, 42, 43]


def test_an_unfinished_asset() -> None:
    starter = replace(ASSET, state="starter", size=0, digest=None)
    shown = shapes.render_asset(URLS, REPOSITORY, RELEASE, starter, rows.find_user)
    assert (shown["state"], shown["size"], shown["digest"]) == ("starter", 0, None)


def test_a_bot_is_a_bot() -> None:
    shown = shapes.render_user(URLS, BOT)
    assert (shown["login"], shown["type"]) == ("altpress[bot]", "Bot")
    assert shown["html_url"] == f"{ROOT}/apps/altpress"
    assert shown["url"] == f"{ROOT}/api/v3/users/altpress%5Bbot%5D"


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("admin", "admin", {"admin", "maintain", "push", "triage", "pull"}),
        ("maintain", "write", {"maintain", "push", "triage", "pull"}),
        ("write", "write", {"push", "triage", "pull"}),
        ("triage", "read", {"triage", "pull"}),
        ("read", "read", {"pull"}),
        ("none", "none", set()),
    ],
)
def test_roles(role: str, permission: str, allowed: set[str]) -> None:
    shown = shapes.render_permission(URLS, DEVELOPER, role)
    assert (shown["permission"], shown["role_name"]) == (permission, role)
    assert {name for name, may in shown["user"]["permissions"].items() if may} == allowed


@pytest.mark.parametrize(
    ("kind", "number", "node"), [("User", 1, "MDQ6VXNlcjE="), ("Release", 30, "MDc6UmVsZWFzZTMw")]
)
def test_node_ids_are_the_older_form(kind: str, number: int, node: str) -> None:
    assert shapes.node_id(kind, number) == node


@pytest.mark.parametrize("size", [0, 1, 44, 45, 46, 1_000])
def test_blobs_come_in_lines_of_base64(size: int) -> None:
    data = bytes(range(256)) * 4
    content = shapes.render_blob(URLS, REPOSITORY, SHA, data[:size])["content"]
    assert b64decode(content) == data[:size]
    assert all(len(line) <= 60 for line in content.splitlines())
    assert content == "" or content.endswith("\n")


def test_tree_entries() -> None:
    entries = [
        TreeEntry("a", "100644", "blob", SHA, 3),
        TreeEntry("b", "040000", "tree", SHA),
        TreeEntry("c", "160000", "commit", SHA),
    ]
    blob, tree, submodule = shapes.render_tree(URLS, REPOSITORY, SHA, entries)["tree"]
    assert (blob["size"], blob["url"]) == (3, f"{ROOT}/api/v3/repos/acme/app/git/blobs/{SHA}")
    assert ("size" in tree, tree["url"]) == (False, f"{ROOT}/api/v3/repos/acme/app/git/trees/{SHA}")
    assert not {"size", "url"} & submodule.keys()


def test_reactions_are_counted() -> None:
    given = [
        Reaction(n, "comment:60", what, "developer", rows.AT) for n, what in enumerate(("eyes", "eyes", "+1"))
    ]
    rollup = shapes.render_rollup("u", given)
    assert (rollup["total_count"], rollup["eyes"], rollup["+1"], rollup["rocket"]) == (3, 2, 1, 0)


def test_a_new_branch_and_one_that_went() -> None:
    new = payloads.render_push_event(URLS, SCENE, Push("refs/heads/x", NO_COMMIT, SHA))
    assert (new["created"], new["deleted"], new["head_commit"]) == (True, False, None)
    gone = payloads.render_push_event(URLS, SCENE, Push("refs/heads/x", SHA, NO_COMMIT))
    assert (gone["created"], gone["deleted"], gone["after"]) == (False, True, NO_COMMIT)


def test_the_head_commit_is_the_newest() -> None:
    older = replace(rows.PUSHED, commit=replace(rows.COMMIT, sha="f" * 40))
    event = payloads.render_push_event(
        URLS, SCENE, Push("refs/heads/main", rows.PARENT, SHA, (older, rows.PUSHED), forced=True)
    )
    assert (event["head_commit"]["id"], event["forced"]) == (SHA, True)
    assert [commit["id"] for commit in event["commits"]] == ["f" * 40, SHA]


def test_an_edit_tells_what_was_before() -> None:
    before = replace(RELEASE, name=None, body="Old")
    event = payloads.render_release_event(URLS, SCENE, "edited", show_release(), before)
    assert event["changes"] == {"name": {"from": ""}, "body": {"from": "Old"}}


def test_an_owner_who_is_a_person_is_no_organization() -> None:
    scene = replace(SCENE, owner=User(9, "acme"), installation=None)
    event = payloads.render_create_event(URLS, scene, "next")
    assert not {"organization", "installation"} & event.keys()


def test_the_hooks_secret_is_not_shown() -> None:
    ping = payloads.render_ping_event(
        URLS, hook_id=1, app_id=2, url="http://127.0.0.1/", events=(), created_at=rows.AT
    )
    assert set(ping["hook"]["config"]["secret"]) == {"*"}
    assert set(shapes.render_hook_config("http://127.0.0.1/")["secret"]) == {"*"}
