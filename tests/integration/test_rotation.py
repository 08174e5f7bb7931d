"""Secrets are rotated while altpress runs: nothing is refused, no work is lost, nothing restarts."""

import hashlib
import hmac
import uuid
from pathlib import Path

import pytest
import requests
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from bot.context import Context, open_context
from bot.dispatch import dispatch_once
from bot.embedded.urls import redis_socket
from bot.errors import BadSettings
from bot.github import GitHub
from bot.records import DeliveryState
from bot.store import NewDelivery
from jobs.runner import Run, job
from jobs.runner import settings as cached_settings
from tests.installation import KEY, Installation, empty_stores, installation
from tests.processes import altpress, wait_until
from tests.stores import redis_server, short_dir

__all__ = ["empty_stores", "installation"]
OLD, NEW = "old-webhook-secret-0123", "new-webhook-secret-4567"


def replace(path: Path, text: str) -> None:
    """At once, as Kubernetes and secret agents do it."""
    draft = path.with_name("draft")
    draft.write_text(text)
    draft.replace(path)


def ping(bot: Installation, secret: str) -> int:
    """The answer to a webhook that this secret signs."""
    body = b'{"zen":"Keep it logically awesome.","hook_id":501}'
    headers = {
        "X-GitHub-Event": "ping", "X-GitHub-Delivery": str(uuid.uuid4()), "Content-Type": "application/json",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }  # fmt: skip
    url = bot.hub.sandbox.running.webhook_url
    return requests.post(url, data=body, headers=headers, timeout=60).status_code


