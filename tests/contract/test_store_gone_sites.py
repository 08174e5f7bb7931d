"""What was to be done for a site that went away, and stays away."""

from bot.records import SiteIssue, Trouble
from bot.store import Store
from bot.store.deliveries import DAY_MS
from tests.contract.test_store import REPOSITORY
from tests.contract.test_store import SITE as HERE
from tests.contract.test_store_decisions import request
from tests.contract.test_store_notices import NOTICE, NOW

GONE, KEEP = "gone/source@main", 30


def fill(store: Store, site: str) -> None:
    store.notices.post(site, f"{site}:told later", NOTICE, NOW)
    store.decision_edits.add(site, request(1, at_ms=NOW))
    store.reports.note(site, Trouble(kind="blocked"))
    store.reports.save_issue(site, SiteIssue(number=7))


def left(store: Store, site: str) -> list[int]:
    return [
        len(store.notices.due(site, NOW)), len(store.decision_edits.pending(site)),
        len(store.reports.troubles(site)), int(store.reports.find_issue(site) is not None),
    ]  # fmt: skip


def test_it_goes_after_a_while(any_store: Store) -> None:
    any_store.sites.save(HERE, REPOSITORY, head=None, catalog_sha=None, catalog=None)
    for site in (HERE.key, GONE):
        fill(any_store, site)
    any_store.purge(NOW + KEEP * DAY_MS, KEEP)
    assert left(any_store, GONE) == [1, 1, 0, 0], "it may only have been out of sight"
    any_store.purge(NOW + KEEP * DAY_MS + 1, KEEP)
    assert left(any_store, GONE) == [0, 0, 0, 0]
    assert left(any_store, HERE.key) == [1, 1, 1, 1], "what waits for a site that is there stays"
