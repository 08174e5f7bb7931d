"""The short form of `make chaos`: few releases; no killed workers, whose jobs are free after a minute."""

import pytest

from tests.chaos.plan import plan_releases, plan_sites
from tests.chaos.run import run_seed

pytestmark = pytest.mark.long

SITES = plan_sites(count=2, apps=3)


def test_a_plan_follows_from_its_seed() -> None:
    plan = plan_releases(7, 50, SITES)
    assert plan == plan_releases(7, 50, SITES) != plan_releases(8, 50, SITES)
    assert len({(release.app, release.version) for release in plan}) == 50
    assert {release.app for release in plan} == {app for site in SITES for app in site.apps}


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    said: list[str] = []
    outcome = run_seed(
        7, 24, say=said.append, sites=SITES, pace=3, calm=(0.5, 1.5),
        targets=("web", "scheduler", "redis", "mongo", "horse"),
    )  # fmt: skip
    assert outcome.broken == [], said
    assert outcome.counts["kills"] > 0
    assert outcome.counts["faults"] > 0
    assert outcome.counts["lost"] == outcome.counts["doubled"] == outcome.counts["unfinished"] == 0
