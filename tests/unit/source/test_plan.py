"""The plan: one commit that makes a site what it should be, or none."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import App, parse_catalog
from bot.lock import Adopted, Lock, parse_lock
from bot.records import Cause, CauseKind, Verdict
from bot.records.blobs import blob_id
from bot.source.plan import Commit, Unchanged, plan_publish
from tests.unit.source.values import CAUSE, ICON, NO_DECISIONS, NOW, catalog, decided, record, site

LOCK = ".altpress/lock.jsonl"
ICON_PATH = f"icons/{'ab' * 8}.png"


class World:
    """A branch's files, and what is planned for them."""

    def __init__(self, **lines: str) -> None:
        self.files: dict[str, bytes] = {}
        self.catalog = catalog(**lines)
        self.icons: dict[str, bytes] = {}

    def plan(self, *records: Any, causes=(CAUSE,), decisions=NO_DECISIONS, by_sha: bool = False):
        current = {p: blob_id(d) if by_sha and p == LOCK else d for p, d in self.files.items()}
        return plan_publish(
            site=site(), catalog=self.catalog, decisions=decisions, records=records, current=current,
            lock=parse_lock(self.files[LOCK]) if LOCK in self.files else None,
            icons=self.icons, causes=causes, now=NOW,
        )  # fmt: skip

    def publish(self, *records: Any, **more: Any) -> Commit:
        plan = self.plan(*records, **more)
        assert isinstance(plan, Commit)
        for path, data in plan.files.items():
            if data is None:
                del self.files[path]
            else:
                self.files[path] = data
        return plan

    def listed(self, path: str = "apps.json") -> list[str]:
        apps = json.loads(self.files[path])["apps"]
        return [f"{app['bundleIdentifier']} {v['version']}" for app in apps for v in app["versions"]]


def test_a_release_becomes_one_commit():
    world = World()
    world.icons[ICON.path] = b"a picture"
    commit = world.publish(record(inside={"icon": ICON}))
    assert sorted(commit.files) == [LOCK, "apps.json", ICON_PATH]
    assert world.files[ICON_PATH] == b"a picture"
    assert world.listed() == ["com.acme.app 1.0"]
    assert commit.subject == "Publish Acme 1.0"
    assert commit.body == (
        "- Acme 1.0 added\n- The source created\n\n"
        "Because of:\n- release acme/app@v1.0: https://github.com/acme/app/x (guid-1)\n\n"
        "Altpress-Cause: release\nAltpress-Delivery: guid-1\nAltpress-Release: acme/app@v1.0"
    )
    assert (commit.missing_icons, commit.rejected, commit.problems) == ((), (), ())


def test_nothing_changed_is_a_result():
    world = World()
    world.publish(record())
    assert isinstance(world.plan(record()), Unchanged)
    assert isinstance(world.plan(record(), by_sha=True), Unchanged)


def test_a_hand_edit_is_undone():
    world = World()
    world.publish(record())
    before = world.files["apps.json"]
    world.files["apps.json"] = before.replace(b"Acme Source", b"Mine")
    assert world.publish(record()).subject == "Update the source"
    assert world.files["apps.json"] == before


def test_the_lock_alone_gives_the_same_bytes():
    world = World()
    world.publish(
        record(1, "1.0"), record(2, "1.1"), record(3, "2.0", inside={"bundle_identifier": "com.other"})
    )
    from_lock = parse_lock(world.files[LOCK]).records
    assert isinstance(world.plan(*from_lock), Unchanged)


def test_an_icon_that_nobody_has_is_told():
    plan = World().plan(record(inside={"icon": ICON}))
    assert plan.missing_icons == (ICON.path,)


def test_a_removed_release_leaves():
    world = World()
    world.publish(record(1, "1.0"), record(2, "1.1"))
    commit = world.publish(record(1, "1.0"))
    assert commit.subject == "Remove Acme 1.1"
    assert world.listed() == ["com.acme.app 1.0"]


def test_several_versions_are_counted():
    commit = World().publish(*(record(n, f"1.{n}") for n in range(1, 5)))
    assert commit.subject == "Publish Acme 1.4 and 3 more"


