"""The bucket of content writes: real Redis, a clock of its own."""

from collections.abc import Callable

import pytest
from redis import Redis

from bot.enqueue import Bucket, Limits, Spent

NOW = 1_800_000_000.0
SITES = [f"acme/site{number}@main" for number in range(10)]


class World:
    """Sites that ask, come back when they were told to, and write at once."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket, self.now = bucket, NOW
        self.granted: list[tuple[float, str, int]] = []

    def ask(self, who: str, cost: int) -> float:
        wait = self.bucket.reserve("1", who, cost, now=self.now)
        if wait == 0:
            self.granted.append((self.now, who, cost))
        return wait

    def most_in(self, seconds: float) -> int:
        """Writes in any window of so many seconds that ends with a grant."""
        ends = [at for at, _, _ in self.granted]
        return max(sum(c for at, _, c in self.granted if end - seconds < at <= end) for end in ends)

    def run(
        self, wishes: dict[str, int], until: float, *, again: Callable[[str], bool] = lambda _: True
    ) -> None:
        """Each site wants to write `wishes[site]`, again and again."""
        due = dict.fromkeys(wishes, self.now)
        while due:
            who = min(due, key=lambda site: due[site])
            self.now = max(self.now, due[who])
            if self.now > until:
                return
            wait = self.ask(who, wishes[who])
            due[who] = self.now + (wait or 1.0)
            if wait == 0 and not again(who):
                del due[who]


@pytest.fixture
def bucket(redis_client: Redis) -> Bucket:
    return Bucket(redis_client, Limits())


@pytest.fixture
def world(bucket: Bucket) -> World:
    return World(bucket)


def test_first_ones_need_not_wait(world: World) -> None:
    assert [world.ask(site, 4) for site in SITES] == [0.0] * 10


def test_never_more_than_the_bounds_and_all_of_them_are_used(world: World) -> None:
    world.run(dict.fromkeys(SITES, 3), NOW + 2 * 3600)
    assert world.most_in(60) <= 65
    assert 400 <= world.most_in(3600) <= 450
    assert sum(cost for _, _, cost in world.granted) >= 225 + 2 * 225 - 3


def test_a_site_with_a_burst_gets_no_more_than_the_others(world: World) -> None:
    world.run({SITES[0]: 3, SITES[1]: 3, SITES[2]: 12}, NOW + 3600)
    late = [who for at, who, _ in world.granted if at > NOW + 600]
    counts = {site: late.count(site) for site in SITES[:3]}
    assert max(counts.values()) - min(counts.values()) <= 1, "each in its turn"


def test_who_waits_longer_goes_first_even_when_a_smaller_wish_would_fit(world: World) -> None:
    while world.ask("filler", 5) == 0:
        pass
    wait = world.ask("large", 20)
    world.now += wait - 1
    assert world.ask("small", 1) >= 1, "one write would fit now"
    world.now += 1
    assert world.ask("large", 20) == 0


def test_it_is_its_turn_when_it_was_told_so(world: World) -> None:
    while world.ask("filler", 5) == 0:
        pass
    waits = {site: world.ask(site, 4) for site in SITES}
    assert list(waits.values()) == sorted(waits.values())
    for site, wait in waits.items():
        world.now = NOW + wait
        assert world.ask(site, 4) == 0, site


def test_place_that_nobody_comes_back_for_is_given_up(world: World) -> None:
    while world.ask("filler", 5) == 0:
        pass
    gone = world.ask("gone", 60)
    behind = world.ask("behind", 4)
    assert behind > gone
    world.now += gone + 61
    assert world.ask("behind", 4) == 0


def test_comments_borrow_and_publishes_wait_for_it(world: World) -> None:
    assert world.ask(SITES[0], 3) == 0
    world.bucket.charge("1", 300, now=NOW)
    assert world.bucket.left(now=NOW) == {"1": pytest.approx(-78)}
    world.now += 61  # the minute is free again
    assert world.ask(SITES[0], 3) == pytest.approx((78 + 3) * 16 - 61, abs=1)


def test_what_was_reserved_and_not_written_comes_back(world: World) -> None:
    for _ in range(16):
        assert world.ask(SITES[0], 4) == 0
    assert world.ask(SITES[0], 4) > 0
    world.bucket.charge("1", -30, now=NOW)
    assert world.ask(SITES[0], 4) == 0


def test_more_than_can_ever_be_granted_waits_for_a_free_minute_alone(world: World) -> None:
    assert world.ask(SITES[0], 3) == 0
    wait = world.ask(SITES[1], 500)
    assert 0 < wait <= 60
    world.now += wait
    assert world.ask(SITES[1], 500) == 0


def test_accounts_do_not_share(bucket: Bucket) -> None:
    while bucket.reserve("1", "a", 5, now=NOW) == 0:
        pass
    assert bucket.reserve("2", "b", 5, now=NOW) == 0


def test_a_pause_that_github_asks_for_holds_everybody(world: World) -> None:
    assert world.ask(SITES[0], 3) == 0
    world.bucket.pause("1", 90, now=NOW)
    assert world.ask(SITES[1], 3) == 90
    world.now += 90
    assert world.ask(SITES[1], 3) == 0


def test_a_lost_redis_is_told_what_was_written(bucket: Bucket, redis_client: Redis) -> None:
    assert bucket.reserve("1", "a", 3, now=NOW, spent=lambda: Spent(20, 220)) == 0
    assert bucket.left(now=NOW) == {"1": pytest.approx(2)}
    redis_client.flushall()
    assert bucket.reserve("1", "a", 3, now=NOW, spent=lambda: Spent(64, 64)) == 60
    redis_is_known = bucket.reserve("1", "a", 3, now=NOW, spent=lambda: Spent(0, 0))
    assert redis_is_known == 60


def test_clock_that_was_put_back_does_not_hold_anybody_up(world: World) -> None:
    world.now += 100_000
    assert world.ask(SITES[0], 60) == 0
    world.now = NOW
    assert world.ask(SITES[1], 60) == 0


def test_a_pause_of_a_clock_that_was_put_back_holds_nobody_up(world: World) -> None:
    world.now += 100_000
    assert world.ask(SITES[0], 3) == 0
    world.bucket.pause("1", 3600, now=world.now)
    world.now = NOW
    assert world.ask(SITES[1], 3) == 0


def test_no_bound_is_none(redis_client: Redis) -> None:
    unbounded = Bucket(redis_client, Limits(0, 0))
    assert [unbounded.reserve("1", "a", 1000, now=NOW) for _ in range(10)] == [0.0] * 10


def test_one_of_the_bounds_alone(redis_client: Redis) -> None:
    minute, hour = World(Bucket(redis_client, Limits(65, 0))), World(Bucket(redis_client, Limits(0, 450)))
    minute.run(dict.fromkeys(SITES, 3), NOW + 600)
    assert minute.most_in(60) <= 65
    assert minute.most_in(600) > 600
    redis_client.flushall()
    assert [hour.ask(site, 20) for site in SITES] == [0.0] * 10
    assert hour.ask(SITES[0], 200) > 60


def test_small_bounds_still_let_a_commit_through(redis_client: Redis) -> None:
    small = World(Bucket(redis_client, Limits(2, 10)))
    small.run({SITES[0]: 4}, NOW + 7200)
    assert len(small.granted) >= 3
