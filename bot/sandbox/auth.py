"""Who calls the sandbox, and what they may do there: checked for real, so that a bot's mistakes show.

    auth = Auth(state)
    caller = auth.identify(request.headers.get("Authorization"))
    auth.require(caller, repository, "contents", "write", role="write")

Accepted are an App's JWT (`Bearer`), installation tokens and personal tokens (`Bearer`, `token`, or Basic as
git sends it). Of a token only the SHA-256 is kept. Refusals are `AuthError`s in GitHub's words.
"""

import hashlib
import json
import os
import secrets
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import app_jwt
from bot.sandbox.errors import AuthError
from bot.sandbox.model import App, Installation, Repository, Token, User
from bot.sandbox.shapes import ROLES
from bot.sandbox.state import State, iso

APP_KEYS = "app_keys"  # the fact that holds public keys which were added later (PEM)
TOKEN_SECONDS = 3_600  # an installation token's life
_LEVELS = ("none", "read", "write", "admin")
_INTEGRATION = "Resource not accessible by integration"
_PERSONAL = "Resource not accessible by personal access token"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request. `kind` is `anonymous`, `user`, `installation` or `app` (a JWT)."""

    kind: str
    user: User | None = None  # of an installation its `<slug>[bot]`
    app: App | None = None
    installation: Installation | None = None
    token: Token | None = None


ANONYMOUS = Caller("anonymous")


class Auth:
    """Tokens given out and recognised, rights looked up; all of it in the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def identify(self, header: str | None) -> Caller:
        """The caller behind an `Authorization` header; without one anonymous. Raises AuthError (401, 403)."""
        if not header:
            return ANONYMOUS
        credential = _parse_credential(header)
        if credential.count(".") == 2:
            return Caller("app", app=self._find_app(credential))
        token = self._state.tokens.find(digest=_digest(credential))
        if token is None or (token.expires_at and token.expires_at <= self._state.now()):
            raise AuthError(401, "Bad credentials")
        return self._caller(token)

    def issue_user_token(self, login: str, *, expires_at: str | None = None) -> str:
        """A personal token, which expires or not; what it may do follows the user's roles."""
        return self._issue("ghp_", kind="user", login=login, expires_at=expires_at)

    def issue_installation_token(
        self, installation: Installation, *, permissions: Mapping[str, str] | None = None,
        repositories: Iterable[int] = (),
    ) -> tuple[str, Token]:  # fmt: skip
        """An installation token of one hour with at most the App's rights; raises AuthError (403, 422)."""
        if installation.suspended_at:
            raise AuthError(403, "This installation has been suspended")
        narrowed = tuple(repositories)
        if not set(narrowed) <= set(installation.repositories):
            raise AuthError(422, "There is at least one repository that does not exist or is not accessible.")
        granted = _narrow(installation.permissions, permissions)
        app = self._state.apps.find(id=installation.app)
        login = f"{app.slug if app else 'app'}[bot]"
        text = self._issue(
            "ghs_", kind="installation", login=login, installation=installation.id,
            permissions=granted, repositories=narrowed,
            expires_at=iso(self._state.clock() + TOKEN_SECONDS),
        )  # fmt: skip
        token = self._state.tokens.find(digest=_digest(text))
        if token is None:
            raise KeyError(installation.id)
        return text, token

    def require(
        self,
        caller: Caller,
        repository: Repository,
        permission: str,
        level: str = "read",
        *,
        role: str = "read",
    ) -> None:
        """Return when the caller may; else raise AuthError: 401, 403, or 404 where even existence is hidden.

        `permission` and `level` (`contents`, `write`) bind installation tokens, and personal ones that are
        narrowed; `role` (see ROLES) binds users.
        """
        if not self.may_see(caller, repository):
            raise AuthError(404, "Not Found")
        if level == "read" and not repository.private and caller.kind != "app":
            return
        if caller.kind == "user" and caller.user:
            if ROLES.index(self._state.find_role(repository, caller.user.login)) < ROLES.index(role):
                raise AuthError(403, _PERSONAL)
            narrowed = caller.token.permissions if caller.token else {}
            if narrowed and _LEVELS.index(narrowed.get(permission, "none")) < _LEVELS.index(level):
                raise AuthError(403, _PERSONAL)
        elif caller.kind == "installation":
            self._require_permission(caller, repository, permission, level)
        elif caller.kind == "app":
            raise AuthError(403, _INTEGRATION)
        else:
            raise AuthError(401, "Requires authentication")

    def require_app(self, caller: Caller) -> App:
        """The App that signed the request; `/app…` takes nothing else. Raises AuthError."""
        if caller.app is None or caller.kind != "app":
            raise AuthError(401, "A JSON web token could not be decoded")
        return caller.app

    def require_user(self, caller: Caller) -> User:
        """Who is signed in; raises AuthError."""
        if caller.user is None:
            raise AuthError(401, "Requires authentication")
        return caller.user

    def may_see(self, caller: Caller, repository: Repository) -> bool:
        """Whether a repository exists for this caller; a public one does for everybody."""
        if not repository.private:
            return True
        if caller.kind == "user" and caller.user:
            return self._state.find_role(repository, caller.user.login) != "none"
        return repository.id in _reach(caller)

    def _caller(self, token: Token) -> Caller:
        user = self._state.find_user(token.login)
        if token.kind == "user":
            return Caller("user", user=user, token=token)
        installation = self._state.installations.find(id=token.installation)
        if installation is None:
            raise AuthError(401, "Bad credentials")
        if installation.suspended_at:
            raise AuthError(403, "This installation has been suspended")
        app = self._state.apps.find(id=installation.app)
        return Caller("installation", user=user, app=app, installation=installation, token=token)

    def _require_permission(
        self, caller: Caller, repository: Repository, permission: str, level: str
    ) -> None:
        held = caller.token.permissions.get(permission, "none") if caller.token else "none"
        if repository.id not in _reach(caller) or _LEVELS.index(held) < _LEVELS.index(level):
            raise AuthError(403, _INTEGRATION)

    def _find_app(self, credential: str) -> App:
        issuer = app_jwt.read_issuer(credential)
        app = self._state.apps.find(client_id=issuer)
        if app is None and issuer.isdecimal():
            app = self._state.apps.find(id=int(issuer))
        if app is None:
            raise AuthError(404, "Integration not found")
        app_jwt.check(credential, self._keys(app), now=self._state.clock())
        return app

    def _keys(self, app: App) -> list[str]:
        """The public keys of an App that are valid."""
        return [key for key in (app.public_key, *(self._state.load_fact(APP_KEYS) or ())) if key]

    def _issue(self, prefix: str, **values: object) -> str:
        text = prefix + secrets.token_hex(18)
        blank: dict[str, object] = {
            "installation": None,
            "permissions": {},
            "repositories": (),
            "expires_at": None,
        }
        self._state.tokens.add(**{**blank, **values}, digest=_digest(text), created_at=self._state.now())
        return text


