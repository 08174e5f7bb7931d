"""What is looked at. Nothing is changed there; the one thing sent is a ping, which altpress forgets."""

import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from smoketest.target import Failed, Skipped, Target

PAUSE = 2.0  # seconds between two looks
TOKEN, SECRET = "ALTPRESS_SMOKE_METRICS_TOKEN", "ALTPRESS_SMOKE_WEBHOOK_SECRET"
KEY_METRICS = (
    "altpress_build_info", "altpress_dependency_up", "altpress_workers", "altpress_queue_jobs",
    "altpress_queue_oldest_age_seconds", "altpress_sites", "altpress_http_requests_total",
)  # fmt: skip
LOGIN_HEADERS = {
    "content-security-policy": ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"),
    "x-content-type-options": ("nosniff",),
    "referrer-policy": ("same-origin",),
    "cache-control": ("no-store",),
}


@dataclass(frozen=True)
class Result:
    name: str
    state: str  # passed, failed, skipped
    detail: str
    seconds: float


class Smoke:
    """The checks. Each returns what it saw, or raises Failed or Skipped."""

    def __init__(
        self,
        target: Target,
        *,
        inside: Target | None = None,
        token: str | None = None,
        secret: str | None = None,
        version: str | None = None,
        opened: bool = False,
    ) -> None:
        self.target, self.inside = target, inside or target  # the latter shows /metrics
        self.token, self.secret, self.version = token, secret, version
        self.seen: str | None = None  # the version that runs
        self.opened = opened  # /metrics is for everybody: ALTPRESS_METRICS_OPEN

    def live(self) -> str:
        return f"answers {self.target.want(200, 'GET', '/health/live').status}"

    def ready(self) -> str:
        return f"answers {self.target.want(200, 'GET', '/health/ready').status}"

    def health(self) -> str:
        """Each part that altpress needs; with the token also what it tells about, which fails nothing."""
        knows = bool(self.token) and self.inside.takes_secrets
        headers = {"Authorization": f"Bearer {self.token}"} if knows else {}
        body = _json(
            (self.inside if knows else self.target).want(200, "GET", "/health", headers=headers).text
        )
        parts = _object(body.get("parts"))
        if unwell := _unwell(parts):
            raise Failed(f"not well: {', '.join(unwell)}")
        if not parts:
            raise Failed("it names no part")
        degraded = _unwell(_object(body.get("informative", {})))
        return ", ".join(sorted(parts)) + (f"; look at: {', '.join(degraded)}" if degraded else "")

    def closed(self) -> str:
        answer = self.target.ask("GET", "/metrics")
        if answer.status >= 400:
            return f"answers {answer.status}"
        if self.opened:
            return f"answers {answer.status}, as was said"
        if self.target.is_here and not self.token:
            self.opened = True
            raise Skipped("open to whoever reaches it, as in a sandbox (--metrics-open: so it should be)")
        raise Failed(f"GET /metrics without a token answers {answer.status}, not 401")

    def metrics(self) -> str:
        text = self._scrape()
        missing = [name for name in KEY_METRICS if not re.search(rf"^{name}[ {{]", text, re.MULTILINE)]
        if missing:
            raise Failed(f"not there: {', '.join(missing)}")
        if down := re.findall(
            r'^altpress_dependency_up\{dependency="([a-z_]+)"\} 0(?:\.0)?$', text, re.MULTILINE
        ):
            raise Failed(f"does not answer: {', '.join(down)}")
        if not (workers := re.search(r"^altpress_workers (\d+)", text, re.MULTILINE)) or workers[1] == "0":
            raise Failed("no worker was seen in the last minute")
        return f"{len(KEY_METRICS)} key metrics, {workers[1]} worker(s)"

    def runs(self) -> str:
        if self.version and not self.token and not self.opened:
            raise Failed(f"to see it takes the metrics token: {TOKEN}")
        found = re.search(
            r'^altpress_build_info\{[^}\n]*version="([^"\n]{1,100})"', self._scrape(), re.MULTILINE
        )
        self.seen = found[1] if found else None
        if self.seen is None or self.version not in (None, self.seen):
            raise Failed(f"runs {self.seen!r}, not {self.version!r}")
        return self.seen

    def unsigned(self) -> str:
        self.target.want(401, "POST", "/webhooks/github", b'{"zen":"smoke"}', _ping_headers())
        return "refused with 401"

    def signed(self) -> str:
        secret, body = (
            self._may_send(self.target, self.secret, SECRET),
            b'{"zen":"smoke","hook_id":1,"hook":{"id":1}}',
        )
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {**_ping_headers(), "X-Hub-Signature-256": signature}
        return f"answers {self.target.want(200, 'POST', '/webhooks/github', body, headers).status}"

    def dashboard(self) -> str:
        answer = self.target.want(200, "GET", "/login")
        lacks = [
            f"{name}: {word}"
            for name, words in LOGIN_HEADERS.items()
            for word in words
            if word not in answer.headers.get(name, "")
        ]
        if lacks:
            raise Failed(f"its headers lack {', '.join(lacks)}")
        if "<form" not in answer.text:
            raise Failed("GET /login shows no form")
        return "the form and its headers are there"

    def _scrape(self) -> str:
        if self.opened and not self.token:
            return self.inside.want(200, "GET", "/metrics").text
        token = self._may_send(self.inside, self.token, TOKEN)
        return self.inside.want(200, "GET", "/metrics", headers={"Authorization": f"Bearer {token}"}).text

    @staticmethod
    def _may_send(target: Target, secret: str | None, name: str) -> str:
        if not secret:
            raise Skipped(f"no {name}")
        if not target.takes_secrets:
            raise Failed("secrets are sent over https only, or to this machine")
        return secret


