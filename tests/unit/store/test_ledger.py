import itertools

import pytest

from bot.records import DeliveryState
from bot.store import ledger
from bot.store.ledger import Entry

PENDING, QUEUED, DONE, IGNORED, FAILED = (DeliveryState(name) for name in DeliveryState)
NEW = Entry(PENDING)


def queued(*tokens: str) -> Entry:
    return ledger.queue(NEW, tokens)


def settled(entry: Entry, *tokens: str, now_ms: int = 5) -> Entry:
    for token in tokens:
        entry = ledger.settle(entry, token, now_ms, None)
    return entry


def test_the_last_token_makes_it_done() -> None:
    one_left = settled(queued("a", "b"), "a")
    assert (one_left.state, one_left.open) == (QUEUED, ("b",))
    done = ledger.settle(one_left, "b", 9, "c0ffee")
    assert (done.state, done.open, done.settled_ms, done.publications) == (DONE, (), 9, ("c0ffee",))


def test_every_order_of_queueing_and_settling_ends_done_once() -> None:
    steps = {
        "queue": lambda entry: ledger.queue(entry, ["a", "b"]),
        "a": lambda entry: ledger.settle(entry, "a", 5, None),
        "b": lambda entry: ledger.settle(entry, "b", 6, None),
    }
    for order in itertools.permutations(steps):
        entry, became_done = NEW, 0
        for name in [*order, *order]:
            after = steps[name](entry)
            became_done += entry.state is not DONE and after.state is DONE
            entry = after
        assert (entry.state, became_done) == (DONE, 1), order


def test_a_token_that_is_added_again_is_waited_for_again() -> None:
    entry = ledger.add_tokens(queued("ingest"), ["publish"])
    entry = ledger.add_tokens(settled(entry, "publish"), ["publish"])
    entry = settled(entry, "ingest")
    assert (entry.state, entry.open) == (QUEUED, ("publish",))


def test_a_token_added_before_the_queueing_is_waited_for() -> None:
    entry = ledger.queue(settled(ledger.add_tokens(NEW, ["publish"]), "ingest"), ["ingest"])
    assert (entry.state, entry.open, entry.settled_ms) == (QUEUED, ("publish",), None)
    assert settled(entry, "publish").state is DONE


@pytest.mark.parametrize("state", [DONE, IGNORED, FAILED])
def test_what_is_over_is_not_opened_again(state: DeliveryState) -> None:
    entry = Entry(state)
    assert ledger.queue(entry, ["a"]) is entry
    assert ledger.add_tokens(entry, ["a"]) is entry
    assert ledger.ignore(entry, "why", 5) is entry
    assert settled(entry, "a") is entry
    assert ledger.fail(entry, "a", "why", 5) is entry


def test_one_failure_fails_it_whatever_else_succeeds() -> None:
    entry = settled(ledger.fail(queued("a", "b"), "a", "No IPA.", 7), "b")
    assert (entry.state, entry.reason, entry.settled_ms) == (FAILED, "No IPA.", 7)


def test_what_failed_and_is_through_after_all_is_done() -> None:
    failed = ledger.fail(queued("publish"), "publish", "Unreadable.", 7)
    mended = ledger.settle(failed, "publish", 9, "c0ffee")
    assert mended == Entry(DONE, settled_ms=9, publications=("c0ffee",))
    assert settled(mended, "publish", now_ms=11) is mended


@pytest.mark.parametrize("order", list(itertools.permutations(["fail a", "fail b", "a", "b"])))
def test_it_stays_failed_until_each_that_failed_is_through(order: tuple[str, ...]) -> None:
    entry, owed = queued("a", "b"), {"a", "b"}
    for step in order:
        token = step[-1]
        if step.startswith("fail"):
            entry = ledger.fail(entry, token, "No.", 7)
            owed |= {token}
        else:
            entry = ledger.settle(entry, token, 9, None)
            owed -= {token}
        if entry.state is DONE:
            break
        assert entry.failed == () or entry.state is FAILED
    assert entry.state is (FAILED if entry.failed else QUEUED if entry.open else DONE)
    assert (entry.state is DONE) == (not owed)


def test_what_failed_before_it_was_queued_is_for_a_replay() -> None:
    entry = ledger.queue(ledger.fail(NEW, "a", "No.", 7), ["a", "b"])
    assert settled(entry, "a", "b").state is FAILED


def test_a_restart_keeps_only_what_was_published() -> None:
    entry = ledger.fail(ledger.settle(queued("a", "b"), "a", 5, "c0ffee"), "b", "No.", 7)
    assert ledger.restart(entry) == Entry(PENDING, attempts=2, publications=("c0ffee",))
