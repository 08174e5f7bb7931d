"""What a store says of itself, and whether altpress may trust it."""

from typing import Any

import pytest
from redis.exceptions import AuthenticationError

from bot.enqueue import connect as connect_redis
from bot.enqueue.reachable import reachable
from bot.enqueue.safety import check_redis, check_redis_risks
from bot.errors import BadSettings, Unavailable
from bot.store import connect as connect_mongo
from bot.store.safety import check_mongo_risks


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, []),
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, []),
        ({"maxmemory": 1 << 30, "maxmemory_policy": "noeviction"}, []),
        ({"maxmemory": 1 << 30}, []),
        ({"maxmemory": 1 << 30, "maxmemory_policy": "allkeys-lru"}, ["maxmemory-policy is allkeys-lru"]),
        ({"maxmemory": 1, "maxmemory_policy": "volatile-ttl"}, ["volatile-ttl"]),
        ({"role": "slave"}, ["replica"]),
        ({"role": "master", "cluster_enabled": 0}, []),
        ({"cluster_enabled": 1, "role": "slave"}, ["replica", "cluster"]),
    ],
)
def test_redis_that_must_not_be_used(info: dict[str, Any], words: list[str]) -> None:
    problems = check_redis(info)
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))


@pytest.mark.parametrize(("info", "risks"), [({}, 0), ({"aof_enabled": 1}, 0), ({"aof_enabled": 0}, 1)])
def test_redis_without_its_file(info: dict[str, Any], risks: int) -> None:
    assert len(check_redis_risks(info)) == risks


@pytest.mark.parametrize(
    ("hello", "concern", "preference", "risks"),
    [
        ({}, {"w": "majority"}, "Primary", 0),
        ({"setName": "rs0"}, {"w": "majority"}, "Primary", 0),
        ({"setName": "rs0"}, {"w": 1}, "Primary", 1),
        ({}, {"w": 1}, "SecondaryPreferred", 0),
        ({"msg": "isdbgrid"}, {"w": 1}, "Nearest", 2),
        ({"setName": "rs0"}, {"w": 2}, "Secondary", 1),
    ],
)
def test_mongodb_that_may_forget(
    hello: dict[str, Any], concern: dict[str, Any], preference: str, risks: int
) -> None:
    assert len(check_mongo_risks(hello, concern, preference)) == risks


@pytest.mark.parametrize(
    ("query", "concern"),
    [
        ("", {"w": "majority"}),
        ("?journal=true", {"w": "majority", "j": True}),
        ("?w=2&wtimeoutMS=500", {"w": 2, "wtimeout": 500}),
        ("?W=1", {"w": 1}),
    ],
)
def test_majority_unless_the_url_says_otherwise(query: str, concern: dict[str, Any]) -> None:
    with connect_mongo(f"mongodb://user:pa%3Dw%3Fss@127.0.0.1:9/{query}") as client:
        assert client.write_concern.document == concern


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mongodb://u:secret@h/?w=0", "w=0"),
        ("mongodb://u:secret@h/?w=0&journal=true", "not a MongoDB URL"),
        ("mongodb://u:secret@h/?tls=true&tlsCAFile=/nowhere/ca.pem", "file that cannot be used"),
        ("postgres://u:secret@h/", "not a MongoDB URL"),
    ],
)
def test_mongodb_url_that_cannot_be_used(url: str, words: str) -> None:
    with pytest.raises(BadSettings, match=words) as caught:
        connect_mongo(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://u:secret@h/", "secret", "redis://h/0?socket_timeout=soon"])
def test_redis_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(BadSettings, match="not a Redis URL") as caught:
        connect_redis(url)
    assert "secret" not in str(caught.value)


def test_redis_url_has_the_last_word() -> None:
    given = connect_redis("rediss://h:6380/1?ssl_ca_certs=/ca.pem&socket_timeout=7").connection_pool
    assert given.connection_kwargs["ssl_ca_certs"] == "/ca.pem"
    assert given.connection_kwargs["socket_timeout"] == 7
    assert given.connection_kwargs["socket_keepalive"] is True
    assert "socket_keepalive" not in connect_redis("unix:///r.sock").connection_pool.connection_kwargs


def test_a_wrong_password_of_redis_is_told_as_one() -> None:
    """What hangs or is away is looked for elsewhere. The server's own words may hold an address."""
    with pytest.raises(Unavailable, match="refuses the password") as caught, reachable():
        raise AuthenticationError("invalid username-password pair at redis.example.com")
    assert "example.com" not in caught.value.public
