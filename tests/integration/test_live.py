"""Only what the public address shows is live: the sandbox's raw files, with a cache in front."""

import pytest
import requests

from bot.errors import Unavailable
from bot.records import Liveness, Publication
from jobs.live import check_live
from jobs.report import report_site
from jobs.runner import settings as cached_settings
from tests.installation import KEY, SITE, Installation, empty_stores, installation
from tests.integration.test_main_job import commit_comments, start
from tests.integration.test_site_issue import the_issue
from tests.life import MuteIssues

__all__ = ["empty_stores", "installation"]


def latest(bot: Installation) -> Publication:
    found = bot.store.publications.latest(KEY)
    assert found is not None
    return found


def cache(bot: Installation, seconds: float) -> None:
    bot.hub.ask("PUT", "raw-cache", json={"seconds": seconds})


def keep_stale(bot: Installation) -> None:
    """Whoever asks from now on gets what is there now."""
    cache(bot, 3600)
    [output] = latest(bot).outputs
    assert requests.get(output.url, timeout=60).ok


@pytest.fixture
def published(installation: Installation) -> Installation:
    """A site with one release, live."""
    start(installation)
    installation.hub.release("v1.0")
    installation.drain()
    return installation


def test_a_publication_is_live_when_its_bytes_are_there(published: Installation) -> None:
    publication = latest(published)
    assert publication.live is Liveness.LIVE
    assert publication.live_seconds is not None
    assert publication.live_seconds < 600
    [output] = publication.outputs
    shown = requests.get(output.url, timeout=60).content
    assert shown == published.hub.file("apps.json").encode()


def test_a_cache_is_waited_for(published: Installation) -> None:
    bot = published
    keep_stale(bot)
    bot.hub.release("v1.1")
    bot.drain()
    assert latest(bot).live is None
    assert bot.context.queue.depth().scheduled == 1
    cache(bot, 0)
    bot.run_later(expect=lambda: latest(bot).live is Liveness.LIVE)


def test_a_newer_commit_of_the_file_supersedes(published: Installation) -> None:
    bot = published
    keep_stale(bot)
    bot.hub.release("v1.1")
    bot.drain()
    older = latest(bot)
    bot.hub.release("v1.2")
    bot.drain()
    assert latest(bot).commit != older.commit

    def liveness(publication: Publication) -> Liveness | None:
        found = bot.store.publications.find(KEY, publication.commit)
        return found.live if found else None

    bot.run_later(expect=lambda: liveness(older) is Liveness.SUPERSEDED)
    assert latest(bot).live is None
    cache(bot, 0)
    bot.run_later(expect=lambda: latest(bot).live is Liveness.LIVE)
    assert liveness(older) is Liveness.SUPERSEDED


def test_what_does_not_come_up_is_told_once_and_noticed_when_it_does(published: Installation) -> None:
    bot = published
    keep_stale(bot)
    bot.monkeypatch.setenv("ALTPRESS_LIVE_TIMEOUT", "0.01")
    cached_settings.cache_clear()
    bot.hub.release("v1.1")
    bot.drain()
    bot.run_later(expect=lambda: latest(bot).live is Liveness.NOT_LIVE)
    first = latest(bot).commit
    told = the_issue(bot)
    assert (told["state"], commit_comments(bot, SITE, first)) == ("open", []), "in the issue, till it is over"
    assert first[:7] in told["body"]
    assert "does not show it" in told["body"]
    assert "apps.json" in told["body"]
    bot.hub.release("v1.2")
    bot.drain()
    bot.run_later(expect=lambda: latest(bot).commit != first and latest(bot).live is Liveness.NOT_LIVE)
    assert latest(bot).commit[:7] in the_issue(bot)["body"]
    cache(bot, 0)
    bot.sweep()
    assert latest(bot).live is Liveness.LIVE
    assert the_issue(bot)["state"] == "closed"


def test_what_could_not_be_told_at_first_is_told_at_the_next_look(published: Installation) -> None:
    bot = published
    keep_stale(bot)
    bot.hub.release("v1.1")
    bot.drain()
    commit = latest(bot).commit
    with bot.acting(MuteIssues) as ctx:
        ctx.settings = ctx.settings.model_copy(update={"live_timeout": 0.001})
        check_live.work(ctx, KEY, commit)
        with pytest.raises(Unavailable):
            report_site.work(ctx, KEY)
        for _ in range(2):
            check_live.work(ctx, KEY, commit)
            report_site.work(ctx, KEY)
    assert latest(bot).live is Liveness.NOT_LIVE
    assert commit[:7] in the_issue(bot)["body"]


def test_nobody_looks_where_nobody_shall(published: Installation) -> None:
    bot = published
    bot.monkeypatch.setenv("ALTPRESS_LIVE_TIMEOUT", "0")
    cached_settings.cache_clear()
    bot.hub.release("v1.1")
    bot.drain()
    assert (latest(bot).outputs, latest(bot).live) == ((), None)
    assert bot.context.queue.depth().scheduled == 0


def test_a_base_url_in_a_private_network_is_not_fetched(published: Installation) -> None:
    bot = published
    bot.monkeypatch.setenv("ALTPRESS_LIVE_TIMEOUT", "0.01")
    cached_settings.cache_clear()
    catalog = bot.hub.file("altpress.yml")
    bot.hub.push({"altpress.yml": f"{catalog}\nbase-url: https://169.254.169.254/latest\n"})
    bot.drain()
    bot.run_later(expect=lambda: latest(bot).live is Liveness.NOT_LIVE)
    assert "private network" in the_issue(bot)["body"]
