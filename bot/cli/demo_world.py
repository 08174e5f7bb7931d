"""The demo's world: a running `altpress up --sandbox`, looked at from outside only.

What it says it has seen, it has read from the sandbox's delivery log, from altpress's own JSON log, or from
a git clone of the site; never from altpress's word in memory.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import requests
from rich.console import Console

from bot.cli.demo_log import find_event, log_tail
from bot.cli.up_dashboard import let_in, sign_in_link

SITE = "acme/source"
PATIENCE = 60.0  # seconds until a step counts as not having happened


class Failed(Exception):
    """A step was not seen to happen."""


class World:
    """One data directory, one `altpress up`, one clone of the site."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder, self.console = folder, console
        self.data, self.clone, self.log = folder / "data", folder / "site", folder / "up.log"
        self._up: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop `up`, and with it all that it started."""
        if self._up and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            self._up.wait(60)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a spinner while the step runs, then what was seen and how long it took."""
        begun, said = time.monotonic(), [""]
        with self.console.status(title):
            yield lambda text: said.__setitem__(0, text)
        took = time.monotonic() - begun
        self.console.print(f"[green]✓[/] {title}: [cyan]{said[0]}[/] [dim]({took:.1f} s)[/]")

    # ---- running ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and clone the site."""
        environment = dict(os.environ, ALTPRESS_QUIET_PERIOD="0", ALTPRESS_PUBLISH_INTERVAL="0")
        words = [sys.executable, "-m", "bot", "up", "--sandbox", "--data", str(self.data), "--port", "0"]
        with self.step("embedded MongoDB and Redis, sandbox, web, workers, scheduler") as told:
            with self.log.open("wb") as log:
                self._up = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, env=environment)
            self.until((self.data / "up.json").exists, "everything is up")
            told(f"up at {self.info()['dashboard_url']}")
        self._git(self.folder, "clone", "--quiet", self._repository(SITE)["clone_url"], str(self.clone))

    def wait(self) -> None:
        """Until Ctrl-C."""
        assert self._up is not None
        try:
            self._up.wait()
        except KeyboardInterrupt:
            self._up.wait(60)

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        """Poll until `seen()` is true, and return it; Failed when it does not become so in time."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self._up and self._up.poll() is not None:
                raise Failed(f"altpress ended by itself (status {self._up.returncode}) while waiting: {what}")
            if result := seen():
                return result
            time.sleep(0.05)
        raise Failed(f"not seen within {PATIENCE:.0f} s: {what}")

    def last_log_lines(self) -> str:
        return log_tail(self.log)

    # ---- the sandbox --------------------------------------------------------------------------------

    def info(self) -> dict[str, Any]:
        return dict(json.loads(self._sandbox("info", "--json")))

    def sign_in_link(self) -> str:
        """The dashboard's address, with what signs one in: the world ends with the demo."""
        url = str(self.info()["dashboard_url"]).rstrip("/")
        return sign_in_link(let_in(os.environ, self.data), self.data, url) or url

    def github_page(self) -> str:
        """Where a browser sees the sandbox's repositories."""
        return str(self.info()["api_url"]).removesuffix("/api/v3")

    def release(self, repository: str, tag: str, ipa: Path) -> str:
        """Publish a release; returns the GUID of its delivery once altpress has answered 202."""
        known = {d["guid"] for d in self._deliveries()}
        self.send_release(repository, tag, ipa)

        def accepted() -> str | None:
            for delivery in self._deliveries():
                if (delivery["event"], delivery["action"]) == ("release", "published"):
                    fresh = delivery["guid"] not in known and delivery["status_code"] == 202
                    return str(delivery["guid"]) if fresh else None
            return None

        return str(self.until(accepted, f"the webhook of {tag} answered 202"))

    def send_release(self, repository: str, tag: str, ipa: Path) -> None:
        """Publish a release in the sandbox, and wait for nothing."""
        notes = f"What is new in {tag}."
        self._sandbox("release", repository, "--tag", tag, "--ipa", str(ipa), "--notes", notes)

    def redeliver(self, guid: str) -> int:
        """Send a delivery again; returns the status that altpress answered."""
        count = len(self._deliveries())
        self._sandbox("redeliver", guid)
        self.until(lambda: len(self._deliveries()) > count, "the second delivery")
        status = int(self._deliveries()[0]["status_code"])
        if status != 200:
            raise Failed(f"a delivery that is done must be answered 200 when it comes again, not {status}")
        return status

    def comment(self, repository: str, number: int, user: str, text: str) -> str:
        """Write a comment; returns the answer's first line, once the bot has reacted with a rocket, too."""
        self._sandbox("comment", repository, str(number), "--as", user, text)
        address = f"{self.info()['api_url']}/repos/{repository}/issues"

        def answered() -> str | None:
            comments = requests.get(f"{address}/{number}/comments", timeout=5).json()
            mine = next(c for c in reversed(comments) if c["body"] == text and c["user"]["login"] == user)
            seen = requests.get(f"{address}/comments/{mine['id']}/reactions", timeout=5).json()
            replies = [c["body"] for c in comments if c["id"] > mine["id"] and c["user"]["type"] == "Bot"]
            rocket = "rocket" in {r["content"] for r in seen}
            return "🚀 " + _first_sentence(replies[0]) if replies and rocket else None

        return str(self.until(answered, f"an answer to {text}"))

    def facts_read(self, ipa: Path) -> str:
        """What altpress's log says of the reading: requests and bytes, beside the file's size."""
        line = self.until(
            lambda: find_event(self.log, "ipa_read", asset=ipa.name), f"the facts of {ipa.name} read"
        )
        size = ipa.stat().st_size
        return f"{line['requests']} requests, {line['bytes']:,} of {size:,} bytes"

    # ---- the clone ----------------------------------------------------------------------------------

    def head(self) -> str:
        self._git(self.clone, "fetch", "--quiet")
        return self._git(self.clone, "rev-parse", "FETCH_HEAD").strip()

    def commit_after(self, before: str, tag: str) -> str:
        """Wait for a new commit whose trailer names the release; returns its subject."""
        trailer = f"Altpress-Release: acme/app@{tag}"

        def published() -> str | None:
            head = self.head()
            if head == before or trailer not in self._git(
                self.clone, "log", "--format=%B", f"{before}..{head}"
            ):
                return None
            return self._git(self.clone, "log", "-1", "--format=%h %s", head).strip()

        return str(self.until(published, f"a commit for {tag} in {SITE}"))

    def expect_quiet(self, head: str, seconds: float = 2.0) -> None:
        """Fail when the site moves although nothing is to be done."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if self.head() != head:
                raise Failed("the site got a commit although nothing had changed")
            time.sleep(0.2)

    def diff(self, before: str) -> str:
        """The commit's message and what it did to the source."""
        message = self._git(self.clone, "log", "-1", "--format=%B", "FETCH_HEAD")
        return message + self._git(self.clone, "diff", before, "FETCH_HEAD", "--", "apps.json")

    def entry(self) -> str:
        """The app's entry in the published document."""
        document = json.loads(self._git(self.clone, "show", "FETCH_HEAD:apps.json"))
        return json.dumps(document["apps"][0], indent=2, ensure_ascii=False)

    # ---- how ----------------------------------------------------------------------------------------

    def _deliveries(self) -> list[dict[str, Any]]:
        return list(json.loads(self._sandbox("deliveries", "--json")))

    def _repository(self, name: str) -> dict[str, Any]:
        return dict(self.info()["repositories"][name])

    def _sandbox(self, *words: str) -> str:
        return self._run([sys.executable, "-m", "bot", "sandbox", *words, "--data", str(self.data)])

    def _git(self, where: Path, *words: str) -> str:
        return self._run(["git", "-C", str(where), *words])

    def _run(self, words: list[str]) -> str:
        environment = dict(os.environ, GIT_CONFIG_GLOBAL=os.devnull, GIT_TERMINAL_PROMPT="0")
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False
        )
        if done.returncode:
            raise Failed(f"`{' '.join(words[1:6])} …` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout


def _first_sentence(body: str) -> str:
    """The first line of a reply that is neither the quoted command nor a hidden marker."""
    return next((x for x in body.splitlines() if x and not x.startswith((">", "<!--"))), "")
