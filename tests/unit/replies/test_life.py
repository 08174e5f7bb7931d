"""What is told of changed files and moved repositories."""

from bot.catalog import App
from bot.lock import Removed
from bot.records import Verdict
from bot.replies import code, hidden, render_changed_bytes, render_moved_site
from bot.source.changed import CODE, ChangedBytes
from tests.unit.source.values import record

BEFORE = Removed(repository_id=2, asset_id=1, app="app", version="1.0", build="7", size=1000, sha256="a" * 64)
MARKER = hidden("bytes", "x")


def test_the_alarm_names_both_digests_and_what_was_done() -> None:
    app = App(repository="acme/app", id="app")
    followed = render_changed_bytes(ChangedBytes(record(sha256="b" * 64), BEFORE, app), MARKER)
    assert r"1.0 \(7\)" in followed
    assert "a" * 64 in followed
    assert "b" * 64 in followed
    assert "act now" in followed
    refused = record(sha256="b" * 64, verdict=Verdict(accepted=False, code=CODE))
    assert "It was refused" in render_changed_bytes(ChangedBytes(refused, BEFORE, app), MARKER)


def test_foreign_words_stay_words() -> None:
    hostile = record(asset_name="`@everyone`<img>", sha256=None)
    text = render_changed_bytes(ChangedBytes(hostile, BEFORE, App(repository="acme/app", id="app")), MARKER)
    assert f"file {code(hostile.asset_name)} of" in text
    assert "SHA-256 not known" in text
    assert text.endswith(MARKER)


def test_a_new_name_is_told_with_what_there_is_to_do() -> None:
    kept = render_moved_site("acme/old", "acme/new", None, MARKER)
    assert "identifier" not in kept
    followed = render_moved_site("acme/old", "acme/new", "com.github.acme.old", MARKER)
    assert "`identifier: com.github.acme.old`" in followed
