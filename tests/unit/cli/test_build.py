"""`altpress build`, over real small IPAs."""

import hashlib
import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from bot.cli.build import command
from bot.clients import check_source
from tests.builders import make_ipa

CATALOG = "name: Acme\nbase-url: https://acme.example/src/\napps:\n  - repository: acme/app\n"


@pytest.fixture
def build(tmp_path):
    (tmp_path / "assets").mkdir()

    def run(catalog=CATALOG, files=None):
        (tmp_path / "altpress.yml").write_text(catalog)
        for name, data in (files or {}).items():
            path = tmp_path / "assets" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        places = [str(tmp_path / part) for part in ("altpress.yml", "assets", "out")]
        return CliRunner().invoke(
            command, ["--catalog", places[0], "--assets", places[1], "--out", places[2]]
        )

    run.out = tmp_path / "out"
    return run


def source(build, path="apps.json"):
    return json.loads((build.out / path).read_text(encoding="utf-8"))


def test_a_folder_of_ipas_becomes_a_source(build):
    sidecar = {"tag": "first", "date": "2026-01-02", "notes": "## Hi", "prerelease": False}
    result = build(
        files={
            "Acme-1.ipa": make_ipa(version="1.0"),
            "Acme-1.ipa.json": sidecar,
            "b/Acme-2.ipa": make_ipa(version="1.10"),
        }
    )
    assert result.exit_code == 0, result.output
    app = source(build)["apps"][0]
    assert [v["version"] for v in app["versions"]] == ["1.10", "1.0"]
    first = app["versions"][1]
    assert first["downloadURL"] == "https://github.com/acme/app/releases/download/first/Acme-1.ipa"
    assert (first["date"], first["localizedDescription"]) == ("2026-01-02", "Hi")
    assert first["size"] == len(make_ipa(version="1.0"))
    assert len(first["sha256"]) == 64
    icon = app["iconURL"].removeprefix("https://acme.example/src/")
    assert (build.out / icon).read_bytes().startswith(b"\x89PNG")
    assert check_source((build.out / "apps.json").read_bytes(), ["altstore", "sidestore", "feather"]) == []


def test_a_misnamed_file_beside_an_ipa_is_told(build):
    files = {"Acme.ipa": make_ipa(), "Acme.json": {"tag": "v9"}, "Acme.ipa.json": {"tag": "v1"}}
    result = build(files=files)
    assert "Acme.json: not read, for there is no Acme beside it." in result.output
    assert "Acme.ipa.json: not read" not in result.output


def test_pal_has_a_file_of_its_own(build):
    pal = (
        "outputs: [{path: apps.json}, {path: pal.json, clients: [altstore-pal]}]\napps:\n"
        '  - {repository: acme/app, marketplace-id: "12", adp-url: "https://x.example/{version}-{build}"}\n'
    )
    result = build("name: A\nbase-url: https://acme.example/\n" + pal, {"A.ipa": make_ipa(version="1.0")})
    assert result.exit_code == 0, result.output
    assert source(build, "pal.json")["apps"][0]["versions"][0]["downloadURL"].startswith(
        "https://x.example/1.0-"
    )
    assert "marketplaceID" not in source(build)["apps"][0]
    assert check_source((build.out / "pal.json").read_bytes(), ["altstore-pal"]) == []


def test_help_teaches(build):
    text = CliRunner().invoke(command, ["--help"]).output
    for word in ("Acme.ipa.json", "docs/catalog.md", '"tag": "v1.2"', "Exit status 1"):
        assert word in text


def test_twice_is_the_same(build):
    files = {"A.ipa": make_ipa(), "A.ipa.json": {"date": "2026-01-02"}}
    build(files=files)
    first = (build.out / "apps.json").read_bytes()
    build(files=files)
    assert (build.out / "apps.json").read_bytes() == first


def test_the_sidecar_s_address_comes_first(build):
    catalog = CATALOG + "    download-url: https://cdn.example/{tag}/{asset}\n"
    files = {
        "A.ipa": make_ipa(version="1"),
        "B.ipa": make_ipa(version="2"),
        "B.ipa.json": {"url": "https://x.example/b"},
    }
    build(catalog, files)
    urls = [v["downloadURL"] for v in source(build)["apps"][0]["versions"]]
    assert urls == ["https://x.example/b", "https://cdn.example/v1/A.ipa"]


@pytest.mark.parametrize("folder", ["", "two/"])
def test_apps_are_told_apart(build, folder):
    ids = "" if folder else ", bundle-id: com.acme.two"
    catalog = (
        "name: A\napps:\n  - {id: one, repository: acme/one, bundle-id: com.acme.app}\n"
        f"  - {{id: two, repository: acme/two{ids}}}\n"
    )
    files = {"A.ipa": make_ipa(), f"{folder}B.ipa": make_ipa(bundle_identifier="com.acme.two")}
    result = build(catalog, files)
    assert result.exit_code == 0, result.output
    assert [app["bundleIdentifier"] for app in source(build)["apps"]] == ["com.acme.app", "com.acme.two"]


