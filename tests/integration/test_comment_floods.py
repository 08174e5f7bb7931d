"""Comments of people who may do nothing: GitHub's limits of writes are for publishing first."""

from bot.enqueue.pace import take_turn
from jobs.runner import settings as cached_settings
from jobs.thread import HOUR, MOST_OF_STRANGERS
from jobs.writes import account_of
from tests.installation import KEY, SITE, empty_stores, installation
from tests.talk import DONE, comments, reactions, say, start

__all__ = ["empty_stores", "installation"]


def test_strangers_cannot_use_up_the_writes(installation):
    bot = installation
    start(bot)
    state = bot.store.sites.find(KEY)
    account = account_of(bot.context, state.site)
    assert "What it does" in say(bot, "/help", by="visitor")
    for _ in range(MOST_OF_STRANGERS - 1):
        assert take_turn(bot.context.queue.connection, f"chat:{account}", most=1000, seconds=HOUR) == 0
    told = len(comments(bot, SITE))
    assert say(bot, "/help", by="visitor") == ""
    assert reactions(bot) == []
    assert len(comments(bot, SITE)) == told + 1
    assert "What it does" in say(bot, "/help"), "but who has a role there is heard"
    assert reactions(bot) == DONE


def test_what_is_refused_without_words_gets_few_reactions(installation, monkeypatch):
    bot = installation
    monkeypatch.setenv("ALTPRESS_COMMANDS_PER_USER", "1")
    cached_settings.cache_clear()
    start(bot)
    say(bot, "/help", by="visitor")
    say(bot, "/help", by="visitor")  # said once
    found = []
    for _ in range(5):
        assert say(bot, "/help", by="visitor") == ""
        found.append(reactions(bot))
    assert found == [["confused"]] * 3 + [[]] * 2
