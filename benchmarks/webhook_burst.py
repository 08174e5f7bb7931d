"""1,000 deliveries in 60 seconds to a whole altpress on its embedded stores, while it does its work."""

import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import requests

from benchmarks.webhook_load import Taken, Target, send_all
from bot.sandbox.client import SandboxClient
from bot.sandbox.make_ipa import make_ipa
from bot.sandbox.prepare import prepare
from tests.chaos.stage import Stage, run_stage
from tests.processes import ROOT

COUNT, SECONDS, RELEASES, INTERVAL = 1000, 60, 20, 15
SITE, APP = "acme/source", "acme/app"
BODY = ROOT / "tests" / "data" / "events" / "release.published.json"


def burst() -> None:
    """Each delivery tells of one of 20 releases; meanwhile their notes are edited, twice a second."""
    with tempfile.TemporaryDirectory(prefix="altpress-") as folder:
        data = Path(folder) / "data"
        with run_stage(data, ALTPRESS_PUBLISH_INTERVAL=str(INTERVAL)) as stage, stage.client() as client:
            for number in range(1, RELEASES + 1):
                _release(client, f"v1.{number}")
            time.sleep(2 * INTERVAL)
            before = _commits(stage)
            taken = _send(stage, client)
            time.sleep(2 * INTERVAL)
            _print(taken, _commits(stage) - before)


def _release(client: SandboxClient, tag: str) -> None:
    draft = client.draft(APP, tag=tag, notes=f"What is new in {tag}", **{"as": "developer"})
    client.upload(draft["id"], "Acme.ipa", make_ipa(version=tag[1:]))
    client.publish(draft["id"])


def _send(stage: Stage, client: SandboxClient) -> Taken:
    info = client.info()
    port = int(info["webhook_url"].split(":")[2].split("/")[0])
    payload = _payload(info["api_url"])
    target = Target(port, "/webhooks/github", prepare(stage.data).load_secret(), payload)
    over = threading.Event()
    editor = threading.Thread(target=_edit, args=[stage, over])
    editor.start()
    try:
        return send_all(target, COUNT, 32, pace=COUNT / SECONDS)
    finally:
        over.set()
        editor.join()


def _payload(api: str) -> bytes:
    """A release event of this sandbox: the recorded one, with what is really there."""
    repository = requests.get(f"{api}/repos/{APP}", timeout=5).json()
    release: dict[str, Any] = requests.get(f"{api}/repos/{APP}/releases", timeout=5).json()[0]
    event = json.loads(BODY.read_bytes())
    return json.dumps({**event, "repository": repository, "release": release}).encode()


def _edit(stage: Stage, over: threading.Event) -> None:
    number = 0
    with stage.client() as client:
        while not over.wait(0.5):
            number += 1
            tag = f"v1.{1 + number % RELEASES}"
            client.edit(APP, tag, notes=f"What is new, for the {number}th time", **{"as": "developer"})


def _commits(stage: Stage) -> int:
    words = ["git", "-C", str(stage.data / "git" / f"{SITE}.git"), "rev-list", "--count", "main"]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _print(taken: Taken, commits: int) -> None:
    print(
        "| deliveries | in | not 202 | p50 | p99 | slowest | commits |\n|---:|---:|---:|---:|---:|---:|---:|"
    )
    slowest = max(taken.seconds) * 1000
    print(
        f"| {len(taken.seconds)} | {taken.lasted:.0f} s | {len(taken.others)} | {taken.quantile(0.5):.1f} ms "
        f"| {taken.quantile(0.99):.1f} ms | {slowest:.0f} ms | {commits} |"
    )
