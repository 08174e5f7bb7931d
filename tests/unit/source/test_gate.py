"""What the gate lets through, whom it blames, and what it says."""

import json

import pytest

from bot.catalog import parse_catalog
from bot.clients import check_source
from bot.ipa.model import Severity
from bot.lock import Adopted, Lock, parse_lock
from bot.source.plan import plan_publish
from tests.unit.source.values import NO_DECISIONS, NOW, catalog, record, repository, site

BIG = 2**31
KEY = {"app": "app", "bundle_identifier": "com.acme.app"}


def publish(records, made=None, adopted=(), where=None):
    return plan_publish(
        site=where or site(), catalog=made or catalog(), decisions=NO_DECISIONS, records=records,
        lock=Lock(adopted=tuple(adopted)), current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip


def listed(plan, path="apps.json"):
    return {
        app["bundleIdentifier"]: [version["version"] for version in app["versions"]]
        for app in json.loads(plan.files[path])["apps"]
    }


def verdicts(plan):
    lock = parse_lock(plan.files[".altpress/lock.jsonl"])
    return {record.key: record.verdict for record in lock.records}


def tool(number=9, **changes):
    inside = {"bundle_identifier": "com.acme.tool"}
    values = {"repository_id": 3, "repository": "acme/tool", "app": "tool", "inside": inside, **changes}
    return record(number, **values)


TWO = parse_catalog("name: A\napps: [{repository: acme/app}, {repository: acme/tool}]\n")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"published_at": "never"}, "client.altstore.dataCorrupted"),
        ({"published_at": ""}, "client.altstore.keyNotFound"),
        ({"download_url": ""}, "client.altstore.keyNotFound"),
        ({"download_url": "https://["}, "client.altstore.dataCorrupted"),
        ({"size": 2**63}, "client.altstore.dataCorrupted"),
        ({"size": BIG}, "client.sidestore.sizeCrash"),
    ],
)
def test_one_bad_version_is_rejected_in_the_lock_and_the_others_go_on(changes, code):
    plan = publish([record(1, "1.0"), record(2, "2.0", **changes), tool()], TWO)
    assert listed(plan) == {"com.acme.app": ["1.0"], "com.acme.tool": ["1.0"]}
    verdict = verdicts(plan)["2:2"]
    assert (verdict.accepted, verdict.code) == (False, code)
    assert [r.key for r in plan.rejected] == ["2:2"]
    assert all(v.accepted for key, v in verdicts(plan).items() if key != "2:2")
    assert "would" in verdict.reason
    assert "Not published:" in plan.message


def test_a_version_too_big_to_be_the_first_is_listed_behind_a_smaller_one():
    old = record(1, "1.0", size=BIG)
    assert verdicts(publish([old]))["2:1"].code == "client.sidestore.sizeCrash"
    plan = publish([old, record(2, "2.0")])
    assert listed(plan) == {"com.acme.app": ["2.0", "1.0"]}
    assert all(verdict.accepted for verdict in verdicts(plan).values())


def test_without_sidestore_a_big_version_is_fine():
    assert listed(publish([record(1, "1.0", size=BIG)], catalog(clients="altstore, feather"))) == {
        "com.acme.app": ["1.0"]
    }


def test_an_app_whose_only_version_is_rejected_is_left_out():
    plan = publish([record(1, "1.0", published_at="never"), tool()], TWO)
    assert listed(plan) == {"com.acme.tool": ["1.0"]}


def test_a_second_app_of_the_same_bundle_is_rejected():
    plan = publish([record(1, "1.0"), tool(inside={"bundle_identifier": "com.acme.app"})], TWO)
    assert listed(plan) == {"com.acme.app": ["1.0"]}
    assert verdicts(plan)["3:9"].code == "client.altstore.duplicateBundleID"


def test_a_rejected_first_release_does_not_decide_the_bundle_id():
    wrong = tool(1, inside={"bundle_identifier": "com.acme.app"})
    right = tool(9, version="1.1")
    other = tool(10, version="1.2", inside={"bundle_identifier": "com.x"})
    plan = publish([record(2, "1.0"), wrong, right, other], TWO)
    assert listed(plan) == {"com.acme.app": ["1.0"], "com.acme.tool": ["1.1"]}
    codes = {key: verdict.code for key, verdict in verdicts(plan).items()}
    assert codes["3:1"] == "client.altstore.duplicateBundleID"
    assert codes["3:10"] == "bundle_id_mismatch"


