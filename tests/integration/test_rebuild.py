"""The job behind the dashboard's button, on a whole installation."""

import pytest

from bot.enqueue import Outcome, Outcomes
from bot.records import Cause, CauseKind, Job
from tests.installation import KEY, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]


def rebuild(bot: Installation, site: str, app: str | None) -> Outcome | None:
    job = Job(name="rebuild", args=(site, app, "dashboard"), site=site)
    bot.context.queue.enqueue(job)
    bot.drain()
    return Outcomes(bot.context.queue.connection).find(job.token)


@pytest.mark.parametrize(("app", "text"), [("app", "/rebuild app"), (None, "/rebuild")])
def test_a_release_that_nobody_told_of_is_found(
    installation: Installation, app: str | None, text: str
) -> None:
    bot = installation
    bot.context.queue.enqueue(Job(name="sync", args=("acme/source", None)))
    bot.drain(expect=lambda: bot.store.sites.find(KEY) is not None)
    release = bot.hub.release("v1.0")
    bot.drain(expect=lambda: bool(bot.store.records.of_site(KEY)))
    record = bot.store.records.of_site(KEY)[0]
    bot.store.records.remove(KEY, record.repository_id, [record.asset_id])
    bot.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
    bot.context.queue.enqueue_publish(KEY, now=bot.context.clock())
    bot.drain()
    assert '"version"' not in bot.hub.file("apps.json")

    outcome = rebuild(bot, KEY, app)
    assert outcome is not None
    assert (outcome.done, outcome.text) == (True, "1 release read again, 1 change found.")
    state = bot.store.sites.find(KEY)
    assert state is not None
    assert state.published_generation >= outcome.generation > 0
    assert [r.release_id for r in bot.store.records.of_site(KEY)] == [release]
    assert '"version": "1.0"' in bot.hub.file("apps.json")
    latest = bot.store.publications.latest(KEY)
    assert latest is not None
    assert [(c.kind, c.actor, c.text) for c in latest.causes] == [(CauseKind.COMMAND, "dashboard", text)]


def test_a_site_that_is_gone_is_told_of(installation: Installation) -> None:
    outcome = rebuild(installation, "acme/none@main", None)
    assert outcome is not None
    assert not outcome.done
    assert outcome.generation == 0
    assert "acme/none@main" in outcome.text
