"""What was asked of the decisions, and the comments that are answered, in MongoDB."""

import pytest

from bot.decisions import Kind, RemoveDecisions
from bot.records import Cause, DecisionRequest, RequestState, SaidAnswer
from bot.store import Store

SITE, OTHER = "acme/source@main", "acme/other@main"


def request(number: int, place: int = 0, at_ms: int = 1_000, **more: object) -> DecisionRequest:
    edit = RemoveDecisions(kind=Kind.YANK, app="app", versions=("1.0",))
    values = {
        "id": f"comment:{number}:{place}", "edits": (edit,), "title": "Unyank Acme 1.0", "actor": "o",
        "cause": Cause(kind="command"), "at_ms": at_ms, **more,
    }  # fmt: skip
    return DecisionRequest.model_validate(values)


def pending(store: Store, site: str = SITE) -> list[str]:
    return [progress.request.id for progress in store.decision_edits.pending(site)]


def test_pending_in_their_order_until_they_are_settled(store: Store) -> None:
    edits = store.decision_edits
    assert edits.add(SITE, request(2, at_ms=2_000))
    assert edits.add(SITE, request(1))
    assert edits.add(OTHER, request(1))
    assert not edits.add(SITE, request(1, reason="another")), "the first stands"
    assert pending(store) == ["comment:1:0", "comment:2:0"]
    edits.settle(SITE, "comment:1:0", RequestState.COMMITTED, 3_000, commit="c0ffee")
    edits.settle(SITE, "comment:1:0", RequestState.REFUSED, 4_000, reason="later")
    assert pending(store) == ["comment:2:0"]
    assert pending(store, OTHER) == ["comment:1:0"]
    found = edits.find(SITE, "comment:1:0")
    assert found is not None
    assert (found.state, found.commit, found.reason) == (RequestState.COMMITTED, "c0ffee", None)
    assert found.request == request(1)
    assert not edits.add(SITE, request(1)), "an outcome is not forgotten by asking again"
    assert pending(store) == ["comment:2:0"]


def test_what_is_noted_of_one_that_waits(store: Store) -> None:
    edits = store.decision_edits
    edits.add(SITE, request(1))
    edits.add(SITE, request(12, at_ms=2_000))
    edits.note_tried(SITE, [request(1)])
    edits.note_waits(SITE, [request(1)], "It waits.", pull="https://p")
    one, two = edits.pending(SITE)
    assert (one.tried, one.pull, one.reason, one.blocked) == (True, "https://p", "It waits.", False)
    assert (two.tried, two.pull, two.reason) == (False, None, None)
    edits.note_waits(SITE, [request(1)], "Broken.", blocked=True)
    assert edits.pending(SITE)[0].blocked


def test_they_go_along_with_a_site_that_is_renamed(store: Store) -> None:
    edits = store.decision_edits
    edits.add(SITE, request(1))
    edits.move(SITE, OTHER)
    assert pending(store) == []
    assert pending(store, OTHER) == ["comment:1:0"]
    edits.settle(OTHER, "comment:1:0", RequestState.COMMITTED, 3_000, commit="c0ffee")
    found = edits.find(SITE, "comment:1:0")
    assert found is not None, "by the name of then"
    assert found.commit == "c0ffee"


def test_outcomes_are_forgotten_after_a_while_and_nothing_else(store: Store) -> None:
    edits = store.decision_edits
    edits.add(SITE, request(1))
    edits.add(SITE, request(2))
    edits.settle(SITE, "comment:1:0", RequestState.UNCHANGED, 3_000)
    edits.purge(3_000)
    assert edits.find(SITE, "comment:1:0") is not None
    edits.purge(3_001)
    assert edits.find(SITE, "comment:1:0") is None
    assert pending(store) == ["comment:2:0"]


@pytest.mark.parametrize("place", [0, 9])
def test_a_talk(store: Store, place: int) -> None:
    said = SaidAnswer(line="/yank", text="**Yank**", done=True, asked=((SITE, "comment:1:0"),))
    assert store.talks.find("acme/source:1") is None
    for _ in range(2):
        store.talks.begin("acme/source:1", 1_000)
        store.talks.say("acme/source:1", place, said)
    talk = store.talks.find("acme/source:1")
    assert talk is not None
    assert (talk.said, talk.over, talk.at_ms) == ({place: said}, False, 1_000)
    store.talks.say("acme/source:1", place, said.model_copy(update={"text": "later"}))
    assert store.talks.take_reply("acme/source:1", 50_000) == "first"
    assert store.talks.take_reply("acme/source:1", 79_999) == "not yet"
    assert store.talks.take_reply("acme/source:1", 80_000) == "again"
    assert store.talks.take_reply("acme/source:1", 80_001) == "not yet"
    store.talks.begin("acme/source:1", 2_000)
    store.talks.end("acme/source:1")
    talk = store.talks.find("acme/source:1")
    assert talk is not None
    assert (talk.said, talk.over) == ({place: said}, True)
    store.talks.purge(1_001)
    assert store.talks.find("acme/source:1") is None
