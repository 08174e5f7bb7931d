"""What somebody with write access to an app's repository can do, and what must not get past a gate by it."""

import pytest

from bot.catalog import parse_catalog
from bot.lock import parse_lock
from bot.replies.approval import render_wait
from bot.source.plan import plan_publish
from bot.source.waiting import APPROVAL
from tests.unit.source.test_plan import LOCK
from tests.unit.source.test_waiting import ADDS, PLAIN, Clock, approval, hide, uploaded
from tests.unit.source.values import NO_DECISIONS, NOW, decided, record, repository, site

TWO_APPS = """name: Acme Source
outputs: [{path: apps.json, apps: [app]}, {path: nightly.json, apps: [nightly]}]
apps:
  - {id: nightly, repository: acme/app, assets: ["*-nightly.ipa"], bundle-id: com.acme.app}
  - {id: app, repository: acme/app, assets: ["App.ipa"], bundle-id: com.acme.app, approve: always}
"""
STAGED = """name: Acme Source
outputs:
  - {path: apps.json}
  - {path: staging.json, stage: true}
  - {path: beta.json, channels: [beta]}
apps:
  - repository: acme/app
    channels: [{channel: beta, prereleases: true}]
"""


def test_deleted_releases_leave_the_next_one_something_to_be_compared_with():
    world = Clock("approve: permissions")
    world.publish(record(1, "1.0", inside=PLAIN))
    world.publish(record(2, "1.1", inside=ADDS))
    assert world.codes() == {"1.1": APPROVAL}, "the only release is not the first"
    world.publish(record(3, "1.2", inside=ADDS))
    assert world.codes() == {"1.2": APPROVAL}, "nor is it once nothing is listed"
    world.publish(record(4, "1.3", inside={}))
    assert world.codes() == {"1.3": None}, "it asks for nothing"


def test_a_lower_version_is_no_way_around():
    world = Clock("approve: permissions")
    listed = record(1, "1.0", inside=PLAIN)
    world.publish(listed)
    world.publish(listed, record(2, "0.1", inside=ADDS))
    assert world.codes() == {"1.0": None, "0.1": APPROVAL}
    world.publish(listed, record(2, "0.1", inside=ADDS), record(3, "0.2", inside=PLAIN))
    assert world.codes() == {"1.0": None, "0.1": APPROVAL, "0.2": None}


def test_an_approval_means_the_file_that_was_looked_at():
    """Another one, of the same version and build, was a prerelease that the app does not take, and is a
    release now: it was uploaded before.
    """
    world = Clock("approve: always")
    seen, shown = record(5, "1.0"), record(3, "1.0", sha256="b" * 64, tag="x")
    world.publish(seen)
    decision = approval("1.0 (1)", seen=uploaded(5)) | {"files": [seen.key]}
    world.publish(seen, decisions=decided(decision))
    world.publish(seen, shown, decisions=decided(decision))
    codes = {line.asset_id: line.verdict.code for line in parse_lock(world.files[LOCK]).records}
    assert codes == {5: None, 3: APPROVAL}


def test_a_file_that_another_app_took_is_not_accepted_for_this_one():
    """Its name decides which app takes it, and can be changed at any time."""
    world = Clock()
    world.catalog = parse_catalog(TWO_APPS)
    file = record(1, "1.0", app="nightly", asset_name="App-nightly.ipa")
    world.publish(file)
    assert world.listed("nightly.json") == ["com.acme.app 1.0"]
    world.publish(file.model_copy(update={"asset_name": "App.ipa", "app": "app"}))
    assert world.codes() == {"1.0": APPROVAL}


def test_a_renamed_app_keeps_what_was_accepted():
    world = Clock()
    world.catalog = parse_catalog(TWO_APPS)
    world.publish(record(1, "1.0"), decisions=decided(approval("1.0")))
    world.catalog = parse_catalog(TWO_APPS.replace("id: app,", "id: other,").replace("[app]", "[other]"))
    world.publish(*parse_lock(world.files[LOCK]).records)
    assert world.codes() == {"1.0": None}


