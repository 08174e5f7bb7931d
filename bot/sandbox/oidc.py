"""An issuer of OpenID Connect tokens, as GitHub Actions has one for its jobs. No I/O.

https://docs.github.com/actions/reference/security/oidc
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import RSAAlgorithm

from bot.sandbox.model import Repository
from bot.sandbox.shapes import Json

PATH = "/oidc"  # below the sandbox's address
LIFE = 300  # seconds
BACK = 300  # seconds that a token holds before it was issued
_CLAIMS = (
    "sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "ref_type", "repository", "repository_id",
    "repository_owner", "repository_owner_id", "repository_visibility", "run_id", "run_attempt",
    "event_name", "sha", "workflow_ref", "job_workflow_ref", "runner_environment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A job of a workflow."""

    repository: Repository
    owner_id: int
    ref: str  # refs/heads/main, refs/tags/v1.0
    sha: str
    event: str
    id: int


class TokenIssuer:
    """Signs tokens with one key. `root` is the sandbox's address, `http://127.0.0.1:PORT`."""

    def __init__(self, root: str, private_key: bytes) -> None:
        """`private_key` is a PEM."""
        key = serialization.load_pem_private_key(private_key, password=None)
        assert isinstance(key, RSAPrivateKey)
        self.url = f"{root}{PATH}"
        self._root, self._key = root, key

    def show_configuration(self) -> Json:
        """`/.well-known/openid-configuration`."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/.well-known/jwks",
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "claims_supported": list(_CLAIMS),
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }

    def show_keys(self) -> Json:
        """`/.well-known/jwks`."""
        return {"keys": [{**self._public, "kid": self._kid, "use": "sig", "alg": "RS256"}]}

    def issue(self, run: Run, *, audience: str | None, jti: str, now: int) -> str:
        """The token that a job gets; without an audience GitHub names the owner's address."""
        repository = run.repository
        kind = "tag" if run.ref.startswith("refs/tags/") else "branch"
        workflow = f"{repository.full_name}/.github/workflows/release.yml@{run.ref}"
        claims = {
            "iss": self.url, "aud": audience or f"{self._root}/{repository.owner}", "jti": jti,
            "sub": f"repo:{repository.full_name}:ref:{run.ref}",
            "iat": now, "nbf": now - BACK, "exp": now + LIFE,
            "repository": repository.full_name, "repository_id": str(repository.id),
            "repository_owner": repository.owner, "repository_owner_id": str(run.owner_id),
            "repository_visibility": "private" if repository.private else "public",
            "ref": run.ref, "ref_type": kind, "sha": run.sha, "event_name": run.event,
            "run_id": str(run.id), "run_number": "1", "run_attempt": "1",
            "workflow_ref": workflow, "job_workflow_ref": workflow, "runner_environment": "github-hosted",
        }  # fmt: skip
        return jwt.encode(claims, self._key, "RS256", headers={"kid": self._kid})

    @cached_property
    def _public(self) -> dict[str, Any]:
        return RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)

    @cached_property
    def _kid(self) -> str:
        """The key's thumbprint (RFC 7638)."""
        needed = {name: self._public[name] for name in ("e", "kty", "n")}
        return hashlib.sha256(json.dumps(needed, separators=(",", ":")).encode()).hexdigest()[:40]
