"""The catalog's keys `approve`, `cooldown`, `stage` and `promote-after`."""

import jsonschema
import pytest
import yaml

from bot.catalog import build_schema, parse_catalog
from bot.catalog.durations import tell_duration
from bot.errors import BadCatalog, FileProblem

WHOLE = """
name: Acme
promote-after: 24h
outputs:
  - path: apps.json
  - path: staging.json
    stage: true
apps:
  - repository: acme/app
    approve: permissions
    cooldown: 90m
"""


def test_the_keys_are_read() -> None:
    catalog = parse_catalog(WHOLE)
    assert (catalog.promote_after, [output.stage for output in catalog.outputs]) == (86_400, [False, True])
    [app] = catalog.apps
    assert (app.approve, app.cooldown) == ("permissions", 5_400)
    jsonschema.validate(yaml.safe_load(WHOLE), build_schema())


def test_nothing_waits_unless_the_catalog_says_so() -> None:
    catalog = parse_catalog("name: Acme\napps:\n  - repository: acme/app\n")
    assert catalog.promote_after is None
    assert not any(output.stage for output in catalog.outputs)
    assert (catalog.apps[0].approve, catalog.apps[0].cooldown) == (None, None)


DURATION = "must be a length of time such as `90m`, `6h` or `2d`"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("90m", "90", DURATION),
        ("90m", "90s", DURATION),
        ("90m", "0h", DURATION),
        ("90m", "-6h", DURATION),
        ("90m", "6 h", DURATION),
        ("90m", "true", DURATION),
        ("90m", "366d", "must not be longer than a year, `365d`"),
        ("24h", "tomorrow", DURATION),
        ("approve: permissions", "approve: permission", "(did you mean `permissions`?)"),
        ("approve: permissions", "approve: true", "must be one of 'permissions' or 'always'"),
        ("stage: true", "stage: yes", "must be `true` or `false`"),
        ("    stage: true\n", "", "`promote-after` > needs an output with `stage: true`"),
        ("apps.json\n", "apps.json\n    stage: true\n", "no output is without `stage`"),
        ("    stage: true\n", "    stage: true\n    promote-after: 1d\n", "but one of the source; allowed"),
        ("promote-after: 24h", "approve: always\npromote-after: 24h", "but one of an app; allowed: name"),
        ("    stage: true\n", "    stage: true\n    channel: beta\n", "(did you mean `channels`?)"),
        ("cooldown", "cool-down", "is no key here (did you mean `cooldown`?)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told(old: str, new: str, problem: str) -> None:
    assert old in WHOLE
    with pytest.raises(BadCatalog) as caught:
        parse_catalog(WHOLE.replace(old, new, 1))
    [told] = caught.value.problems
    assert isinstance(told, FileProblem)
    path, _, message = problem.rpartition(" > ")
    assert message in told.message
    assert told.path.endswith(path.strip("`"))
    assert told.line is not None


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(60, "1 minute"), (5_400, "90 minutes"), (3_600, "1 hour"), (86_400, "1 day"), (90_000, "25 hours")],
)
def test_a_duration_is_told_in_words(seconds: int, told: str) -> None:
    assert tell_duration(seconds) == told
