"""Webhooks on their way out, over real sockets."""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from bot.sandbox.shapes.payloads import plan_release_actions
from bot.sandbox.state import State
from bot.sandbox.webhooks import MOST_BYTES, Hook, Outbox, note_sent
from tests.sandbox_rows import AT, RELEASE
from tests.webhook_receiver import Receiver, is_signed

SECRET = "a secret"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.sqlite3") as state:
        yield state


def open_outbox(state: State, receiver: Receiver, *, form: bool = False, timeout: float = 5) -> Outbox:
    hook = Hook(receiver.url, SECRET, id=7, app=80, form=form)
    return Outbox(state.deliveries, hook, now=lambda: AT, timeout=timeout)


def finish(outbox: Outbox) -> None:
    """Closing alone cancels what no thread has taken up yet."""
    while outbox.under_way.count:
        time.sleep(0.005)
    outbox.close()


def test_delivery_is_signed_over_its_bytes_and_logged(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    guid = outbox.send("release", {"action": "published", "text": "Grüße 🎉"}, repository=20, installation=90)
    finish(outbox)
    headers, body = receiver.requests[0]
    assert is_signed((headers, body), SECRET)
    assert headers["X-Hub-Signature"] == "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert (headers["X-GitHub-Event"], headers["X-GitHub-Delivery"]) == ("release", guid)
    assert (headers["X-GitHub-Hook-ID"], headers["X-GitHub-Hook-Installation-Target-ID"]) == ("7", "80")
    assert headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    assert json.loads(body) == {"action": "published", "text": "Grüße 🎉"}
    row = state.deliveries.find(guid=guid)
    assert row is not None
    assert (row.event, row.action, row.status, row.status_code) == ("release", "published", "OK", 202)
    assert (row.repository, row.installation, row.redelivery, row.response_body) == (20, 90, False, "taken")
    assert row.request_body.encode() == body
    assert uuid.UUID(guid).version == 4
    assert SECRET not in json.dumps(row.request_headers)


def test_form_bodies_carry_the_same_payload(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver, form=True)
    outbox.send("ping", {"zen": "a+b&c=d"})
    finish(outbox)
    headers, body = receiver.requests[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert is_signed((headers, body), SECRET)
    assert json.loads(parse_qs(body.decode())["payload"][0]) == {"zen": "a+b&c=d"}


def test_redelivery_has_the_same_guid_and_bytes(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    receiver.status = 503
    guid = outbox.send("push", {"ref": "refs/heads/main"})
    assert guid is not None
    while outbox.under_way.count:
        time.sleep(0.005)
    receiver.status = 202
    receiver.go.clear()
    begun = outbox.redeliver(guid)
    assert outbox.under_way.count == 1, "from the first moment on"
    receiver.go.set()
    again = begun.result(60)
    finish(outbox)
    (first, body), (second, same) = receiver.requests
    assert (first["X-GitHub-Delivery"], body) == (second["X-GitHub-Delivery"], same)
    rows = state.deliveries.select(guid=guid)
    assert [(r.status, r.status_code, r.redelivery) for r in rows] == [
        ("Invalid HTTP Response: 503", 503, False),
        ("OK", 202, True),
    ]
    assert again == rows[1]


def test_redelivery_of_an_unknown_guid(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    with pytest.raises(KeyError):
        outbox.redeliver("0b989ba4-242f-11e5-81e1-c7b6966d2516")
    finish(outbox)


@pytest.mark.parametrize(
    ("status", "said"),
    [(200, "OK"), (204, "OK"), (302, "Invalid HTTP Response: 302"), (401, "Invalid HTTP Response: 401")],
)
def test_only_2xx_is_delivered_and_redirects_are_not_followed(
    state: State, receiver: Receiver, status: int, said: str
) -> None:
    receiver.status = status
    outbox = open_outbox(state, receiver)
    outbox.send("release", {"action": "created"})
    finish(outbox)
    assert [(row.status, row.status_code) for row in state.deliveries.select()] == [(said, status)]


def test_a_slow_bot_times_out(state: State, receiver: Receiver) -> None:
    receiver.go.clear()
    outbox = open_outbox(state, receiver, timeout=0.1)
    outbox.send("release", {"action": "created"})
    finish(outbox)
    assert [(row.status, row.status_code) for row in state.deliveries.select()] == [("timed out", 504)]


def test_a_bot_that_is_down_is_logged_and_not_tried_again(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    receiver.close()
    outbox.send("release", {"action": "created"})
    finish(outbox)
    assert [(row.status, row.status_code) for row in state.deliveries.select()] == [
        ("failed to connect to host", 502)
    ]


def test_payload_above_the_cap_is_not_sent(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    assert outbox.send("release", {"body": "x" * MOST_BYTES}) is None
    finish(outbox)
    assert (receiver.requests, state.deliveries.count()) == ([], 0)


def test_sent_guids_are_noted_in_their_block_alone(state: State, receiver: Receiver) -> None:
    outbox = open_outbox(state, receiver)
    outbox.send("push", {})
    with note_sent() as guids:
        one, other = outbox.send("push", {}), outbox.send("create", {})
    outbox.send("push", {})
    finish(outbox)
    assert guids == [one, other]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "ftp://localhost/",
    ],
)
def test_only_this_machine_gets_webhooks(url: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        Hook(url, SECRET, id=1, app=1)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(Hook("http://127.0.0.1/", SECRET, id=1, app=1))


DRAFT = {"draft": True, "published_at": None}


@pytest.mark.parametrize(
    ("before", "after", "actions"),
    [
        (None, {}, ("created", "published", "released")),
        (None, {"prerelease": True}, ("created", "published", "prereleased")),
        (None, DRAFT, ("created",)),
        (DRAFT, {}, ("published", "released")),
        (DRAFT, {"prerelease": True}, ("published", "prereleased")),
        (DRAFT, DRAFT | {"name": "New"}, ("edited",)),
        ({}, {"body": "New notes"}, ("edited",)),
        ({}, {}, ()),
        ({"prerelease": True}, {}, ("edited", "released")),
        ({}, {"prerelease": True}, ("edited",)),
        ({}, DRAFT, ("unpublished",)),
        ({}, None, ("deleted",)),
    ],
)
def test_release_events_of_a_change(
    before: dict | None, after: dict | None, actions: tuple[str, ...]
) -> None:
    rows = [None if change is None else replace(RELEASE, **change) for change in (before, after)]
    assert plan_release_actions(*rows) == actions


def test_what_is_not_answered_yet_is_counted(state: State, receiver: Receiver) -> None:
    pool, gate = ThreadPoolExecutor(1), threading.Event()
    pool.submit(gate.wait)
    outbox = Outbox(state.deliveries, Hook(receiver.url, SECRET, id=7), now=lambda: AT, pool=pool)
    beside = outbox.beside(state.deliveries, outbox.hook)
    for box in (outbox, beside, outbox):
        box.send("push", {"ref": "refs/heads/main"})
    assert outbox.under_way.count == beside.under_way.count == 3
    gate.set()
    finish(outbox)
    assert outbox.under_way.count == 0
    outbox.send("push", {"ref": "refs/heads/main"})
    assert outbox.under_way.count == 0, "it is closed"
