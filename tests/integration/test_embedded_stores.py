"""The built-in stores: what they acknowledged is there after they were killed; nobody else reaches them."""

import contextlib
import itertools
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis

from bot.embedded.urls import mongo_socket, mongo_url, redis_socket, redis_url
from bot.records import DeliveryState
from bot.store import NewDelivery, Store, connect
from tests.stores import ROOT, mongo_server, redis_server, short_dir

ENOUGH = 200  # acknowledged writes before the server is killed

# Each writes as fast as it can and says what was acknowledged, until the server is gone.
MONGO_WRITER = """
import sys
from bot.errors import Unavailable
from bot.store import NewDelivery, Store, connect
store = Store(connect(sys.argv[1], timeout=0.5)["altpress"])
for number in range(10**9):
    guid = f"guid-{number}"
    try:
        store.deliveries.add([NewDelivery(guid, "release", None, None, {}, guid.encode() * 50, number + 1)])
        if number % 2:
            store.deliveries.queue(guid, ["a"])
    except Unavailable:
        break
    print(number, flush=True)
"""
REDIS_WRITER = """
import sys
import redis
client = redis.Redis.from_url(sys.argv[1], retry=None)
for number in range(10**9):
    try:
        client.set(f"key-{number}", number)
    except redis.RedisError:
        break
    print(number, flush=True)
"""


def acknowledged_until_killed(server: subprocess.Popen[bytes], script: str, url: str) -> int:
    """How many writes were acknowledged when SIGKILL ended the server in the middle of them."""
    with subprocess.Popen(
        [sys.executable, "-c", script, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        seen = list(itertools.islice(writer.stdout, ENOUGH))
        server.send_signal(signal.SIGKILL)
        seen += list(writer.stdout)
    assert len(seen) >= ENOUGH
    return len(seen)


def test_mongo_keeps_every_acknowledged_write_over_sigkill() -> None:
    with short_dir() as data:
        with mongo_server(data) as server, connect(mongo_url(data)) as client:
            Store(client["altpress"]).ensure_indexes()
            count = acknowledged_until_killed(server, MONGO_WRITER, mongo_url(data))
        with mongo_server(data), connect(mongo_url(data)) as client:
            store = Store(client["altpress"])
            store.ensure_indexes()
            for number in range(count):
                found = store.deliveries.find(f"guid-{number}")
                assert found is not None, number
                assert found.state is (DeliveryState.QUEUED if number % 2 else DeliveryState.PENDING), number
            pending = store.deliveries.pending(10)
            assert [delivery.body for delivery in pending[:2]] == [b"guid-0" * 50, b"guid-2" * 50]


def test_redis_keeps_every_acknowledged_write_over_sigkill() -> None:
    with short_dir() as data:
        with redis_server(data) as server:
            count = acknowledged_until_killed(server, REDIS_WRITER, redis_url(data))
        with redis_server(data), Redis.from_url(redis_url(data)) as client:
            values = client.mget([f"key-{number}" for number in range(count)])
    assert values == [str(number).encode() for number in range(count)]


def test_an_orderly_restart_keeps_everything() -> None:
    with short_dir() as data:
        for number in range(2):
            with mongo_server(data), redis_server(data), connect(mongo_url(data)) as client:
                store = Store(client["altpress"])
                store.ensure_indexes()
                store.deliveries.add([NewDelivery(str(number), "release", None, None, {}, b"{}", number + 1)])
                with Redis.from_url(redis_url(data)) as redis:
                    assert redis.incr("starts") == number + 1
                assert [found.guid for found in store.deliveries.page(9)] == ["1", "0"][1 - number :]


def test_the_sockets_are_their_owners_alone() -> None:
    with short_dir() as data, mongo_server(data), redis_server(data):
        for socket in (mongo_socket(data), redis_socket(data)):
            mode = socket.stat().st_mode
            assert stat.S_ISSOCK(mode)
            assert stat.S_IMODE(mode) & 0o077 == 0


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells a process's ports")
def test_no_port_is_opened() -> None:
    with short_dir() as data, mongo_server(data) as mongo, redis_server(data) as redis:
        assert [ports_of(server.pid) for server in (mongo, redis)] == [set(), set()]


def ports_of(pid: int) -> set[str]:
    """The local TCP addresses that a process listens on."""
    inodes = set()
    for name in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.add(str(name.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [
        line.split() for file in ("tcp", "tcp6") for line in Path("/proc/net", file).read_text().splitlines()
    ]
    return {row[1] for row in rows if len(row) > 9 and row[3] == "0A" and row[9] in inodes}


def test_mongo_ends_soon_with_clients_connected() -> None:
    with short_dir() as data, mongo_server(data) as server, connect(mongo_url(data)) as client:
        Store(client["altpress"]).ping()
        started = time.monotonic()
        server.terminate()
        assert server.wait(10) == 0
        assert time.monotonic() - started < 10
        assert not mongo_socket(data).exists()  # by which commands see that nothing runs
