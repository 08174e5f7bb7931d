"""Real processes while a store is away: what was accepted is done, and what was refused comes again."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.embedded.urls import mongo_url, redis_url
from bot.records import DeliveryState
from bot.store import Store, connect
from tests.installation import KEY, SITE, Hub
from tests.processes import altpress, free_port
from tests.sandboxes import run_sandbox
from tests.stores import mongo_server, redis_server, short_dir

pytestmark = pytest.mark.long


class Outage:
    """An installation whose stores can be taken away."""

    def __init__(self, data: Path, hub: Hub) -> None:
        self.data, self.hub = data, hub
        self.stores = {"mongo": ExitStack(), "redis": ExitStack()}
        self.start: Callable[[str, str], None]

    def begin(self, name: str) -> None:
        server = mongo_server if name == "mongo" else redis_server
        self.stores[name].enter_context(server(self.data))

    def end(self, name: str) -> None:
        self.stores[name].close()

    def release(self, tag: str) -> list[dict[str, object]]:
        """Its deliveries as GitHub's log has them, the first attempts alone."""
        before = {row["guid"] for row in self.hub.deliveries()}
        self.hub.release(tag)

        def rows() -> list[dict[str, object]]:
            found = [row for row in self.hub.deliveries() if row["guid"] not in before]
            return [row for row in found if (row["event"], row["action"]) == ("release", "published")]

        self.until(lambda: bool(rows()))
        return rows()

    def is_published(self, tag: str) -> bool:
        listed = self.hub.git(SITE, "ls-tree", "--name-only", "main").split()
        return "apps.json" in listed and f'"version": "{tag.removeprefix("v")}"' in self.hub.file("apps.json")

    def state_of(self, guid: str) -> DeliveryState | None:
        with connect(mongo_url(self.data)) as client:
            found = Store(client["altpress"]).deliveries.find(guid)
            return found.state if found else None

    @staticmethod
    def until(check: Callable[[], bool], seconds: float = 150) -> None:
        deadline = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[Outage]:
    """Web, worker and scheduler, each a process; one release is out."""
    port = free_port()
    with ExitStack() as stack:
        data = stack.enter_context(short_dir())
        sandbox = stack.enter_context(run_sandbox(tmp_path / "sandbox", bot_url=f"http://127.0.0.1:{port}"))
        hub = Hub(sandbox)
        stack.callback(hub.close)
        world = Outage(data, hub)
        for name in world.stores:
            stack.callback(world.end, name)
            world.begin(name)
        settings = {
            "mongo_url": mongo_url(data), "redis_url": redis_url(data), "port": port,
            "github_api_url": sandbox.api, "github_app_id": sandbox.keys.app_id,
            "github_app_private_key_file": sandbox.keys.private_key_file,
            "webhook_secrets_file": sandbox.keys.webhook_secret_file, "asset_hosts": "127.0.0.1",
            "quiet_period": 0, "publish_interval": 0, "sweep_interval": 10,
        }  # fmt: skip

        def start(program: str, name: str) -> None:
            stack.enter_context(altpress(program, output=tmp_path / f"{name}.log", **settings))

        world.start = start
        for name in ("web", "worker", "scheduler"):
            start(name, name)
        world.until(lambda: _knows_its_site(data))
        [row] = world.release("v1.0")
        assert row["status_code"] == 202
        world.until(lambda: world.is_published("v1.0"))
        yield world


def _knows_its_site(data: Path) -> bool:
    with connect(mongo_url(data)) as client:
        return Store(client["altpress"]).sites.find(KEY) is not None


def test_without_redis_webhooks_are_accepted_and_done_when_it_is_back(outage: Outage) -> None:
    outage.end("redis")
    [row] = outage.release("v1.1")
    assert row["status_code"] == 202
    assert outage.state_of(str(row["guid"])) is DeliveryState.PENDING
    assert not outage.is_published("v1.1")
    outage.begin("redis")
    outage.start("worker", "worker-2")  # the first may have died with a job; `up` starts another
    outage.until(lambda: outage.is_published("v1.1"), 120)  # a dead worker's job comes back within 90 s
    outage.until(lambda: outage.state_of(str(row["guid"])) is DeliveryState.DONE)


def test_without_mongodb_github_is_refused_and_asked_for_the_same_again(outage: Outage) -> None:
    outage.end("mongo")
    [row] = outage.release("v1.1")
    assert row["status_code"] == 503
    time.sleep(8)  # until the write that was under way gives up: it would be stored late, and not asked for
    outage.begin("mongo")
    outage.until(lambda: outage.is_published("v1.1"))
    outage.until(lambda: outage.state_of(str(row["guid"])) is DeliveryState.DONE)

    def attempts() -> list[int]:
        return [d["status_code"] for d in outage.hub.deliveries() if d["guid"] == row["guid"]]

    outage.until(lambda: 202 in attempts())
    assert attempts()[-1] == 503, "the first"
    assert attempts().count(202) == 1, "accepted once"
