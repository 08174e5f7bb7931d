"""Keys: fetched when needed, remembered, and never asked for in a flood."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.errors import BadToken, Unavailable
from bot.oidc import KeyRing
from bot.oidc.fetch import fetch_document
from bot.oidc.jwks import parse_discovery, parse_jwks
from tests.oidc_issuer import Issuer, jwk, public_key, run_issuer


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(issuer: Issuer, clock: Clock) -> KeyRing:
    return KeyRing(issuer.url, lifetime=100, pause=10, stale=1000, clock=clock)


def test_keys_are_fetched_once_a_lifetime(issuer: Issuer, ring: KeyRing, clock: Clock) -> None:
    assert ring.find("one").public_numbers() == public_key("one").public_numbers()
    clock.now = 99
    ring.find("one")
    assert [path.rpartition("/")[2] for path in issuer.requests] == ["openid-configuration", "jwks"]
    clock.now = 100
    ring.find("one")
    assert len(issuer.requests) == 4


def test_a_new_key_is_found_and_an_old_one_forgotten(issuer: Issuer, ring: KeyRing, clock: Clock) -> None:
    ring.find("one")
    issuer.keys = ["two"]
    clock.now = 11
    assert ring.find("two").public_numbers() == public_key("two").public_numbers()
    with pytest.raises(BadToken):
        ring.find("one")


def test_made_up_key_names_cannot_flood_the_issuer(issuer: Issuer, ring: KeyRing, clock: Clock) -> None:
    for number in range(50):
        clock.now = number / 5  # ten seconds in all
        with pytest.raises(BadToken):
            ring.find(f"made up {number}")
    assert len(issuer.requests) == 2
    ring.find("one")
    assert len(issuer.requests) == 2
    clock.now = 10
    with pytest.raises(BadToken):
        ring.find("made up")
    assert len(issuer.requests) == 4


def test_old_keys_serve_while_the_issuer_is_down(issuer: Issuer, ring: KeyRing, clock: Clock) -> None:
    ring.find("one")
    issuer.status = 502
    clock.now = 500
    ring.find("one")
    ring.find("one")
    assert len(issuer.requests) == 3, "one try, not one for each"
    with pytest.raises(Unavailable) as refused:
        ring.find("two")
    assert refused.value.retry_after == 10
    clock.now = 1001
    with pytest.raises(Unavailable):
        ring.find("one")
    issuer.status = 200
    clock.now = 1012
    ring.find("one")


@pytest.mark.parametrize(
    "change",
    [
        {"status": 500},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:1/elsewhere"}},
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b"[" * 100_000},
        {"body": b" " * (256 * 1024 + 1)},
        {"body": b"{}"},
        {"configuration": {"issuer": "https://evil.example"}},
        {"configuration": {"jwks_uri": "https://evil.example/jwks"}},
        {"configuration": {"jwks_uri": "http://127.0.0.1:1/jwks"}},
        {"configuration": {"jwks_uri": "http://127.0.0.1:99999/jwks"}},
        {"configuration": {"jwks_uri": 7}},
        {"keys": []},
    ],
)
def test_an_issuer_that_answers_oddly_is_unavailable(
    issuer: Issuer, ring: KeyRing, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(issuer, name, value)
    with pytest.raises(Unavailable) as refused:
        ring.find("one")
    assert "127.0.0.1" not in refused.value.public


def test_an_issuer_that_drips_is_not_waited_for(issuer: Issuer) -> None:
    issuer.drip = 0.05
    began = time.monotonic()
    with pytest.raises(Unavailable, match="too slowly"):
        fetch_document(f"{issuer.url}/.well-known/jwks", longest=0.2)
    assert time.monotonic() - began < 10, "the whole document takes half a minute"


def test_whoever_looks_after_an_installation_can_try(issuer: Issuer, ring: KeyRing) -> None:
    issuer.keys = ["one", "two"]
    assert ring.check() == 2
    issuer.status = 404
    with pytest.raises(Unavailable, match="404"):
        ring.check()
    ring.find("one")


def test_a_closed_port_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        KeyRing("http://127.0.0.1:9/oidc").find("one")


def test_many_at_once_cause_one_fetch(issuer: Issuer, ring: KeyRing) -> None:
    found: list[rsa.RSAPublicKey] = []
    threads = [threading.Thread(target=lambda: found.append(ring.find("one"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert len(issuer.requests) == 2


def test_a_slow_issuer_does_not_hold_every_thread(issuer: Issuer, clock: Clock) -> None:
    go = threading.Event()

    def fetch(url: str) -> bytes:
        assert go.wait(60)
        return fetch_document(url)

    go.set()
    ring = KeyRing(issuer.url, lifetime=100, pause=10, stale=1000, fetch=fetch, clock=clock)
    ring.find("one")
    clock.now = 150  # it is time to ask again
    go.clear()

    def find(kid: str) -> None:
        with contextlib.suppress(Unavailable, BadToken):
            ring.find(kid)

    with ThreadPoolExecutor(12) as threads:
        strangers = [threads.submit(find, f"made up {number}") for number in range(8)]
        sent_away = [each for _, each in zip(range(5), as_completed(strangers, 60), strict=False)]
        known = [threads.submit(ring.find, "one") for _ in range(3)]
        waited_for_nobody, _ = wait(known, 20)
        held = [each for each in strangers if not each.done()]
        go.set()
    assert [each.result().public_numbers() for each in known] == [public_key("one").public_numbers()] * 3
    assert len(waited_for_nobody) == 3, "a known key waits for nobody"
    assert (len(sent_away), len(held)) == (5, 3)


def small() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=1024).public_key()
    return {**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": "small"}


def test_only_keys_that_may_sign_are_taken() -> None:
    odd: list[Any] = [
        None, 7, {}, {"kid": "x"}, {**jwk("one"), "kid": 7}, {**jwk("one"), "kid": "enc", "use": "enc"},
        {**jwk("one"), "kid": "hs", "alg": "HS256"}, {**jwk("one"), "kid": "n", "n": "!!"},
        {**jwk("one"), "kid": "e", "e": 3}, {"kid": "oct", "kty": "oct", "k": "c2VjcmV0"}, small(),
    ]  # fmt: skip
    assert parse_jwks(json.dumps({"keys": [*odd, jwk("one")]}).encode()).keys() == {"one"}


def test_keys_lie_on_the_issuers_own_host() -> None:
    document = json.dumps({"issuer": "https://a.example/x", "jwks_uri": "https://a.example/y"}).encode()
    assert parse_discovery(document, "https://a.example/x") == "https://a.example/y"
