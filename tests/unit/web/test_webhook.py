"""The table of answers, one by one."""

import gzip
import hashlib
import hmac
import io
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from bot.records import DeliveryState
from bot.store.ledger import Entry
from bot.web.body import MAX_BODY
from tests.fake_store import FakeStore, site_state
from tests.unit.web.conftest import DATA, GUID, Send


def test_200_ping_stores_nothing(send: Send, store: FakeStore) -> None:
    answer = send("ping")
    assert (answer.status_code, answer.json) == (200, {"status": "pinged"})
    assert store.deliveries.entries == {}


def test_202_stored_before_it_is_answered(send: Send, store: FakeStore) -> None:
    assert send().status_code == 202
    stored = store.deliveries.stored[GUID]
    assert (stored.event, stored.action, stored.repository) == ("release", "published", "acme/app")
    assert stored.body == (DATA / "release.published.json").read_bytes()
    assert stored.headers == {"x-github-event": "release", "content-type": "application/json"}


def test_202_form(send: Send, store: FakeStore) -> None:
    body = urlencode({"payload": (DATA / "release.published.json").read_text()}).encode()
    assert send(body=body, Content_Type="application/x-www-form-urlencoded").status_code == 202
    assert store.deliveries.stored[GUID].body == body


def test_202_with_the_older_secret(send: Send) -> None:
    body = (DATA / "release.published.json").read_bytes()
    header = "sha256=" + hmac.new(b"older secret", body, hashlib.sha256).hexdigest()
    assert send(X_Hub_Signature_256=header).status_code == 202


def test_204_of_no_concern_is_one_row_with_the_reason(send: Send, store: FakeStore) -> None:
    store.sites.states = [site_state("acme/source", "acme/another")]
    answer = send()
    assert (answer.status_code, answer.data) == (204, b"")
    assert store.deliveries.ignored == {GUID: "none of our sites is concerned"}
    assert store.deliveries.stored == {}


@pytest.mark.parametrize(
    "case", ["issue_comment.edited", "push.tag", "workflow_run.completed", "release.created-draft"]
)
def test_204_for_what_is_never_used(case: str, send: Send, store: FakeStore) -> None:
    assert send(case).status_code == 204
    assert store.sites.readings == 0


def test_nothing_is_turned_away_on_the_word_of_an_old_reading(send: Send, store: FakeStore) -> None:
    store.sites.states = []
    assert send().status_code == 204
    store.sites.states = [site_state()]
    assert send(X_GitHub_Delivery=GUID.replace("7", "8")).status_code == 202


def test_installation_is_always_known(send: Send, store: FakeStore) -> None:
    store.sites.states = []
    assert send("installation.created").status_code == 202


def test_200_the_same_again_is_done_once(send: Send, store: FakeStore) -> None:
    assert [send().status_code for _ in range(3)] == [202, 200, 200]
    assert send(X_GitHub_Delivery=GUID.upper()).status_code == 200
    assert len(store.deliveries.entries) == 1


def test_202_when_the_work_of_a_known_one_had_failed(send: Send, store: FakeStore) -> None:
    send()
    store.deliveries.entries[GUID] = Entry(DeliveryState.FAILED)
    assert send().status_code == 202
    assert store.deliveries.entries[GUID].state is DeliveryState.PENDING


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"action": "published"}'])
def test_400_what_github_does_not_send(body: bytes, send: Send, store: FakeStore) -> None:
    assert send(body=body).status_code == 400
    assert store.deliveries.entries == {}


@pytest.mark.parametrize("guid", [None, "", "x", "../../etc", GUID + "0", GUID[:-1] + "g", "a" * 5000])
def test_400_odd_guid(guid: str | None, send: Send, store: FakeStore) -> None:
    assert send(X_GitHub_Delivery=guid).status_code == 400
    assert store.deliveries.entries == {}


@pytest.mark.parametrize("name", [None, "", "Release", "a" * 65])
def test_400_odd_event(name: str | None, send: Send) -> None:
    assert send(X_GitHub_Event=name).status_code == 400


@pytest.mark.parametrize("header", [None, "", "sha256=00", "sha1=0"])
def test_401_stores_nothing(header: str | None, send: Send, store: FakeStore) -> None:
    answer = send(X_Hub_Signature_256=header, X_Hub_Signature="sha1=" + "0" * 40)
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "bad_signature"
    assert (store.deliveries.entries, store.sites.readings) == ({}, 0)


def test_401_comes_before_the_bytes_are_looked_at(send: Send) -> None:
    assert send(body=b"{", X_Hub_Signature_256="sha256=00").status_code == 401


def test_413_by_the_header_and_by_the_bytes(client: FlaskClient, send: Send) -> None:
    promised = {"CONTENT_LENGTH": str(MAX_BODY + 1)}
    endless = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b" " * (MAX_BODY + 1))}
    for environ in (promised, endless):
        answer = client.post("/webhooks/github", content_type="application/json", environ_overrides=environ)
        assert answer.status_code == 413


def test_body_without_a_length_is_read_to_its_end(client: FlaskClient, send: Send) -> None:
    chunked = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"{}")}
    answer = client.post("/webhooks/github", content_type="application/json", environ_overrides=chunked)
    assert answer.status_code == 401  # read, and not signed


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/xml", "multipart/form-data; boundary=x"]
)
def test_415_other_content_types(kind: str | None, send: Send) -> None:
    assert send(Content_Type=kind).status_code == 415


def test_compressed_bytes_are_not_what_github_sends(send: Send) -> None:
    assert send(body=gzip.compress(b"{}"), Content_Encoding="gzip").status_code == 400


def test_503_says_when_to_come_back(send: Send, store: FakeStore) -> None:
    send("ping")
    store.deliveries.down = True
    answer = send()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    store.deliveries.down = False
    assert send().status_code == 202


def test_503_for_one_that_is_to_be_ignored_too(send: Send, store: FakeStore) -> None:
    store.deliveries.down = True
    assert send("push.tag").status_code == 503


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_405_other_methods(method: str, client: FlaskClient) -> None:
    answer = getattr(client, method)("/webhooks/github")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/webhooks", "/webhooks/github/", "/favicon.ico", "/%00"])
def test_404_in_the_same_form(path: str, client: FlaskClient) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_bug_is_a_500_that_tells_nothing(send: Send, store: FakeStore) -> None:
    def bug() -> None:
        raise RuntimeError("internals")

    store.deliveries.on_write = bug
    answer = send()
    assert answer.status_code == 500
    assert b"internals" not in answer.data


def test_every_answer_has_the_security_headers(client: FlaskClient, send: Send) -> None:
    for answer in (send(), send(X_Hub_Signature_256="x"), client.get("/none"), client.get("/health/live")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.stem)
def test_every_payload_of_ours_is_answered(path: Path, send: Send) -> None:
    assert send(path.stem).status_code in ({200} if path.stem == "ping" else {202, 204})
