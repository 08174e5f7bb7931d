"""What the running sandbox really answers, path by path, against GitHub's own description."""

import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from tests.github_models import find_undescribed, validate
from tests.sandboxes import Sandbox, run_sandbox

# Path -> the model of its answer; `[]` stands for a list, `.key` for a list inside an object.
READ = {
    "app": "Integration",
    "app/hook/config": "WebhookConfig",
    "app/hook/deliveries": "HookDeliveryItem[]",
    "app/hook/deliveries/{delivery}": "HookDelivery",
    "app/installations": "Installation[]",
    "app/installations/{installation}": "Installation",
    "repos/acme/app/installation": "Installation",
    "installation/repositories": "Repository.repositories",
    "rate_limit": "RateLimitOverview",
    "user": "PublicUser",
    "users/developer": "PublicUser",
    "users/acme/repos": "MinimalRepository[]",
    "repos/acme/app": "FullRepository",
    "repos/acme/app/branches": "ShortBranch[]",
    "repos/acme/app/branches/main": "BranchWithProtection",
    "repos/acme/app/collaborators": "Collaborator[]",
    "repos/acme/app/collaborators/developer/permission": "RepositoryCollaboratorPermission",
    "repos/acme/app/commits": "Commit[]",
    "repos/acme/app/commits/{commit}": "Commit",
    "repos/acme/app/commits/{commit}/comments": "CommitComment[]",
    "repos/acme/app/compare/v1.0...main": "CommitComparison",
    "repos/acme/app/contents": "ContentDirectoryItems[]",
    "repos/acme/app/contents/README.md": "ContentFile",
    "repos/acme/app/git/blobs/{blob}": "Blob",
    "repos/acme/app/git/trees/main?recursive=1": "GitTree",
    "repos/acme/app/git/commits/{commit}": "GitCommit",
    "repos/acme/app/git/ref/heads/main": "GitRef",
    "repos/acme/app/git/matching-refs/heads/": "GitRef[]",
    "repos/acme/app/issues": "Issue[]",
    "repos/acme/app/issues/1": "Issue",
    "repos/acme/app/issues/1/comments": "IssueComment[]",
    "repos/acme/app/issues/comments": "IssueComment[]",
    "repos/acme/app/issues/comments/{comment}": "IssueComment",
    "repos/acme/app/issues/comments/{comment}/reactions": "Reaction[]",
    "repos/acme/app/releases": "Release[]",
    "repos/acme/app/releases/latest": "Release",
    "repos/acme/app/releases/tags/v1.0": "Release",
    "repos/acme/app/releases/{release}": "Release",
    "repos/acme/app/releases/{release}/assets": "ReleaseAsset[]",
    "repos/acme/app/releases/assets/{asset}": "ReleaseAsset",
}
WRITTEN = {
    "token": "InstallationToken",
    "blob": "ShortBlob",
    "tree": "GitTree",
    "commit": "GitCommit",
    "ref": "GitRef",
    "contents": "FileCommit",
    "release": "Release",
    "edited release": "Release",
    "asset": "ReleaseAsset",
    "issue": "Issue",
    "comment": "IssueComment",
    "edited comment": "IssueComment",
    "commit comment": "CommitComment",
    "reaction": "Reaction",
    "refused": "BasicError",
    "invalid": "ValidationError",
}
# Keys beyond the description's own: it names five rights of an App and allows any other.
ALSO = {"Integration": {"permissions.pull_requests"}}


