"""The cases at install level (I01 to I55 of the format's test cases) that an IPA decides, row by row.

A row makes the IPA of its situation and says what a source must hold so that the clients install it. What
the source's own values decide is tested where sources are checked.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import BadIpa
from bot.ipa import read_ipa
from bot.ipa.model import IpaInfo
from tests.builders import Extension, Signing, make_fat, make_ipa, make_macho

CAMERA = "NSCameraUsageDescription"


def read(data: bytes) -> IpaInfo:
    return read_ipa(io.BytesIO(data), size=len(data))


def lacks(*keys: str) -> bytes:
    return make_ipa(info=dict.fromkeys(keys))


def inside(folder: str, suffix: str = ".appex", name: str = "b") -> bytes:
    found = Extension("X", entitlements={name: False}, folder=folder, suffix=suffix)
    return make_ipa(entitlements={}, extensions=[found])


def slices(*signings: Signing | None) -> bytes:
    names = ("armv7", "arm64", "arm64e")
    parts = [
        (name, make_macho(architecture=name, signing=s)) for name, s in zip(names, signings, strict=False)
    ]
    return make_ipa(executable=make_fat(parts), privacy={CAMERA: "why"})


ROWS: list[tuple[str, Callable[[], bytes], dict[str, Any]]] = [
    ("I01", lambda: make_ipa(bundle_identifier="com.ex.b"), {"bundle_identifier": "com.ex.b"}),
    ("I01, other letters", lambda: make_ipa(bundle_identifier="com.Ex.A"), {"bundle_identifier": "com.Ex.A"}),
    ("I03", lambda: make_ipa(version="1.0.0"), {"version": "1.0.0"}),
    ("I03, other text", lambda: make_ipa(version="v1.0 "), {"version": "v1.0 "}),
    ("I05", lambda: lacks("CFBundleShortVersionString"), {"version": "1.0"}),
    (
        "I05, the build too",
        lambda: lacks("CFBundleShortVersionString", "CFBundleVersion"),
        {"version": "1.0"},
    ),
    ("I07", lambda: make_ipa(build_version="57"), {"build_version": "57"}),
    ("I07, no build", lambda: lacks("CFBundleVersion"), {"build_version": "1"}),
    ("I17", lambda: make_ipa(entitlements={"a": 1}, privacy={CAMERA: "x"}), {"entitlements": ("a",)}),
    ("a plug-in", lambda: inside("PlugIns"), {"entitlements": ("b",)}),
    ("I19", lambda: inside("Extensions"), {"entitlements": (), "entitlements_wider": ("b",)}),
    ("I19, in Watch", lambda: inside("Watch", ".app"), {"entitlements": (), "entitlements_wider": ("b",)}),
    (
        "I21",
        lambda: make_ipa(
            entitlements={"application-identifier": "x", "com.apple.developer.team-identifier": "x"}
        ),
        {"entitlements": (), "entitlements_wider": ()},
    ),
    (
        "I21, others",
        lambda: make_ipa(entitlements={"keychain-access-groups": ["x"], "aps-environment": "production"}),
        {"entitlements": ("aps-environment", "keychain-access-groups")},
    ),
    ("I23", lambda: make_ipa(entitlements={"get-task-allow": True}), {"entitlements": ("get-task-allow",)}),
    ("I25, the app alone", lambda: make_ipa(entitlements={"get-task-allow": False}), {"entitlements": ()}),
    (
        "I25",
        lambda: make_ipa(
            entitlements={"get-task-allow": False},
            extensions=[Extension("X", entitlements={"get-task-allow": True})],
        ),
        {"entitlements": (), "entitlements_wider": ()},
    ),
    (
        "I25, the extension alone",
        lambda: inside("PlugIns", name="get-task-allow"),
        {"entitlements": ("get-task-allow",)},
    ),
    ("I27", lambda: make_ipa(entitlements={"b": False}), {"entitlements": ("b",)}),
    ("I29", lambda: make_ipa(entitlements={"APS-Environment": 1}), {"entitlements": ("APS-Environment",)}),
    ("I31", lambda: make_ipa(privacy={CAMERA: "why"}), {"privacy": {CAMERA: "why"}}),
    (
        "a key that is not Apple's",
        lambda: make_ipa(privacy={"AcmeUsageDescription": "x"}),
        {"privacy": {"AcmeUsageDescription": "x"}},
    ),
    (
        "I35",
        lambda: make_ipa(info={"NSLocationTemporaryUsageDescriptionDictionary": {"a": "b"}}),
        {"privacy": {"NSLocationTemporaryUsageDescriptionDictionary": ""}},
    ),
    ("I37", lambda: make_ipa(privacy={"UsageDescription": "x"}), {"privacy": {}}),
    ("I39", lambda: make_ipa(info={"UIBackgroundModes": ["audio"]}), {"entitlements": (), "privacy": {}}),
    (
        "I41",
        lambda: make_ipa(signed=False, entitlements={"a": 1}, privacy={CAMERA: "why"}),
        {"signed": False, "entitlements": (), "privacy": {CAMERA: "why"}},
    ),
    (
        "I41, DER alone",
        lambda: make_ipa(executable=make_macho(signing=Signing("x", {"a": 1}, xml=False))),
        {"signed": True, "entitlements": (), "entitlements_wider": ("a",)},
    ),
    (
        "I43",
        lambda: slices(None, Signing("x", {"b": 1})),
        {"signed": True, "entitlements": ("b",), "privacy": {CAMERA: "why"}},
    ),
    (
        "I43, both slices",
        lambda: slices(Signing("x", {"a": 1}), Signing("x", {"b": 1})),
        {"entitlements": ("a",), "entitlements_wider": ("a", "b")},
    ),
    (
        "I43, signed without any",
        lambda: slices(Signing("x"), Signing("x", {"b": 1})),
        {"entitlements": ("b",)},
    ),
    ("I45", lambda: make_ipa(min_os_version="18"), {"min_os_version": "18"}),
    ("I45, absent", lambda: lacks("MinimumOSVersion"), {"min_os_version": None}),
    ("I51", lambda: make_ipa(min_os_version="iOS 18"), {"min_os_version": "iOS 18"}),
]


@pytest.mark.parametrize(("make", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_a_source_must_hold(make: Callable[[], bytes], expected: dict[str, Any]) -> None:
    info = read(make())
    assert {key: getattr(info, key) for key in expected} == expected
    assert set(info.entitlements) <= set(info.entitlements_wider)
    assert info.privacy.keys() <= info.privacy_wider.keys()


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        (["CFBundleName", "CFBundleDisplayName"], "no_name"),  # I55
        (["CFBundleIdentifier"], "no_bundle_identifier"),
    ],
)
def test_what_is_no_app(keys: list[str], code: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(lacks(*keys))
    assert caught.value.code == code
