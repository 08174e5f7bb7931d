"""No secret leaves: not in a log line at any level, a page, a job, a document, a commit or a comment."""

import json
import logging
import re
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from argon2 import PasswordHasher
from redis import Redis

from bot.dispatch import dispatch_once
from bot.records import Job
from bot.sandbox.make_ipa import make_ipa
from bot.store import NewDelivery, Store
from config import log
from config.secret_values import list_secrets
from tests.installation import APP, SITE, Installation, installation
from tests.leaks import Secrets

__all__ = ["installation"]
PASSWORD = "the dashboard's own password"
GIVEN = {
    "DASHBOARD_PASSWORD_HASH": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD),
    "SESSION_KEY": "session-key-of-today-1234, session-key-of-yesterday-5678",
    "METRICS_TOKEN": "metrics-token-of-today-1234,metrics-token-of-yesterday-5678",
    "BACKUP_KEY": "backup-key-of-today-1234,backup-key-of-yesterday-5678",
}


@pytest.fixture
def empty_stores(
    store: Store, redis_client: Redis, mongo_url: str, redis_url: str, database_name: str
) -> dict[str, str]:
    """As everywhere, and every other secret that can be set."""
    del store, redis_client
    return {"MONGO_URL": mongo_url, "MONGO_DATABASE": database_name, "REDIS_URL": redis_url, **GIVEN}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The loggers as they were."""
    root = logging.root
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in log.FOREIGN}
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
        logging.getLogger(name).filters.clear()


def secrets_of(bot: Installation) -> Secrets:
    """All that this installation was given, and what the sandbox's people hold."""
    found = Secrets()
    found.add_settings(bot.context.settings)
    found.add("dashboard's password", PASSWORD)
    found.add("a personal token", *bot.hub.sandbox.tokens.values())
    found.add("control token", bot.hub.sandbox.running.control_token)
    return found


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_no_secret_leaves_on_the_whole_way(
    installation: Installation, redis_client: Redis, capfd: pytest.CaptureFixture[str], level: str
) -> None:
    bot = installation
    secrets = secrets_of(bot)
    # at INFO nothing needs a mask
    log.configure(level, "json", [] if level == "INFO" else list_secrets(bot.context.settings))
    bot.sweep()
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": b"this is no zip"})
    bot.hub.release("v1.2", {"Acme.ipa": make_ipa(version="1.2", bundle_identifier="com.evil.app")})
    bot.hub.push({"altpress.yml": bot.hub.file("altpress.yml") + "\nnonsense: 1\n"})
    bot.hub.comment("/help", by="visitor")
    queued = while_queued(bot, redis_client)
    bot.drain()
    forged = {"X-Hub-Signature-256": "sha256=0", "Content-Type": "application/json"}
    url = bot.hub.sandbox.running.webhook_url
    assert requests.post(url, data=b"{}", headers=forged, timeout=60).status_code == 401
    out, err = capfd.readouterr()
    assert '"site_published"' in out
    shown = dict(pages(bot))
    assert {"/", "/metrics", "/health", "/login", "/nowhere"} < set(shown)
    assert len(shown) > 10
    stored = {**queued, **dict(in_redis(redis_client)), **dict(in_mongo(bot))}
    assert any(key.startswith("rq:job:") for key in queued)
    assert any("acme/app" in text for text in stored.values())
    places = {"log": out + err, "told": told(bot), **shown, **stored}
    assert {place: secrets.find(text) for place, text in places.items() if secrets.find(text)} == {}


def test_the_search_reaches_into_what_is_packed(installation: Installation, redis_client: Redis) -> None:
    """Else the test above shows nothing: jobs and payloads are compressed."""
    bot, secrets = installation, Secrets()
    secrets.add("planted", "a-planted-secret")
    bot.context.queue.enqueue(Job(name="command", args=("acme/app", 1, 1, "a-planted-secret")))
    new = NewDelivery("d1", "release", None, None, {}, b'{"a": "a-planted-secret"}' * 50, 1)
    bot.store.deliveries.add([new])
    for found in (in_redis(redis_client), in_mongo(bot)):
        assert [place for place, text in found if secrets.find(text)] != []


def told(bot: Installation) -> str:
    """Commits, comments and issues."""
    paths = [f"/repos/{name}/{what}" for name in (SITE, APP) for what in ("issues", "issues/1/comments")]
    answers = [bot.hub.get(path) for path in paths]
    commits = bot.hub.git(SITE, "log", "-p", "main").splitlines()
    shas = [line.split()[1] for line in commits if line.startswith("commit ")]
    answers += [bot.hub.get(f"/repos/{SITE}/commits/{sha}/comments") for sha in shas]
    return json.dumps(answers) + "\n".join(commits)


def pages(bot: Installation) -> Iterator[tuple[str, str]]:
    """All that the web process shows to those who may see it, and to those who may not."""
    client = bot.app.test_client()
    login = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', login)
    assert token is not None
    origin = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    wrong = client.post("/login", data={"csrf_token": token[1], "password": "a wrong one"}, headers=origin)
    yield "/login", login + wrong.text
    form = {"csrf_token": token[1], "password": PASSWORD}
    assert client.post("/login", data=form, headers=origin).status_code == 303
    bearer = {"Authorization": "Bearer metrics-token-of-yesterday-5678"}
    for path in ("/metrics", "/health", "/health/ready", "/health/live", "/nowhere"):
        yield path, client.get(path, headers=bearer).text
    waiting, seen = ["/"], set[str]()
    while waiting and len(seen) < 40:
        path = waiting.pop(0)
        seen.add(path)
        text = client.get(path).text
        yield path, re.sub(r'name="csrf_token" value="[^"]+"', "", text)
        waiting += set(re.findall(r'href="(/[^"#]*)"', text)) - seen - set(waiting)


def while_queued(bot: Installation, redis: Redis) -> dict[str, str]:
    """Redis while jobs wait there; those that are done leave nothing."""
    deadline = time.monotonic() + 60
    while bot.hub.ask("GET", "under-way")["webhooks"] and time.monotonic() < deadline:
        time.sleep(0.05)
    dispatch_once(bot.store, bot.context.queue)
    return dict(in_redis(redis))


def in_redis(redis: Redis) -> Iterator[tuple[str, str]]:
    """Each key with its value, whatever its type, unpacked where it is packed."""
    readers = {
        b"hash": lambda key: [part for pair in redis.hgetall(key).items() for part in pair],
        b"list": lambda key: redis.lrange(key, 0, -1), b"set": lambda key: list(redis.smembers(key)),
        b"zset": lambda key: redis.zrange(key, 0, -1), b"string": lambda key: [redis.get(key) or b""],
        b"stream": lambda key: [repr(redis.xrange(key)).encode()],
    }  # fmt: skip
    for key in redis.scan_iter():
        values = readers[redis.type(key)](key)
        yield key.decode(), "\n".join(unpacked(value) for value in (key, *values))


def in_mongo(bot: Installation) -> Iterator[tuple[str, str]]:
    """Every document of every collection."""
    database = bot.store.database
    for name in database.list_collection_names():
        for document in database[name].find():
            yield f"{name}: {document['_id']}", "\n".join(leaves(document))


def leaves(value: Any) -> Iterator[str]:
    """All texts and bytes inside of a document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (str(name), *leaves(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield unpacked(value) if isinstance(value, bytes) else str(value)


def unpacked(data: bytes) -> str:
    try:
        return zlib.decompress(data).decode("utf-8", "replace")
    except zlib.error:
        return data.decode("utf-8", "replace")
