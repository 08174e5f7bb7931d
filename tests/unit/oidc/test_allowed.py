"""Which sites a token speaks to."""

import pytest

from bot.errors import NotAllowed
from bot.oidc import Claims, select_sites
from bot.oidc.allowed import shown_sites
from bot.records import SiteState
from tests.fake_store import site_state

SITES = [
    site_state("acme/source", "acme/app"),
    site_state("acme/source", "acme/app", branch="beta"),
    site_state("umbrella/apps", "acme/app", "umbrella/tool"),
    site_state("umbrella/other", "umbrella/tool"),
]
URL = "https://altpress.example.com"


def claims(aud: str = "acme/source", **changes: str) -> Claims:
    values = {
        "iss": "https://issuer.example", "jti": "1", "repository": "acme/app", "repository_id": "4001",
        "repository_owner": "acme", **changes,
    }  # fmt: skip
    return Claims.model_validate({**values, "aud": aud, "exp": 2, "iat": 1})


def keys(found: list[SiteState]) -> list[str]:
    return [state.site.key for state in found]


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("acme/source", ["acme/source@main", "acme/source@beta"]),
        ("ACME/Source", ["acme/source@main", "acme/source@beta"]),
        ("umbrella/apps", ["umbrella/apps@main"]),
        (URL, ["acme/source@main", "acme/source@beta", "umbrella/apps@main"]),
        (f"{URL}/", ["acme/source@main", "acme/source@beta", "umbrella/apps@main"]),
    ],
)
def test_the_audience_chooses_among_the_sites_that_list_the_repository(
    audience: str, expected: list[str]
) -> None:
    assert keys(select_sites(claims(audience), SITES, {"acme/app"}, URL)) == expected


def test_a_renamed_repository_is_known_by_the_name_that_the_catalog_has() -> None:
    renamed = claims(repository="acme/app2")
    found = select_sites(renamed, SITES, {"acme/app2", "acme/app"}, None)
    assert keys(found) == ["acme/source@main", "acme/source@beta"]


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        ("https://github.com/acme", "meant for somebody else"),
        ("https://altpress.example.com.evil.example", "meant for somebody else"),
        ("sts.amazonaws.com", "no app repository of the site"),
        ("umbrella/other", "no app repository of the site"),
        ("umbrella/unknown", "no app repository of the site"),
        ("acme/sourc", "no app repository of the site"),
    ],
)
def test_who_is_refused_is_told_what_to_ask_for(audience: str, words: str) -> None:
    with pytest.raises(NotAllowed, match=words) as refused:
        select_sites(claims(audience), SITES, {"acme/app"}, URL)
    assert "`acme/source`" in refused.value.public


def test_nobody_learns_which_sites_there_are() -> None:
    told = set()
    for audience in ("umbrella/other", "umbrella/unknown"):
        with pytest.raises(NotAllowed) as refused:
            select_sites(claims(audience), SITES, {"acme/app"}, URL)
        told.add(refused.value.public)
    assert len(told) == 1


def test_a_site_may_not_speak_for_its_apps() -> None:
    with pytest.raises(NotAllowed):
        select_sites(claims(repository="acme/source"), SITES, {"acme/source"}, None)


def test_without_a_public_url_no_address_is_an_audience() -> None:
    with pytest.raises(NotAllowed, match="somebody else"):
        select_sites(claims(URL), SITES, {"acme/app"}, None)


def test_a_pull_request_has_no_say() -> None:
    with pytest.raises(NotAllowed, match="pull request"):
        select_sites(claims(event_name="pull_request_target"), SITES, {"acme/app"}, None)


def test_private_sites_of_others_are_not_told() -> None:
    private = [
        state.model_copy(update={"repository": state.repository.model_copy(update={"private": True})})
        for state in SITES
    ]
    assert shown_sites(claims(URL), SITES) == keys(SITES)
    assert shown_sites(claims(URL), private) == ["acme/source@main", "acme/source@beta"]
    assert shown_sites(claims("umbrella/apps"), private[2:3]) == ["umbrella/apps@main"]
