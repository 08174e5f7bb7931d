"""The catalog: what it takes, and every way of writing it wrongly."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.catalog import (
    Catalog,
    app_repositories,
    build_schema,
    download_url,
    find_app,
    match_asset,
    match_tag,
    parse_catalog,
    wants_release,
)
from bot.catalog.globs import expand_template
from bot.catalog.yamltree import parse_tree, plain_value
from bot.errors import BadCatalog, Tell

DOCS = Path(__file__).resolve().parents[2] / "docs"
MINIMAL = "name: Acme\napps:\n  - repository: acme/app\n"
FULL = """
name: Acme Source
identifier: com.acme.source
subtitle: Good apps
description: |
  All our apps.
icon: https://acme.example/icon.png
header: https://acme.example/header.png
website: https://acme.example
tint-color: "#F54F32"
patreon-url: https://www.patreon.com/acme
featured-apps: [app]
base-url: https://acme.example/source/
publish-to: gh-pages
hashes: true
outputs:
  - path: apps.json
    clients: [altstore, sidestore]
    release-channels: {nightly: [beta]}
  - path: docs/feather.json
    clients: [feather, livecontainer]
    channels: [stable, nightly]
    apps: [app]
  - path: archive.json
    archive: true
apps:
  - id: app
    repository: acme/app
    assets: ["Acme-*.ipa", "!*-debug.ipa"]
    tags: "v*"
    prereleases: include
    channel: stable
    channels:
      - {channel: nightly, tags: "nightly*"}
      - {channel: beta, prereleases: true}
    bundle-id: com.acme.app
    name: Acme
    developer: Acme Ltd
    subtitle: Does it
    description: It does it.
    icon: https://acme.example/app.png
    tint-color: "112233"
    category: utilities
    screenshots:
      - https://acme.example/1.png
      - {url: https://acme.example/2.png, width: 1000, height: 2000, device: ipad}
    keep: 5
    download-url: https://cdn.acme.example/{repository}/{tag}/{asset}
    wrapped: true
news:
  - identifier: launch
    date: 2026-11-22
    title: We are here
    caption: At last.
    app: app
    notify: true
"""


@dataclass(frozen=True)
class Repository:
    full_name: str = "acme/app"


@dataclass(frozen=True)
class Release:
    tag: str = "v1.0"
    draft: bool = False
    prerelease: bool = False
    repository: Repository = field(default_factory=Repository)


@dataclass(frozen=True)
class Asset:
    name: str = "App.ipa"
    download_url: str = "https://github.com/acme/app/releases/download/v1.0/App.ipa"


def problems(text: str) -> list[str]:
    with pytest.raises(BadCatalog) as caught:
        parse_catalog(text)
    assert caught.value.problems
    return [str(problem) for problem in caught.value.problems]


def app_of(lines: str = "") -> Catalog:
    return parse_catalog(MINIMAL + "".join(f"    {line}\n" for line in lines.splitlines()))


def test_the_least_that_is_a_catalog():
    catalog = parse_catalog(MINIMAL)
    assert catalog.apps[0].id == "app"
    assert catalog.apps[0].assets == ("*.ipa",)
    assert catalog.apps[0].prereleases == "exclude"
    assert [output.path for output in catalog.outputs] == ["apps.json"]
    assert app_repositories(catalog) == ("acme/app",)


def test_everything_that_a_catalog_can_say():
    catalog = parse_catalog(FULL)
    assert catalog.description == "All our apps.\n"
    assert catalog.apps[0].screenshots[1].device == "ipad"
    assert catalog.news[0].date == "2026-11-22"
    assert catalog.outputs[1].clients == ("feather", "livecontainer")
    assert catalog.app("APP") is catalog.apps[0]
    assert catalog.app("other") is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("names: x", "line 4, names: is no key here (did you mean `name`?); allowed: name, identifier"),
        ("tint_color: '#112233'", "is no key here (did you mean `tint-color`?)"),
        ("tint-color: red", "line 4, tint-color: must be a colour"),
        ("tint-color: 112233", "tint-color: must be text (put it in quotes)"),
        ("subtitle: 5", "subtitle: must be text"),
        ("subtitle: ''", "subtitle: must not be empty"),
        ("icon: http://acme.example/i.png", "icon: must begin with `https://`"),
        ("icon: https://acme.example/a b.png", "must be percent-encoded"),
        ("icon: https://user:pw@acme.example/i.png", "must name a host, and no user"),
        ("icon: https://[::1", "is no address"),
        ("base-url: ftp://acme.example/", "must begin with `https://`"),
        ("publish-to: 'a b'", "is no name of a branch"),
        ("publish-to: a..b", "is no name of a branch"),
        ("outputs: []", "outputs: must not be empty"),
        ("outputs: [{path: ../apps.json}]", "outputs > 0 > path: must be a path inside"),
        ("outputs: [{path: /apps.json}]", "must be a path inside"),
        ("outputs: [{path: .github/apps.json}]", "must be a path inside"),
        ("outputs: [{path: apps.txt}]", "must end in `.json`"),
        ("outputs: [{}, {path: Apps.json}]", "outputs > 1 > path: `apps.json` is another output's path"),
        ("outputs: [{path: a.json/b.json}, {path: a.json}]", "outputs > 0 > path: lies in `a.json`, which"),
        ("outputs: [{path: x/altpress.yml/a.json}, {path: altpress.yml/a.json}]", "lies in `altpress.yml`"),
        ("outputs: [{clients: [altstor]}]", "(did you mean `altstore`?)"),
        ("outputs: [{clients: [altstore-3]}]", "must be one of 'altstore', 'altstore-2.0'"),
        ("outputs: [{clients: [altstore-pal]}]", "no app has a `marketplace-id`"),
        ("outputs: [{clients: [altstore-pal, altstore]}]", "needs an output of its own"),
        ("language: '!!'", "is no language such as `de`"),
        ("descriptions: {de: x}", "needs `description` too"),
        ("description: y\ndescriptions: {en: x}", "is the catalog's language"),
        ("outputs: [{clients: []}]", "clients: must not be empty"),
        ("featured-apps: [ap]", "featured-apps > 0: names no app of this catalog (did you mean `app`?)"),
        (
            "news: [{identifier: a, date: 2026-11-22, title: t, caption: c, app: x}]",
            "news > 0 > app: names no app",
        ),
        (
            "news: [{identifier: a, date: 22.11.2026, title: t, caption: c}]",
            "news > 0 > date: must be `YYYY-MM-DD`",
        ),
        ("news: [{identifier: a, date: 2026-02-30, title: t, caption: c}]", "is no day of the calendar"),
        ("news: [{identifier: a}]", "news > 0 > caption: is missing and required"),
        ("news: 5", "news: must be a list"),
        ("name: again", "line 4, name: is given twice; the first is in line 1"),
        ("icon: !!python/name:os.system x", "the tag"),
        ("icon: *nothing", "`*nothing` stands for nothing"),
        ("hashes: 1", "hashes: must be `true` or `false`"),
        ("wrapped: true", "line 4, wrapped: is no key here"),
    ],
)
def test_a_wrong_line(line, said):
    found = problems(MINIMAL + line + "\n")
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("asset: x", "line 4, apps > 0 > asset: is no key here (did you mean `assets`?)"),
        ("assets: '*.ipa'", "apps > 0 > assets: must be a list"),
        ("assets: []", "apps > 0 > assets: must not be empty"),
        ("assets: ['']", "apps > 0 > assets > 0"),
        ("assets: ['[a.ipa']", "has a `[` without its `]`"),
        ("assets: ['[!]x.ipa']", "has a `[` without its `]`"),
        ("assets: ['!*.ipa']", "only excludes"),
        ("prereleases: no", "must be one of 'exclude', 'include' or 'only'"),
        ("bundle-id: com acme", "must be a bundle ID"),
        ("category: game", "(did you mean `games`?)"),
        ("keep: 0", "keep: must be at least 1"),
        ("keep: true", "keep: must be a whole number"),
        ("keep: '5'", "keep: must be a whole number"),
        ("download-url: https://x.example/{version}", "unknown placeholder"),
        ("download-url: https://x.example/{tag", "has a lone brace"),
        ("download-url: https://x.example/{tag.x}", "unknown placeholder"),
        ("screenshots: [{url: https://x.example/1.png, device: ipad}]", "needs `width` and `height`"),
        ("screenshots: [5]", "screenshots > 0: must be a mapping"),
        ("id: a b", "apps > 0 > id: may hold letters"),
        ("wrapped: true", "line 4, apps > 0 > wrapped: needs a `download-url`: clients cannot open a zip"),
        ("wrapped: yes", "wrapped: must be `true` or `false`"),
        ("hashes: true", "apps > 0 > hashes: is no key here"),
    ],
)
def test_a_wrong_line_of_an_app(line, said):
    found = problems(MINIMAL + f"    {line}\n")
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "is empty"),
        ("- a\n", "must be a mapping of keys"),
        ("apps: [\n", "is no YAML"),
        ("name: a\n---\nname: b\n", "second YAML document"),
        ("a: \x00", "characters that YAML forbids"),
        ("[" * 100_000, "nested deeper than"),
        ("name: " + "x" * 1024 * 1024, "the file is larger than 1 MiB"),
        ("{[a]: b}", "a key must be plain text"),
        ("a: &a [*a]", "stands for nothing that is complete"),
        ("name: Acme\napps: [5]", "apps > 0: must be a mapping"),
        ("name: Acme\napps: [{repository: acme}]", "must be `owner/name`"),
        ("name: Acme", "apps: is missing and required"),
        ("a: [" + "x," * 30_000 + "]", "holds more than 20,000 values"),
    ],
)
def test_what_is_no_catalog(text, said):
    found = problems(text)
    assert any(said in problem for problem in found), found


def test_an_alias_counts_as_what_it_stands_for():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for name, before in zip("bcdef", "abcde", strict=True):
        bomb += f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    assert any("holds more than" in problem for problem in problems(bomb))


def test_an_alias_may_save_typing():
    catalog = parse_catalog("name: &n Acme\nsubtitle: *n\napps: []\n")
    assert catalog.subtitle == "Acme"


def test_every_problem_at_once_with_its_line():
    found = problems("name: 5\nicon: x\napps:\n  - repository: a/b\n    keep: many\n  - repository: A/b\n")
    assert [problem.split(":")[0] for problem in found] == [
        "line 1, name",
        "line 2, icon",
        "line 5, apps > 0 > keep",
        "line 6, apps > 1 > assets",
        "line 6, apps > 1 > id",
    ]


def test_the_error_tells_the_maintainer():
    with pytest.raises(BadCatalog) as caught:
        parse_catalog("name: 5\napps: []\nicon: x\n")
    assert caught.value.tell is Tell.MAINTAINER
    assert caught.value.public.endswith("(and 1 more)")


def test_two_apps_of_one_repository_need_ids_and_other_files():
    text = "name: A\napps:\n  - {repository: a/b, assets: [x]}\n  - {id: c, repository: a/b, assets: [y]}\n"
    assert [app.id for app in parse_catalog(text).apps] == ["b", "c"]


def test_foreign_text_in_messages_is_one_bounded_line():
    found = problems('name: A\napps: []\n? "' + "k" * 500 + '\\n\\e"\n: x\n')
    assert all(len(problem) < 600 and problem.isprintable() for problem in found)


# ---- which files feed an app ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assets", "name", "fits"),
    [
        ('["*.ipa"]', "App.ipa", True),
        ('["*.ipa"]', "App.IPA", True),
        ('["*.ipa"]', "App.ipa.sha256", False),
        ('["*.ipa", "!*-debug*"]', "App-Debug.ipa", False),
        ('["App-[0-9].ipa"]', "App-1.ipa", True),
        ('["App-[0-9].ipa"]', "App-x.ipa", False),
        ('["a?c.ipa"]', "abc.ipa", True),
    ],
)
def test_match_asset(assets, name, fits):
    assert match_asset(app_of(f"assets: {assets}").apps[0], name) is fits


def test_a_hostile_glob_takes_no_time():
    app = app_of('assets: ["' + "*a" * 90 + '.ipa"]').apps[0]
    assert not match_asset(app, "a" * 250)


@pytest.mark.parametrize(
    ("lines", "release", "wanted"),
    [
        ("", Release(), True),
        ("", Release(draft=True), False),
        ("", Release(prerelease=True), False),
        ("prereleases: include", Release(prerelease=True), True),
        ("prereleases: include", Release(), True),
        ("prereleases: only", Release(), False),
        ("prereleases: only", Release(prerelease=True), True),
        ("prereleases: only", Release(prerelease=True, draft=True), False),
        ('tags: "v*"', Release(tag="1.0"), False),
        ('tags: "!*-rc*"', Release(tag="v1.0-rc1"), False),
        ('tags: "!*-rc*"', Release(tag="v1.0"), True),
    ],
)
def test_wants_release(lines, release, wanted):
    assert wants_release(app_of(lines).apps[0], release) is wanted


def test_a_file_feeds_the_first_app_that_takes_it():
    lite, full = "{id: lite, repository: Acme/App, assets: ['*Lite*']}", "{id: full, repository: acme/app}"
    catalog = parse_catalog(f"name: A\napps:\n  - {lite}\n  - {full}\n")
    found = [find_app(catalog, Release(), name) for name in ("ALite.ipa", "A.ipa")]
    assert [app.id for app in found if app] == ["lite", "full"]
    assert find_app(catalog, Release(repository=Repository("other/app")), "A.ipa") is None


def test_tags_are_matched_exactly():
    assert not match_tag(app_of('tags: "V*"').apps[0], "v1")


def test_download_url_is_github_s_own_without_a_template():
    assert download_url(app_of().apps[0], Release(), Asset()) == Asset().download_url


@pytest.mark.parametrize(
    ("file", "expected"), [(None, "Acme%201.zip/Acme%201.zip"), ("A/ü.ipa", "Acme%201.zip/A%2F%C3%BC.ipa")]
)
def test_a_template_names_the_ipa_inside_of_a_zip(file, expected):
    app = app_of("wrapped: true\ndownload-url: https://cdn.example/{asset}/{file}").apps[0]
    assert app.wrapped
    found = download_url(app, Release(), Asset("Acme 1.zip"), file)
    assert found == f"https://cdn.example/{expected}"


def test_the_schema_knows_that_a_wrapped_app_needs_an_address():
    def errors(**app):
        document = {"name": "A", "apps": [{"repository": "acme/app", **app}]}
        return [
            error.message for error in jsonschema.Draft202012Validator(build_schema()).iter_errors(document)
        ]

    assert errors(wrapped=True) == ["'download-url' is a required property"]
    assert errors(wrapped=False) == errors(wrapped=True, **{"download-url": "https://x/{file}"}) == []


def test_a_tag_cannot_change_the_shape_of_a_template():
    app = app_of("download-url: https://cdn.example/{owner}/{name}/{tag}/{asset}").apps[0]
    release, asset = Release(tag="../../x?y#z"), Asset(name="A b.ipa")
    assert download_url(app, release, asset) == "https://cdn.example/acme/app/..%2F..%2Fx%3Fy%23z/A%20b.ipa"


# ---- what editors and the documentation say --------------------------------------------------------------


def test_the_schema_in_docs_is_the_generated_one():
    assert json.loads((DOCS / "catalog.schema.json").read_text(encoding="utf-8")) == build_schema()


def test_the_schema_takes_what_the_parser_takes():
    jsonschema.Draft202012Validator.check_schema(build_schema())
    jsonschema.validate(yaml.load(FULL, Loader=yaml.BaseLoader) | _typed(FULL), build_schema())


def _typed(text: str) -> dict:
    """The document with numbers and booleans, but dates as text, as editors read YAML 1.2."""
    return json.loads(json.dumps(plain_value(parse_tree(text)[0])))


def test_the_documentation_names_every_key_and_its_examples_are_catalogs():
    text, schema = (DOCS / "catalog.md").read_text(encoding="utf-8"), build_schema()
    for model in ("Catalog", "App", "Output", "News", "Screenshot"):
        properties = schema["properties"] if model == "Catalog" else schema["$defs"][model]["properties"]
        assert [key for key in properties if f"`{key}`" not in text] == []
    examples = [block.split("```")[0] for block in text.split("```yaml\n")[1:]]
    assert examples
    for example in examples:
        parse_catalog(example)


def test_a_catalog_of_thousands_of_faults_is_refused_at_once() -> None:
    apps = "".join(f"- {{id: application-{i:05d}, repository: a/b{i}}}\n" for i in range(2000))
    featured = "".join(f"- aplication-{i:05d}\n" for i in range(5000))
    began = time.process_time()
    with pytest.raises(BadCatalog) as caught:
        parse_catalog(f"name: x\napps:\n{apps}featured-apps:\n{featured}")
    assert time.process_time() - began < 10
    assert "and 5000 more" in str(caught.value)
    assert all(len(problem.message) < 2000 for problem in caught.value.problems)


def test_a_template_survives_half_a_surrogate_pair() -> None:
    address = expand_template(
        "https://x.example/{tag}/{asset}", repository="a/b", tag="\ud800", asset="é.ipa"
    )
    assert address == "https://x.example/%3F/%C3%A9.ipa"
