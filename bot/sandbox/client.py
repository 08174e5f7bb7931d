"""The command line's side of a running sandbox's control endpoints."""

import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import requests

from bot.errors import BotError
from bot.sandbox.running import load_running

HEADER = "X-Sandbox-Control"
PATIENCE = 11.0  # seconds to wait for the bot's answer; the sandbox itself gives up after 10
Json = dict[str, Any]


class SandboxError(BotError):
    """What the sandbox refused, or that there is none."""

    code = "sandbox"


class SandboxClient:
    """A running sandbox, found by its data directory. Close it, or use it as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/_sandbox"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between two processes of one machine
        self._session.headers[HEADER] = token

    @classmethod
    def find(cls, data: Path) -> Self:
        """The sandbox that runs in this directory; raises SandboxError."""
        running = load_running(data)
        if running is None:
            raise SandboxError(_absent(data))
        client = cls(running.html_url, running.control_token)
        try:
            client.info()
        except requests.ConnectionError:
            raise SandboxError(_absent(data)) from None
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def info(self) -> Json:
        return dict(self._ask("GET", "info"))

    def draft(self, repository: str, **values: Any) -> Json:
        """`{"id", "guids"}` of a new draft (`tag name notes prerelease as`)."""
        return dict(self._ask("POST", "releases", {"repository": repository, **values}))

    def upload(self, release: int, name: str, content: Path | bytes, *, replace: str | None = None) -> Json:
        """An asset, sent as it is read; it takes the place of one of the same name, or of `replace`."""
        where = f"releases/{release}/assets?name={quote(name, safe='')}"
        where += f"&replace={quote(replace, safe='')}" if replace else ""
        if isinstance(content, bytes):
            return dict(self._answer(self._session.put(f"{self._url}/{where}", data=content)))
        with content.open("rb") as file:
            return dict(self._answer(self._session.put(f"{self._url}/{where}", data=file)))

    def publish(self, release: int, late_assets: float | None = None) -> Json:
        """`{"url", "guids"}`."""
        return dict(self._ask("POST", f"releases/{release}/publish", {"late_assets": late_assets}))

    def release(self, repository: str, tag: str) -> Json:
        """The release of a tag, in GitHub's shape."""
        return dict(self._ask("GET", f"releases?repository={quote(repository)}&tag={quote(tag, safe='')}"))

    def edit(self, repository: str, tag: str, **values: Any) -> Json:
        """`{"url", "guids"}` (`name notes prerelease new_tag as`; None leaves a value)."""
        return dict(self._ask("PATCH", "releases", {"repository": repository, "tag": tag, **values}))

    def delete(self, repository: str, tag: str, **values: Any) -> Json:
        """`{"guids"}`."""
        return dict(self._ask("DELETE", "releases", {"repository": repository, "tag": tag, **values}))

    def comment(self, repository: str, number: int, body: str, **values: Any) -> Json:
        """`{"url", "guids"}`."""
        fields = {"repository": repository, "number": number, "body": body, **values}
        return dict(self._ask("POST", "comments", fields))

    def push(self, repository: str, files: Mapping[str, bytes | None], **values: Any) -> Json:
        """`{"sha", "url", "guids"}`; None removes a file (`message branch as`)."""
        coded = {path: None if data is None else b64encode(data).decode() for path, data in files.items()}
        return dict(self._ask("POST", "pushes", {"repository": repository, "files": coded, **values}))

    def create(self, repository: str, files: Mapping[str, bytes], **values: Any) -> Json:
        """`{"id", "full_name", "guids"}` of a new repository (`description private roles`)."""
        coded = {path: b64encode(data).decode() for path, data in files.items()}
        return dict(self._ask("POST", "repositories", {"repository": repository, "files": coded, **values}))

    def change_repository(self, repository: str, **values: Any) -> Json:
        """`{"id", "full_name", "guids"}` (`name owner private as`)."""
        return dict(self._ask("PATCH", "repositories", {"repository": repository, **values}))

    def delete_repository(self, repository: str, **values: Any) -> Json:
        """`{"guids"}`."""
        return dict(self._ask("DELETE", "repositories", {"repository": repository, **values}))

    def move_tag(self, repository: str, tag: str, **values: Any) -> Json:
        """`{"sha", "guids"}` (`to as`)."""
        return dict(self._ask("PUT", "tags", {"repository": repository, "tag": tag, **values}))

    def delete_tag(self, repository: str, tag: str, **values: Any) -> Json:
        """`{"guids"}`."""
        return dict(self._ask("DELETE", "tags", {"repository": repository, "tag": tag, **values}))

    def delete_asset(self, release: int, name: str) -> Json:
        return dict(self._ask("DELETE", f"releases/{release}/assets?name={quote(name, safe='')}"))

    def install(self, account: str) -> Json:
        """`{"id", "guids"}`."""
        return dict(self._ask("POST", "installations", {"account": account}))

    def change_installation(self, account: str, **values: Any) -> Json:
        """`{"id", "guids"}` (`suspended add remove`)."""
        return dict(self._ask("PATCH", "installations", {"account": account, **values}))

    def uninstall(self, account: str) -> Json:
        """`{"guids"}`."""
        return dict(self._ask("DELETE", "installations", {"account": account}))

    def issue_token(self, repository: str, **values: Any) -> str:
        """What a job of this repository gets (`audience ref event`)."""
        return str(self._ask("POST", "tokens", {"repository": repository, **values})["value"])

    def set_faults(self, seed: int | None = None, **shares: float) -> Json:
        """The shares by name (`faults.Shares`), the others 0; what is set, and what was done so far."""
        return dict(self._ask("PUT", "faults", {"seed": seed, **shares}))

    def faults(self) -> Json:
        return dict(self._ask("GET", "faults"))

    def protect(self, repository: str, branch: str | None, *, off: bool = False, **rules: Any) -> Json:
        """`{"branch", "protected"}`; rules by `reviews` and `enforce_admins`."""
        fields = {"repository": repository, "branch": branch, "off": off, **rules}
        return dict(self._ask("PUT", "protection", fields))

    def issues(self, repository: str, state: str = "all") -> list[Json]:
        """In GitHub's whole shape, newest first; no pull requests."""
        return list(self._ask("GET", f"issues?repository={quote(repository)}&state={quote(state)}"))

    def pulls(self, repository: str, state: str = "all") -> list[Json]:
        """In GitHub's whole shape, newest first."""
        return list(self._ask("GET", f"pulls?repository={quote(repository)}&state={quote(state)}"))

    def fork(self, repository: str, **values: Any) -> Json:
        """`{"id", "full_name", "clone_url"}` (`as`)."""
        return dict(self._ask("POST", "forks", {"repository": repository, **values}))

    def open_pull(self, repository: str, head: str, **values: Any) -> Json:
        """`{"number", "url", "guids"}` (`base title body as`)."""
        return dict(self._ask("POST", "pulls", {"repository": repository, "head": head, **values}))

    def checks(self, repository: str, ref: str) -> Json:
        """`{"sha", "check_runs", "statuses"}` of a branch, a commit, or `#N` of a pull request."""
        return dict(self._ask("GET", f"checks?repository={quote(repository)}&ref={quote(ref, safe='')}"))

    def rerun(self, repository: str, run: int, **values: Any) -> Json:
        """`{"guids"}` (`all as`)."""
        return dict(self._ask("POST", f"checks/{run}/rerequest", {"repository": repository, **values}))

    def merge(self, repository: str, number: int, **values: Any) -> Json:
        """`{"sha", "url", "guids"}` (`method as delete_branch`)."""
        return dict(self._ask("POST", f"pulls/{number}/merge", {"repository": repository, **values}))

    def edit_pull(self, repository: str, number: int, **values: Any) -> Json:
        """`{"url", "guids"}` (`title body state base as`)."""
        return dict(self._ask("PATCH", f"pulls/{number}", {"repository": repository, **values}))

    def deliveries(self, limit: int | None = None) -> list[Json]:
        """Newest first."""
        return list(self._ask("GET", f"deliveries?limit={limit}" if limit else "deliveries"))

    def count_under_way(self) -> int:
        """Webhooks that are sent and not answered yet."""
        return int(self._ask("GET", "under-way")["webhooks"])

    def redeliver(self, guid: str) -> Json:
        """The delivery with what the bot answered this time."""
        return dict(self._ask("POST", f"deliveries/{quote(guid, safe='')}/attempts"))

    def wait(self, guids: Sequence[str]) -> list[Json]:
        """These deliveries once the bot has answered; those that it has not yet are left out at the end."""
        ends, seen = time.monotonic() + PATIENCE, dict[str, Json]()
        while len(seen) < len(guids) and time.monotonic() < ends:
            for guid in (guid for guid in guids if guid not in seen):
                answer = self._session.get(f"{self._url}/deliveries/{guid}", timeout=10)
                if answer.ok:
                    seen[guid] = answer.json()
            if len(seen) < len(guids):
                time.sleep(0.03)
        return [seen[guid] for guid in guids if guid in seen]

    def _ask(self, method: str, path: str, body: Json | None = None) -> Any:
        return self._answer(self._session.request(method, f"{self._url}/{path}", json=body, timeout=60))

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        if response.ok:
            return response.json()
        try:
            message = str(response.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = f"the sandbox answered {response.status_code}"
        raise SandboxError(message)


def _absent(data: Path) -> str:
    return f"no sandbox is running in {data}: start it with `altpress up --sandbox`"