def _ping_headers() -> dict[str, str]:
    return {
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "Content-Type": "application/json",
    }


def _unwell(parts: dict[str, object]) -> list[str]:
    return [name for name, part in parts.items() if _object(part).get("ok") is not True]


def _json(text: str) -> dict[str, object]:
    try:
        return _object(json.loads(text))
    except (ValueError, RecursionError):
        raise Failed(f"no JSON: {text[:100]!r}") from None


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Failed("the JSON has another form than expected")
    return value


def look(name: str, check: Callable[[], str]) -> Result:
    began = time.monotonic()
    try:
        state, detail = "passed", check()
    except Skipped as why:
        state, detail = "skipped", str(why)
    except Failed as why:
        state, detail = "failed", str(why)
    shown = "".join(c if c.isprintable() else "?" for c in detail)[:400]
    return Result(name, state, shown, round(time.monotonic() - began, 3))


def checks_of(smoke: Smoke, dashboard: bool) -> dict[str, Callable[[], str]]:
    checks = {
        "live": smoke.live, "ready": smoke.ready, "health": smoke.health, "closed": smoke.closed,
        "metrics": smoke.metrics, "version": smoke.runs, "unsigned": smoke.unsigned, "signed": smoke.signed,
    }  # fmt: skip
    return checks | ({"dashboard": smoke.dashboard} if dashboard else {})


def look_until(
    checks: dict[str, Callable[[], str]], seconds: float, say: Callable[[str], None]
) -> list[Result]:
    """All checks, all of them again while one fails and there is time: a new version may be coming up."""
    deadline = time.monotonic() + seconds
    while True:
        results = []
        for name, check in checks.items():
            results.append(look(name, check))
            if results[-1].state == "failed" and time.monotonic() + PAUSE < deadline:
                break  # the others can wait until this one has passed
        failed = next((r for r in results if r.state == "failed"), None)
        if failed is None or time.monotonic() + PAUSE >= deadline:
            return results
        say(f"waiting ({deadline - time.monotonic():.0f} s left): {failed.name}: {failed.detail}")
        time.sleep(PAUSE)
