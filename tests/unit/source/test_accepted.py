"""Whatever the builder makes, of any catalog and records, every client that the output names takes."""

import json

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import CLASSIC_CLIENTS, PAL, App, Catalog, Channel, News, Output, Patreon, Screenshot
from bot.clients import build_verdicts, check_source
from bot.lock import Adopted, Lock
from bot.source.plan import Commit, Unchanged, plan_publish
from bot.source.schema import build_schema
from tests.unit.source.values import ICON, NO_DECISIONS, NOW, record, site

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HOSTILE = TEXT | st.text(st.sampled_from("\u202e\ufeff\x00\r\n\ud800<*`[]()#|/%"), max_size=12)
NAME = TEXT.filter(bool)
SCHEMA = jsonschema.Draft202012Validator(build_schema())
VERSION = st.one_of(st.sampled_from(["1.0", "1.0.0", "2", "beta", ""]), TEXT)
BUNDLE = st.sampled_from(["com.acme.a", "com.acme.b", "", "com.acme.A"])
URL = st.sampled_from(["https://x.example/a.ipa", "https://x.example/a b.ipa", "", "http://[", "a"])
DATE = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00.5+02:00", "never", ""])
NUMBER = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "name", "subtitle", "iconURL", "website", "tintColor", "userInfo", "news", "featuredApps", "beta",
    "screenshots", "appPermissions", "patreon", "patreonURL", "category", "version", "releaseChannels",
    "marketplaceID", "size", "permissions", "platformURLs", "date", "downloadURL", "localizedDescriptions",
    "minOSVersion", "apps", "versions", "screenshotURLs", "identifier", "localizedDescription",
    "buildVersion", "sha256", "other",
]  # fmt: skip


EXTRAS = st.fixed_dictionaries({}, optional={
    "patreon": st.builds(
        Patreon, pledge=st.sampled_from([None, "custom", 3, 4.5]), tiers=st.sampled_from([(), ("1",)]),
        hidden=st.booleans(),
    ),
    "subtitle": st.just("s"),
    "subtitles": st.just({"de": "x"}),
    "descriptions": st.just({"de": "x", "zh-Hant": "y"}),
    "marketplace_id": st.just("123"),
    "adp_url": st.sampled_from(["https://x.example/{version}", "https://x.example/{tag}/{build}"]),
    "download_url": st.just("https://x.example/{asset}"),
})  # fmt: skip


CHANNELS = st.lists(st.sampled_from(["stable", "beta"]), min_size=1, unique=True).map(tuple)
RULES = st.sampled_from(
    [(), (Channel(channel="beta", prereleases=True),), (Channel(channel="beta", tags="*0"),)]
)


@st.composite
def outputs(draw):
    clients = st.just([PAL]) | st.lists(st.sampled_from(CLASSIC_CLIENTS), min_size=1, unique=True)
    return tuple(
        Output(
            path=f"{number}.json", clients=tuple(names), channels=draw(CHANNELS), archive=draw(st.booleans()),
            apps=draw(st.sampled_from([None, ("app0", "app1"), ("app1",)])),
            release_channels=draw(st.sampled_from([None, {"nightly": ("beta",)}, {"alpha": ("beta", "x")}])),
        )
        for number, names in enumerate(draw(st.lists(clients, min_size=1, max_size=2)))
    )  # fmt: skip


@st.composite
def catalogs(draw):
    apps = []
    for number in range(draw(st.integers(0, 3))):
        shots = draw(st.lists(st.sampled_from([
            Screenshot(url="https://x.example/1.png"),
            Screenshot(url="https://x.example/2.png", width=3, height=4, device="ipad"),
        ]), max_size=2))  # fmt: skip
        apps.append(App(
            id=f"app{number}", repository="acme/app", assets=(f"{number}*",), screenshots=tuple(shots),
            bundle_id=draw(st.sampled_from([None, "com.acme.a"])), name=draw(st.none() | NAME),
            description=draw(st.none() | NAME), prereleases=draw(st.sampled_from(["exclude", "include"])),
            keep=draw(st.none() | st.integers(1, 3)), channels=draw(RULES), **draw(EXTRAS),
        ))  # fmt: skip
    news = News(
        identifier="n", date="2026-01-01", title="t", caption="c", app="app0", notify=draw(st.booleans())
    )
    return Catalog(
        name=draw(NAME),
        subtitle="s",
        subtitles=draw(st.sampled_from([None, {"de": "x"}])),
        tint_color=draw(st.sampled_from([None, "AABBCC"])),
        featured_apps=draw(st.sampled_from([None, (), ("app0",)])),
        outputs=draw(outputs()),
        apps=tuple(apps),
        news=(news,) if apps and draw(st.booleans()) else (),
    )


@st.composite
def records(draw):
    inside = {
        "bundle_identifier": draw(BUNDLE), "name": draw(HOSTILE), "icon": draw(st.sampled_from([None, ICON])),
        "min_os_version": draw(st.none() | TEXT), "entitlements": tuple(draw(st.lists(TEXT, max_size=3))),
        "privacy": draw(st.dictionaries(TEXT, TEXT, max_size=3)),
    }  # fmt: skip
    return [
        record(
            number, draw(VERSION), draw(VERSION | HOSTILE), inside=inside if draw(st.booleans()) else {},
            asset_name=f"{draw(st.integers(0, 2))}.ipa", notes=draw(st.none() | HOSTILE), tag=draw(HOSTILE),
            published_at=draw(DATE), size=draw(st.integers(0, 2**66)), download_url=draw(URL),
            prerelease=draw(st.booleans()), sha256=draw(st.none() | TEXT),
        )
        for number in range(1, draw(st.integers(1, 6)))
    ]  # fmt: skip


@st.composite
def adopted(draw):
    entry = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5)
    key = {"app": draw(st.sampled_from([None, "app0"])), "bundle_identifier": draw(BUNDLE)}
    lines = [Adopted(scope="source", entry=draw(entry))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        lines.append(Adopted(scope="app", entry=draw(entry), **key))
        good = {"version": "0.1", "date": "2020-01-01", "downloadURL": "https://x.example/o.ipa", "size": 1}
        versions = [{**good, **draw(entry)} for _ in range(draw(st.integers(0, 3)))]
        lines += [Adopted(scope="version", index=i, entry=v, **key) for i, v in enumerate(versions)]
    return tuple(lines)


@settings(max_examples=150, deadline=None)
@given(catalogs(), records(), adopted())
def test_every_named_client_takes_every_output(catalog, known, lines):
    plan = plan_publish(
        site=site(), catalog=catalog, decisions=NO_DECISIONS, records=known, lock=Lock(adopted=lines),
        current={}, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(plan, Commit)
    for output in catalog.outputs:
        data = plan.files.get(output.path)
        if data is not None:
            problems = check_source(data, output.clients)
            assert set(build_verdicts(problems, output.clients).values()) == {"accept"}, problems
            assert json.loads(data)["name"] == catalog.name
            if not lines and set(output.clients) - {"feather", "livecontainer"}:  # those two ask for less
                SCHEMA.validate(json.loads(data))
    again = plan_publish(
        site=site(), catalog=catalog, decisions=NO_DECISIONS, records=known, lock=Lock(adopted=lines),
        current=plan.files, icons={}, causes=[], now=NOW,
    )  # fmt: skip
    assert isinstance(again, Unchanged)
