"""Other bytes under a published version: what the app's rule makes of them, from the lock alone."""

import pytest

from bot.lock import Lock, parse_lock, render_lock
from bot.records import Verdict
from bot.source.changed import CODE, MOST_REMOVED, judge_changed, keep_removed
from tests.unit.source.test_plan import LOCK, World
from tests.unit.source.values import catalog, record

OLD, NEW = "a" * 64, "b" * 64


def published(world: World, *records):
    world.publish(*records)
    return parse_lock(world.files[LOCK])


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"sha256": OLD}, {"asset_id": 2, "sha256": NEW}, True),
        ({"sha256": OLD}, {"asset_id": 2, "sha256": OLD}, False),
        ({"sha256": OLD}, {"asset_id": 1, "sha256": NEW, "updated_at": "2026-02-01T00:00:00Z"}, True),
        ({"sha256": None}, {"asset_id": 1, "sha256": NEW}, False),  # GitHub tells the digest later
        ({"sha256": None}, {"asset_id": 2, "sha256": NEW}, True),  # nobody can know that it is the same
        ({"sha256": None}, {"asset_id": 1, "sha256": None, "size": 999}, True),
        ({"sha256": OLD}, {"asset_id": 2, "sha256": NEW, "inside": {"build_version": "2"}}, False),
        ({"sha256": OLD}, {"asset_id": 2, "sha256": NEW, "version": "1.1"}, False),
    ],
)  # fmt: skip
def test_changed_is_the_same_version_and_build_with_other_bytes(before, after, changed):
    lock = published(World(), record(**before))
    found = judge_changed(catalog(), [record(**after)], lock)[1]
    assert [change.before.asset_id for change in found] == ([1] if changed else [])


def test_following_lists_the_new_bytes_and_raises_the_alarm_once():
    world = World()
    published(world, record(sha256=OLD))
    new = record(asset_id=2, sha256=NEW)
    assert [change.refused for change in world.plan(new).changed_bytes] == [False]
    lock = published(world, new)
    assert world.plan(new).changed_bytes == ()
    assert lock.removed == (), "its own line tells what is published now"


def test_refusing_takes_the_version_out_and_the_lock_alone_remembers_why():
    world = World(app="changed-files: refuse")
    published(world, record(sha256=OLD), record(5, "0.9", sha256="c" * 64))
    new = record(asset_id=2, sha256=NEW)
    commit = world.publish(new, record(5, "0.9", sha256="c" * 64))
    [refused] = commit.rejected
    assert (refused.verdict.code, OLD in refused.verdict.reason, NEW in refused.verdict.reason) == (
        CODE, True, True,
    )  # fmt: skip
    assert world.listed() == ["com.acme.app 0.9"]
    lock = parse_lock(world.files[LOCK])
    # a store that knows no verdict (a publish died after its commit), and one that was filled from the lock
    for known in (new, next(r for r in lock.records if r.asset_id == 2)):
        assert world.plan(known, record(5, "0.9", sha256="c" * 64)).changed_bytes == ()
        assert LOCK not in getattr(world.plan(known, record(5, "0.9", sha256="c" * 64)), "files", {})
    third = record(asset_id=3, sha256="d" * 64)
    assert world.plan(third).changed_bytes[0].before.sha256 == OLD, "still compared with what was published"
    assert world.plan(record(asset_id=3, sha256=OLD)).changed_bytes == (), "the published bytes are welcome"


def test_a_file_taken_away_first_is_remembered():
    world = World(app="changed-files: refuse")
    published(world, record(sha256=OLD), record(5, "2.0"))
    lock = published(world, record(5, "2.0"))
    [gone] = lock.removed
    assert (gone.version, gone.sha256) == ("1.0", OLD)
    assert world.plan(record(asset_id=7, sha256=NEW), record(5, "2.0")).changed_bytes[0].refused
    again = published(world, record(sha256=OLD), record(5, "2.0"))
    assert again.removed == (), "a release that is published again has its line again"


def test_another_release_with_the_same_version_leaves_a_refusing_app_its_entry():
    world = World(app="changed-files: refuse")
    published(world, record(sha256=OLD))
    world.publish(record(sha256=OLD), record(2, "1.0", sha256=NEW))
    assert world.listed() == ["com.acme.app 1.0"]
    assert f'"sha256": "{OLD}"' in world.files["apps.json"].decode()


def test_the_rule_can_be_changed_afterwards():
    world = World(app="changed-files: refuse")
    published(world, record(sha256=OLD))
    world.publish(record(asset_id=2, sha256=NEW))
    refused = parse_lock(world.files[LOCK]).records
    world.catalog = catalog(app="changed-files: follow")
    world.publish(*refused)
    assert world.listed() == ["com.acme.app 1.0"]


def test_what_was_only_out_of_sight_was_published_all_the_same():
    hidden = Verdict(accepted=False, code="repository.private")
    lock = Lock(records=(record(sha256=OLD, verdict=hidden),))
    assert judge_changed(catalog(), [record(asset_id=2, sha256=NEW)], lock)[1]
    assert judge_changed(catalog(), [record(asset_id=2, sha256=NEW, verdict=hidden)], lock)[1] == ()
    assert [line.sha256 for line in keep_removed(catalog(), lock, [])] == [OLD]


def test_the_lock_keeps_a_bounded_number_of_lines_of_files_that_are_gone():
    records = [record(1, f"1.{n}", asset_id=n + 1) for n in range(MOST_REMOVED + 9)]
    kept = keep_removed(catalog(), Lock(records=tuple(records)), [])
    assert len(kept) == MOST_REMOVED
    assert min(line.asset_id for line in kept) == 10, "the oldest are dropped"
    assert parse_lock(render_lock(Lock(removed=kept))).removed == tuple(
        sorted(kept, key=lambda r: r.asset_id)
    )
