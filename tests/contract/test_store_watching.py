"""What the store keeps to watch GitHub's side, on each engine that is there."""

from bot.records import (
    Cause,
    CauseKind,
    DeliveryState,
    FailedDelivery,
    HookMark,
    Hosted,
    Liveness,
    Publication,
    RepositoryFacts,
    Site,
)
from bot.store import NewDelivery, Store
from bot.store.answers import TOUCHED_MS
from bot.store.deliveries import DAY_MS

NOW = 1_790_000_000_000
SITE = "acme/source@main"


def test_a_delivery_has_the_time_of_each_state(any_store: Store) -> None:
    deliveries = any_store.deliveries
    deliveries.add([NewDelivery("g", "release", None, None, {}, b"{}", NOW)])
    deliveries.queue("g", ["t"])
    deliveries.fail("g", "t", "No.", NOW)
    deliveries.replay("g")
    found = deliveries.find("g")
    assert found is not None
    assert [state for state, _ in found.history] == ["pending", "queued", "failed", "pending"]
    times = [at for _, at in found.history]
    assert times[0] == NOW
    assert times[1:] == sorted(times[1:])


def test_the_history_of_a_much_replayed_delivery_is_bounded(any_store: Store) -> None:
    deliveries = any_store.deliveries
    deliveries.add([NewDelivery("g", "release", None, None, {}, b"{}", NOW)])
    for _ in range(20):
        deliveries.fail("g", "t", "No.", NOW)
        deliveries.replay("g")
    found = deliveries.find("g")
    assert found is not None
    assert len(found.history) == 30
    assert found.history[0] == (DeliveryState.PENDING, NOW)


def test_a_delivery_can_be_looked_into(any_store: Store) -> None:
    any_store.deliveries.add([NewDelivery("g", "release", None, None, {"a": "b"}, b"{}", NOW)])
    found = any_store.deliveries.load("g")
    assert found is not None
    assert (found.headers, found.body) == ({"a": "b"}, b"{}")
    any_store.deliveries.ignore("g", "Not ours.", NOW)
    assert any_store.deliveries.load("g") is None
    assert any_store.deliveries.load("unknown") is None


def publication() -> Publication:
    output = Hosted(path="apps.json", url="https://x/apps.json", blob="0" * 40)
    return Publication(
        site=SITE, commit="c", parent="p", subject="s", causes=(Cause(kind=CauseKind.SWEEP),), at_ms=NOW,
        outputs=(output,),
    )  # fmt: skip


def test_a_publication_goes_live_once(any_store: Store) -> None:
    any_store.publications.add(publication())
    assert any_store.publications.find(SITE, "c") == publication()
    assert any_store.publications.set_live(SITE, "c", Liveness.LIVE, NOW + 1500)
    assert not any_store.publications.set_live(SITE, "c", Liveness.SUPERSEDED, NOW + 9000)
    found = any_store.publications.latest(SITE)
    assert found is not None
    assert (found.live, found.live_seconds) == (Liveness.LIVE, 1.5)


def test_a_publication_may_go_live_late(any_store: Store) -> None:
    any_store.publications.add(publication())
    assert any_store.publications.set_live(SITE, "c", Liveness.NOT_LIVE, NOW)
    assert not any_store.publications.set_live(SITE, "c", Liveness.SUPERSEDED, NOW)
    assert any_store.publications.set_live(SITE, "c", Liveness.LIVE, NOW + 1)
    assert not any_store.publications.set_live(SITE, "unknown", Liveness.LIVE, NOW)


def test_answers_are_kept_while_they_are_asked_for(any_store: Store) -> None:
    answers = any_store.answers
    answers.save("token GET /x", '"1"', b"[]", NOW)
    answers.save("token GET /x", '"2"', b"[1]", NOW)
    assert answers.load("token GET /x", NOW + TOUCHED_MS + 1) == ('"2"', b"[1]")
    answers.purge(NOW + 1)
    assert answers.load("token GET /x", NOW) is not None
    answers.purge(NOW + TOUCHED_MS + 2)
    assert answers.load("token GET /x", NOW) is None


def test_failed_deliveries_come_back_when_their_pause_is_over(any_store: Store) -> None:
    rows = any_store.redeliveries
    for number in range(3):
        rows.save(
            FailedDelivery(
                guid=str(number), hook="app", id=number, event="push", failed_ms=NOW, next_ms=NOW + number
            )
        )  # fmt: skip
    assert [failed.guid for failed in rows.due(NOW + 1, 10)] == ["0", "1"]
    rows.remove("0")
    assert rows.find("0") is None
    assert [failed.guid for failed in rows.due(NOW + 9, 1)] == ["1"]


def test_the_mark_of_a_log(any_store: Store) -> None:
    assert any_store.redeliveries.mark("app") == HookMark()
    mark = HookMark(read_ms=NOW, cursor="c", until_ms=5)
    any_store.redeliveries.save_mark("app", mark)
    assert any_store.redeliveries.mark("app") == mark


def test_what_was_heard_of_a_repository(any_store: Store) -> None:
    hearings = any_store.hearings
    assert hearings.find("acme/app") is None
    assert hearings.watch("Acme/App", NOW).since_ms == NOW
    assert hearings.watch("acme/app", NOW + 5).since_ms == NOW
    hearings.heard({"acme/app"}, NOW + 9)
    hearings.heard({"acme/app"}, NOW + 8)
    hearings.set_missed("acme/app", {"v1": NOW})
    hearings.set_alarms("acme/app", {SITE: "https://issue"})
    found = hearings.find("ACME/app")
    assert found is not None
    assert (found.heard_ms, found.missed) == (NOW + 9, {"v1": NOW})
    assert found.alarms == {SITE: "https://issue"}
    assert hearings.all() == {"acme/app": found}


def test_what_was_heard_goes_with_the_last_site_that_it_concerned(any_store: Store) -> None:
    hearings = any_store.hearings
    for name in ("acme/app", "acme/renamed", "acme/source", "old/app"):
        hearings.heard({name}, NOW)
    hearings.watch("young/app", NOW + DAY_MS)
    site = Site(repository="Acme/Source", branch="main")
    facts = RepositoryFacts(
        id=1,
        full_name="Acme/Source",
        owner="Acme",
        private=False,
        default_branch="main",
        html_url="https://x",
    )
    any_store.sites.save(site, facts, head=None, catalog_sha=None, catalog=None, apps=["acme/app"])
    any_store.sites.note_renamed(site.key, {"acme/app": "Acme/Renamed"})
    any_store.purge(NOW + 30 * DAY_MS, keep_days=30)
    assert set(hearings.all()) == {"acme/app", "acme/renamed", "acme/source", "old/app", "young/app"}
    any_store.purge(NOW + 30 * DAY_MS + 1, keep_days=30)
    assert set(hearings.all()) == {"acme/app", "acme/renamed", "acme/source", "young/app"}
