"""What `altpress doctor` looks at on this side: settings, versions, files, stores, processes."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot import __version__
from bot.cli.up_watch import http_answers
from bot.context import Context
from bot.embedded.lock import holder
from bot.enqueue.lease import is_led
from bot.enqueue.safety import check_redis, check_redis_risks
from bot.errors import BadSettings, BotError, Unavailable
from bot.oidc import KeyRing, find_issuer
from bot.setup import checks
from bot.setup.findings import Finding, error, ok, warning
from config.settings import SECRETS, Settings

_PRIVATE = ("*.pem", "sandbox-webhook-secret", "sandbox-tokens.json", "sandbox.json", "dashboard-password*")


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """What is missing, and what is there and does nothing."""
    missing = [problem for check in (settings.require_webhook, settings.require_github)
               if (problem := _refusal(check))]  # fmt: skip
    for problem in missing:
        yield error("settings", problem, "docs/setup.md says where to get it")
    yield from checks.check_variables(os.environ, Settings.model_fields, SECRETS)
    yield from checks.check_secrets([len(s.get_secret_value()) for s in settings.webhook_secrets])
    if not missing:
        kind = "a token" if settings.github_token else f"GitHub App {settings.github_app_id}"
        yield ok("settings", f"{kind} at {settings.github_api_url}")


def look_at_versions() -> Iterator[Finding]:
    yield ok("versions", f"altpress {__version__}, Python {platform.python_version()}")
    try:
        wanted = [r for r in importlib.metadata.requires("altpress") or [] if "extra ==" not in r]
    except importlib.metadata.PackageNotFoundError:
        return  # run from a checkout: its lock file is what is installed
    found = {d.name.lower(): d.version for d in importlib.metadata.distributions() if d.name}
    yield from checks.check_packages(wanted, found)


def look_at_files(data_dir: Path) -> Iterator[Finding]:
    """Modes of the data directory, of what is secret in it, and of files that settings name."""
    named = [os.environ.get(f"ALTPRESS_{name.upper()}_FILE") for name in SECRETS]
    paths = [data_dir, *(path for pattern in _PRIVATE for path in data_dir.glob(pattern))]
    paths += [Path(name) for name in named if name]
    modes = {str(path): path.stat().st_mode for path in paths if path.exists()}
    yield from checks.check_modes(modes, str(data_dir))


def look_at_stores(ctx: Context) -> Iterator[Finding]:
    """MongoDB, Redis and who works on them; embedded ones that were not started are no fault of theirs."""
    settings = ctx.settings
    embedded = settings.mongo_url is None or settings.redis_url is None
    if embedded and holder(settings.data_dir / "up.lock") is None:
        yield warning(
            "processes", f"altpress is not running on {settings.data_dir}: its stores could not be looked at",
            "start `altpress up`, then run this again",
        )  # fmt: skip
        return
    yield from guarded("MongoDB", lambda: _mongo(ctx))
    yield from guarded("Redis", lambda: _redis(ctx))


def _mongo(ctx: Context) -> Iterator[Finding]:
    ctx.store.ping(timeout=5.0)
    risks = ctx.store.risks()
    for risk in risks:
        yield warning("MongoDB", risk, "change ALTPRESS_MONGO_URL")
    if not risks:
        yield ok("MongoDB", "answers" + (" (embedded)" if ctx.settings.mongo_url is None else ""))
    counts = ctx.store.deliveries.counts()
    if counts.get("failed"):
        yield warning(
            "deliveries", f"{counts['failed']} have failed work", "look at the dashboard, or /status"
        )


def _redis(ctx: Context) -> Iterator[Finding]:
    info = ctx.queue.info()
    for problem in check_redis(info):
        yield error("Redis", problem, "change the server's settings")
    for risk in check_redis_risks(info):
        yield warning("Redis", risk, "change the server's settings")
    if not check_redis(info) and not check_redis_risks(info):
        kind = " (embedded)" if ctx.settings.redis_url is None else ""
        yield ok("Redis", f"{info.get('redis_version', '?')}{kind}: noeviction, append-only")
    yield from look_at_processes(ctx)


def look_at_processes(ctx: Context) -> Iterator[Finding]:
    ages = ctx.queue.worker_ages(now=datetime.fromtimestamp(ctx.clock(), UTC))
    yield checks.check_workers(ages)
    yield checks.check_scheduler(led=is_led(ctx.queue.connection, "scheduler"))


def look_at_web(host: str, port: int) -> Iterator[Finding]:
    """Whether the receiver answers on this machine; what stands in front of it, GitHub's log tells."""
    place = f"http://{host}:{port}"
    if http_answers(host, port, "/health/ready", status=200):
        yield ok("web", f"ready at {place}")
    elif http_answers(host, port, "/health/live", status=200):
        yield error("web", f"answers at {place}, and is not ready", f"open {place}/health")
    else:
        yield warning(
            "web", f"nothing of altpress's answers at {place}", "start `altpress up`, or `altpress web`"
        )


def look_at_issuer(settings: Settings) -> Iterator[Finding]:
    """Whether the tokens of CI jobs could be checked from here; nobody has to use them."""
    issuer = settings.oidc_issuer or find_issuer(settings.github_api_url)
    try:
        count = KeyRing(issuer).check()
    except Unavailable as problem:
        fix = f"let the web process reach {issuer}, if a CI job is to tell it of releases (docs/ready.md)"
        yield warning("CI jobs", problem.public, fix)
    else:
        yield ok("CI jobs", f"{issuer} publishes {count} key(s) for their tokens")


def guarded(subject: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What cannot be looked at is a finding, and hides nothing else."""
    try:
        yield from look()
    except BadSettings as problem:
        yield error(subject, problem.public, "set it right (see .env.example)")
    except Unavailable as problem:
        yield error(subject, problem.public, "see that it runs and can be reached from here")
    except BotError as problem:
        yield error(subject, problem.public, "look into altpress's log")


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except BadSettings as problem:
        return problem.public
    return None
