"""Why a release feeds no app."""

from typing import Any

import pytest

from bot.catalog import parse_catalog
from bot.replies.unwanted import explain_unwanted
from tests.unit.setup.values import make_release


def explain(*apps: str, tag: str = "v1", files: str = "Acme.ipa", **changes: Any) -> str | None:
    entries = [f"  - {{id: app{n}, repository: acme/app{more}}}" for n, more in enumerate(apps)]
    outputs = "outputs: [{channels: [stable, beta]}]\n" if "beta" in "".join(apps) else ""
    catalog = parse_catalog(f"name: A\n{outputs}apps:\n" + "\n".join(entries) + "\n")
    return explain_unwanted(catalog.apps, make_release(1, tag, *files.split()).model_copy(update=changes))


@pytest.mark.parametrize(
    ("app", "changes", "why"),
    [
        ("", {"prerelease": True}, "it is a prerelease (`prereleases` is `exclude`)"),
        (", prereleases: only", {}, "it is no prerelease (`prereleases` is `only`)"),
        (", tags: 'ios-*'", {}, "its tag does not fit `tags` (ios-*)"),
        ("", {"files": "Acme.dmg"}, "none of its files fits `assets` (*.ipa)"),
        ("", {"files": ""}, "none of its files fits `assets` (*.ipa)"),
        ("", {"draft": True}, "it is a draft"),
        (
            ", tags: 'x*', channels: [{channel: beta, prereleases: true}]", {},
            "its tag does not fit `tags` (x*), and no entry of `channels` takes it",
        ),
    ],
)  # fmt: skip
def test_the_rule_that_speaks_against_it(app: str, changes: dict[str, Any], why: str) -> None:
    assert explain(app, **changes) == f"Nothing of v1 is published: {why}."


def test_several_apps_say_each_why() -> None:
    said = explain("", ", tags: 'x*'", prerelease=True)
    assert said == (
        "Nothing of v1 is published (app0: it is a prerelease (`prereleases` is `exclude`); "
        "app1: its tag does not fit `tags` (x*))."
    )


def test_one_that_takes_it_is_enough() -> None:
    assert explain("", ", tags: 'x*'") is None


def test_a_repository_without_apps_has_nothing_to_say() -> None:
    assert explain_unwanted((), make_release(1, "v1", "Acme.ipa")) is None
