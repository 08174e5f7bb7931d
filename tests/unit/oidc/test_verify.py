"""Which tokens are good: a table of those that are not."""

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadToken
from bot.oidc import Claims, find_issuer, verify_token
from bot.oidc.claims import parse_claims
from tests.oidc_issuer import Issuer, public_key, run_issuer

NOW = 1_795_400_000  # a moment that does not move while the suite runs


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with run_issuer() as running:
        running.clock = lambda: NOW
        yield running


def find_key(kid: str) -> RSAPublicKey:
    if kid != "one":
        raise BadToken("unknown key")
    return public_key("one")


def verify(issuer: Issuer, token: str, now: float = NOW) -> Claims:
    return verify_token(token, find_key=find_key, issuer=issuer.url, now=now)


def test_a_good_token_tells_about_its_job(issuer: Issuer) -> None:
    claims = verify(issuer, issuer.token())
    assert (claims.repository, claims.number, claims.aud) == ("acme/app", 4001, "acme/source")
    assert (claims.tag, claims.run_id, claims.is_of_pull_request) == ("v1.0", "77", False)


@pytest.mark.parametrize(
    ("ref", "ref_type", "tag"),
    [
        ("refs/tags/v1.0", "tag", "v1.0"),
        ("refs/tags/app/v1.0", "tag", "app/v1.0"),
        ("refs/tags/", "tag", None),
        ("refs/heads/main", "branch", None),
        ("refs/heads/refs/tags/v1", "branch", None),
        (None, None, None),
    ],
)
def test_the_tag_is_that_of_the_ref(
    issuer: Issuer, ref: str | None, ref_type: str | None, tag: str | None
) -> None:
    assert verify(issuer, issuer.token(ref=ref, ref_type=ref_type)).tag == tag


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_header(issuer: Issuer, **changes: Any) -> str:
    """A token whose header was changed after signing."""
    header, _, rest = issuer.token().partition(".")
    padded = base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))
    return f"{encode(json.loads(padded) | changes)}.{rest}"


def tampered(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{encode(issuer.claims(repository='evil/app'))}.{signature}"


BAD: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "empty": (lambda _: "", "cannot be read"),
    "no JWT": (lambda _: "a.b.c", "cannot be read"),
    "not ASCII": (lambda _: "é.é.é", "cannot be read"),
    "endless": (lambda _: "a" * 10_000, "cannot be read"),
    "nested": (lambda _: base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=") + ".e30.e30", "cannot"),
    "header is a list": (lambda _: f"{encode([])}.e30.e30", "cannot be read"),
    "alg none": (lambda i: i.unsigned(), "not signed with RS256"),
    "HS256 confusion": (lambda i: i.confused(), "not signed with RS256"),
    "RS512": (lambda i: with_header(i, alg="RS512"), "not signed with RS256"),
    "alg in other letters": (lambda i: with_header(i, alg="rs256"), "not signed with RS256"),
    "no kid": (lambda i: with_header(i, kid=""), "which key"),
    "kid is a number": (lambda i: with_header(i, kid=7), "cannot be read"),
    "unknown kid": (lambda i: i.token(kid="other"), "unknown key"),
    "another's key under our kid": (lambda i: i.token(key="two", kid="one"), "signature is wrong"),
    "an unknown critical header": (lambda i: with_header(i, crit=["b64"]), "cannot be read"),
    "claims changed": (tampered, "signature is wrong"),
    "another issuer": (lambda i: i.token(iss="https://token.actions.githubusercontent.com"), "not from"),
    "issuer with a slash": (lambda i: i.token(iss=f"{i.url}/"), "not from"),
    "no issuer": (lambda i: i.token(iss=None), "not from"),
    "expired": (lambda i: i.token(exp=NOW - 61), "expired"),
    "from the future": (lambda i: i.token(iat=NOW + 120), "not valid yet"),
    "not yet": (lambda i: i.token(nbf=NOW + 120), "not valid yet"),
    "no end": (lambda i: i.token(exp=None), "exp"),
    "endless life": (lambda i: i.token(exp="never"), "exp"),
    "no jti": (lambda i: i.token(jti=None), "jti"),
    "several audiences": (lambda i: i.token(aud=["acme/source", "x"]), "aud"),
    "no audience": (lambda i: i.token(aud=None), "aud"),
    "no repository": (lambda i: i.token(repository=None), "repository"),
    "a path for a repository": (lambda i: i.token(repository="acme/app/../x"), "repository"),
    "a line end in it": (lambda i: i.token(repository="acme/app\n"), "repository"),
    "an id that is none": (lambda i: i.token(repository_id="12x"), "repository_id"),
    "an id as a number": (lambda i: i.token(repository_id=12), "repository_id"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_token(issuer: Issuer, name: str) -> None:
    build, words = BAD[name]
    with pytest.raises(BadToken, match=words):
        verify(issuer, build(issuer))


@pytest.mark.parametrize("seconds", [-59, 0, 59])
def test_clocks_may_differ_by_a_minute(issuer: Issuer, seconds: int) -> None:
    verify(issuer, issuer.token(exp=NOW + 1, iat=NOW, nbf=NOW), now=NOW + max(seconds, 0))
    verify(issuer, issuer.token(exp=NOW + 1, iat=NOW, nbf=NOW), now=NOW + min(seconds, 0))


@pytest.mark.parametrize(
    "changes",
    [{"event_name": "pull_request"}, {"event_name": "pull_request_target"}, {"ref": "refs/pull/3/merge"}],
)
def test_runs_for_pull_requests_are_known(issuer: Issuer, changes: dict[str, str]) -> None:
    assert verify(issuer, issuer.token(**changes)).is_of_pull_request


@pytest.mark.parametrize(
    ("api", "issuer"),
    [
        ("https://api.github.com", "https://token.actions.githubusercontent.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example/_services/token"),
        ("https://git.acme.example:8443/api/v3", "https://git.acme.example:8443/_services/token"),
        ("https://api.acme.ghe.com", "https://token.actions.acme.ghe.com"),
        ("https://api.github.com.evil.example", "https://api.github.com.evil.example/_services/token"),
    ],
)
def test_each_github_has_an_issuer(api: str, issuer: str) -> None:
    assert find_issuer(api) == issuer


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.text("aZ0-_=", max_size=40), max_size=5).map(".".join)))
def test_whatever_comes_as_a_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        verify_token(token, find_key=find_key, issuer="https://issuer.example", now=NOW)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*Claims.model_fields, "other"]), VALUES))
def test_whatever_a_signed_token_says_is_claims_or_refused(changes: dict[str, Any]) -> None:
    payload = {
        "iss": "https://i.example", "aud": "acme/source", "jti": "1", "exp": NOW + 60, "iat": NOW,
        "repository": "acme/app", "repository_id": "1", "repository_owner": "acme", **changes,
    }  # fmt: skip
    with contextlib.suppress(BadToken):
        claims = parse_claims(payload)
        assert claims.number > 0
        assert claims.tag is None or claims.tag