def test_a_file_that_was_hidden_before_it_was_judged_waits_when_it_is_back():
    world = Clock("approve: always")
    world.publish(record(1, "1.0"), decisions=decided(approval("1.0")))
    new = record(2, "1.1")
    world.publish(record(1, "1.0"), hide(new), decisions=decided(approval("1.0")))  # private at once
    world.publish(record(1, "1.0"), new, decisions=decided(approval("1.0")))
    assert world.codes() == {"1.0": None, "1.1": APPROVAL}


@pytest.mark.parametrize(("at", "listed"), [(4, True), (2, False)])
def test_an_approval_lets_through_a_hold_what_was_there_then(at, listed):
    world = Clock()
    world.publish(record(1, "1.0"))
    hold = {"kind": "hold", "app": "app", "at": uploaded(1)}
    world.publish(
        record(1, "1.0"), record(3, "1.1"), decisions=decided(hold, approval("1.1", at=uploaded(at)))
    )
    assert ("com.acme.app 1.1" in world.listed()) is listed


def test_a_prerelease_that_becomes_a_release_goes_through_the_stage():
    world = Clock()
    world.catalog = parse_catalog(STAGED)
    early = record(1, "1.0", prerelease=True)
    world.publish(early)
    assert world.listed("beta.json") == ["com.acme.app 1.0"], "no stage lists it"
    world.publish(early.model_copy(update={"prerelease": False}))
    assert world.listed("staging.json") == ["com.acme.app 1.0"]
    assert world.listed("apps.json") == []


def test_what_an_output_goes_on_to_list_stays_public():
    world = Clock()
    world.catalog = parse_catalog(
        STAGED.replace("channels: [beta]}\napps", "channels: [beta, stable]}\napps")
    )
    early = record(1, "1.0", prerelease=True)
    world.publish(early)
    world.publish(early.model_copy(update={"prerelease": False}))
    assert world.listed("beta.json") == ["com.acme.app 1.0"]


def test_whoever_takes_a_free_name_is_not_its_former_owner():
    world = Clock("approve: permissions")
    world.publish(record(1, "1.0", inside=PLAIN))
    taken = site(app_repositories={"acme/app": repository(number=99)})
    plan = plan_publish(
        site=taken, catalog=world.catalog, decisions=NO_DECISIONS, current=world.files, lock=world.lock(),
        records=[record(2, "1.1", repository_id=99, inside=PLAIN)], icons={}, causes=(), now=NOW,
    )  # fmt: skip
    [wait] = plan.waiting
    assert (wait.record.verdict.code, wait.strange) == (APPROVAL, True)
    assert "another repository" in render_wait(wait)


TAKEN = site(app_repositories={"acme/app": repository(number=99)})


def publish_taken(world: Clock, *records, decisions=NO_DECISIONS):
    plan = plan_publish(
        site=TAKEN, catalog=world.catalog, decisions=decisions, current=world.files, lock=world.lock(),
        records=records, icons={}, causes=(), now=NOW,
    )  # fmt: skip
    world.files = {p: d for p, d in {**world.files, **getattr(plan, "files", {})}.items() if d is not None}
    return plan


def test_a_taken_name_waits_without_any_gate_until_somebody_has_looked_at_it():
    """GitHub gives the name of a deleted repository to whoever asks: the source must not follow."""
    world = Clock()
    world.publish(record(1, "1.0", inside=PLAIN))
    new = [record(n, f"1.{n}", repository_id=99, inside=PLAIN) for n in (2, 3)]
    for _ in range(3):
        plan = publish_taken(world, new[0])
        [wait] = plan.waiting
        assert (wait.record.verdict.code, wait.strange) == (APPROVAL, True)
        assert "apps.json" not in world.files
    publish_taken(world, new[0], decisions=decided(approval("1.2")))
    assert world.listed() == ["com.acme.app 1.2"]
    publish_taken(world, *new)
    assert world.listed() == ["com.acme.app 1.3", "com.acme.app 1.2"], "whom it was given to is known now"


def test_another_repository_in_the_catalog_is_the_maintainer_s_word():
    world = Clock()
    world.publish(record(1, "1.0", inside=PLAIN))
    world.catalog = parse_catalog(
        "name: Acme\noutputs: [{path: apps.json}]\napps: [{id: app, repository: acme/next}]\n"
    )
    moved = record(2, "1.1", repository_id=99, repository="acme/next", inside=PLAIN)
    world.publish(moved)
    assert world.codes() == {"1.1": None}
