"""The clients' algorithm, rule by rule: spec 2.4 and 4.1 to 4.3 (VerifyAppOperation, ALTApplication)."""

import io
import struct
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import BadIpa
from bot.ipa import read_ipa
from bot.ipa.model import BundleKind, IpaInfo, Severity
from tests.builders import Entry, Extension, Signing, app_members, make_fat, make_ipa, make_macho, zip_bytes


def read(**arguments: Any) -> IpaInfo:
    data = make_ipa(**arguments)
    return read_ipa(io.BytesIO(data), size=len(data))


def codes(info: IpaInfo) -> list[str]:
    return [problem.code for problem in info.problems]


def signed(entitlements: dict[str, Any], **options: Any) -> bytes:
    return make_macho(signing=Signing("x", entitlements, **options))


def test_the_facts_of_the_app() -> None:
    info = read(
        name="Grüße 😀", version="1.2", build_version="34", device_families=(2,), min_os_version="16.1"
    )
    assert (info.bundle_identifier, info.name, info.version, info.build_version) == (
        "com.acme.app",
        "Grüße 😀",
        "1.2",
        "34",
    )
    assert (info.min_os_version, info.device_families, info.sha256) == ("16.1", (2,), None)
    assert (info.signed, info.encrypted, info.problems) == (True, False, ())


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"CFBundleShortVersionString": None}, {"version": "1.0"}),
        ({"CFBundleShortVersionString": ""}, {"version": ""}),
        ({"CFBundleShortVersionString": 2.5}, {"version": "2.5"}),
        ({"CFBundleShortVersionString": 1.0}, {"version": "1.0"}),
        ({"CFBundleShortVersionString": " 1.0\n"}, {"version": " 1.0\n"}),  # compared as it is
        ({"CFBundleShortVersionString": True}, {"version": "1.0"}),
        ({"MinimumOSVersion": 15}, {"min_os_version": "15"}),
        ({"MinimumOSVersion": 9.0}, {"min_os_version": "9.0"}),
        ({"MinimumOSVersion": ""}, {"min_os_version": ""}),
        ({"LSMinimumSystemVersion": "11", "MinimumOSVersion": None}, {"min_os_version": None}),
        ({"MinimumOSVersion~ipad": "11", "MinimumOSVersion": None}, {"min_os_version": None}),
        ({"CFBundleDisplayName": ""}, {"name": ""}),  # there, so the client asks no further
        ({"CFBundleDisplayName": ["x"]}, {"name": "Acme"}),
        ({"UIDeviceFamily": "2"}, {"device_families": (2,)}),
        ({"UIDeviceFamily": []}, {"device_families": ()}),
        ({"UIDeviceFamily": [1, 7, 4]}, {"device_families": (1, 7, 4)}),
        ({"CFBundleVersion": None}, {"build_version": "1"}),
        ({"CFBundleVersion": 7}, {"build_version": "7"}),
        ({"MinimumOSVersion": None}, {"min_os_version": None}),
        ({"UIDeviceFamily": None}, {"device_families": ()}),
        ({"UIDeviceFamily": 1}, {"device_families": (1,)}),
        ({"UIDeviceFamily": ["1", 2, "x", 2]}, {"device_families": (1, 2)}),
        ({"UIDeviceFamily": "9" * 5000}, {"device_families": ()}),
        ({"CFBundleDisplayName": None}, {"name": "Acme"}),
        ({"CFBundleDisplayName": "Shown"}, {"name": "Shown"}),
        ({"CFBundleName": None, "CFBundleDisplayName": "Shown"}, {"name": "Shown"}),
    ],
)
def test_what_the_client_assumes(info: dict[str, Any], expected: dict[str, Any]) -> None:
    found = read(info=info)
    assert {key: getattr(found, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"CFBundleIdentifier": None}, "no_bundle_identifier"),
        ({"CFBundleIdentifier": ["x"]}, "no_bundle_identifier"),
        ({"CFBundleName": None, "CFBundleDisplayName": None}, "no_name"),
    ],
)
def test_what_is_no_app_to_the_client(info: dict[str, Any], code: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(info=info)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("app", "plugin", "expected"),
    [
        ({"a": 1, "b": False}, None, ("a", "b")),  # values are irrelevant
        ({"a": 1}, {"b": 1}, ("a", "b")),
        ({"application-identifier": "x", "com.apple.developer.team-identifier": "x"}, None, ()),
        ({"com.app.developer.team-identifier": "x"}, None, ("com.app.developer.team-identifier",)),
        ({"keychain-access-groups": []}, None, ("keychain-access-groups",)),
        ({"get-task-allow": False}, None, ()),
        ({"get-task-allow": True}, None, ("get-task-allow",)),
        ({"get-task-allow": 0}, None, ("get-task-allow",)),  # a number is no boolean
        ({}, {"get-task-allow": False}, ("get-task-allow",)),
        ({"get-task-allow": False}, {"get-task-allow": True}, ()),
        (None, None, ()),
    ],
)
def test_entitlements(
    app: dict[str, Any] | None, plugin: dict[str, Any] | None, expected: tuple[str, ...]
) -> None:
    info = read(entitlements=app, extensions=[Extension("Share", entitlements=plugin)])
    assert info.entitlements == expected