def test_an_accepted_release_goes_on_deciding_the_bundle_id():
    bad = record(1, "1.0", download_url="")
    other = record(3, "3.0", inside={"bundle_identifier": "com.acme.other"})
    plan = publish([bad, record(2, "2.0"), other])
    assert listed(plan) == {"com.acme.app": ["2.0"]}
    assert verdicts(plan)["2:3"].code == "bundle_id_mismatch"


def test_bundles_that_differ_in_case_are_two():
    plan = publish([record(1, "1.0"), tool(inside={"bundle_identifier": "com.acme.App"})], TWO)
    assert listed(plan) == {"com.acme.app": ["1.0"], "com.acme.App": ["1.0"]}


def test_the_same_version_twice_is_listed_once_and_nobody_is_to_blame():
    plan = publish([record(1, "1.0", "5"), record(2, "1.0", "5"), record(3, "1.0", "6")])
    assert listed(plan) == {"com.acme.app": ["1.0", "1.0"]}
    assert all(verdict.accepted for verdict in verdicts(plan).values())


def test_an_app_without_icon_and_description_shows_its_owner_and_name():
    facts = repository(description="  ", owner_name="\u202e")
    where = site(app_repositories={"acme/app": facts})
    plan = publish([record(1, "1.0", inside={"name": ""})], where=where)
    app = json.loads(plan.files["apps.json"])["apps"][0]
    assert app["iconURL"] == "https://github.com/acme.png"
    assert (app["name"], app["localizedDescription"], app["developerName"]) == (
        "com.acme.app",
        "com.acme.app",
        "acme",
    )


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ({"beta": "yes", "mystery": 1}, {"mystery"}),
        (
            {"platformURLs": [{"platform": 0, "downloadURL": "https://x.example/a"}], "mystery": 1},
            {"mystery"},
        ),
        ({"tintColor": "reddish", "screenshots": 5, "mystery": 1}, {"mystery"}),
    ],
)
def test_what_a_client_refuses_of_a_hand_made_entry_is_left_out(entry, kept):
    lines = [Adopted(scope="app", entry=entry, **KEY)]
    app = json.loads(publish([record()], adopted=lines).files["apps.json"])["apps"][0]
    assert app.keys() & {*entry} == kept


def test_a_hand_made_version_that_a_client_refuses_is_left_out():
    good = {"version": "0.2", "date": "2020-01-01", "downloadURL": "https://x.example/o.ipa", "size": 1}
    versions = [{**good, "size": "big"}, good, {**good, "version": "0.1"}, good]
    lines = [Adopted(scope="version", index=i, entry=v, **KEY) for i, v in enumerate(versions)]
    assert listed(publish([record(1, "1.0")], adopted=lines)) == {"com.acme.app": ["1.0", "0.2", "0.1"]}


def test_texts_of_a_catalog_cannot_make_a_document_invalid():
    text = '"\\u202e\\u0007 <b>\\U0001F600"'
    made = parse_catalog(
        f"name: {text}\ndescription: {text}\napps:\n"
        f"  - {{repository: acme/app, name: {text}, description: {text}, subtitle: {text}}}\n"
    )
    plan = publish([record()], made)
    assert not plan.problems
    problems = check_source(plan.files["apps.json"], ["altstore", "sidestore", "feather", "livecontainer"])
    assert [p for p in problems if p.severity is Severity.ERROR] == []


def test_what_a_client_refuses_of_a_hand_made_source_is_left_out():
    lines = [Adopted(scope="source", entry={"identifier": 5, "userInfo": {"a": 1}, "kept": True})]
    made = catalog("", "", clients="altstore, sidestore")
    source = json.loads(publish([record()], made, lines).files["apps.json"])
    assert source["identifier"] == "com.github.acme.source"
    assert "userInfo" not in source
    assert source["kept"] is True
