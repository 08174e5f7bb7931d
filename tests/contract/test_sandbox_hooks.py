"""The sandbox's webhooks of repositories: GitHub's paths and shapes, real deliveries, rights."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests

from tests.github_models import find_undescribed, validate
from tests.installation import APP, Hub
from tests.sandboxes import Sandbox, as_user, run_sandbox
from tests.webhook_receiver import Receiver, is_signed

SECRET = "a secret of the hook"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with run_sandbox(tmp_path_factory.mktemp("hooks") / "data") as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def admin(sandbox: Sandbox) -> Iterator[requests.Session]:
    with as_user(sandbox, "maintainer") as session:
        yield session
        for hook in session.get(hooks(sandbox), timeout=60).json():
            session.delete(hook["url"], timeout=60)


def hooks(sandbox: Sandbox) -> str:
    return f"{sandbox.api}/repos/{APP}/hooks"


def add(session: requests.Session, sandbox: Sandbox, url: str, **fields: Any) -> dict[str, Any]:
    config = {"url": url, "content_type": "json", "secret": SECRET, "insecure_ssl": "0"}
    body = {"name": "web", "events": ["release"], "config": config, **fields}
    answer = session.post(hooks(sandbox), json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def until(seen: Callable[[], Any]) -> Any:
    for _ in range(6_000):
        if found := seen():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_a_hook_is_pinged_told_and_logged(
    sandbox: Sandbox, admin: requests.Session, receiver: Receiver
) -> None:
    hook = add(admin, sandbox, receiver.url)
    assert not find_undescribed(validate("Hook", hook))
    assert hook["config"]["secret"] == "********"
    until(lambda: receiver.requests)
    hub = Hub(sandbox)
    hub.release(f"v{hook['id']}")
    hub.close()
    rows = until(lambda: len(found := admin.get(hook["deliveries_url"], timeout=60).json()) >= 3 and found)
    assert {row["event"] for row in rows} == {"release", "ping"}, "it listens to releases alone"
    for row in rows:
        assert not find_undescribed(validate("HookDeliveryItem", row))
    headers, body = receiver.requests[0]
    assert headers["X-GitHub-Event"] == "ping"
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "repository"
    assert all(is_signed(request, SECRET) for request in receiver.requests)
    assert b'"installation"' not in body
    detail = admin.get(f"{hook['deliveries_url']}/{rows[0]['id']}", timeout=60).json()
    validate("HookDelivery", detail)
    shown = admin.get(hook["url"], timeout=60).json()
    assert shown["last_response"]["code"] == 202


def test_a_ping_validates(sandbox: Sandbox, admin: requests.Session, receiver: Receiver) -> None:
    hook = add(admin, sandbox, receiver.url)
    admin.post(hook["ping_url"], timeout=60)
    rows = until(lambda: len(found := admin.get(hook["deliveries_url"], timeout=60).json()) == 2 and found)
    detail = admin.get(f"{hook['deliveries_url']}/{rows[0]['id']}", timeout=60).json()
    validate("WebhookPing", detail["request"]["payload"])


def test_a_failed_delivery_is_sent_again_under_its_guid(
    sandbox: Sandbox, admin: requests.Session, receiver: Receiver
) -> None:
    receiver.status = 503
    hook = add(admin, sandbox, receiver.url)
    [row] = until(lambda: admin.get(hook["deliveries_url"], timeout=60).json())
    assert row["status_code"] == 503
    receiver.status = 202
    again = admin.post(f"{hook['deliveries_url']}/{row['id']}/attempts", timeout=60)
    assert again.status_code == 202
    rows = until(lambda: len(found := admin.get(hook["deliveries_url"], timeout=60).json()) == 2 and found)
    assert {r["guid"] for r in rows} == {row["guid"]}
    assert (rows[0]["redelivery"], rows[0]["status_code"]) == (True, 202)


def test_a_hook_is_edited_and_removed(sandbox: Sandbox, admin: requests.Session) -> None:
    hook = add(admin, sandbox, "http://127.0.0.1:9/a")
    changed = admin.patch(
        hook["url"], json={"add_events": ["push"], "active": False, "config": {"url": "http://127.0.0.1:9/b"}},
        timeout=60,
    ).json()  # fmt: skip
    assert (changed["events"], changed["active"]) == (["push", "release"], False)
    assert (changed["config"]["url"], changed["config"]["content_type"]) == ("http://127.0.0.1:9/b", "form")
    assert admin.delete(hook["url"], timeout=60).status_code == 204
    assert admin.get(hook["url"], timeout=60).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"config": {"url": "https://example.com/hook"}},
        {"config": {}},
        {},
        {"config": {"url": "http://127.0.0.1:9/", "content_type": "xml"}},
        {"config": {"url": "http://127.0.0.1:9/"}, "events": [1]},
    ],
)
def test_what_is_invalid(sandbox: Sandbox, admin: requests.Session, body: dict[str, Any]) -> None:
    assert admin.post(hooks(sandbox), json=body, timeout=60).status_code == 422
    assert admin.get(hooks(sandbox), timeout=60).json() == []


def test_the_same_twice_is_refused(sandbox: Sandbox, admin: requests.Session) -> None:
    add(admin, sandbox, "http://127.0.0.1:9/")
    body = {"events": ["release"], "config": {"url": "http://127.0.0.1:9/"}}
    assert admin.post(hooks(sandbox), json=body, timeout=60).status_code == 422


def test_who_is_no_administrator_does_not_even_see_them(sandbox: Sandbox) -> None:
    with as_user(sandbox, "developer") as developer:
        assert developer.get(hooks(sandbox), timeout=60).status_code == 403
        assert developer.post(hooks(sandbox), json={}, timeout=60).status_code == 403
    assert requests.get(hooks(sandbox), timeout=60).status_code == 401


def test_the_apps_webhook_can_be_pointed_elsewhere(tmp_path: Any, receiver: Receiver) -> None:
    with run_sandbox(tmp_path / "data") as sandbox:
        now, key = int(time.time()), sandbox.keys.private_key_file.read_text()
        claims = {"iat": now - 60, "exp": now + 300, "iss": str(sandbox.keys.app_id)}
        headers = {"Authorization": f"Bearer {jwt.encode(claims, key, algorithm='RS256')}"}
        place = f"{sandbox.api}/app/hook/config"
        body = {"url": receiver.url, "secret": SECRET, "content_type": "json"}
        answer = requests.patch(place, json=body, headers=headers, timeout=60)
        assert answer.status_code == 200
        validate("WebhookConfig", answer.json())
        assert requests.get(place, headers=headers, timeout=60).json()["url"] == receiver.url
        hub = Hub(sandbox)
        hub.comment("/help", by="visitor")
        hub.close()
        until(lambda: receiver.requests)
        assert is_signed(receiver.requests[0], SECRET)
