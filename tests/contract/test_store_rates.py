"""How many commands a person gave: counted once, whoever counts, and forgotten after ten minutes."""

from concurrent.futures import ThreadPoolExecutor

from bot.store import Store
from bot.store.command_rates import WINDOW_MS, Allowance

NOW = 1_795_384_800_000


def test_what_there_is_room_for_is_granted(store: Store) -> None:
    rates = store.command_rates
    assert rates.take("Mia", 2, 3, NOW) == Allowance(2)
    assert rates.take("mia", 5, 3, NOW + 1000) == Allowance(1, first=True, again_ms=NOW + WINDOW_MS)
    assert rates.take("mia", 1, 3, NOW + 2000) == Allowance(0, first=False, again_ms=NOW + WINDOW_MS)
    assert rates.take("dev", 1, 3, NOW + 2000) == Allowance(1)
    assert rates.take("mia", 2, 3, NOW + WINDOW_MS) == Allowance(2), "the first two are forgotten"
    assert rates.take("mia", 1, 3, NOW + WINDOW_MS).first, "it is said again the next time"


def test_a_clock_that_was_put_back_locks_nobody_out(store: Store) -> None:
    store.command_rates.take("mia", 3, 3, NOW)
    assert store.command_rates.take("mia", 1, 3, NOW - 3 * WINDOW_MS).granted == 1


def test_two_workers_never_grant_the_same(store: Store) -> None:
    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _: store.command_rates.take("mia", 1, 5, NOW), range(12)))
    assert sum(one.granted for one in found) == 5
    assert sum(one.first for one in found) == 1


def test_it_is_purged(store: Store) -> None:
    store.command_rates.take("mia", 3, 3, NOW)
    store.command_rates.purge(NOW + 1)
    assert store.command_rates.take("mia", 3, 3, NOW).granted == 3
