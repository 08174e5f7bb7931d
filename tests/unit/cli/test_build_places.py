"""`altpress build`: where it writes, what its sidecars may hold, and what it warns of."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.build import command
from bot.cli.build_sidecar import BadSidecar, Sidecar, parse_sidecar
from tests.builders import app_members, make_ipa, zip_bytes

CATALOG = "name: Acme\nbase-url: https://acme.example/src/\napps:\n  - repository: acme/app\n"
OLD, NEW = {"date": "2026-01-01", "tag": "v1"}, {"date": "2026-02-01", "tag": "v2"}
Build = Callable[..., Result]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def run(files: dict[str, Any], *more: str, out: Path | None = None, catalog: str = CATALOG) -> Result:
        (tmp_path / "altpress.yml").write_text(catalog)
        (tmp_path / "assets").mkdir()
        for name, data in files.items():
            content = data if isinstance(data, bytes) else json.dumps(data).encode()
            (tmp_path / "assets" / name).write_bytes(content)
        places = ["--catalog", tmp_path / "altpress.yml", "--assets", tmp_path / "assets", "--out"]
        return CliRunner().invoke(command, [*map(str, [*places, out or tmp_path / "out"]), *more])

    return run


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc on this system")
def test_an_output_that_cannot_be_made_is_a_sentence(build: Build) -> None:
    result = build({"a.ipa": make_ipa()}, out=Path("/proc/x"))
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("altpress: /proc/x/apps.json cannot be written: ")


def test_an_output_that_is_a_folder_is_a_sentence(build: Build, tmp_path: Path) -> None:
    (tmp_path / "out" / "apps.json").mkdir(parents=True)
    result = build({"a.ipa": make_ipa()})
    assert (result.exit_code, "cannot be written: Is a directory" in result.stderr) == (2, True)


def test_what_clients_fail_on_is_a_warning(build: Build) -> None:
    result = build({"a.ipa": zip_bytes(app_members(info={"CFBundleShortVersionString": "1.0"})[:1])})
    assert result.exit_code == 0
    assert "a.ipa: warning: There is no executable in Payload/Acme.app." in result.stderr.splitlines()


@pytest.mark.parametrize(("files", "status"), [({}, 0), ({"b.ipa": b"no"}, 1)])
def test_strict_asks_for_every_file(build: Build, files: dict[str, bytes], status: int) -> None:
    assert build({"a.ipa": make_ipa(), **files}, "--strict").exit_code == status


def test_without_strict_what_is_left_out_changes_nothing(build: Build) -> None:
    assert build({"a.ipa": make_ipa(), "b.ipa": b"no"}).exit_code == 0


def test_whose_bundle_id_an_app_takes_is_told(build: Build) -> None:
    other = {f"{n}.ipa": make_ipa(bundle_identifier="com.other", version=n) for n in ("2", "3")}
    sidecars = {"1.ipa.json": OLD, "2.ipa.json": NEW, "3.ipa.json": NEW | {"tag": "v3"}}
    result = build({"1.ipa": make_ipa(), **other, **sidecars})
    told = [line for line in result.stderr.splitlines() if line.startswith("The bundle ID of app")]
    assert (result.exit_code, len(told)) == (0, 1)
    assert "com.acme.app, is taken from 1.ipa, the oldest of its files; 2 with other IDs left out." in told[0]


def test_one_bundle_id_is_no_news(build: Build) -> None:
    assert "The bundle ID" not in build({"1.ipa": make_ipa(), "2.ipa": make_ipa(version="2")}).stderr


def test_names_cannot_steer_the_terminal(build: Build) -> None:
    result = build({"a\x1b[31m.ipa": make_ipa(), "b\x1b[31m.ipa": b"no", "c\x1b[31m.json": {}})
    assert "\x1b" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"tag": 1}', "tag: must be text, in quotes"),
        (b'{"tag": ""}', "tag: must not be empty"),
        (b'{"prerelease": "no"}', "prerelease: must be true or false, without quotes"),
        (b'{"notes": []}', "notes: must be text, in quotes"),
        (b'{"tag": "%s"}' % (b"x" * 251), "tag: is too long: at most 250 characters"),
        (b'{"date": "x"}', "date: must be a date, such as 2026-11-22 or 2026-11-22T21:48:16Z"),
        (b'{"url": "http://x.example/"}', "url: must begin with `https://`"),
        (b'{"\\u001b[31m": 1}', "\ufffd[31m: is no key here; allowed: tag, date, notes, url, prerelease"),
        (b'{"tag": "v1", "tag": "v2"}', "tag: is given twice"),
        (b"[]", "must be an object, in braces"),
    ],
)
def test_a_wrong_sidecar_is_told_with_the_key(data: bytes, said: str) -> None:
    with pytest.raises(BadSidecar) as caught:
        parse_sidecar(data)
    assert str(caught.value) == f"its .json: {said}"


def test_blanks_in_an_address_are_encoded() -> None:
    sidecar = parse_sidecar('{"url": "https://x.example/My App é%20.ipa"}'.encode())
    assert sidecar == Sidecar(url="https://x.example/My%20App%20%C3%A9%20.ipa")
