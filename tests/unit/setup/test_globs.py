"""Patterns for tags: they take tomorrow's release, too, and nobody else's."""

from fnmatch import fnmatchcase

import pytest

from bot.setup.globs import plan_tags


@pytest.mark.parametrize(
    ("wanted", "unwanted", "glob", "tomorrow"),
    [
        (["v5-beta"], ["mac-1"], "v*", "v5"),
        (["v5-beta", "v4-beta"], ["mac-1"], "v*", "v5.1"),
        (["v1.0-beta.2"], ["mac-1"], "v*", "v1.0"),
        (["v1.0-rc1"], ["mac-v1"], "v*", "v1.0"),
        (["v5-beta"], ["vision-1"], "v[0-9]*", "v5"),
        (["ios-v1-beta"], ["mac-v1"], "ios-v*", "ios-v1"),
        (["1.0-rc1"], ["mac-1"], "[0-9]*", "1.0"),
        (["beta5"], ["mac-1"], "beta*", "beta6"),
        (["nightly"], ["v1"], "nightly", "nightly"),
        (["v1", "v2"], ["lib-v1"], "v*", "v3"),
    ],
)
def test_a_beta_s_pattern_takes_what_it_becomes(
    wanted: list[str], unwanted: list[str], glob: str, tomorrow: str
) -> None:
    assert plan_tags(wanted, unwanted) == glob
    assert fnmatchcase(tomorrow, glob)
    assert not any(fnmatchcase(tag, glob) for tag in unwanted)