def load_user_tokens(path: Path, auth: Auth, logins: Iterable[str]) -> dict[str, str]:
    """The users' personal tokens by login, from the file; made there (mode 0600) on the first start."""
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    new = {login: auth.issue_user_token(login) for login in logins if login not in known}
    if new:
        _write_private(path, json.dumps(known | new, indent=2) + "\n")
    return known | new


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, readable by its owner alone from the first byte on."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _parse_credential(header: str) -> str:
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() in {"bearer", "token"} and value:
        return value
    if scheme.lower() == "basic":
        try:
            name, _, password = b64decode(value, validate=True).decode().partition(":")
        except (BadBase64, UnicodeDecodeError):
            raise AuthError(401, "Bad credentials") from None
        # git clients send `x-access-token:TOKEN`, and some send the token as the name alone
        return password if password not in {"", "x-oauth-basic"} else name
    raise AuthError(401, "Bad credentials")


def _reach(caller: Caller) -> tuple[int, ...]:
    """The ids of the repositories that an installation token is for."""
    if caller.token is None or caller.installation is None:
        return ()
    narrowed = caller.token.repositories
    return tuple(r for r in caller.installation.repositories if not narrowed or r in narrowed)


def _narrow(held: Mapping[str, str], wanted: Mapping[str, str] | None) -> dict[str, str]:
    if wanted is None:
        return dict(held)
    for name, level in wanted.items():
        if level not in _LEVELS or _LEVELS.index(level) > _LEVELS.index(held.get(name, "none")):
            raise AuthError(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