def test_only_direct_plugins_are_examined() -> None:
    extensions = [
        Extension("A", entitlements={"direct": 1}, privacy={"NSADirectUsageDescription": "a"}),
        Extension("B", entitlements={"kit": 1}, privacy={"NSKitUsageDescription": "b"}, folder="Extensions"),
        Extension("C", entitlements={"nested": 1}, folder="PlugIns/A.appex/PlugIns"),
        Extension("D", entitlements={"watch": 1}, folder="Watch", suffix=".app"),
        Extension("E", entitlements={"deeper": 1}, folder="PlugIns/folder"),
        Extension("F", entitlements={"clip": 1}, folder="AppClips", suffix=".app"),
    ]
    info = read(entitlements={"app": 1}, extensions=extensions)
    assert info.entitlements == ("app", "direct")
    assert info.entitlements_wider == ("app", "clip", "deeper", "direct", "kit", "nested", "watch")
    assert info.privacy == {"NSADirectUsageDescription": "a"}
    assert info.privacy_wider == {"NSADirectUsageDescription": "a", "NSKitUsageDescription": "b"}
    assert {bundle.path.removeprefix("Payload/Acme.app"): bundle.kind for bundle in info.bundles} == {
        "": BundleKind.APP,
        "/PlugIns/A.appex": BundleKind.APPEX,
        "/Extensions/B.appex": BundleKind.APPEX,
        "/PlugIns/A.appex/PlugIns/C.appex": BundleKind.APPEX,
        "/Watch/D.app": BundleKind.WATCH,
        "/PlugIns/folder/E.appex": BundleKind.APPEX,
        "/AppClips/F.app": BundleKind.OTHER,
    }


@pytest.mark.parametrize("lacking", [["CFBundleIdentifier"], ["CFBundleName", "CFBundleDisplayName"]])
def test_a_plugin_that_is_no_app_to_the_client_is_skipped(lacking: list[str]) -> None:
    without: dict[str, Any] = dict.fromkeys(lacking)
    broken = Extension("A", entitlements={"a": 1}, privacy=without | {"NSAUsageDescription": "x"})
    info = read(extensions=[broken], files={"PlugIns/B.appex/Info.plist": b"nonsense <"})
    assert (info.entitlements, info.privacy) == ((), {})
    assert (info.entitlements_wider, info.privacy_wider) == (("a",), {"NSAUsageDescription": "x"})
    assert codes(info) == ["bad_plist"]


def test_a_plugin_counts_whatever_its_identifier_is() -> None:
    strange: dict[str, Any] = {"CFBundleIdentifier": ["x"]}
    info = read(extensions=[Extension("A", entitlements={"a": 1}, privacy=strange)])
    assert info.entitlements == ("a",)
    assert codes(info) == ["not_text"]


