"""What `altpress doctor` looks at on this machine: settings, versions, files, room, the web process."""

import http.client
import importlib.metadata
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from bot import __version__
from bot.errors import BadSettings, Unavailable
from bot.oidc import KeyRing, find_issuer
from bot.setup import checks
from bot.setup.findings import Finding, error, ok, warning
from config.secret_values import LISTS, split_secret
from config.settings import SECRETS, Settings

_PRIVATE = ("*.pem", "sandbox-webhook-secret", "sandbox-tokens.json", "sandbox.json", "dashboard-password*")
ROLES = ("web", "worker", "scheduler")


def look_at_settings(settings: Settings, role: str | None = None) -> Iterator[Finding]:
    """What is missing (for the process of that role, or for all), and what is there and does nothing."""
    required = [] if role in ("worker", "scheduler") else [settings.require_webhook]
    required += [] if role == "web" else [settings.require_github]
    missing = [problem for check in required if (problem := _refusal(check))]
    for problem in missing:
        yield error("settings.required", "settings", problem, "docs/setup.md says where to get it")
    yield from checks.check_variables(os.environ, Settings.model_fields, SECRETS)
    yield from checks.check_secrets([len(s.get_secret_value()) for s in settings.webhook_secrets])
    keys = {f"ALTPRESS_{name.upper()}": split_secret(getattr(settings, name)) for name in LISTS}
    yield from checks.check_keys({name: [len(key) for key in found] for name, found in keys.items()})
    yield from checks.check_open_metrics(
        is_open=settings.metrics_open,
        has_token=bool(split_secret(settings.metrics_token)),
        public=settings.public_url is not None,
    )
    if (hashed := settings.dashboard_password_hash) is not None:
        yield from checks.check_password_hash(hashed.get_secret_value())
    if not missing and role == "web":
        yield ok(
            "settings.required", "settings", "what signs webhooks; signing in to GitHub is the others' task"
        )
    elif not missing:
        kind = "a token" if settings.github_token else f"GitHub App {settings.github_app_id}"
        yield ok("settings.required", "settings", f"{kind} at {settings.github_api_url}")


def look_at_versions() -> Iterator[Finding]:
    installed = (f"{name} {version(name)}" for name in ("gunicorn", "pymongo", "redis", "rq"))
    told = f"altpress {__version__}, Python {platform.python_version()}, {', '.join(installed)}"
    yield ok("versions", "versions", told)
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


def look_at_room(data_dir: Path) -> Iterator[Finding]:
    """Of the data directory, and of temporary files: an asset whose host knows no ranges is copied there."""
    there = next((path for path in (data_dir, *data_dir.absolute().parents) if path.exists()), Path("/"))
    if data_dir.exists() and not os.access(data_dir, os.W_OK | os.X_OK):
        told, fix = f"{data_dir} cannot be written to", f"make altpress's user its owner: chown {data_dir}"
        yield error("files.writable", "data directory", told, fix)
    places = {there.stat().st_dev: there}
    spool = Path(tempfile.gettempdir())
    places.setdefault(spool.stat().st_dev, spool)
    for path in places.values():
        yield checks.check_room(str(path), shutil.disk_usage(path).free)


def look_at_web(host: str, port: int) -> Iterator[Finding]:
    """Whether the receiver answers on this machine; what stands in front of it, GitHub's log tells."""
    place = f"http://{host}:{port}"
    status, missing = fetch_ready(host, port)
    if status == 200:
        yield ok("web", "web", f"ready at {place}")
    elif missing:
        told = f"answers at {place}, and is not ready: {', '.join(missing)}"
        yield error("web", "web", told, "see what the lines on these say")
    else:
        told = f"nothing of altpress's answers at {place}"
        yield warning("web", "web", told, "start `altpress up`, or `altpress web`")


def fetch_ready(host: str, port: int) -> tuple[int, list[str]]:
    """The status of `/health/ready`, and what it lacks; 0 for what is not altpress, or does not answer."""
    connection = http.client.HTTPConnection(host, port, timeout=5.0)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        found = json.loads(answer.read(4096))
        missing = [str(name) for name in found.get("missing", ())]
    except (OSError, http.client.HTTPException, ValueError, AttributeError, TypeError):
        return 0, []
    finally:
        connection.close()
    return answer.status, missing


def look_at_issuer(settings: Settings) -> Iterator[Finding]:
    """Whether the tokens of CI jobs could be checked from here; nobody has to use them."""
    issuer = settings.oidc_issuer or find_issuer(settings.github_api_url)
    try:
        count = KeyRing(issuer).check()
    except Unavailable as problem:
        fix = f"let the web process reach {issuer}, if a CI job is to tell it of releases (docs/ready.md)"
        yield warning("ci", "CI jobs", problem.public, fix)
    else:
        yield ok("ci", "CI jobs", f"{issuer} publishes {count} key(s) for their tokens")


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except BadSettings as problem:
        return problem.public
    return None
