"""`POST /hooks/ready`: a CI job says that its release is complete. docs/ready.md is for who writes the job.

    Authorization: Bearer <OpenID Connect token of GitHub Actions>
    {"tag": "v1.2"}                     optional: else the tag that the job runs for

202  stored: the release is read now; `{"ok": true, "release", "sites", "delivery"}`
200  this token has said so before
400  a body that ends early, or is no JSON object with `tag` alone
401  no token, or none that the issuer signed and that holds now
403  a repository that no catalog of the site lists, another audience, a run for a pull request
413  a body of more than 4 KiB
415  a body that is not JSON
422  no tag known, or none that git would take
429  more than 30 calls of a repository in a minute
503  could not be stored, or the issuer's keys cannot be fetched; `Retry-After` says when to come again

It becomes a delivery of the ledger, so nothing waits for Redis or GitHub. No token is kept or logged.
"""

import hashlib
import json
import logging
import math
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask import Blueprint, Request, Response, jsonify, request
from werkzeug.exceptions import HTTPException, TooManyRequests, UnprocessableEntity

from bot.errors import BadPayload, BadToken, BotError, NotAllowed, Unavailable
from bot.metrics import Meter
from bot.metrics.table import READY
from bot.oidc import Claims, find_names, select_sites, shown_sites
from bot.records import RepositoryFacts, SiteState
from bot.store import Added, NewDelivery
from bot.web.body import read_small
from bot.web.deadline import Asking
from bot.web.throttle import Throttle
from config.log import bind

log = logging.getLogger(__name__)
EVENT = "ready"
MOST_BODY = 4096  # bytes
MOST_CALLS, IN_SECONDS = 30, 60.0
# what git refuses in a ref: control characters, space, ~^:?*[\, "..", "@{", empty parts
TAG = re.compile(r"(?!/)(?!.*(?://|\.\.|@\{))[^\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]{1,255}(?<![/.])\Z")
NO_TAG = 'Which release? The job does not run for a tag: send {"tag": "v1.2"}.'
BAD_TAG = "`tag` must be the name of a tag."
BAD_BODY = 'The body must be a JSON object with `tag` alone, such as {"tag": "v1.2"}; or send none.'
NO_TOKEN = "The header Authorization must be `Bearer` and the job's OpenID Connect token."  # noqa: S105 - no secret
TOO_OFTEN = "This repository has told so too often: wait a little."


class Ledger(Protocol):
    def add(self, new: Sequence[NewDelivery]) -> list[Added]: ...


class SiteList(Protocol):
    def all(self) -> Sequence[SiteState]: ...


class RepositoryList(Protocol):
    def find(self, full_name: str) -> tuple[RepositoryFacts, int] | None: ...


class Stores(Protocol):
    """What is needed of `bot.store.Store`."""

    @property
    def deliveries(self) -> Ledger: ...
    @property
    def sites(self) -> SiteList: ...
    @property
    def repositories(self) -> RepositoryList: ...


@dataclass(frozen=True)
class Told:
    """What a job is answered."""

    added: Added
    guid: str
    release: str  # owner/name@tag
    sites: list[str]


class ReadyReceiver:
    """Takes what jobs say. `verify` gives a good token's claims; it raises BadToken and Unavailable."""

    def __init__(
        self,
        verify: Callable[[str], Claims],
        stores: Callable[[], Stores],
        public_url: str | None,
        asking: Asking,
    ) -> None:
        self._verify, self._stores, self._public_url = verify, stores, public_url
        self._throttle = Throttle(MOST_CALLS, IN_SECONDS)
        self._asking = asking

    def receive(self, token: str, read_tag: Callable[[], str | None]) -> Told:
        """Store that the job's release is ready. Raises errors of ours, and HTTPException for 422 and 429."""
        claims = self._verify(token)
        if wait := self._throttle.wait(claims.repository_id):
            raise TooManyRequests(TOO_OFTEN, retry_after=math.ceil(wait))
        tag = read_tag() or claims.tag
        if tag is None:
            raise UnprocessableEntity(NO_TAG)
        if not TAG.match(tag):
            raise UnprocessableEntity(BAD_TAG)
        guid = build_guid(claims, tag)
        with bind(delivery=guid, repository=claims.repository):
            told = self._asking.ask(lambda: self._store(guid, claims, tag))
            fields = {"tag": tag, "sites": told.sites, "run": claims.run_id, "added": told.added.value}
            log.info("ready_told", extra=fields)
        return told

    def close(self) -> None:
        self._asking.close()

    def _store(self, guid: str, claims: Claims, tag: str) -> Told:
        stores = self._stores()
        sites = stores.sites.all()
        names = find_names(claims, sites, stores.repositories.find, self._public_url)
        found = select_sites(claims, sites, names, self._public_url)
        [added] = stores.deliveries.add([build_delivery(guid, claims, tag, found, _now_ms())])
        return Told(added, guid, f"{claims.repository}@{tag}", shown_sites(claims, found))


def make_blueprint(receiver: ReadyReceiver, meter: Meter) -> Blueprint:
    """The route, for the app factory."""
    blueprint = Blueprint("ready", __name__)

    @blueprint.post("/hooks/ready")
    def ready() -> Response:
        outcome = "crashed"
        try:
            told = receiver.receive(read_token(request), lambda: read_tag(request))
            outcome = "known" if told.added is Added.DUPLICATE else "stored"
        except (BotError, HTTPException) as error:
            outcome = outcome_of(error)
            raise
        finally:
            meter.count(READY, outcome)
        answer = jsonify(ok=True, release=told.release, sites=told.sites, delivery=told.guid)
        answer.status_code = 200 if outcome == "known" else 202
        return answer

    @blueprint.after_request
    def challenge(response: Response) -> Response:
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="altpress", error="invalid_token"'
        return response

    return blueprint


def read_token(request: Request) -> str:
    """Raises BadToken; what was sent is never repeated."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise BadToken(NO_TOKEN)
    return token.strip()


def read_tag(request: Request) -> str | None:
    """The body's tag; None without a body."""
    body = read_small(request, MOST_BODY)
    if not body:
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.keys() - {"tag"}:
        raise BadPayload(BAD_BODY)
    tag = found.get("tag")
    if tag is not None and not isinstance(tag, str):
        raise UnprocessableEntity(BAD_TAG)
    return tag or None


def outcome_of(error: Exception) -> str:
    """A refusal in one word."""
    match error:
        case BadToken():
            return "unauthorized"
        case NotAllowed():
            return "forbidden"
        case TooManyRequests():
            return "throttled"
        case Unavailable():
            return "unavailable"
        case _:
            return "invalid"


def build_guid(claims: Claims, tag: str) -> str:
    """The same for the same token and tag: sent again, it is known. Another token may say it again."""
    digest = hashlib.sha256(f"{claims.iss}\n{claims.jti}\n{tag}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def build_delivery(
    guid: str, claims: Claims, tag: str, sites: Sequence[SiteState], now_ms: int
) -> NewDelivery:
    """What the ledger keeps, in the form that `bot.events` reads."""
    body: dict[str, Any] = {
        "repository": {"id": claims.number, "full_name": claims.repository},
        "tag": tag,
        "sites": [state.site.key for state in sites],
        "told_ms": now_ms,
        "job": {"run_id": claims.run_id, "run_attempt": claims.run_attempt, "event": claims.event_name},
    }
    headers = {"x-github-event": EVENT, "content-type": "application/json"}
    return NewDelivery(guid, EVENT, None, claims.repository, headers, json.dumps(body).encode(), now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