@pytest.mark.parametrize(
    ("folder", "suffix", "kind", "declared"),
    [
        ("PlugIns", ".appex", BundleKind.APPEX, True),
        (
            "PlugIns",
            ".APPEX",
            BundleKind.APPEX,
            True,
        ),  # the extension in any case (ALTApplication.mm:206-228)
        ("Plugins", ".appex", BundleKind.APPEX, False),  # the folder in this case alone: iOS tells them apart
        ("PlugIns/sub", ".appex", BundleKind.APPEX, False),
        ("Extensions", ".appex", BundleKind.APPEX, False),
        ("PlugIns", ".xctest", BundleKind.OTHER, False),
        ("Frameworks/F.framework/PlugIns", ".appex", BundleKind.APPEX, False),
        ("Watch", ".app", BundleKind.WATCH, False),
        ("com.apple.WatchPlaceholder", ".app", BundleKind.WATCH, False),
        ("PlugIns/Share WatchKit Extension.appex", ".app", BundleKind.WATCH, False),
        ("Watch/W.app/PlugIns", ".appex", BundleKind.APPEX, False),
        ("AppClips", ".app", BundleKind.OTHER, False),
        ("XPCServices", ".xpc", BundleKind.OTHER, False),
        ("SystemExtensions", ".systemextension", BundleKind.OTHER, False),
    ],
)
def test_every_bundle_inside_has_its_kind(folder: str, suffix: str, kind: BundleKind, declared: bool) -> None:
    inside = Extension("B", entitlements={"b": 1}, privacy={"NSBUsageDescription": "b"}, folder=folder)
    info = read(extensions=[replace(inside, suffix=suffix)])
    found = {bundle.path: bundle for bundle in info.bundles}[f"Payload/Acme.app/{folder}/B{suffix}"]
    assert (found.kind, found.bundle_identifier, found.entitlements) == (kind, "com.acme.app.b", {"b": 1})
    assert info.entitlements == (("b",) if declared else ())
    assert list(info.privacy) == (["NSBUsageDescription"] if declared else [])
    assert (info.entitlements_wider, info.privacy_wider) == (("b",), {"NSBUsageDescription": "b"})


def test_a_bundle_needs_a_name_before_its_dot() -> None:
    info = read(files={"PlugIns/.appex/Info.plist": b"x", "x.bundle/Info.plist": b"x"})
    assert len(info.bundles) == 1


def test_keys_for_one_kind_of_device() -> None:
    info = read(privacy={"NSAUsageDescription~ipad": "pad", "NSBUsageDescription": "b"})
    assert info.privacy == {"NSAUsageDescription~ipad": "pad", "NSBUsageDescription": "b"}
    assert info.privacy_wider == {**info.privacy, "NSAUsageDescription": "pad"}


@pytest.mark.parametrize(
    ("info", "wrong"),
    [
        ({"CFBundleVersion": 7}, "CFBundleVersion"),
        ({"CFBundleShortVersionString": 1.5, "MinimumOSVersion": 15}, "String, MinimumOSVersion"),
        ({"CFBundleIdentifier": 5}, "CFBundleIdentifier"),
        ({"CFBundleDisplayName": ["x"]}, "CFBundleDisplayName"),
    ],
)
def test_values_that_should_be_text_are_told(info: dict[str, Any], wrong: str) -> None:
    (problem,) = read(info=info).problems
    assert (problem.code, problem.severity) == ("not_text", Severity.ERROR)
    assert f"{wrong} of Payload/Acme.app" in problem.message


@pytest.mark.parametrize(
    ("platforms", "told"),
    [
        (["iossimulator"], "the iOS simulator"),
        (["macos", "maccatalyst"], "Mac Catalyst, macOS"),
        (["tvos"], "Apple TV"),
        (["ios", "iossimulator"], None),
        (["ios"], None),
    ],
)
def test_an_app_for_something_else_is_told(platforms: list[str], told: str | None) -> None:
    slices = [("arm64", make_macho(platform=platform)) for platform in platforms]
    info = read(executable=make_fat(slices))
    assert [p.message for p in info.problems] == (
        [f"The app is built for {told}, not for iOS."] if told else []
    )


@pytest.mark.parametrize("signing", [None, Signing("x")])
@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0, []), (16, []), (17, ["unsignable"]), (-1, ["unsignable"]), (4096, ["unsignable"])],
)
def test_what_ldid_cannot_sign_is_told(signing: Signing | None, gap: int, expected: list[str]) -> None:
    """AltStore's `ldid.cpp(1461): _assert(): end >= size - 0x10` (altstoreio/AltStore issue 1660)."""
    data = make_macho(signing=signing)
    at = data.index(struct.pack("<2I", 2, 24)) + 16
    strings, length = struct.unpack_from("<2I", data, at)
    moved = data[:at] + struct.pack("<I", strings - gap) + data[at + 4 :]
    assert strings + length == 0x4000 + 16
    assert codes(read(executable=moved)) == expected


def test_an_executable_that_is_a_link_is_not_followed() -> None:
    members = app_members()
    link = Entry(members[1].name, b"../../secret", mode=0o120777)
    data = zip_bytes([members[0], link, Entry("secret", make_macho())])
    info = read_ipa(io.BytesIO(data), size=len(data))
    assert (info.signed, info.architectures, codes(info)) == (None, (), ["executable_unreadable"])