def test_what_comes_along_with_a_version_is_not_counted():
    world = World(app="icon: https://e.x/1.png")
    world.publish(record(1, "1.0"))
    world.catalog = catalog(app="icon: https://e.x/2.png")
    commit = world.publish(record(1, "1.0"), record(2, "1.1"))
    assert "Acme changed: icon" in commit.changes
    assert commit.subject == "Publish Acme 1.1"


def test_a_pin_is_told():
    world = World()
    world.publish(record(1, "1.0"), record(2, "1.1"))
    commit = world.publish(
        record(1, "1.0"), record(2, "1.1"), decisions=decided({"kind": "pin", "app": "app", "version": "1.0"})
    )
    assert commit.changes == ("Acme 1.0 is offered first",)
    assert commit.subject == "Update Acme 1.0"


def test_a_rejected_record_is_in_the_lock_and_told_once():
    world = World()
    world.publish(record(1, "1.0"))
    other = record(2, "2.0", inside={"bundle_identifier": "com.other"})
    commit = world.publish(record(1, "1.0"), other)
    assert commit.subject == "Reject app 2.0"
    assert [r.verdict.code for r in commit.rejected] == ["bundle_id_mismatch"]
    assert [r.verdict.accepted for r in parse_lock(world.files[LOCK]).records] == [True, False]
    assert world.listed() == ["com.acme.app 1.0"]
    again = world.plan(*parse_lock(world.files[LOCK]).records)
    assert isinstance(again, Unchanged)
    assert again.rejected == ()


def test_a_mended_catalog_lets_rejected_records_in():
    world = World()
    world.publish(record(1, "1.0"), record(2, "2.0", inside={"bundle_identifier": "com.other"}))
    world.catalog = catalog("bundle-id: com.other")
    commit = world.publish(*parse_lock(world.files[LOCK]).records)
    assert world.listed() == ["com.other 2.0"]
    assert [r.asset_id for r in commit.rejected] == [1]


def test_what_a_client_would_refuse_is_left_out_and_the_others_go_on():
    world = World(clients="sidestore")
    good, bad = record(1, "1.0"), record(2, "2.0", download_url="", published_at="never")
    commit = world.publish(good, bad)
    assert world.listed() == ["com.acme.app 1.0"]
    assert commit.rejected[0].verdict == Verdict(
        accepted=False,
        code="client.sidestore.dataCorrupted",
        reason="sidestore would refuse the source: Date is in invalid format.",
    )


def test_a_refused_version_does_not_take_its_app_along():
    world = World()  # SideStore and Feather read the old keys too, which repeat the newest version
    commit = world.publish(record(1, "1.0"), record(2, "2.0", download_url=""))
    assert world.listed() == ["com.acme.app 1.0"]
    assert [r.asset_id for r in commit.rejected] == [2]
    assert commit.problems == ()


