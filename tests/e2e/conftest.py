"""A whole `altpress up --sandbox`, and a browser that looks at it. Everything stays on this machine."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bot.embedded.urls import mongo_url
from bot.records import Delivery, DeliveryState
from bot.sandbox.client import SandboxClient
from bot.sandbox.make_ipa import make_ipa
from bot.store import Store, connect
from tests.processes import Process, altpress, wait_until
from tests.stores import short_dir

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
APP, KEY = "acme/app", "acme/source@main"
ATTACK = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
NAMED = {"CFBundleName": ATTACK, "CFBundleDisplayName": ATTACK}
TAG = "v2.0'\"><script>alert(3)</script>"


@dataclass(frozen=True)
class World:
    """A running installation with some history."""

    root: str
    link: str  # signs in
    password: str
    data: Path
    client: SandboxClient
    store: Store

    def release(self, tag: str, *, ipa: bytes | None = None, **fields: Any) -> None:
        draft = self.client.draft(APP, tag=tag, **{"as": "developer", "name": tag, **fields})
        self.client.upload(draft["id"], "Acme.ipa", ipa or make_ipa(version=tag.removeprefix("v")))
        self.client.publish(draft["id"])

    def newest(self, event: str) -> Delivery:
        return next(d for d in self.store.deliveries.page(50) if d.event == event and d.open == ())

    def settle(self) -> None:
        """Until everything that was triggered is published."""

        def quiet() -> bool:
            state = self.store.sites.find(KEY)
            counts = self.store.deliveries.counts()
            return (
                state is not None
                and state.generation == state.published_generation
                and not counts["pending"] + counts["queued"]
            )

        wait_until(quiet)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    settings = {"quiet_period": 0, "publish_interval": 0, "workers": 1, "proxy_hops": 1}
    with short_dir() as folder:
        data = folder / "data"
        arguments = ("up", "--sandbox", "--data", str(data), "--port", "0")
        with altpress(*arguments, output=folder / "log", **settings) as process:
            process.wait_for(lambda: "dashboard: " in process.text, 60)
            with SandboxClient.find(data) as client, connect(mongo_url(data)) as mongo:
                found = _world(process, data, client, Store(mongo["altpress"]))
                _make_history(found)
                yield found


def _world(process: Process, data: Path, client: SandboxClient, store: Store) -> World:
    match = re.search(r"dashboard: (\S+)/login \(password in (\S+)\)", process.text)
    assert match is not None, process.text
    password = Path(match[2]).read_text().strip()
    return World(match[1], f"{match[1]}/login#token={password}", password, data, client, store)


def _make_history(world: World) -> None:
    """A good release, one that is an attack, one that is no app, and a delivery that failed."""
    wait_until(lambda: world.store.sites.find(KEY))
    world.settle()
    world.release("v1.0")
    wait_until(lambda: len(world.store.publications.page(9)) >= 2)
    world.release(TAG, ipa=make_ipa(version="2.0", info=NAMED), name=ATTACK, notes=ATTACK)
    wait_until(lambda: len(world.store.publications.page(9)) >= 3)
    world.release("v3.0", ipa=b"no zip at all")
    wait_until(lambda: len(world.store.records.of_site(KEY)) >= 3)
    world.settle()


def make_failed(world: World) -> Delivery:
    """The newest release's delivery, failed before its work could be done: a race, which is run until won."""
    guid, reason = world.newest("release").guid, f"The disk is full. {ATTACK}"
    for _ in range(50):
        world.store.deliveries.replay(guid)
        world.store.deliveries.fail(guid, "x", reason, int(time.time() * 1000))
        found = world.store.deliveries.find(guid)
        assert found is not None
        if found.state is DeliveryState.FAILED and found.reason == reason:
            return found
        time.sleep(0.2)
    raise AssertionError("the dispatcher was quicker each time")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of its own; whatever it complains about (a blocked script, say) fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        context.on("page", listen)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert [c for c in complaints if "Failed to load resource" not in c] == []


@pytest.fixture(scope="module")
def cookies(world: World, browser: Browser) -> Any:
    """What the sign-in link leaves in a browser."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(world.link)
        page.wait_for_url(f"{world.root}/")
        assert "token" not in page.url
        return context.cookies()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext], cookies: Any) -> Page:
    """A page of somebody who is signed in."""
    context = open_context(viewport={"width": 1100, "height": 800})
    context.add_cookies(cookies)
    return context.new_page()