@pytest.mark.parametrize(
    "data", [b"", b"\xcf", b"#!/bin/sh\nexit\n", b"!<arch>\n" + bytes(60), b"MZ" + bytes(99)]
)
def test_an_executable_of_another_kind(data: bytes) -> None:
    info = read(executable=data)
    assert (info.signed, info.architectures, codes(info)) == (None, (), ["executable_unreadable"])


@pytest.mark.parametrize("name", ["./Acme", "bin/../Acme", "bin/Acme"])
def test_an_executable_with_a_path(name: str) -> None:
    info = read(info={"CFBundleExecutable": name}, files={"Acme": make_macho(), "bin/Acme": make_macho()})
    assert info.architectures == (() if ".." in name else ("arm64",))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"a": 1}, {"b": 1}, ("a",)),  # the first slice wins
        (None, {"b": 1}, ("b",)),  # an unsigned or empty one is skipped
        ({}, {"b": 1}, ()),  # an empty dictionary is data all the same
    ],
)
def test_the_first_slice_with_data_wins(
    first: dict[str, Any] | None, second: dict[str, Any], expected: tuple[str, ...]
) -> None:
    slices = [
        (
            "armv7",
            make_macho(architecture="armv7", signing=Signing("x", first) if first is not None else None),
        ),
        ("arm64", signed(second)),
    ]
    info = read(executable=make_fat(slices))
    assert info.entitlements == expected
    assert info.architectures == ("armv7", "arm64")


def test_entitlements_in_der_alone_are_not_read_by_the_clients() -> None:
    info = read(executable=signed({"a": 1}, xml=False))
    assert (info.signed, info.entitlements, info.entitlements_wider) == (True, (), ("a",))
    assert codes(info) == ["entitlements_differ"]


def test_an_unsigned_app_declares_nothing() -> None:
    info = read(entitlements={"a": 1}, signed=False)
    assert (info.signed, info.entitlements, info.entitlements_wider) == (False, (), ())


def test_a_missing_executable() -> None:
    info = read(info={"CFBundleExecutable": "Other"}, files={"Other": b""}, icon=False)
    assert codes(info) == ["executable_unreadable"]
    info = read(info={"CFBundleExecutable": None})
    assert (info.signed, info.architectures, codes(info)) == (None, (), ["executable_missing"])


@pytest.mark.parametrize("name", ["../../x", "PlugIns/../Acme"])
def test_an_executable_elsewhere_is_missing(name: str) -> None:
    data = make_ipa()
    info = read(info={"CFBundleExecutable": name}, executable=data)
    assert "executable_missing" in codes(info)


def test_an_encrypted_app_is_told() -> None:
    info = read(executable=make_macho(signing=Signing(), cryptid=1))
    assert info.encrypted
    assert codes(info) == ["encrypted"]


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        ("NSCameraUsageDescription", True),
        ("AcmeUsageDescription", True),
        ("NSUsageDescription", True),  # NS is optional, so it is the text before
        ("UsageDescription", False),
        ("NSLocationTemporaryUsageDescriptionDictionary", True),
        ("NSCameraUsagedescription", False),
        ("NSCamera\nUsageDescription", False),
    ],
)
def test_privacy_keys(key: str, counts: bool) -> None:
    assert (key in read(privacy={key: "why"}).privacy) is counts


def test_privacy_texts() -> None:
    info = read(
        privacy={
            "NSAUsageDescription": "",
            "NSBUsageDescription": "app",
            "NSCUsageDescriptionDictionary": {"x": "y"},
        },
        extensions=[
            Extension(privacy={"NSAUsageDescription": "extension", "NSBUsageDescription": "extension"})
        ],
    )
    assert info.privacy == {
        "NSAUsageDescription": "extension",
        "NSBUsageDescription": "app",
        "NSCUsageDescriptionDictionary": "",
    }


def test_frameworks_are_listed_and_may_stay_unread() -> None:
    framework = Extension("Kit", entitlements={"f": 1}, folder="Frameworks", suffix=".framework")
    data = make_ipa(extensions=[framework])
    full = read_ipa(io.BytesIO(data), size=len(data)).bundles[1]
    brief = read_ipa(io.BytesIO(data), size=len(data), frameworks=False).bundles[1]
    assert (full.kind, full.architectures, full.entitlements) == (BundleKind.FRAMEWORK, ("arm64",), {})
    assert (brief.architectures, brief.bundle_identifier) == ((), full.bundle_identifier)
