"""A whole installation in one test process: the web application on a free port, real stores, a real sandbox.

`drain()` does what the dispatcher and the workers do, until nothing is left to do now.
"""

import base64
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from werkzeug.serving import WSGIRequestHandler, make_server

from bot.context import Context, open_context
from bot.dispatch import dispatch_once
from bot.github import GitHub
from bot.records import Job
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store
from bot.web import close_app, create_app, patience
from config.settings import Settings, load_settings
from jobs.runner import settings as cached_settings
from tests.sandboxes import Sandbox, run_sandbox
from tests.store_rows import strangers

SITE, APP = "acme/source", "acme/app"
KEY = "acme/source@main"


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Nothing: pytest shows what the application logs."""


class Burst(SimpleWorker):
    """RQ's worker in this process; nobody sends it commands, so it does not wait for them (0.3 s a run)."""

    def subscribe(self) -> None:
        pass

    def unsubscribe(self) -> None:
        pass


class Hub:
    """What people do on the sandbox's GitHub."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._session = requests.Session()
        self._session.headers["X-Sandbox-Control"] = sandbox.running.control_token

    def close(self) -> None:
        self._session.close()

    def ask(self, verb: str, path: str, **options: Any) -> Any:
        answer = self._session.request(verb, f"{self.sandbox.html}/_sandbox/{path}", timeout=60, **options)
        assert answer.ok, answer.text
        return answer.json()

    def release(self, tag: str, files: Mapping[str, bytes] | None = None, **fields: Any) -> int:
        """Publish a release of `acme/app`; without files one small IPA of version `tag`. Its id."""
        files = {"Acme.ipa": make_ipa(version=tag.removeprefix("v"))} if files is None else files
        body = {"repository": APP, "tag": tag, "as": "developer", **fields}
        number = int(self.ask("POST", "releases", json=body)["id"])
        for name, data in files.items():
            self.ask("PUT", f"releases/{number}/assets", params={"name": name}, data=data)
        self.ask("POST", f"releases/{number}/publish", json={})
        return number

    def replace_asset(self, release: int, name: str, data: bytes) -> None:
        self.ask("PUT", f"releases/{release}/assets", params={"name": name}, data=data)

    def edit_release(self, tag: str, **changes: Any) -> None:
        self.ask("PATCH", "releases", json={"repository": APP, "tag": tag, "as": "developer", **changes})

    def change_repository(self, repository: str, **changes: Any) -> None:
        """Rename (`name`), transfer (`owner`), hide (`private`)."""
        self.ask("PATCH", "repositories", json={"repository": repository, **changes})

    def delete_repository(self, repository: str) -> None:
        self.ask("DELETE", "repositories", json={"repository": repository})

    def delete_asset(self, release: int, name: str) -> None:
        self.ask("DELETE", f"releases/{release}/assets", params={"name": name})

    def change_installation(self, account: str = "acme", **changes: Any) -> None:
        """`suspended`, `permissions`, `add`, `remove`."""
        self.ask("PATCH", "installations", json={"account": account, **changes})

    def delete_release(self, tag: str) -> None:
        self.ask("DELETE", "releases", json={"repository": APP, "tag": tag, "as": "developer"})

    def comment(self, text: str, *, by: str, repository: str = SITE) -> list[str]:
        body = {"repository": repository, "number": 1, "body": text, "as": by}
        return list(self.ask("POST", "comments", json=body)["guids"])

    def push(self, files: Mapping[str, bytes | str | None], repository: str = SITE) -> str:
        encoded = {
            path: None
            if data is None
            else base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()
            for path, data in files.items()
        }
        body = {"repository": repository, "files": encoded, "as": "maintainer", "message": "Edit"}
        return str(self.ask("POST", "pushes", json=body)["sha"])

    def deliveries(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "deliveries"))

    def get(self, path: str) -> Any:
        """The REST API, signed in as the maintainer."""
        token = self.sandbox.tokens["maintainer"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._session.get(f"{self.sandbox.api}{path}", headers=headers, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def git(self, repository: str, *arguments: str) -> str:
        """git in the bare repository itself."""
        place = self.sandbox.data / "git" / f"{repository}.git"
        return subprocess.run(
            ["git", "-C", str(place), *arguments], check=True, capture_output=True, text=True
        ).stdout

    def commits(self) -> list[str]:
        """The subjects of the site's branch, newest first."""
        return self.git(SITE, "log", "--format=%s", "main").splitlines()

    def file(self, path: str) -> str:
        return self.git(SITE, "show", f"main:{path}")


