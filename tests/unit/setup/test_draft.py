"""The catalog's text: valid whatever the names are, and open about what was guessed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import parse_catalog
from bot.setup.draft import draft_catalog, quote
from bot.setup.plan import AppPlan, assign_ids, plan_apps
from tests.unit.setup.values import REPOSITORY, make_releases, read_groups


def make_plan(**changes: object) -> AppPlan:
    releases = make_releases({"v1.0": "Acme.ipa"})
    [plan] = plan_apps(releases, read_groups(releases, {}))
    return replace(plan, **changes)  # type: ignore[arg-type]


def test_what_the_ipa_and_github_say_is_left_out_and_told() -> None:
    text = draft_catalog("Acme", [make_plan()])
    [app] = parse_catalog(text).apps
    assert (app.name, app.developer, app.description) == (None, None, None)
    assert (app.id, app.bundle_id) == ("app", "com.acme.app")
    for told in ("# name: Acme ", "# developer: Acme Inc.", "# description: An app"):
        assert told in text


@pytest.mark.parametrize("name", ["Runner", "", "com.acme.app", " App "])
def test_a_template_s_name_is_replaced_by_the_repository_s(name: str) -> None:
    text = draft_catalog("Acme", [make_plan(ipa_name=name)])
    assert parse_catalog(text).apps[0].name == REPOSITORY.full_name.partition("/")[2]
    assert "guessed: the repository's" in text


def test_a_bundle_id_that_no_catalog_can_have_is_a_comment() -> None:
    assert (
        parse_catalog(draft_catalog("Acme", [make_plan(bundle_identifier="com.ac me_ü")])).apps[0].bundle_id
        is None
    )


def test_a_tint_colour_is_written_with_where_it_is_from() -> None:
    text = draft_catalog("Acme", [make_plan(tint="#1F8A70")])
    assert '    tint-color: "#1F8A70"  # taken from the icon\n' in text
    assert parse_catalog(text).apps[0].tint_color == "#1F8A70"
    assert "tint-color" not in draft_catalog("Acme", [make_plan()])


def test_a_guessed_name_says_so() -> None:
    assert "name: Acme  # guessed: the owner's name" in draft_catalog(
        "Acme", [make_plan()], guessed="the owner's name"
    )


@pytest.mark.parametrize(
    "text", ["Acme", "yes", "No", "1.0", "null", "a: b", "# x", "Ünï", "x ", "- y", "a#b", "'"]
)
def test_scalars(text: str) -> None:
    assert parse_catalog(f"name: {quote(text)}\napps: []\n").name == text


@settings(max_examples=60)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_foreign_text_never_breaks_out_of_its_line(name: str, note: str, ipa_name: str) -> None:
    catalog = parse_catalog(draft_catalog(name, [make_plan(notes=(note,), ipa_name=ipa_name)]))
    assert (len(catalog.apps), catalog.apps[0].repository) == (1, "acme/app")


def test_ids_are_unique_over_all_repositories() -> None:
    plans = [
        make_plan(),
        make_plan(bundle_identifier="com.acme.app.pro"),
        make_plan(bundle_identifier="com.beta.app"),
        make_plan(bundle_identifier="org.beta.app", repository="beta/app"),
    ]
    named = assign_ids(plans)
    ids = [plan.id or "app" for plan in named]
    assert len(set(ids)) == 4
    assert ids[:2] == ["app", "pro"]


def test_of_two_repositories_with_one_bundle_id_the_second_is_mentioned() -> None:
    named = assign_ids([make_plan(), make_plan(repository="beta/fork")])
    assert [plan.repository for plan in named] == ["acme/app"]
    text = draft_catalog("Acme", named)
    assert "# guessed: beta/fork has this bundle ID, too, and is left out" in text
