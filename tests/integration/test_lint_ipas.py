"""`altpress lint --ipa`, where the file itself is wrong, and where the source is hard to match with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.lint import command
from bot.clients import CLIENTS
from tests.builders import Entry, app_members, make_ipa, zip_bytes
from tests.unit.lint.documents import BASE, source

ALTSIGN = ("altstore", "altstore-2.0", "sidestore")
APP = {
    "bundleIdentifier": "com.acme.app",
    "appPermissions": {"entitlements": ["get-task-allow"], "privacy": {}},
}
NAMELESS = {"CFBundleName": None, "CFBundleDisplayName": None}
PLAIN: dict[str, Any] = {"entitlements": {"get-task-allow": True}}


def lint(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def judge(folder: Path, document: object, ipa: bytes, *more: object, name: str = "a.ipa") -> dict[str, Any]:
    (folder / "apps.json").write_bytes(
        document if isinstance(document, bytes) else json.dumps(document).encode()
    )
    (folder / name).write_bytes(ipa)
    result = lint(folder / "apps.json", "--json", "--ipa", folder / name, *more)
    shown: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == ("reject" in shown["verdicts"].values())
    return shown


def everybody() -> list[str]:
    return [word for name in CLIENTS for word in ("--client", name)]


def said(shown: dict[str, Any], client: str) -> list[tuple[str, str]]:
    """What a client says about the file, as (code, severity)."""
    mine = [problem for problem in shown["problems"] if problem["client"] == client]
    return [(one["code"], one["severity"]) for one in mine if one["message"].startswith("a.ipa: ")]


BROKEN = {
    "no name": (make_ipa(info=NAMELESS), "invalidApp", "OperationError 1007"),
    "no identifier": (make_ipa(info={"CFBundleIdentifier": None}), "invalidApp", "OperationError 1007"),
    "no Info.plist": (zip_bytes([Entry("Payload/A.app/A", b"x")]), "invalidApp", "OperationError 1007"),
    "no app": (zip_bytes([Entry("Acme.app/Info.plist", b"x")]), "missingAppBundle", "AltSign: "),
    "an IPA in a zip": (zip_bytes([Entry("Acme.ipa", make_ipa())]), "missingAppBundle", "AltSign: "),
    "no archive": (b"no", "not_a_zip", "AltSign: "),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_ipa_is_refused_in_the_clients_words(tmp_path: Path, name: str) -> None:
    ipa, code, words = BROKEN[name]
    shown = judge(tmp_path, source(APP), ipa, *everybody())
    for client in ALTSIGN:
        assert said(shown, client) == [(code, "error")]
    mine = next(problem for problem in shown["problems"] if problem["code"] == code)
    assert mine["message"].startswith(f"a.ipa: {words}")
    assert mine["fix"]
    for client in ("feather", "livecontainer"):  # they ask for no name, and unpack no more than others
        assert [severity for _, severity in said(shown, client)] == [
            "warning" if name == "no name" else "error"
        ]
    assert said(shown, "altstore-pal") == []


@pytest.mark.parametrize(
    ("ipa", "code"),
    [
        (zip_bytes(app_members()[:1]), "executable_missing"),
        (zip_bytes([*app_members(), Entry("Payload/Acme.app/x", b"x", mode=0o100000)]), "no_permissions"),
        (zip_bytes([*app_members(), Entry("Payload/Acme.app/ü".encode("latin-1"), b"x")]), "name_not_utf8"),
        (zip_bytes(app_members(info={"CFBundleVersion": 5})), "not_text"),
        (zip_bytes(app_members(), promised=1), "members_hidden"),
    ],
)
def test_what_makes_clients_fail_is_a_warning(tmp_path: Path, ipa: bytes, code: str) -> None:
    shown = judge(tmp_path, source(APP), ipa, "--client", "altstore", "--client", "altstore-pal")
    assert (code, "warning") in said(shown, "altstore")
    assert said(shown, "altstore-pal") == []


@pytest.mark.parametrize("key", ['"sha256"', '"sh\\u0061256"', "sha256"])
def test_a_hash_is_compared_however_its_key_is_spelled(tmp_path: Path, key: str) -> None:
    text = json.dumps(source(APP, {"sha256": "0" * 64})).replace('"sha256"', key)
    shown = judge(tmp_path, text.encode(), make_ipa(**PLAIN))
    assert ("mismatchedHash", "error") in said(shown, "altstore")


def test_a_foreign_bundle_id_is_found_by_the_files_name(tmp_path: Path) -> None:
    document = source(
        APP | {"bundleIdentifier": "com.acme.one"}, {"downloadURL": "https://x.example/d/A%2D1.ipa?x=/"}
    )
    document["apps"].append(BASE["apps"][0] | {"bundleIdentifier": "com.acme.two"})
    ipa = make_ipa(**PLAIN)
    shown = judge(tmp_path, document, ipa, "--client", "altstore", "--client", "altstore-2.0", name="A-1.ipa")
    refused = {one["client"]: one for one in shown["problems"] if one["severity"] == "error"}
    assert refused["altstore"]["message"].startswith("A-1.ipa: VerificationError 101: ")
    assert refused["altstore-2.0"]["message"].startswith("A-1.ipa: VerificationError 1: ")
    assert refused["altstore"]["path"] == "apps > 0 > bundleIdentifier"
    twice = source(APP | {"bundleIdentifier": "com.acme.one"}, {"downloadURL": "https://x.example/d/A-1.ipa"})
    twice["apps"].append(twice["apps"][0] | {"bundleIdentifier": "com.acme.two"})
    assert judge(tmp_path, twice, ipa, name="A-1.ipa")["verdicts"] == {
        "altstore": "accept"
    }  # either may be meant


def test_a_device_is_told_what_its_system_does(tmp_path: Path) -> None:
    document, ipa = source(APP, {"minOSVersion": "15.0"}), make_ipa(min_os_version="17.0", **PLAIN)
    assert judge(tmp_path, document, ipa)["verdicts"] == {"altstore": "accept"}
    shown = judge(tmp_path, document, ipa, "--device", "16.7")
    assert ("iOSVersionNotSupported", "error") in said(shown, "altstore")
    for wrong in (["--device", "16.7"], ["--device", "new", "--ipa", tmp_path / "a.ipa"]):
        assert lint(tmp_path / "apps.json", *wrong).exit_code == 2


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ('"name": "\\ud800"', True),
        ('"name": "\\udc00 x"', True),
        ('"name": "\\ud83d\\ude00"', False),
        ('"name": "S", "website": "https://e.x/\\ud800"', True),
        ('"name": "S", "zzz": ["\\ud800"]', False),  # nobody asks for it
        ('"name": "S", "\\ud800": 1', True),
        ("name: '\\ud800'", True),
    ],
)
def test_half_of_a_surrogate_pair(tmp_path: Path, text: str, refused: bool) -> None:
    (tmp_path / "apps.json").write_text(f'{{{text}, "apps": []}}')
    shown = json.loads(lint(tmp_path / "apps.json", "--json").stdout)
    errors = [(one["code"], one["path"]) for one in shown["problems"] if one["severity"] == "error"]
    assert errors == ([("dataCorrupted", "")] if refused else [])
    assert lint(tmp_path / "apps.json", "--diff").exit_code == int(refused)


def test_all_are_those_that_the_document_is_for(tmp_path: Path) -> None:
    path = tmp_path / "apps.json"
    path.write_text(json.dumps(BASE))
    assert lint(path, "--client", "all").exit_code == 0
    verdicts = json.loads(lint(path, "--client", "all", "--json").stdout)["verdicts"]
    assert list(verdicts) == [name for name in CLIENTS if name != "altstore-pal"]
    path.write_text(json.dumps(source({"marketplaceID": "123"}, {"buildVersion": "1"})))
    assert json.loads(lint(path, "--client", "all", "--json").stdout)["verdicts"] == {
        "altstore-pal": "accept"
    }


@pytest.mark.parametrize("flag", ["--diff", "--fix"])
def test_a_repair_writes_no_workflow_commands(tmp_path: Path, flag: str) -> None:
    path = tmp_path / "apps.json"
    text = json.dumps(source(website="", zzz="##[error]x"), indent=1)
    path.write_text(text.replace('"zzz"', '/*\n  ::error::x\n*/ "zzz"'))  # a line of its own, by a comment
    result = lint(path, flag, "--format", "github")
    lines = (result.stdout + result.stderr).splitlines()
    assert not [line for line in lines if "##[" in line and not line.startswith("::")]
    assert not [line for line in lines if line.strip().startswith("::") and "file=" not in line]
    assert any("##\\[error]x" in line for line in lines)


MANIFEST = {"bundleId": "com.ex.a", "appleItemId": "123", "shortVersionString": "1.0", "bundleVersion": "1"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"bundleVersion": "2"}, "VerificationError 105: "),
        ({"appleItemId": "0123"}, "VerificationError 102: "),
        ({"bundleId": "com.other"}, "VerificationError 101: "),
    ],
)
def test_the_manifest_of_a_package_is_compared(
    tmp_path: Path, change: dict[str, str], said: str | None
) -> None:
    bundle = BASE["apps"][0]["bundleIdentifier"]
    version = BASE["apps"][0]["versions"][0]["version"]
    manifest = MANIFEST | {"bundleId": bundle, "shortVersionString": version} | change
    (tmp_path / "pal.json").write_text(json.dumps(source({"marketplaceID": "123"}, {"buildVersion": "1"})))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    words = [tmp_path / "pal.json", "--manifest", tmp_path / "manifest.json", "--json"]
    for client in ("all", "altstore-pal"):
        result = lint(*words, "--client", client)
        errors = [
            one["message"] for one in json.loads(result.stdout)["problems"] if one["severity"] == "error"
        ]
        assert result.exit_code == bool(said)
        assert [message.startswith(f"manifest.json: {said}") for message in errors] == [True] * bool(said)
    assert lint(*words).exit_code == 2  # AltStore Classic installs no packages


def test_a_manifest_of_no_app_and_what_is_none(tmp_path: Path) -> None:
    document = source({"marketplaceID": "123"}, {"buildVersion": "1"})
    document["apps"].append(document["apps"][0] | {"bundleIdentifier": "com.ex.b", "marketplaceID": "124"})
    path, manifest = tmp_path / "pal.json", tmp_path / "manifest.json"
    path.write_text(json.dumps(document))
    words = [path, "--client", "altstore-pal", "--manifest", manifest, "--json"]
    manifest.write_text(json.dumps(MANIFEST | {"bundleId": "com.none", "appleItemId": "9"}))
    result = lint(*words)
    assert (result.exit_code, json.loads(result.stdout)["problems"][-1]["code"]) == (0, "notListed")
    for text in ("[]", "{"):
        manifest.write_text(text)
        assert lint(*words).exit_code == 2
