"""Other bytes under a published version: the alarm, and the app's rule; docs/life.md says why."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.metrics import SharedCounts
from bot.sandbox.make_ipa import make_ipa
from bot.source.changed import CODE
from tests.installation import KEY, SITE, empty_stores, serving
from tests.life import Life, Told

__all__ = ["empty_stores"]
EVIL = make_ipa(version="1.1", name="Evil")
REFUSE = "    changed-files: refuse\n"


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_stores: dict[str, str]) -> Iterator[Life]:
    with serving(tmp_path, empty_stores, monkeypatch) as bot:
        found = Life(bot, Told.BY_NOBODY)  # no event tells of files
        yield found
        found.close()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_following_publishes_the_new_bytes_and_tells_once(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    _, release = life.start("1.0", "1.1")
    before = life.newest()["sha256"]
    with caplog.at_level(logging.WARNING, "jobs.notify"):
        life.do(lambda hub: hub.replace_asset(release, "Acme.ipa", EVIL))
        life.sweep()
    assert life.versions() == ["1.1", "1.0"]
    assert life.newest()["sha256"] == digest(EVIL)
    [alarm] = life.told_maintainer("bytes")
    assert before in alarm
    assert digest(EVIL) in alarm
    [event] = [record for record in caplog.records if record.msg == "bytes_changed"]
    assert (event.before, event.after, event.rule) == (before, digest(EVIL), "follow")
    counted = SharedCounts(life.bot.context.queue.connection).load().added["bytes_changed"]
    assert counted == {'["follow"]': 1}


def test_refusing_takes_the_version_out_and_survives_the_loss_of_the_database(life: Life) -> None:
    _, release = life.start("1.0", "1.1", catalog=REFUSE)
    before = life.newest()["sha256"]
    life.do(lambda hub: hub.replace_asset(release, "Acme.ipa", EVIL))
    assert life.versions() == ["1.0"]
    [refused] = [r for r in life.bot.store.records.of_site(KEY) if not r.verdict.accepted]
    assert refused.verdict.code == CODE
    assert before in (refused.verdict.reason or "")
    assert digest(EVIL) in (refused.verdict.reason or "")
    assert len(life.told_maintainer("bytes")) == 1

    document, commits, reads = life.bot.hub.file("apps.json"), life.commits(), life.downloads()
    with life.bot.emptied() as bot:
        again = Life(bot, Told.BY_NOBODY)
        again.sweep()
        again.sweep()
        again.close()
        assert [r.verdict.code for r in bot.store.records.of_site(KEY) if not r.verdict.accepted] == [CODE]
    assert (life.bot.hub.file("apps.json"), life.commits(), life.downloads()) == (document, commits, reads)


def test_taking_the_file_away_first_deceives_nobody(life: Life) -> None:
    _, release = life.start("1.0", "1.1", catalog=REFUSE)
    life.do(lambda hub: hub.delete_asset(release, "Acme.ipa"))
    assert life.versions() == ["1.0"]
    with life.bot.emptied() as bot:
        later = Life(bot, Told.BY_NOBODY)
        later.do(lambda hub: hub.replace_asset(release, "New.ipa", EVIL))
        assert later.versions() == ["1.0"]
        later.close()
        found = bot.hub.get(f"/repos/{SITE}/contents/.altpress/lock.jsonl")
        assert found["size"]


def test_another_release_of_the_same_version_does_not_replace_a_refusing_app_s_entry(life: Life) -> None:
    life.start("1.0", "1.1", catalog=REFUSE)
    before = life.newest()["sha256"]
    life.do(lambda hub: hub.release("v1.1-again", {"Acme.ipa": EVIL}))
    assert life.versions() == ["1.1", "1.0"]
    assert life.newest()["sha256"] == before
