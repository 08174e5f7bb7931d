"""Pull requests that somebody pushes to without end: GitHub's limits are for publishing, too."""

import pytest

from bot.errors import NotReady
from jobs.catalog_pull import MOST_LOOKS_OF_PULL, check_pull
from tests.installation import KEY, empty_stores, installation
from tests.integration.test_catalog_pulls import CATALOG, bot, catalog, push, said
from tests.integration.test_catalog_pulls import open_pull as opened

__all__ = ["bot", "empty_stores", "installation"]


def test_looks_are_bounded_before_anything_is_read(bot):
    push(bot, {CATALOG: catalog(bot, "name: Acme Apps", "name: Other")})
    number = opened(bot)
    bot.drain()
    first = said(bot, number)
    for _ in range(MOST_LOOKS_OF_PULL):
        try:
            check_pull.work(bot.context, KEY, number, None, None)
        except NotReady:
            break
    else:
        pytest.fail("there is no bound")
    asked = bot.context.github.requests["api"]
    check_pull.work(bot.context, KEY, number, None, None)  # the one that waits is enough
    with pytest.raises(NotReady):
        check_pull.work(bot.context, KEY, number, 1, None)  # but somebody asked for this
    assert bot.context.github.requests["api"] == asked
    assert said(bot, number) == first