def test_webhook_secret_is_rotated_while_webhooks_come(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    bot, file = installation, installation.hub.sandbox.keys.webhook_secret_file
    sandbox = bot.hub.sandbox.keys.load_secret()  # GitHub's, which signs with it all the time
    replace(file, f"{OLD},{sandbox}\n")
    wait_until(lambda: ping(bot, OLD) == 200)
    assert ping(bot, NEW) == 401
    replace(file, f"{NEW},{OLD},{sandbox}\n")
    wait_until(lambda: ping(bot, NEW) == 200)
    assert [ping(bot, secret) for secret in (OLD, sandbox)] == [200, 200]  # GitHub is told now
    replace(file, f"{NEW},{sandbox}\n")
    wait_until(lambda: ping(bot, OLD) == 401)
    assert [ping(bot, secret) for secret in (NEW, sandbox)] == [200, 200]
    file.unlink()
    wait_until(lambda: "secrets_not_reread" in caplog.messages or ping(bot, NEW) != 200)
    assert [ping(bot, secret) for secret in (NEW, OLD)] == [200, 401]  # what was read last holds


def discover(bot: Installation) -> None:
    """Find the site, so that webhooks of its app concern somebody."""
    bot.sweep()


class Keys:
    """The App's keys on GitHub, and the one that altpress holds."""

    def __init__(self, bot: Installation) -> None:
        self._hub, self._file = bot.hub, bot.hub.sandbox.keys.private_key_file
        self.first = self._hub.ask("GET", "app-keys")[0]["fingerprint"]

    def rotate(self) -> None:
        """As docs/secrets.md says: a second key, the file, then the first one is revoked."""
        made = self._hub.ask("POST", "app-keys")
        replace(self._file, made["private_key"])
        self.revoke(self.first)
        self.first = made["fingerprint"]

    def revoke(self, fingerprint: str) -> None:
        session, sandbox = self._hub._session, self._hub.sandbox
        answer = session.delete(f"{sandbox.html}/_sandbox/app-keys/{fingerprint}", timeout=60)
        assert answer.status_code == 204, answer.text


def test_app_key_is_rotated_between_two_releases(installation: Installation) -> None:
    bot = installation
    keys = Keys(bot)
    discover(bot)
    for tag in ("v1.0", "v1.1", "v1.2"):
        bot.hub.release(tag)
        bot.drain(expect=lambda tag=tag: f'"{tag[1:]}"' in bot.hub.file("apps.json"))
        keys.rotate()
    assert bot.store.deliveries.counts()["failed"] == 0


def test_revoked_key_that_is_still_used_is_refused(installation: Installation) -> None:
    """Else the test above shows nothing."""
    settings = installation.context.settings
    Keys(installation).rotate()
    assert settings.github_app_id is not None
    assert settings.github_app_private_key is not None
    old = settings.github_app_private_key.get_secret_value()
    github = GitHub.from_app(settings.github_app_id, old, settings.github_api_url)
    with pytest.raises(BadSettings, match="refuses altpress's credentials"):
        github.find_covering("acme/app")
    github.close()


def test_job_that_began_with_the_old_key_is_done_with_the_new(installation: Installation) -> None:
    bot = installation
    keys = Keys(bot)
    seen: list[int | None] = []

    def work(ctx: Context) -> None:
        assert ctx.github  # signed in with what is there now
        if not seen:
            seen.append(None)
            keys.rotate()
        seen.append(ctx.github.find_covering("acme/app"))

    begun = job("scan")(work)
    bot.store.deliveries.add([NewDelivery("d1", "release", None, None, {}, b"", 1)])
    bot.store.deliveries.queue("d1", ["scan:x"])
    run = Run(id="1", token="scan:x", delivery="d1")
    assert begun.perform(run, (), lambda: open_context(cached_settings())) == 1.0
    assert begun.perform(run, (), lambda: open_context(cached_settings())) is None
    assert seen[1:] == [9001]
    found = bot.store.deliveries.find("d1")
    assert found is not None
    assert found.state is DeliveryState.DONE


def test_key_that_github_refuses_for_good_fails_the_job(installation: Installation) -> None:
    bot = installation
    keys = Keys(bot)
    keys.revoke(keys.first)

    def work(ctx: Context) -> None:
        ctx.github.find_covering("acme/app")

    run = Run(id="1", token="scan:x")
    assert job("scan")(work).perform(run, (), lambda: open_context(cached_settings())) is None


def test_running_worker_takes_the_new_key(installation: Installation, tmp_path: Path) -> None:
    """A real worker, which read its settings long before."""
    bot = installation
    keys = Keys(bot)
    discover(bot)
    settings = bot.context.settings
    sandbox = bot.hub.sandbox
    given = {
        "mongo_url": settings.mongo_url.get_secret_value() if settings.mongo_url else "",
        "redis_url": settings.redis_url.get_secret_value() if settings.redis_url else "",
        "mongo_database": settings.mongo_database, "github_api_url": settings.github_api_url,
        "github_app_id": settings.github_app_id, "asset_hosts": "127.0.0.1",
        "github_app_private_key_file": sandbox.keys.private_key_file,
        "quiet_period": 0, "publish_interval": 0, "data_dir": tmp_path / "data",
    }  # fmt: skip
    with altpress("worker", output=tmp_path / "worker.log", **given) as worker:
        for tag in ("v1.0", "v1.1"):
            bot.hub.release(tag)
            worker.wait_for(lambda tag=tag: published(bot, tag[1:]), timeout=60)
            keys.rotate()
        told = [line["settings"] for line in worker.lines("secrets_reread")]
        assert 1 <= len(told) <= 2, "once a rotation, not once a job"
        assert all(names == ["github_app_private_key"] for names in told)
        assert worker.lines("job_gave_up") == []


def published(bot: Installation, version: str) -> bool:
    """What has come is handed to the worker; whether a publication of the version is known."""
    dispatch_once(bot.store, bot.context.queue)
    newest = bot.store.publications.latest(KEY)
    return newest is not None and f'"{version}"' in bot.hub.file("apps.json")


def test_password_of_redis_is_rotated_with_both_valid() -> None:
    """The commands of docs/secrets.md, on the server itself."""
    with short_dir() as folder, redis_server(folder):
        place = str(redis_socket(folder))

        def enters(password: str) -> bool:
            with Redis(unix_socket_path=place, password=password, retry=Retry(NoBackoff(), 0)) as client:
                try:
                    return bool(client.ping())
                except AuthenticationError:
                    return False

        with Redis(unix_socket_path=place) as admin:
            for words in ("resetpass >old-password", ">new-password", "<old-password"):
                admin.execute_command("ACL", "SETUSER", "default", *words.split())
                seen = {"old-password": enters("old-password"), "new-password": enters("new-password")}
                expected = [words != "<old-password", words != "resetpass >old-password"]
                assert list(seen.values()) == expected, words
