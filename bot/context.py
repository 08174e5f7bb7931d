"""The one place that wires settings to adapters.

Every client is made when it is first used: nothing connects at import, and a worker's child builds its own
after the fork (a MongoClient must not be carried over one).
"""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property

from redis.exceptions import RedisError

from bot.embedded.urls import mongo_url, redis_url
from bot.enqueue import Bucket, Limits, Queue
from bot.enqueue import connect as connect_redis
from bot.enqueue.machine import machine_name
from bot.errors import Unavailable
from bot.every import Every
from bot.github import GitHub, KeptAnswer
from bot.github.addresses import host_of, raw_base_url
from bot.metrics import Meter, SharedCounts
from bot.metrics.processes import REPORT_EVERY
from bot.metrics.table import GITHUB_FAILURES, GITHUB_REQUESTS, GITHUB_WRITES, TOKEN_ENDS
from bot.migrate import Readiness
from bot.store import Store, connect
from bot.store.answers import Answers
from config.settings import Settings, load_settings

log = logging.getLogger(__name__)


class Context:
    """Settings and what they lead to: `store`, `queue`, `github`; `meter` counts what is done with them."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store | None = None,
        queue: Queue | None = None,
        github: GitHub | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """What is given is used as it is (and closed by who made it)."""
        self.settings = settings
        self.clock = clock
        self.meter = Meter()
        self.origin: str | None = None  # `sweep-1a2b3c4d`: what began work that no delivery asked for
        self.deliveries: tuple[str, ...] = ()  # GUIDs of those that the work under way is done for
        self._counted: Counter[str] = Counter()  # of `github.requests`, what the meter knows
        self._reports = Every(REPORT_EVERY)
        self.reserved = Counter[str]()  # content writes that were granted, by account, and not yet settled
        self._closing: list[Callable[[], None]] = []
        for name, given in (("store", store), ("queue", queue), ("github", github)):
            if given is not None:
                self.__dict__[name] = given

    @cached_property
    def store(self) -> Store:
        secret = self.settings.mongo_url
        client = connect(secret.get_secret_value() if secret else mongo_url(self.settings.data_dir))
        self._closing.append(client.close)
        return Store(client[self.settings.mongo_database])

    @cached_property
    def readiness(self) -> Readiness:
        """Whether the database is as this version wants it."""
        return Readiness(self.store.database)

    @cached_property
    def queue(self) -> Queue:
        secret = self.settings.redis_url
        url = secret.get_secret_value() if secret else redis_url(self.settings.data_dir)
        connection = connect_redis(url)
        self._closing.append(connection.close)
        return Queue(connection, publish_interval=self.settings.publish_interval)

    @cached_property
    def github(self) -> GitHub:
        github = make_github(self.settings)
        github.remember(StoredAnswers(self.store.answers, self.now_ms))
        self._closing.append(github.close)
        return github

    @cached_property
    def bucket(self) -> Bucket:
        """The content writes that GitHub takes."""
        settings = self.settings
        return Bucket(self.queue.connection, Limits(settings.writes_per_minute, settings.writes_per_hour))

    @cached_property
    def counts(self) -> SharedCounts:
        """The numbers of all processes."""
        return SharedCounts(self.queue.connection)

    def now_ms(self) -> int:
        return int(self.clock() * 1000)

    def base_url(self, repository: str, branch: str) -> str:
        """The public address of a branch's files."""
        return raw_base_url(self.settings.github_api_url, repository, branch)

    @property
    def asset_hosts(self) -> tuple[str, ...]:
        """The hosts that assets may be fetched from."""
        return (*self.settings.asset_hosts, host_of(self.settings.github_api_url))

    def flush_meter(self) -> bool:
        """Add what was counted to what all processes did; False when Redis does not answer."""
        if (github := self.__dict__.get("github")) is not None:
            for kind, sent in (Counter(github.requests) - self._counted).items():
                self.meter.count(GITHUB_REQUESTS, kind, by=sent)
            self._counted = Counter(github.requests)
            for reason, failed in github.take_failures().items():
                self.meter.count(GITHUB_FAILURES, reason, by=failed)
            for budget in github.take_budgets():
                self.meter.note(budget)
            told = github.take_token_ends()
            if self.settings.github_token is None:
                told = (None,)  # one that an App has replaced ends unnoticed
            if told is not None:
                self.meter.set(TOKEN_ENDS, told[0])
        return self.counts.flush(self.meter)

    def report_process(self, process: str) -> bool:
        """Tell now and then how this process is (`web`, `worker`, `scheduler`); False without Redis."""
        if self._reports.due():
            try:
                self.counts.report_process(process, f"{machine_name()}-{os.getpid()}", self.clock())
            except RedisError:
                return False
        return True

    def settle_writes(self) -> None:
        """Charge what was written without being reserved, comments above all; give back what was not."""
        github = self.__dict__.get("github")
        sent = Counter(github.take_writes()) if github is not None else Counter[str]()
        for account, count in sent.items():
            self.meter.count(GITHUB_WRITES, account, by=count)
        sent.subtract(self.reserved)
        self.reserved.clear()
        for account, count in sent.items():
            try:
                self.bucket.charge(account, count, now=self.clock())
            except Unavailable as error:
                log.warning("writes_not_charged", extra={"count": count, "reason": error.public})

    def close(self) -> None:
        while self._closing:
            self._closing.pop()()


class StoredAnswers:
    """GitHub's answers to conditional requests, in the store: each job is a process of its own."""

    def __init__(self, answers: Answers, now_ms: Callable[[], int]) -> None:
        self._answers, self._now_ms = answers, now_ms

    def load(self, key: str) -> KeptAnswer | None:
        found = self._answers.load(key, self._now_ms())
        if found is None:
            return None
        etag, body = found
        kept = json.loads(body)
        return KeptAnswer(etag, kept["data"], kept["more"])

    def save(self, key: str, answer: KeptAnswer) -> None:
        body = json.dumps({"data": answer.data, "more": answer.more}, ensure_ascii=False).encode()
        self._answers.save(key, answer.etag, body, self._now_ms())


def make_github(settings: Settings) -> GitHub:
    """The App or the token that the settings name. Raises BadSettings without one."""
    settings.require_github()
    if settings.github_token is not None:
        token = settings.github_token.get_secret_value()
        return GitHub.from_token(token, settings.github_api_url, settings.sites)
    assert settings.github_app_id is not None
    assert settings.github_app_private_key is not None
    key = settings.github_app_private_key.get_secret_value()
    return GitHub.from_app(settings.github_app_id, key, settings.github_api_url)


@contextmanager
def open_context(settings: Settings | None = None) -> Iterator[Context]:
    """A Context for one unit of work; at the end its numbers are saved and its connections given back."""
    context = Context(settings or load_settings())
    try:
        yield context
    finally:
        context.settle_writes()
        context.flush_meter()
        context.close()
