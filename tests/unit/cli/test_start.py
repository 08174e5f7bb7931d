"""A process that lacks a setting says so before it waits for anything."""

from collections.abc import Callable

import pytest

from bot.cli.start import begin, begin_anyway
from bot.errors import BadSettings

NOWHERE = {"mongo_url": "mongodb://127.0.0.1:9/", "redis_url": "redis://127.0.0.1:9/0"}


@pytest.mark.parametrize(
    ("start", "missing"),
    [(begin, "ALTPRESS_GITHUB_APP_ID"), (begin_anyway, "ALTPRESS_WEBHOOK_SECRETS")],
)
def test_what_is_missing_is_named_before_the_stores_are_waited_for(
    start: Callable[..., object], missing: str
) -> None:
    with pytest.raises(BadSettings, match=missing):
        start(**NOWHERE)
