"""`altpress inspect` as a person and a program run it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.inspect import command
from tests.builders import Extension, Signing, make_ipa, make_macho, zip_members
from tests.range_server import serve_file

KEYS = [
    *("ok", "bundle_identifier", "name", "version", "build_version", "min_os_version", "device_families"),
    *("size", "sha256", "architectures", "signed", "encrypted", "entitlements", "privacy"),
    *("entitlements_wider", "privacy_wider", "bundles", "icon", "problems"),
]


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def inspect_json(*arguments: object) -> dict[str, Any]:
    result = inspect("--json", *arguments)
    shown: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code == 0) is shown["ok"]
    return shown


@pytest.fixture
def ipa(tmp_path: Path) -> Path:
    path = tmp_path / "Acme"  # judged by content: no ending needed
    path.write_bytes(
        make_ipa(
            entitlements={"get-task-allow": True},
            privacy={"NSCameraUsageDescription": "To see."},
            extensions=[Extension("Share", entitlements={"b": [1]})],
        )
    )
    return path


def test_the_contract(ipa: Path) -> None:
    shown = inspect_json(ipa)
    assert list(shown) == KEYS
    assert shown["bundles"][1] == {
        "path": "Payload/Acme.app/PlugIns/Share.appex",
        "kind": "appex",
        "bundle_identifier": "com.acme.app.share",
        "version": "1.0",
        "build_version": "1",
        "entitlements": {"b": [1]},
        "privacy": {},
        "architectures": ["arm64"],
    }
    del shown["bundles"]
    assert shown == {
        "ok": True,
        "bundle_identifier": "com.acme.app",
        "name": "Acme",
        "version": "1.0",
        "build_version": "1",
        "min_os_version": "15.0",
        "device_families": [1, 2],
        "size": ipa.stat().st_size,
        "sha256": None,
        "architectures": ["arm64"],
        "signed": True,
        "encrypted": False,
        "entitlements": ["b", "get-task-allow"],
        "privacy": {"NSCameraUsageDescription": "To see."},
        "entitlements_wider": ["b", "get-task-allow"],
        "privacy_wider": {"NSCameraUsageDescription": "To see."},
        "icon": {"path": "Payload/Acme.app/AppIcon60x60@2x.png", "width": 120, "height": 120},
        "problems": [],
    }


def test_a_hash_reads_everything(ipa: Path) -> None:
    assert inspect_json(ipa, "--hash")["sha256"] == hashlib.sha256(ipa.read_bytes()).hexdigest()


def test_an_address_says_the_same_and_what_it_cost(ipa: Path) -> None:
    with serve_file(ipa.read_bytes()) as server:
        server.redirects["/latest"] = server.url()
        shown = inspect_json(server.url("/latest"), "--hash")
    transfer = shown.pop("transfer")
    assert shown == inspect_json(ipa, "--hash")
    assert transfer == {"requests": 2, "bytes": ipa.stat().st_size}


def test_values_that_json_has_no_word_for(tmp_path: Path) -> None:
    path = tmp_path / "odd.ipa"
    odd = {"data": b"\xff", "list": [1.5, {"x": "y"}]}
    path.write_bytes(make_ipa(executable=make_macho(signing=Signing("x", odd, der=False))))
    assert inspect_json(path)["bundles"][0]["entitlements"] == {"data": "ff", "list": [1.5, {"x": "y"}]}


def test_a_missing_executable(tmp_path: Path) -> None:
    path = tmp_path / "missing.ipa"
    path.write_bytes(make_ipa(info={"CFBundleExecutable": None}, icon=False))
    shown = inspect_json(path)
    assert (shown["ok"], shown["signed"], shown["architectures"], shown["icon"]) == (True, None, [], None)
    assert [(p["code"], p["severity"]) for p in shown["problems"]] == [("executable_missing", "error")]


def test_people_read_a_table_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "evil.ipa"
    path.write_bytes(make_ipa(info={"CFBundleDisplayName": "[red]Acme\x1b[31m"}))
    result = inspect(path)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "[red]Acme" in result.stdout
    assert "com.acme.app" in result.stdout


BAD = {
    "not_a_zip": b"text",
    "wraps_ipa": zip_members({"Acme.ipa": make_ipa()}),
    "no_app": zip_members({"Acme.app/Info.plist": b""}),
}


@pytest.mark.parametrize("code", BAD)
def test_what_is_no_ipa(tmp_path: Path, code: str) -> None:
    path = tmp_path / "bad.ipa"
    path.write_bytes(BAD[code])
    shown = inspect_json(path)
    assert shown == {"ok": False, "error": {"code": code, "message": shown["error"]["message"]}}
    for arguments in ((path,), (path, "--json")):
        assert inspect(*arguments).exit_code == 2
    assert inspect(path).stderr.startswith("altpress: ")


def test_the_permissions_are_ready_to_paste(ipa: Path) -> None:
    told = inspect(ipa, "--permissions").stdout
    member = told[told.index('"appPermissions": {') :]
    assert json.loads(f"{{{member}}}") == {
        "appPermissions": {
            "entitlements": ["b", "get-task-allow"],
            "privacy": {"NSCameraUsageDescription": "To see."},
        }
    }
    assert "appPermissions" not in inspect(ipa).stdout
    assert inspect(ipa, "--permissions", "--json").exit_code == 2


def test_the_permissions_cannot_steer_the_terminal(tmp_path: Path) -> None:
    text = "é \x1b[31m \u202e \U000e0001"
    (tmp_path / "a.ipa").write_bytes(make_ipa(privacy={"NSXUsageDescription": text.replace("\x1b", "")}))
    told = inspect(tmp_path / "a.ipa", "--permissions").stdout
    member = told[told.index('"appPermissions": {') :]
    assert member.replace("\n", "").isprintable()
    assert json.loads(f"{{{member}}}")["appPermissions"]["privacy"]["NSXUsageDescription"].startswith("é ")