@pytest.mark.parametrize(
    ("tags", "tag"), [("v*", "v1.0"), ("[0-9]*", "1.0"), ("acme-*", "acme-1.0"), ("acme-v*", "acme-v1.0")]
)
def test_a_tag_is_guessed(build, tags, tag):
    build(CATALOG + f'    tags: "{tags}"\n', {"A.ipa": make_ipa(version="1.0")})
    assert f"/download/{tag}/" in source(build)["apps"][0]["downloadURL"]


def test_a_prerelease_stays_out(build):
    files = {
        "A.ipa": make_ipa(version="1"), "B.ipa": make_ipa(version="2"), "B.ipa.json": {"prerelease": True},
    }  # fmt: skip
    result = build(files=files)
    assert [v["version"] for v in source(build)["apps"][0]["versions"]] == ["1"]
    said = "it is a prerelease (`prereleases` is `exclude`)"
    assert f"B.ipa: left out: no app of the catalog takes it (app: {said})" in result.stderr


CHANNELS = """name: Acme
base-url: https://acme.example/
outputs:
  - {path: apps.json, release-channels: {nightly: [nightly]}}
  - {path: beta.json, channels: [stable, beta]}
apps:
  - repository: acme/app
    tags: "v*"
    channels: [{channel: nightly, tags: nightly*}, {channel: beta, prereleases: true}]
  - {id: lab, repository: acme/lab, assets: [Lab*], channel: beta, prereleases: only}
"""


def test_files_go_to_their_channels(build):
    files = {
        "A.ipa": make_ipa(version="1.0.0"),
        "B.ipa": make_ipa(version="1.1.0"), "B.ipa.json": {"prerelease": True},
        "C.ipa": make_ipa(version="1.2.0"), "C.ipa.json": {"tag": "nightly-3"},
        "D.ipa": make_ipa(version="1.3.0"), "D.ipa.json": {"tag": "x-3"},
        "lab/Lab.ipa": make_ipa(version="7.0", bundle_identifier="com.acme.lab"),
    }  # fmt: skip
    result = build(CHANNELS, files)
    assert result.exit_code == 0, result.output
    documents = [json.loads((build.out / name).read_bytes())["apps"] for name in ("apps.json", "beta.json")]
    listed = [[version["version"] for app in apps for version in app["versions"]] for apps in documents]
    assert listed == [["1.0.0"], ["1.1.0", "1.0.0", "7.0"]]
    tracks = documents[0][0]["releaseChannels"]
    assert [(track["track"], track["releases"][0]["version"]) for track in tracks] == [
        ("stable", "1.0.0"), ("nightly", "1.2.0"),
    ]  # fmt: skip
    assert "C.ipa: used as app 1.2.0 (1)" in result.output
    said = "its tag x-3 does not fit `tags` (v*), and no entry of `channels` takes it"
    assert f"D.ipa: left out: no app of the catalog takes it (app: {said}; lab: its name" in result.output


def test_a_channel_that_no_output_lists_is_told(build):
    catalog = CHANNELS.replace("channels: [stable, beta]}", "channels: [beta]}").replace(
        "release-channels: {nightly: [nightly]}", "channels: [nightly]"
    )
    result = build(catalog, {"A.ipa": make_ipa(version="1.0.0")})
    assert "A.ipa: left out: no output lists app in the channel stable" in result.output


OTHER = make_ipa(bundle_identifier="com.other", version="2")


@pytest.mark.parametrize(
    ("catalog", "shown"),
    [
        (CATALOG + "    bundle-id: com.acme.app\n", 1),  # the other IPA is refused
        (CATALOG + "    bundle-id: com.acme.app\n    icon: https://acme.example/i.png\n", 0),
        ("name: Acme\napps:\n  - {repository: acme/app, bundle-id: com.acme.app}\n", 0),  # no public address
    ],
)
def test_only_pictures_that_the_source_shows_are_written(build, catalog, shown):
    assert build(catalog, {"A.ipa": make_ipa(version="1"), "B.ipa": OTHER}).exit_code == 0
    icons = [path.relative_to(build.out).as_posix() for path in build.out.rglob("*.png")]
    assert len(icons) == shown
    assert all(path in source(build)["apps"][0]["iconURL"] for path in icons)


