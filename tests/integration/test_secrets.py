"""No secret leaves: not in a log line at any level, a job, a reason, a commit or a comment."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
import requests
from redis import Redis

from bot.records import Job
from bot.sandbox.make_ipa import make_ipa
from config import log
from tests.installation import APP, SITE, Installation, empty_stores, installation

__all__ = ["empty_stores", "installation"]
# what is made on the way, and known to nobody here: installation tokens, App JWTs, signed addresses
MADE = re.compile(r"gh[a-z]_[0-9a-f]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}|signature=[0-9a-f]{20,}")


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


def secrets_of(bot: Installation) -> list[str]:
    """All that this installation was given, and what the sandbox's people hold."""
    settings = bot.context.settings
    assert settings.github_app_private_key is not None
    key = settings.github_app_private_key.get_secret_value().splitlines()[1:-1]
    hooks = [secret.get_secret_value() for secret in settings.webhook_secrets]
    return [*hooks, *key, *bot.hub.sandbox.tokens.values(), bot.hub.sandbox.running.control_token]


def found_in(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if secret in text] + MADE.findall(text)


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_no_secret_leaves_on_the_whole_way(
    installation: Installation, redis_client: Redis, capfd: pytest.CaptureFixture[str], level: str
) -> None:
    bot = installation
    secrets = secrets_of(bot)
    log.configure(level, "json", [] if level == "INFO" else secrets)  # at INFO nothing needs a mask
    bot.context.queue.enqueue(Job(name="sweep"))
    bot.drain()
    bot.hub.release("v1.0")
    bot.hub.release("v1.1", {"Acme.ipa": b"this is no zip"})
    bot.hub.release("v1.2", {"Acme.ipa": make_ipa(version="1.2", bundle_identifier="com.evil.app")})
    bot.hub.push({"altpress.yml": bot.hub.file("altpress.yml") + "\nnonsense: 1\n"})
    bot.hub.comment("/help", by="visitor")
    bot.drain()
    forged = {"X-Hub-Signature-256": "sha256=0", "Content-Type": "application/json"}
    assert (
        requests.post(bot.hub.sandbox.running.webhook_url, data=b"{}", headers=forged, timeout=5).status_code
        == 401
    )
    out, err = capfd.readouterr()
    assert '"site_published"' in out
    assert found_in(out + err, secrets) == []
    assert found_in(told(bot), secrets) == []
    assert found_in(kept(bot, redis_client), secrets) == []


def told(bot: Installation) -> str:
    """Commits, comments and issues."""
    paths = [f"/repos/{name}/{what}" for name in (SITE, APP) for what in ("issues", "issues/1/comments")]
    answers = [bot.hub.get(path) for path in paths]
    commits = bot.hub.git(SITE, "log", "-p", "main").splitlines()
    shas = [line.split()[1] for line in commits if line.startswith("commit ")]
    answers += [bot.hub.get(f"/repos/{SITE}/commits/{sha}/comments") for sha in shas]
    return json.dumps(answers) + "\n".join(commits)


def kept(bot: Installation, redis: Redis) -> str:
    """Everything in Redis, and what the ledger tells."""
    dumped = [redis.dump(key) or b"" for key in redis.scan_iter()]
    ledger = [delivery.model_dump_json() for delivery in bot.store.deliveries.page(500)]
    return b"\n".join(dumped).decode("latin-1") + "\n".join(ledger)