class Client:
    """The App, its installation and a user of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._api = sandbox.api
        now, key = int(time.time()), sandbox.keys.private_key_file.read_text()
        claims = {"iat": now - 60, "exp": now + 300, "iss": str(sandbox.keys.app_id)}
        self.tokens = {"app": jwt.encode(claims, key, algorithm="RS256"), "user": sandbox.tokens["developer"]}

    def ask(self, method: str, path: str, *, who: str, expect: int = 200, **named: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        url = path if path.startswith("http") else f"{self._api}/{path}"
        answer = requests.request(method, url, headers=headers, timeout=60, **named)
        assert answer.status_code == expect, (path, answer.status_code, answer.text)
        return answer.json()

    def read(self, path: str) -> Any:
        who = "app" if path.startswith("app") or path.endswith("/installation") else "bot"
        return self.ask("GET", path, who="user" if path == "user" else who)


class World(dict[str, Any]):
    """What was written, by the names of WRITTEN; `ids` fills the paths of READ."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client = client
        self._sign_in()
        self._commit()
        self._publish()
        self._talk()
        self._fail()

    @property
    def ids(self) -> dict[str, Any]:
        return {
            "installation": self["installation"],
            "delivery": self._wait_for_delivery(),
            **{name: self[name]["sha"] for name in ("blob", "commit")},
            **{name: self[name]["id"] for name in ("release", "asset", "comment")},
        }

    def _wait_for_delivery(self) -> int:
        for _ in range(3_000):
            if rows := self.client.read("app/hook/deliveries"):
                return int(rows[0]["id"])
            time.sleep(0.02)
        raise AssertionError("nothing was delivered")

    def _post(self, path: str, body: dict[str, Any], *, method: str = "POST", expect: int = 201) -> Any:
        return self.client.ask(method, f"repos/acme/app/{path}", who="bot", expect=expect, json=body)

    def _sign_in(self) -> None:
        self["installation"] = self.client.read("app/installations")[0]["id"]
        path = f"app/installations/{self['installation']}/access_tokens"
        body = {"repositories": ["app"], "permissions": {"contents": "write", "issues": "write"}}
        self["token"] = self.client.ask("POST", path, who="app", expect=201, json=body)
        self.client.tokens["bot"] = self["token"]["token"]

    def _commit(self) -> None:
        head = self.client.read("repos/acme/app/git/ref/heads/main")["object"]["sha"]
        base = self.client.read(f"repos/acme/app/git/commits/{head}")["tree"]["sha"]
        self["blob"] = self._post("git/blobs", {"content": "AAE=", "encoding": "base64"})
        entries = [
            {"path": "a/b.bin", "mode": "100644", "type": "blob", "sha": self["blob"]["sha"]},
            {"path": "c.txt", "mode": "100644", "type": "blob", "content": "text\n"},
        ]
        self["tree"] = self._post("git/trees", {"base_tree": base, "tree": entries})
        commit = {"message": "Add", "tree": self["tree"]["sha"], "parents": [head]}
        self["commit"] = self._post("git/commits", commit)
        move = {"sha": self["commit"]["sha"], "force": False}
        self["ref"] = self._post("git/refs/heads/main", move, method="PATCH", expect=200)

    def _publish(self) -> None:
        self["release"] = self._post("releases", {"tag_name": "v1.0", "body": None, "draft": True})
        upload = self["release"]["upload_url"].partition("{")[0] + "?name=Acme.ipa"
        self["asset"] = self.client.ask("POST", upload, who="bot", expect=201, data=b"bytes")
        path = f"releases/{self['release']['id']}"
        self["edited release"] = self._post(path, {"draft": False}, method="PATCH", expect=200)
        content = {"message": "Write", "content": b64encode(b"x").decode()}
        self["contents"] = self._post("contents/d.txt", content, method="PUT")

    def _talk(self) -> None:
        self["issue"] = self._post("issues", {"title": "Hello", "body": "Text"})
        self["comment"] = self._post("issues/1/comments", {"body": "Hello"})
        path = f"issues/comments/{self['comment']['id']}"
        self["reaction"] = self._post(f"{path}/reactions", {"content": "eyes"})
        self["edited comment"] = self._post(path, {"body": "Bye"}, method="PATCH", expect=200)
        self["commit comment"] = self._post(f"commits/{self['commit']['sha']}/comments", {"body": "Well"})

    def _fail(self) -> None:
        """An App without the right, and a release without a tag."""
        self["refused"] = self.client.ask("GET", "repos/acme/none", who="bot", expect=404)
        self["invalid"] = self._post("releases", {"name": "x"}, expect=422)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with run_sandbox(tmp_path_factory.mktemp("answers") / "data") as sandbox:
        yield World(Client(sandbox))


def check(model: str, payload: Any) -> None:
    name, is_list, _ = model.partition("[]")
    name, _, key = name.partition(".")
    rows = payload[key] if key else payload if is_list else [payload]
    assert rows, "an empty list proves nothing"
    for row in rows:
        undescribed = find_undescribed(validate(name, row))
        # what a logged delivery carried is anything, and the older `rate` is kept beside `resources`
        assert {k for k in undescribed if not k.startswith(("request.", "rate"))} <= ALSO.get(model, set())


@pytest.mark.parametrize("path", READ)
def test_what_is_read(world: World, path: str) -> None:
    check(READ[path], world.client.read(path.format(**world.ids)))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written(world: World, name: str) -> None:
    check(WRITTEN[name], world[name])
