"""Who calls the sandbox, and what they may do."""

import json
import stat
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.sandbox.auth import ANONYMOUS, TOKEN_SECONDS, Auth, Caller, load_user_tokens
from bot.sandbox.errors import AuthError
from bot.sandbox.model import Installation, Repository
from bot.sandbox.state import State

NOW = 1_795_384_096.0
CLIENT = "Iv1.0123456789abcdef"


@pytest.fixture(scope="module")
def keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    """The App's key, and another."""
    return tuple(rsa.generate_private_key(65_537, 2_048) for _ in range(2))


@dataclass
class World:
    """Two repositories, public and private, an App installed on both, three people."""

    state: State
    auth: Auth
    public: Repository
    private: Repository
    other: Repository
    installation: Installation
    now: float = NOW

    def clock(self) -> float:
        return self.now

    def installed(self, **narrowed: Any) -> Caller:
        token, _ = self.auth.issue_installation_token(self.installation, **narrowed)
        return self.auth.identify(f"Bearer {token}")

    def user(self, login: str) -> Caller:
        return self.auth.identify(f"token {self.auth.issue_user_token(login)}")


@pytest.fixture
def world(tmp_path: Path, keys: tuple[rsa.RSAPrivateKey, ...]) -> Iterator[World]:
    with State.open(tmp_path / "state.sqlite3", clock=lambda: made.now) as state:
        pem = (
            keys[0]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        state.users.add(login="acme", type="Organization")
        for login in ("maintainer", "developer", "visitor"):
            state.users.add(login=login)
        state.users.add(login="altpress[bot]", type="Bot")
        add = state.repositories.add
        rows = [add(owner="acme", name=name, private=name != "app") for name in ("app", "hidden", "other")]
        app = state.apps.add(slug="altpress", client_id=CLIENT, public_key=pem.decode())
        for row in rows:
            state.collaborators.add(repository=row.id, login="maintainer", role="admin")
        state.collaborators.add(repository=rows[0].id, login="developer", role="write")
        rights = {"contents": "write", "issues": "read", "metadata": "read"}
        installation = state.installations.add(
            app=app.id, account="acme", permissions=rights, events=("release",),
            repositories=(rows[0].id, rows[1].id), created_at=state_time(),
        )  # fmt: skip
        made = World(state, Auth(state), *rows, installation)
        yield made


def state_time() -> str:
    return "2026-11-22T21:48:16Z"


def sign(key: rsa.RSAPrivateKey, **claims: Any) -> str:
    whole = {"iat": int(NOW) - 60, "exp": int(NOW) + 300, "iss": CLIENT} | claims
    return jwt.encode({k: v for k, v in whole.items() if v is not None}, key, algorithm="RS256")


def refusal(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(AuthError) as raised:
        call(*arguments, **named)
    return raised.value.status, raised.value.message


def test_no_header_is_nobody(world: World) -> None:
    assert world.auth.identify(None) is ANONYMOUS
    assert refusal(world.auth.require_user, ANONYMOUS) == (401, "Requires authentication")


@pytest.mark.parametrize("issuer", [CLIENT, "id"])
def test_an_app_signs_in_by_id_or_client_id(world: World, keys: tuple[Any, ...], issuer: str) -> None:
    app = world.state.apps.find(client_id=CLIENT)
    assert app is not None
    iss = str(app.id) if issuer == "id" else issuer
    assert world.auth.require_app(world.auth.identify(f"Bearer {sign(keys[0], iss=iss)}")) == app


@pytest.mark.parametrize(
    ("claims", "status", "said"),
    [
        ({"exp": int(NOW) - 1}, 401, "'Expiration time' claim ('exp') must be"),
        ({"exp": None}, 401, "'Expiration time' claim ('exp') must be"),
        ({"exp": int(NOW) + 700}, 401, "too far in the future"),
        ({"iat": int(NOW) + 120}, 401, "'Issued at' claim ('iat')"),
        ({"iat": None}, 401, "'Issued at' claim ('iat')"),
        ({"iss": "Iv1.unknown"}, 404, "Integration not found"),
        ({"iss": None}, 401, "'Issuer' claim ('iss')"),
    ],
)
def test_a_jwt_with_wrong_claims(
    world: World, keys: tuple[Any, ...], claims: dict[str, Any], status: int, said: str
) -> None:
    code, message = refusal(world.auth.identify, f"Bearer {sign(keys[0], **claims)}")
    assert code == status
    assert said in message


def test_a_jwt_of_another_key_or_without_one(world: World, keys: tuple[Any, ...]) -> None:
    unreadable = (401, "A JSON web token could not be decoded")
    assert refusal(world.auth.identify, f"Bearer {sign(keys[1])}") == unreadable
    claims = {"iat": int(NOW), "exp": int(NOW) + 60, "iss": CLIENT}
    unsigned = jwt.encode(claims, None, algorithm="none")
    assert refusal(world.auth.identify, f"Bearer {unsigned}") == unreadable
    forged = f"{sign(keys[0]).rsplit('.', 1)[0]}.AAAA"
    assert refusal(world.auth.identify, f"Bearer {forged}") == unreadable
    assert refusal(world.auth.identify, "Bearer a.b.c") == unreadable


def test_only_a_jwt_opens_the_app(world: World) -> None:
    unreadable = (401, "A JSON web token could not be decoded")
    assert refusal(world.auth.require_app, world.installed()) == unreadable
    assert refusal(world.auth.require_app, world.user("maintainer")) == unreadable


def test_a_jwt_opens_no_repository(world: World, keys: tuple[Any, ...]) -> None:
    caller = world.auth.identify(f"Bearer {sign(keys[0])}")
    assert refusal(world.auth.require, caller, world.public, "contents")[0] == 403


@pytest.mark.parametrize("scheme", ["Bearer {}", "bearer {}", "token {}", "basic"])
def test_ways_to_send_a_token(world: World, scheme: str) -> None:
    token = world.auth.issue_user_token("developer")
    basic = "Basic " + b64encode(f"x-access-token:{token}".encode()).decode()
    caller = world.auth.identify(basic if scheme == "basic" else scheme.format(token))
    assert world.auth.require_user(caller).login == "developer"


@pytest.mark.parametrize(
    "header", ["Bearer ghp_unknown", "Bearer ", "Digest x", "Basic %%%", "Basic /w==", "x"]
)
def test_bad_credentials(world: World, header: str) -> None:
    assert refusal(world.auth.identify, header) == (401, "Bad credentials")


def test_only_digests_are_kept(world: World, tmp_path: Path) -> None:
    token, row = world.auth.issue_installation_token(world.installation)
    world.state.close()
    assert token.startswith("ghs_")
    assert row.digest != token
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in stored
    assert row.digest.encode() in stored


def test_installation_tokens_end_after_an_hour(world: World) -> None:
    token, row = world.auth.issue_installation_token(world.installation)
    assert row.expires_at == "2026-11-22T22:48:16Z"
    caller = world.auth.identify(f"Bearer {token}")
    assert (caller.kind, caller.user.login) == ("installation", "altpress[bot]")
    world.now = NOW + TOKEN_SECONDS
    assert refusal(world.auth.identify, f"Bearer {token}") == (401, "Bad credentials")


INTEGRATION = (403, "Resource not accessible by integration")
PERSONAL = (403, "Resource not accessible by personal access token")
NOT_FOUND = (404, "Not Found")
SIGN_IN = (401, "Requires authentication")


@pytest.mark.parametrize(
    ("who", "where", "what", "refused"),
    [
        ("nobody", "public", ("contents", "read", "read"), None),
        ("nobody", "public", ("contents", "write", "write"), SIGN_IN),
        ("nobody", "private", ("contents", "read", "read"), NOT_FOUND),
        ("visitor", "public", ("issues", "write", "read"), None),
        ("visitor", "public", ("contents", "write", "write"), PERSONAL),
        ("visitor", "private", ("contents", "read", "read"), NOT_FOUND),
        ("developer", "public", ("contents", "write", "write"), None),
        ("developer", "public", ("administration", "write", "admin"), PERSONAL),
        ("maintainer", "public", ("administration", "write", "admin"), None),
        ("maintainer", "private", ("contents", "write", "write"), None),
        ("app", "public", ("contents", "write", "write"), None),
        ("app", "private", ("contents", "read", "read"), None),
        ("app", "public", ("issues", "write", "read"), INTEGRATION),
        ("app", "public", ("checks", "write", "write"), INTEGRATION),
        ("app", "other", ("contents", "read", "read"), NOT_FOUND),
    ],
)
def test_who_may_do_what(
    world: World, who: str, where: str, what: tuple[str, str, str], refused: tuple[int, str] | None
) -> None:
    callers = {"nobody": lambda: ANONYMOUS, "app": world.installed}
    caller = callers[who]() if who in callers else world.user(who)
    permission, level, role = what
    arguments = (caller, getattr(world, where), permission, level)
    if refused is None:
        world.auth.require(*arguments, role=role)
    else:
        assert refusal(world.auth.require, *arguments, role=role) == refused


def test_narrowed_tokens(world: World) -> None:
    reader = world.installed(permissions={"contents": "read"})
    world.auth.require(reader, world.private, "contents")
    assert refusal(world.auth.require, reader, world.private, "contents", "write") == INTEGRATION
    one = world.installed(repositories=(world.public.id,))
    world.auth.require(one, world.public, "contents", "write")
    assert refusal(world.auth.require, one, world.private, "contents") == NOT_FOUND


def test_a_token_cannot_be_widened(world: World) -> None:
    issue = world.auth.issue_installation_token
    for wanted in ({"contents": "admin"}, {"issues": "write"}, {"checks": "read"}, {"contents": "all"}):
        assert refusal(issue, world.installation, permissions=wanted)[0] == 422
    assert refusal(issue, world.installation, repositories=(world.other.id,))[0] == 422


def test_a_suspended_installation(world: World) -> None:
    token, _ = world.auth.issue_installation_token(world.installation)
    suspended = world.state.installations.update(world.installation.id, suspended_at=state_time())
    assert refusal(world.auth.identify, f"Bearer {token}")[0] == 403
    assert refusal(world.auth.issue_installation_token, suspended)[0] == 403


def test_an_uninstalled_app_loses_its_tokens(world: World) -> None:
    token, _ = world.auth.issue_installation_token(world.installation)
    world.state.installations.remove(id=world.installation.id)
    assert refusal(world.auth.identify, f"Bearer {token}") == (401, "Bad credentials")


def test_user_tokens_are_made_once_and_readable_by_their_owner_alone(world: World, tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    first = load_user_tokens(path, world.auth, ("maintainer", "visitor"))
    again = load_user_tokens(path, world.auth, ("maintainer", "visitor", "developer"))
    assert again.items() >= first.items()
    assert json.loads(path.read_text()) == again
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {login: world.auth.identify(f"token {token}").user.login for login, token in again.items()} == {
        login: login for login in again
    }
