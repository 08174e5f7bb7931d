"""How often something may be done: on a real Redis."""

from redis import Redis

from bot.enqueue.pace import take_turn


def test_so_many_turns_and_then_a_wait_for_each_name(redis_client: Redis) -> None:
    taken = [take_turn(redis_client, "one", most=3, seconds=60) for _ in range(5)]
    assert taken[:3] == [0, 0, 0]
    assert all(0 < wait <= 60 for wait in taken[3:])
    assert take_turn(redis_client, "other", most=3, seconds=60) == 0


def test_it_begins_anew_when_its_time_is_over(redis_client: Redis) -> None:
    assert take_turn(redis_client, "one", most=1, seconds=60) == 0
    assert take_turn(redis_client, "one", most=1, seconds=60) > 0
    redis_client.pexpire("altpress:pace:one", 0)  # as its time does
    assert take_turn(redis_client, "one", most=1, seconds=60) == 0
