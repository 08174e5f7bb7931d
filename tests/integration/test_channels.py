"""From releases to several outputs: channels, variants, an archive, and SideStore's tracks."""

import json
from functools import partial
from typing import Any

from bot.catalog import CLASSIC_CLIENTS
from bot.clients import build_verdicts, check_source
from bot.records import Cause, CauseKind
from bot.sandbox.make_ipa import make_ipa
from jobs.refill import refill
from tests.installation import KEY, SITE, Hub, empty_stores
from tests.life import Life, life
from tests.talk import say

__all__ = ["empty_stores", "life"]
CHANNELS = """
name: Acme
outputs:
  - path: apps.json
  - path: beta.json
    channels: [stable, beta]
  - path: sidestore.json
    clients: [altstore, altstore-2.0, sidestore, feather, livecontainer]
    release-channels: {nightly: [beta]}
apps:
  - repository: acme/app
    channels: [{channel: beta, prereleases: true}]
"""
VARIANTS = """
name: Acme
outputs:
  - {path: apps.json, apps: [acme]}
  - {path: lite.json, apps: [lite]}
apps:
  - {id: acme, repository: acme/app, assets: [Acme.ipa], bundle-id: com.acme.app}
  - {id: lite, repository: acme/app, assets: [Lite.ipa], bundle-id: com.acme.app}
"""
ARCHIVE = """
name: Acme
outputs:
  - path: apps.json
  - {path: archive.json, archive: true}
apps:
  - {repository: acme/app, keep: 1}
"""


def set_up(life: Life, catalog: str) -> None:
    life.bot.hub.push({"altpress.yml": catalog})
    life.sweep()


def app(life: Life, path: str) -> Any:
    (found,) = json.loads(life.bot.hub.file(path))["apps"]
    return found


def listed(life: Life, path: str) -> list[str]:
    document = json.loads(life.bot.hub.file(path))
    return [version["version"] for one in document["apps"] for version in one["versions"]]


def is_listed(life: Life, path: str, versions: list[str]) -> bool:
    return listed(life, path) == versions


def tracks(life: Life) -> dict[str, list[str]]:
    found = app(life, "sidestore.json").get("releaseChannels", [])
    return {track["track"]: [release["version"] for release in track["releases"]] for track in found}


def test_a_prerelease_is_beta_until_its_flag_is_edited(life: Life) -> None:
    set_up(life, CHANNELS)
    life.do(lambda hub: hub.release("v1.0.0"))
    life.do(lambda hub: hub.release("v1.1.0", prerelease=True))
    assert listed(life, "apps.json") == ["1.0.0"]
    assert listed(life, "beta.json") == ["1.1.0", "1.0.0"]
    assert tracks(life) == {"stable": ["1.0.0"], "nightly": ["1.1.0"]}
    read = life.downloads()
    life.do(lambda hub: hub.edit_release("v1.1.0", prerelease=False))
    assert listed(life, "apps.json") == ["1.1.0", "1.0.0"]
    assert listed(life, "beta.json") == ["1.1.0", "1.0.0"]
    assert tracks(life) == {}
    assert life.downloads() == read
    life.do(lambda hub: hub.edit_release("v1.1.0", prerelease=True))
    assert listed(life, "apps.json") == ["1.0.0"]
    problems = check_source(life.bot.hub.file("sidestore.json").encode(), CLASSIC_CLIENTS)
    assert set(build_verdicts(problems, CLASSIC_CLIENTS).values()) == {"accept"}
    assert life.unfinished() == []


def test_the_catalog_moves_versions_between_outputs_without_reading_a_file(life: Life) -> None:
    set_up(life, CHANNELS)
    life.do(lambda hub: hub.release("v1.0.0"))
    life.do(lambda hub: hub.release("nightly-7", {"Acme.ipa": make_ipa(version="1.1.0")}))
    read = life.downloads()
    assert listed(life, "apps.json") == ["1.1.0", "1.0.0"]
    life.bot.hub.push({"altpress.yml": CHANNELS.replace("prereleases: true", "tags: nightly*")})
    life.bot.drain()
    assert [listed(life, path) for path in ("apps.json", "beta.json")] == [["1.0.0"], ["1.1.0", "1.0.0"]]
    assert tracks(life) == {"stable": ["1.0.0"], "nightly": ["1.1.0"]}
    assert life.downloads() == read


def test_variants_of_one_release_with_one_bundle_id_are_in_two_outputs(life: Life) -> None:
    set_up(life, VARIANTS)
    files = {"Acme.ipa": make_ipa(version="1.0"), "Lite.ipa": make_ipa(version="1.0", padding=2000)}
    life.do(lambda hub: hub.release("v1.0", files))
    found = {path: app(life, path) for path in ("apps.json", "lite.json")}
    assert {one["bundleIdentifier"] for one in found.values()} == {"com.acme.app"}
    assert found["apps.json"]["downloadURL"].endswith("/Acme.ipa")
    assert found["lite.json"]["downloadURL"].endswith("/Lite.ipa")
    assert [found[path]["size"] for path in found] == [len(data) for data in files.values()]
    told = say(life.bot, "/status lite", by="visitor")
    assert "- **`lite`** (`com.acme.app`): 1.0 (1), release" in told
    for command, versions in (("/yank lite 1.0 too heavy", []), ("/unyank lite 1.0", ["1.0"])):
        life.bot.hub.comment(command, by="maintainer")
        life.bot.drain()
        life.bot.run_later(expect=partial(is_listed, life, "lite.json", versions))
        assert listed(life, "apps.json") == ["1.0"]
    together = VARIANTS.replace(", apps: [lite]", "")
    life.bot.hub.push({"altpress.yml": together})  # an error: what is in force stays so
    life.bot.drain()
    assert app(life, "lite.json") == found["lite.json"]
    (told,) = life.told_maintainer("catalog")
    assert "line 8, apps \\> 1 \\> bundle-id" in told


def test_what_keep_leaves_out_is_archived_and_git_alone_says_so(life: Life) -> None:
    set_up(life, ARCHIVE)
    for number, system in enumerate(("14.0", "14.0", "16.0", "16.0")):
        ipa = make_ipa(version=f"1.{number}", min_os_version=system)
        life.do(partial(Hub.release, tag=f"v1.{number}", files={"Acme.ipa": ipa}))
    assert listed(life, "apps.json") == ["1.3", "1.1"]  # the second one is for iOS 14 and 15
    assert listed(life, "archive.json") == ["1.2", "1.0"]
    before = [life.bot.hub.file(path) for path in ("apps.json", "archive.json", ".altpress/lock.jsonl")]
    head = life.bot.hub.git(SITE, "rev-parse", "main")
    with life.bot.emptied() as emptied:
        refill(emptied.context, (), replace=False, say=lambda _: None)
        generation = emptied.store.sites.trigger(KEY, Cause(kind=CauseKind.SWEEP))
        emptied.context.queue.enqueue_publish(KEY, now=emptied.context.clock())
        emptied.drain()
        state = emptied.store.sites.find(KEY)
        assert state is not None
        assert state.published_generation >= generation
    assert head == life.bot.hub.git(SITE, "rev-parse", "main")
    assert before == [life.bot.hub.file(p) for p in ("apps.json", "archive.json", ".altpress/lock.jsonl")]
    life.do(lambda hub: hub.delete_release("v1.3"))
    assert listed(life, "apps.json") == ["1.2", "1.1"]
    assert listed(life, "archive.json") == ["1.0"]
