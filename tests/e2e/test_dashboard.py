"""The dashboard in a browser, over a whole installation."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from bot.records import DeliveryState
from tests.e2e.conftest import ATTACK, KEY, TAG, World, make_failed
from tests.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
PATHS = ("/", f"/sites/{KEY}", f"/preview/{KEY}", "/deliveries", "/deliveries?state=failed", "/publications")
Opener = Callable[..., BrowserContext]


def test_the_link_signs_in_and_leaves_no_trace(world: World, cookies: Any) -> None:
    (cookie,) = cookies
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert world.password not in cookie["value"]
    assert world.password not in (world.data / "up.json").read_text()


def test_a_stranger_is_refused_and_led_back(world: World, open_context: Opener) -> None:
    page = open_context(extra_http_headers={"X-Forwarded-For": "203.0.113.1"}).new_page()
    page.goto(f"{world.root}/deliveries?state=done")
    assert "/login?next=" in page.url
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    page.get_by_label("Password").fill(world.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{world.root}/deliveries?state=done")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{world.root}/")
    assert "/login" in page.url


def test_guessing_is_slowed_down(world: World, open_context: Opener) -> None:
    page = open_context(extra_http_headers={"X-Forwarded-For": "203.0.113.2"}).new_page()
    page.goto(f"{world.root}/login")
    for attempt in range(6):
        page.get_by_label("Password").fill(f"guess {attempt}")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts from your address: wait")
    page.get_by_label("Password").fill(world.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts")


def test_a_rebuild_tells_what_came_of_it(world: World, page: Page) -> None:
    page.goto(f"{world.root}/sites/{KEY}")
    row = page.locator("tr[data-row]")
    row.get_by_role("button", name="Rebuild app").click()
    expect(row.locator("[data-badge]")).to_have_text("Rebuilt")
    expect(row.get_by_role("status")).to_contain_text("3 releases read again")
    assert page.url == f"{world.root}/sites/{KEY}", "without a reload"


def test_a_failed_delivery_is_retried(world: World, page: Page) -> None:
    delivery = make_failed(world)
    page.goto(f"{world.root}/")
    row = page.locator("section", has_text="Needs attention").locator("tr[data-row]")
    expect(row).to_contain_text("The disk is full.")
    row.get_by_role("button", name="Retry").click()
    expect(row.locator("[data-badge]")).to_have_text("Done")
    after = world.store.deliveries.find(delivery.guid)
    assert after is not None
    assert (after.state, after.attempts) == (DeliveryState.DONE, delivery.attempts + 1)


def test_a_delivery_is_replayed_from_its_page(world: World, page: Page) -> None:
    delivery = world.newest("release")
    page.goto(f"{world.root}/deliveries/{delivery.guid}")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    after = world.store.deliveries.find(delivery.guid)
    assert after is not None
    assert after.attempts == delivery.attempts + 1
    world.settle()


def test_everything_works_without_a_script(world: World, open_context: Opener, cookies: Any) -> None:
    stranger = open_context(java_script_enabled=False).new_page()
    stranger.goto(f"{world.root}/login")
    stranger.get_by_label("Password").fill(world.password)
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("heading", name="Overview")).to_be_visible()

    stranger.goto(f"{world.root}/sites/{KEY}")
    before = world.store.sites.find(KEY)
    assert before is not None
    stranger.get_by_role("button", name="Rebuild all").click()
    expect(stranger.locator(".notice")).to_contain_text("is under way")
    assert stranger.url.endswith(f"/sites/{KEY}")
    wait_until(lambda: (now := world.store.sites.find(KEY)) and now.generation > before.generation)

    delivery = world.newest("release")
    stranger.goto(f"{world.root}/deliveries/{delivery.guid}")
    stranger.get_by_role("button", name="Replay").click()
    expect(stranger.locator(".notice")).to_contain_text("starts again")
    world.settle()


def test_attacks_are_shown_as_text(world: World, page: Page) -> None:
    make_failed(world)
    page.goto(f"{world.root}/")
    expect(page.get_by_text("The disk is full.").first).to_contain_text(ATTACK)
    page.goto(f"{world.root}/sites/{KEY}")
    expect(page.locator("td.app strong")).to_have_text(ATTACK)
    page.goto(f"{world.root}/preview/{KEY}")
    expect(page.locator("article h3")).to_have_text(ATTACK)
    page.goto(f"{world.root}/publications")
    expect(page.get_by_text(f"release {TAG} of acme/app")).to_be_visible()
    for path in PATHS:
        page.goto(world.root + path)
        assert page.locator("img[src=x], main script").count() == 0


def test_the_icon_is_our_own(world: World, page: Page) -> None:
    page.goto(f"{world.root}/sites/{KEY}")
    icon = page.locator("td.app img")
    assert (icon.get_attribute("src") or "").startswith("/icons/")
    assert icon.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0


def test_the_source_is_shown_as_its_readers_see_it(world: World, open_context: Opener, cookies: Any) -> None:
    context = open_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{world.root}/sites/{KEY}")
    page.get_by_role("link", name="As people see it").click()
    entry = page.locator("article")
    expect(entry.locator(".versions").first).to_contain_text("2.0 (1)")
    earlier = entry.locator("strong", has_text="1.0 (1)")
    expect(earlier).to_be_hidden()
    entry.get_by_text("Other versions").click()
    expect(earlier).to_be_visible()
    icon = entry.locator("img")
    assert (icon.get_attribute("src") or "").startswith("/icons/")
    expect(page.locator(".clients li", has_text="sidestore")).to_contain_text("Takes it")
    expect(page.locator(".clients li")).to_have_count(5)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_and_no_wider_than_a_phone(
    world: World, open_context: Opener, cookies: Any, scheme: Any
) -> None:
    context = open_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    context.add_cookies(cookies)
    page = context.new_page()
    paths = (*PATHS, f"/deliveries/{world.newest('release').guid}", "/login")
    for path in paths:
        answer = page.goto(world.root + path)
        assert answer is not None
        assert "default-src 'none'" in (answer.header_value("content-security-policy") or "")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        found = Axe().run(page).response["violations"]
        assert [
            (v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in {"serious", "critical"}
        ] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")


def test_a_waiting_version_is_approved(world: World, open_context: Opener, cookies: Any) -> None:
    catalog = "name: Acme\noutputs:\n  - path: apps.json\napps:\n  - id: app\n    repository: acme/app\n"
    gated = f"{catalog}    approve: always\n".encode()
    world.client.push("acme/source", {"altpress.yml": gated}, **{"as": "maintainer"})
    world.release("v4.0")
    wait_until(lambda: any(r.verdict.code == "waiting.approval" for r in world.store.records.of_site(KEY)))
    world.settle()
    context = open_context(viewport={"width": 360, "height": 740})
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{world.root}/sites/{KEY}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in {"serious", "critical"}] == []
    row = page.locator("section", has_text="Versions that wait").locator("tr[data-row]")
    expect(row).to_contain_text("4.0")
    row.get_by_role("button", name="Approve app 4.0").click()
    expect(row.locator("[data-badge]")).to_have_text("Approved", timeout=20_000)
    page.reload()
    expect(page.get_by_text("Versions that wait")).to_have_count(0)
    expect(page.locator("tr[data-row]").first).to_contain_text("4.0 (1)")
    files = [r.verdict.accepted for r in world.store.records.of_site(KEY) if r.tag == "v4.0"]
    assert files == [True]