@dataclass
class Installation:
    """The bot and its GitHub."""

    hub: Hub
    context: Context
    app: Any
    monkeypatch: pytest.MonkeyPatch

    @property
    def store(self) -> Store:
        return self.context.store

    def drain(self, *, expect: Callable[[], bool] = lambda: True, seconds: float = 120) -> None:
        """Dispatch and work until `expect` holds and nothing is queued."""
        deadline = time.monotonic() + seconds
        while True:
            self._settle_webhooks()
            moved = dispatch_once(self.store, self.context.queue)
            moved += self._work()
            if not moved and expect():
                return
            assert time.monotonic() < deadline, "nothing happened any more, but not what was expected"
            time.sleep(0.02)

    def sweep(self) -> None:
        """Compare everything with GitHub; on a first start, find the sites."""
        self.context.queue.enqueue(Job(name="sweep"))
        self.drain()

    def run_later(self, *, expect: Callable[[], bool], seconds: float = 120) -> None:
        """Do the jobs that were put off, as soon as their time has come."""
        queue = self.context.queue.rq
        deadline = time.monotonic() + seconds
        while not expect():
            assert time.monotonic() < deadline, "what was put off did not bring what was expected"
            for job_id in queue.scheduled_job_registry.get_jobs_to_schedule():
                queue.scheduled_job_registry.remove(job_id)
                queue.push_job_id(job_id)
            self.drain()
            time.sleep(0.05)

    @contextmanager
    def acting(self, kind: type[GitHub]) -> Iterator[Context]:
        """A context whose GitHub is of this kind, and whose requests can be counted over several jobs."""
        settings = self.context.settings
        assert settings.github_app_id is not None
        assert settings.github_app_private_key is not None
        key = settings.github_app_private_key.get_secret_value()
        github = kind.from_app(settings.github_app_id, key, settings.github_api_url)
        yield Context(settings, store=self.store, queue=self.context.queue, github=github)
        github.close()

    @contextmanager
    def emptied(self) -> Iterator["Installation"]:
        """The same installation after it lost its database."""
        name = f"{self.context.settings.mongo_database}-new"
        self.monkeypatch.setenv("ALTPRESS_MONGO_DATABASE", name)
        cached_settings.cache_clear()
        with open_context(load_settings()) as context:
            context.store.ensure_indexes()
            yield Installation(self.hub, context, self.app, self.monkeypatch)

    def _settle_webhooks(self) -> None:
        """Webhooks are sent in the background: wait until they are answered, unless that takes long."""
        deadline = time.monotonic() + 30
        while self.hub.ask("GET", "under-way")["webhooks"] and time.monotonic() < deadline:
            time.sleep(0.01)

    def _work(self) -> int:
        queue = self.context.queue.rq
        waiting: int = queue.count
        if waiting:
            worker = Burst([queue], connection=queue.connection, serializer=JSONSerializer)
            worker.work(burst=True, logging_level="WARNING")
        return waiting


@pytest.fixture
def empty_stores(
    store: Store, redis_client: Redis, mongo_url: str, redis_url: str, database_name: str
) -> dict[str, str]:
    """Settings of stores that hold nothing."""
    del store, redis_client
    return {"MONGO_URL": mongo_url, "MONGO_DATABASE": database_name, "REDIS_URL": redis_url}


@pytest.fixture
def installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_stores: dict[str, str]
) -> Iterator[Installation]:
    """A bot that knows nothing yet, and a fresh sandbox."""
    with serving(tmp_path, empty_stores, monkeypatch) as found:
        yield found
        assert strangers(found.store.database) == {}, (
            "documents that bot/store/collections.py does not tell of"
        )


@contextmanager
def serving(
    place: Path, stores: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """The web application and the sandbox, each knowing the other's address."""
    applications: list[Any] = []
    server = make_server(
        "127.0.0.1",
        0,
        lambda environ, start: applications[0](environ, start),  # noqa: PLW0108  (it is made below)
        threaded=True,
        request_handler=Quiet,
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    with run_sandbox(place / "sandbox", bot_url=f"http://127.0.0.1:{server.server_port}") as sandbox:
        context = Context(_settings(monkeypatch, sandbox, stores))
        monkeypatch.setattr(patience, "WHOLE", 60.0)  # no webhook is refused where a disk is slow
        applications.append(create_app(context=context))
        hub = Hub(sandbox)
        thread.start()
        try:
            yield Installation(hub, context, applications[0], monkeypatch)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            close_app(applications[0])
            hub.close()
            cached_settings.cache_clear()


def _settings(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, stores: Mapping[str, str]) -> Settings:
    """Through the environment, as in earnest: the jobs read them there."""
    values = {
        "GITHUB_API_URL": sandbox.api,
        "OIDC_ISSUER": f"{sandbox.html}/oidc",
        "GITHUB_APP_ID": str(sandbox.keys.app_id),
        "GITHUB_APP_PRIVATE_KEY_FILE": str(sandbox.keys.private_key_file),
        "WEBHOOK_SECRETS_FILE": str(sandbox.keys.webhook_secret_file),
        "ASSET_HOSTS": "127.0.0.1",
        "QUIET_PERIOD": "0",
        "PUBLISH_INTERVAL": "0",
        **stores,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"ALTPRESS_{name}", value)
    cached_settings.cache_clear()
    return load_settings()
