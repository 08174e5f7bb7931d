"""GitHub's side of a fleet, run on the machine where the sandbox is.

`serve DATA PORT BOT_URL DELAY`  the sandbox; each answer of its API comes DELAY seconds late, as from afar
`world DATA SITES APPS`          the sites, and the apps (of each) that feed them
`release DATA SITES APPS FROM TO PACE`  releases by number, each app in turn; PACE a second, 0: at full speed
`send DATA PORT PACE SECONDS`    signed webhooks about a repository of nobody's; prints what became of each
`settle DATA`                    until no webhook is under way; prints how many were sent, and answered how
"""

import hashlib
import hmac
import json
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests

from bot.sandbox import __main__ as sandbox
from bot.sandbox.client import SandboxClient
from bot.sandbox.make_ipa import make_ipa
from tests.chaos.plan import Release, Site, plan_sites
from tests.chaos.stage import ROOT, build_world

DEVELOPERS = 3
SENDERS = 16
NOBODYS = {"id": 999_999, "name": "nothing", "full_name": "nobody/nothing"}


def plan(sites: tuple[Site, ...], first: int, last: int) -> list[Release]:
    """Releases by number: each app in turn."""
    apps = [app for site in sites for app in site.apps]
    return [Release(apps[n % len(apps)], f"1.{n // len(apps)}") for n in range(first, last)]


def serve(data: str, port: str, bot_url: str, delay: str) -> None:
    make = sandbox.create_app

    def create_slow(*args: Any, **named: Any) -> Any:
        app = make(*args, **named)
        answer = app.wsgi_app

        def late(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"].startswith("/api/"):
                time.sleep(float(delay))
            return answer(environ, start)

        app.wsgi_app = late  # type: ignore[method-assign]
        return app

    sandbox.create_app = create_slow
    sandbox.serve(Path(data), port=int(port), bot_url=bot_url)


def make_world(data: str, sites: str, apps: str) -> None:
    with SandboxClient.find(Path(data)) as client:
        build_world(client, plan_sites(int(sites), int(apps)))


def release(data: str, *numbers: str) -> None:
    sites, apps, first, last, pace = numbers
    started = time.monotonic()
    releases = plan(plan_sites(int(sites), int(apps)), int(first), int(last))
    with SandboxClient.find(Path(data)) as client, ThreadPoolExecutor(DEVELOPERS) as developers:
        for number, one in enumerate(releases):
            if float(pace):
                time.sleep(max(0.0, started + number / float(pace) - time.monotonic()))
            developers.submit(_publish, client, one)


def _publish(client: SandboxClient, one: Release) -> None:
    ipa = make_ipa(
        bundle_identifier=one.app.bundle_identifier, name=f"App {one.app.number}", version=one.version
    )
    draft = client.draft(
        one.app.repository, tag=one.tag, notes=f"What is new in {one.version}", **{"as": "developer"}
    )
    client.upload(draft["id"], "App.ipa", ipa)
    client.publish(draft["id"])


def send(data: str, *numbers: str) -> None:
    """One JSON object: by GUID the status and the seconds; 0 where no answer came."""
    port, pace, seconds = (float(number) for number in numbers)
    secret = (Path(data) / "sandbox-webhook-secret").read_bytes().strip()
    push = json.loads((ROOT / "tests" / "data" / "events" / "push.branch.json").read_text())
    push["repository"] |= NOBODYS
    push["commits"][0]["modified"] = ["README.md"]  # no catalog: nothing follows from it
    body = json.dumps(push).encode()
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    came: dict[str, tuple[int, float]] = {}

    def post(guid: str) -> None:
        headers = {
            "X-GitHub-Event": "push", "X-GitHub-Delivery": guid, "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={digest}",
        }  # fmt: skip
        began = time.monotonic()
        try:
            url = f"http://127.0.0.1:{port:.0f}/webhooks/github"
            status = requests.post(url, data=body, headers=headers, timeout=20).status_code
        except requests.RequestException:
            status = 0
        came[guid] = (status, round(time.monotonic() - began, 3))

    started = time.monotonic()
    with ThreadPoolExecutor(SENDERS) as senders:
        for number in range(int(pace * seconds)):
            time.sleep(max(0.0, started + number / pace - time.monotonic()))
            senders.submit(post, str(uuid.uuid4()))
    print(json.dumps(came))


def settle(data: str) -> None:
    with SandboxClient.find(Path(data)) as client:
        while client.count_under_way():
            time.sleep(0.2)
        rows = client.deliveries()
        print(json.dumps({"sent": len(rows), "answered": Counter(str(row["status_code"]) for row in rows)}))


if __name__ == "__main__":
    {"serve": serve, "world": make_world, "release": release, "send": send, "settle": settle}[sys.argv[1]](
        *sys.argv[2:]
    )