def test_a_refused_ipa_leaves_no_picture(build):
    files = {"A.ipa": make_ipa(version="1"), "A.ipa.json": {"date": "2026-01-01"}, "B.ipa": OTHER}
    build(CATALOG, files)
    assert len(list(build.out.rglob("*.png"))) == 1


def test_each_file_has_its_line(build):
    dates = {f"{name}.ipa.json": {"date": f"2026-01-0{day}"} for day, name in enumerate("ABCDE", start=1)}
    files = {
        "A.ipa": make_ipa(version="1"), "B.ipa": make_ipa(version="2"), "C.ipa": make_ipa(version="2"),
        "D.ipa": make_ipa(version="3"), "E.ipa": OTHER, "F.zip": make_ipa(), "G.ipa": b"no zip",
        "sub/H.ipa": make_ipa(version="4"), "sub/H.ipa.json": {"tag": "beta-1"},
    }  # fmt: skip
    result = build(CATALOG + '    keep: 2\n    tags: "v*"\n', files | dates)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "C.ipa: used as app 2 (1)",
        "D.ipa: used as app 3 (1)",
        f"{build.out / 'apps.json'}: 1 app(s), 2 version(s)",
        "2 of 8 files used; 1 of 1 outputs written.",
    ]
    said = dict(line.split(": left out: ") for line in result.stderr.splitlines() if ": left out: " in line)
    assert said.keys() == {"A.ipa", "B.ipa", "E.ipa", "F.zip", "G.ipa", "sub/H.ipa"}
    assert said["A.ipa"] == "app keeps 2 (`keep`), and newer ones are there"
    assert said["B.ipa"] == "C.ipa is newer and has the same version and build"
    assert "has the bundle ID com.other, but the app's is com.acme.app" in said["E.ipa"]
    assert said["F.zip"] == "no app of the catalog takes it (app: its name does not fit `assets` (*.ipa))"
    assert said["sub/H.ipa"].endswith("(app: its tag beta-1 does not fit `tags` (v*))")


def test_an_output_with_nothing_in_it_is_told(build):
    outputs = "outputs:\n  - path: apps.json\n  - {path: old.json, archive: true}\napps:"
    result = build(CATALOG.replace("apps:", outputs, 1) + "    keep: 2\n", {"A.ipa": make_ipa(version="1")})
    assert result.exit_code == 0
    assert f"{build.out / 'old.json'}: not written, for there is no version to list in it.\n" in result.stderr
    assert "1 of 2 outputs written." in result.stdout


def test_guessed_addresses_are_told_once(build):
    files = {"A.ipa": make_ipa(version="1"), "B.ipa": make_ipa(version="2"), "C.ipa": OTHER}
    told = [line for line in build(files=files).stderr.splitlines() if line.startswith("Guessed")]
    assert len(told) == 1
    assert "addresses: 2, such as https://github.com/acme/app/releases/download/v1/A.ipa. " in told[0]
    assert "A file A.ipa.json beside A.ipa gives `tag`, `date`, `notes`, `url`" in told[0]


@pytest.mark.parametrize("sidecar", [{"tag": "v1"}, {"url": "https://x.example/a"}])
def test_what_a_sidecar_says_is_not_guessed(build, sidecar):
    result = build(files={"A.ipa": make_ipa(), "A.ipa.json": sidecar})
    assert "Guessed" not in result.output


def test_a_template_without_a_tag_needs_no_guess(build):
    result = build(CATALOG + "    download-url: https://cdn.example/{asset}\n", {"A.ipa": make_ipa()})
    assert "Guessed" not in result.output


@pytest.mark.parametrize(
    ("base_url", "identifier"),
    [
        ("https://acme.example/src/", "example.acme.src"),
        ("https://www.acme.example", "example.acme"),
        ("https://Acme.github.io/Source/", "com.github.acme.source"),
        ("https://acme.github.io/", "com.github.acme.acme.github.io"),
        ("https://raw.githubusercontent.com/acme/source/main/", "com.github.acme.source"),
        ("https://acme.example/a%20b", "example.acme.a-20b"),
    ],
)
def test_the_public_address_gives_the_identifier(build, base_url, identifier):
    catalog = CATALOG.replace("https://acme.example/src/", base_url)
    result = build(catalog, {"A.ipa": make_ipa()})
    assert source(build)["identifier"] == identifier
    assert "no identifier" not in result.output


def test_the_identifier_of_the_catalog_comes_first_and_none_is_told(build):
    build(CATALOG + "identifier: com.mine\n", {"A.ipa": make_ipa()})
    assert source(build)["identifier"] == "com.mine"
    plain = CATALOG.replace("base-url: https://acme.example/src/\n", "")
    assert "The source has no identifier" in build(plain, {"A.ipa": make_ipa()}).stderr
    assert "identifier" not in source(build)