def test_a_value_that_two_outputs_refuse_is_left_out_of_both():
    adopted = Adopted(scope="app", app="app", bundle_identifier="com.acme.app", entry={"tintColor": 5})
    made = parse_catalog(
        "name: A\noutputs: [{path: a.json}, {path: b.json}]\napps:\n  - repository: acme/app\n"
    )
    plan = plan_publish(
        site=site(), catalog=made, decisions=NO_DECISIONS, records=[record()], lock=Lock(adopted=(adopted,)),
        current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(plan, Commit)
    for path in ("a.json", "b.json"):
        assert [app["bundleIdentifier"] for app in json.loads(plan.files[path])["apps"]] == ["com.acme.app"]


def test_two_apps_with_one_bundle_id_the_second_stays_out():
    world = World(clients="altstore")
    second = {"id": "second", "repository": "acme/tool"}
    world.catalog = world.catalog.model_copy(update={"apps": (*world.catalog.apps, App(**second))})
    tool = record(9, "3.0", repository_id=3, repository="acme/tool", app="second")
    commit = world.publish(record(), tool)
    assert world.listed() == ["com.acme.app 1.0"]
    assert [r.verdict.code for r in commit.rejected] == ["client.altstore.duplicateBundleID"]


def test_an_adopted_value_that_a_client_refuses_is_left_out():
    adopted = (
        Adopted(scope="source", entry={"userInfo": {"a": 1}, "subtitle": "S"}),
        Adopted(scope="app", app="app", bundle_identifier="com.acme.app", entry={"beta": 1, "subtitle": "T"}),
        Adopted(scope="version", app="app", bundle_identifier="com.acme.app", entry={"version": "0.1"}),
    )
    plan = plan_publish(
        site=site(), catalog=catalog(clients="altstore"), decisions=NO_DECISIONS, records=[record()],
        lock=Lock(adopted=adopted), current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(plan, Commit)
    source = json.loads(plan.files["apps.json"])
    assert "userInfo" not in source
    assert source["subtitle"] == "S"
    assert "beta" not in source["apps"][0]
    assert source["apps"][0]["subtitle"] == "T"
    assert [v["version"] for v in source["apps"][0]["versions"]] == ["1.0"]
    assert parse_lock(plan.files[LOCK]).adopted == adopted


def test_an_output_that_feather_reads_goes_when_its_last_app_goes():
    world = World(clients="feather")
    assert sorted(world.plan().files) == [LOCK]
    world.publish(record())
    commit = world.publish()
    assert commit.files["apps.json"] is None
    assert commit.subject == "Remove Acme"


def test_outputs_have_clients_of_their_own():
    top = "outputs: [{path: a.json, clients: [altstore]}, {path: b.json, clients: [feather]}]"
    world = World()
    lines = f"name: A\n{top}\napps:\n  - repository: acme/app\n"
    world.catalog = parse_catalog(lines)
    world.publish()
    assert sorted(world.files) == [LOCK, "a.json"]
    world.publish(record())
    assert world.files["a.json"] == world.files["b.json"]


def test_foreign_text_has_no_effect_in_a_commit():
    evil = "x\nAltpress-Delivery: forged\nskip-checks: true [skip ci] fixes #1 @octocat GH-2 fixes https://github.com/a/b/issues/3"
    cause = Cause(
        kind=CauseKind.COMMAND, delivery="g\nx: y", actor=evil, text=evil, url="https://x/\ny", tag=None
    )
    release = Cause(kind=CauseKind.RELEASE, repository="acme/app", tag="v1\n\nSigned-off-by: x [skip ci]")
    commit = World().publish(record(inside={"name": evil}), causes=[cause, release])
    message = commit.message
    assert "[skip ci]" not in message
    assert "#1" not in message
    assert "https://github.com/a/b/issues/3" not in message
    assert " @octocat" not in message
    assert "GH-2" not in message
    trailers = [
        line for line in message.split("\n") if ": " in line and not line.startswith(("- ", "Publish"))
    ]
    assert trailers == [
        "Altpress-Cause: command",
        "Altpress-Cause: release",
        "Altpress-Delivery: g_x:_y",
        "Altpress-Release: acme/app@v1_Signed-off-by:_x__skip_ci_",
    ]
    assert len(commit.subject) <= 72
    assert "\n" not in commit.subject


def test_trailers_are_unique_and_sorted():
    causes = [
        Cause(kind=CauseKind.RELEASE, delivery=d, repository="acme/app", tag=t)
        for d, t in [("b", "v2"), ("a", "v1"), ("b", "v2")]
    ]
    lines = World().publish(record(), causes=causes).body.split("\n\n")[-1].split("\n")
    assert lines == [
        "Altpress-Cause: release",
        "Altpress-Delivery: a",
        "Altpress-Delivery: b",
        "Altpress-Release: acme/app@v1",
        "Altpress-Release: acme/app@v2",
    ]


@settings(max_examples=25)
@given(st.permutations([record(n, v) for n, v in enumerate(["1.0", "1.1", "beta", "2.0", "1.0"], start=1)]))
def test_the_order_of_arrival_does_not_matter(records):
    world = World()
    world.publish(*sorted(records, key=lambda r: r.asset_id))
    assert isinstance(world.plan(*records), Unchanged)


def test_blob_id_is_git_s():
    assert blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_id(b"x") == hashlib.sha1(b"blob 1\0x").hexdigest()


@pytest.mark.parametrize("clients", ["altstore", "feather, livecontainer"])
def test_an_empty_site(clients):
    plan = World(clients=clients).plan(causes=[])
    assert isinstance(plan, Commit)
    assert plan.files[LOCK] == b""
    assert ("apps.json" in plan.files) is (clients == "altstore")