def test_a_bad_file_does_not_stop_the_others(build):
    result = build(files={"A.ipa": make_ipa(), "B.ipa": b"no zip", "notes.txt": b"x", ".hidden.ipa": b"x"})
    assert result.exit_code == 0
    assert "B.ipa" in result.output
    assert "hidden" not in result.output


@pytest.mark.parametrize(
    ("catalog", "files", "said"),
    [
        ("nam: x\n", {}, "altpress.yml: line 1, nam: is no key here (did you mean `name`?)"),
        (CATALOG, {}, "Nothing was built"),
        (CATALOG, {"A.ipa": b"no zip"}, "Nothing was built"),
        (
            CATALOG,
            {"A.ipa": make_ipa(), "A.ipa.json": {"tags": "x"}},
            "allowed: tag, date, notes, url, prerelease",
        ),
        (CATALOG, {"A.ipa": make_ipa(), "A.ipa.json": {"date": "x"}}, "its .json: date: must be a date"),
        (CATALOG, {"A.ipa": make_ipa(), "A.ipa.json": {"url": "x"}}, "must begin with `https://`"),
        (CATALOG, {"A.ipa": make_ipa(), "A.ipa.json": b"{"}, "is no JSON object"),
        (CATALOG + "    bundle-id: com.other\n", {"A.ipa": make_ipa()}, "no app of the catalog takes it"),
        (
            CATALOG + "  - {id: b, repository: acme/b}\n",
            {"A.ipa": make_ipa()},
            "several apps would take it (app, b)",
        ),
        (CATALOG + '    tags: "x[ab]"\n', {"A.ipa": make_ipa()}, "its tag cannot be guessed"),
    ],
)
def test_what_ends_with_status_1(build, catalog, files, said):
    result = build(catalog, files)
    assert result.exit_code == 1
    assert said in result.output
    assert not (build.out / "apps.json").exists()


def zip_around(*ipas, method=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for number, ipa in enumerate(ipas):
            archive.writestr(f"build/Acme-{number}.ipa", ipa)
    return data.getvalue()


WRAPPED = CATALOG + (
    "    assets: ['*.ipa', '*.zip']\n    wrapped: true\n    download-url: https://cdn.example/{tag}/{asset}/{file}\n"
)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_around_an_ipa_is_built_as_the_ipa(build, method):
    ipa, plain = make_ipa(version="2.0"), make_ipa(version="1.0")
    result = build(WRAPPED, {"A.zip": zip_around(ipa, method=method), "B.ipa": plain})
    assert result.exit_code == 0, result.output
    new, old = source(build)["apps"][0]["versions"]
    assert (new["size"], new["sha256"]) == (len(ipa), hashlib.sha256(ipa).hexdigest())
    assert new["downloadURL"] == "https://cdn.example/v2.0/A.zip/Acme-0.ipa"
    assert (old["size"], old["sha256"]) == (len(plain), hashlib.sha256(plain).hexdigest())
    assert old["downloadURL"] == "https://cdn.example/v1.0/B.ipa/B.ipa"


@pytest.mark.parametrize(
    ("catalog", "data", "said"),
    [
        (CATALOG, zip_around(make_ipa()), "give the app wrapped: true and a download-url in the catalog."),
        (WRAPPED, zip_around(make_ipa(), make_ipa()), "The zip holds 2 IPAs"),
        (
            WRAPPED.replace("wrapped: true", "bundle-id: com.x\n    wrapped: true")
            + "  - {id: b, repository: acme/b, assets: ['*.zip']}\n",
            zip_around(make_ipa()),
            "b: it is a zip around an IPA, which only wrapped: true takes",
        ),
    ],
)
def test_why_a_zip_is_left_out(build, catalog, data, said):
    result = build(catalog, {"A.zip": data})
    assert "A.zip: left out: " in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize(
    ("stage", "gates", "keys"),
    [
        ("", "", None),
        ("", "    cooldown: 6h\n", "`cooldown` had"),
        ("  - path: staging.json\n    stage: true\n", "    approve: always\n", "`approve` and `stage` had"),
    ],
)
def test_nothing_waits_without_a_lock_and_that_is_told(build, stage, gates, keys):
    head = f"name: Acme\nbase-url: https://acme.example/src/\noutputs:\n  - path: apps.json\n{stage}"
    result = build(f"{head}apps:\n  - repository: acme/app\n{gates}", {"Acme.ipa": make_ipa(version="1.0")})
    assert result.exit_code == 0, result.output
    assert [v["version"] for v in source(build)["apps"][0]["versions"]] == ["1.0"]
    if stage:
        assert source(build, "staging.json") == source(build)
    assert ("Nothing waits here" in result.stderr) is (keys is not None)
    assert keys is None or keys in result.stderr
