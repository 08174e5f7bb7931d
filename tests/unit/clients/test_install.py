"""The rows of the install vectors, from a real IPA to the number that each client shows.

The ids are those of the shared vectors (I01, …); rows beside them follow from the same rules.
"""

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clients import build_verdicts, check_entry, check_install, check_update
from bot.ipa import read_ipa
from bot.ipa.model import Severity
from tests.builders import Extension, Signing, make_fat, make_ipa, make_macho
from tests.unit.clients.documents import BASE, changed

CLIENTS = ("altstore-2.0", "altstore", "sidestore")
OTHERS = ("altstore-pal", "feather", "livecontainer")
NONE = (None, None, None)
PUSH = {"aps-environment": "production"}
CAMERA = {"NSCameraUsageDescription": "To scan."}
DEBUG_ON, DEBUG_OFF = {"get-task-allow": True}, {"get-task-allow": False}
KEYS = [
    *BASE["apps"][0], *BASE["apps"][0]["versions"][0], "entitlements", "privacy", "releaseChannels", "track",
    "releases", "appPermissions", "buildVersion", "minOSVersion", "maxOSVersion", "sha256",
]  # fmt: skip
DEBUGGED = [Extension(entitlements=DEBUG_ON)]
APPEX = [Extension(entitlements=PUSH, privacy=CAMERA)]
MISSING = (6, 201, 6)  # in a source whose version is 2; SideStore does not look at others


def ipa(**given):
    """What is in an IPA that fits BASE but for what is given."""
    data = make_ipa(**{"bundle_identifier": "com.ex.a", "icon": False, "min_os_version": "14.0", **given})
    return read_ipa(io.BytesIO(data), size=len(data), sha256=hashlib.sha256(data).hexdigest())


def source(app=None, version=None, without=(), permissions=None, number=2):
    """BASE at SideStore's `version` 2, changed."""
    app = (app or {}) | ({"appPermissions": permissions} if permissions is not None else {})
    return changed(source={"version": number}, app=app, version=version, without=without)


def declaring(entitlements):
    return source(permissions={"entitlements": entitlements})


def explaining(privacy):
    return source(permissions={"privacy": privacy})


def numbers(document, info, device=None):
    """The number of the first error that each of CLIENTS shows."""
    found = []
    for client in CLIENTS:
        problems = check_install(document, info, [client], device=device)
        errors = [p.message for p in problems if p.severity is Severity.ERROR]
        found.append(int(errors[0].split(": ")[0].removeprefix("VerificationError ")) if errors else None)
    return tuple(found)


@pytest.mark.parametrize(
    ("row", "document", "given", "expected"),
    [
        ("I01", source(), {"bundle_identifier": "com.ex.b"}, (1, 101, None)),
        ("beside I01", source(), {"bundle_identifier": "com.ex.A"}, (1, 101, None)),
        ("I03", source(), {"version": "1.0.0"}, (4, 104, 4)),
        ("beside I03", source(), {"version": None}, NONE),
        ("I05", source(version={"version": "2.0"}), {"version": None}, (4, 104, 4)),
        ("beside I05", source(version={"buildVersion": "56"}), {"build_version": "57"}, (5, 105, 5)),
        ("I07", source(), {"build_version": "57"}, NONE),
        ("I07", source(version={"buildVersion": ""}), {"build_version": "57"}, NONE),
        ("beside I07", source(version={"buildVersion": "1"}), {"build_version": None}, NONE),
        ("I09", source(version={"version": "9", "buildVersion": "8"}), {}, (4, 104, 5)),
        ("beside I09", source(version={"sha256": "0" * 64, "version": "9"}), {}, (3, 103, 3)),
        ("beside I11", source(version={"sha256": ""}), {}, (3, 103, 3)),
        ("I13", source(version={"sha256": None}), {}, NONE),
        ("I15", source(version={"size": 1}), {}, NONE),
        ("beside I15", declaring([]), {"entitlements": PUSH}, MISSING),
        ("beside I15", declaring(["aps-environment"]), {"entitlements": PUSH}, NONE),
        ("I17", source(), {"entitlements": PUSH}, MISSING),
        ("I17", source(), {"privacy": CAMERA}, MISSING),
        ("I17", source(app={"appPermissions": None}), {"privacy": CAMERA}, MISSING),
        ("I17", source(number=1), {"entitlements": PUSH}, (6, 201, None)),
        ("I17", source(number=None), {"entitlements": PUSH}, (6, 201, None)),
        ("I17", source(number=3), {"entitlements": PUSH}, MISSING),
        ("beside I17", source(), {"extensions": [Extension(entitlements=PUSH)]}, MISSING),
        ("beside I17", declaring(["aps-environment"]), {"extensions": APPEX}, MISSING),
        ("I19", source(), {"extensions": [Extension(entitlements=PUSH, folder="Extensions")]}, NONE),
        ("I21", source(), {"entitlements": {
            "application-identifier": "T.com.ex.a", "com.apple.developer.team-identifier": "T",
        }}, NONE),
        ("beside I21", source(), {"entitlements": {"keychain-access-groups": ["T.*"]}}, MISSING),
        ("beside I21", source(), {"entitlements": {"com.app.developer.team-identifier": "T"}}, MISSING),
        ("I23", source(), {"entitlements": DEBUG_ON}, MISSING),
        ("beside I23", source(), {"entitlements": DEBUG_OFF}, NONE),
        ("I25", source(), {"entitlements": DEBUG_OFF, "extensions": DEBUGGED}, NONE),
        ("beside I25", source(), {"extensions": [Extension(entitlements=DEBUG_OFF)]}, MISSING),
        ("I27", source(), {"entitlements": {"aps-environment": False}}, MISSING),
        ("beside I27", declaring({"aps-environment": None}), {"entitlements": PUSH}, NONE),
        ("beside I27", declaring([{"name": "aps-environment"}]), {"entitlements": PUSH}, NONE),
        ("I29", source(permissions={"entitlements": ["APS-Environment"]}), {"entitlements": PUSH}, MISSING),
        ("I29", source(permissions={"privacy": {"aps-environment": "x"}}), {"entitlements": PUSH}, MISSING),
        ("beside I29", explaining({"NSCameraUsageDescription": "other"}), {"privacy": CAMERA}, NONE),
        ("beside I29", declaring(["NSCameraUsageDescription"]), {"privacy": CAMERA}, MISSING),
        ("I31", source(permissions={"privacy": {"Camera": "x"}}), {"privacy": CAMERA}, NONE),
        ("I31", source(permissions={"privacy": {"camera": "x"}}), {"privacy": CAMERA}, MISSING),
        ("beside I31", source(permissions={"privacy": [{"name": "Camera", "usageDescription": "x"}]}),
         {"privacy": CAMERA}, NONE),
        ("I33", explaining([{"name": "NSCameraUsageDescription", "usageDescription": "x"}]),
         {"privacy": CAMERA}, MISSING),
        ("beside I33", explaining({}), {"privacy": {"NSCameraUsageDescription": ""}}, MISSING),
        ("I35", source(), {"info": {"NSLocationTemporaryUsageDescriptionDictionary": {"a": "b"}}}, MISSING),
        ("I35", source(permissions={"privacy": {"LocationTemporary": "x"}}),
         {"info": {"NSLocationTemporaryUsageDescriptionDictionary": {"a": "b"}}}, NONE),
        ("beside I35", source(), {"privacy": {"AcmeUsageDescription": "x"}}, MISSING),
        ("I37", source(), {"privacy": {"UsageDescription": "x"}}, NONE),
        ("beside I37", source(permissions={"entitlements": ["a", "b"], "privacy": {"NSX": "x"}}), {}, NONE),
        ("I39", source(), {"info": {"UIBackgroundModes": ["audio"]}}, NONE),
        ("I41", source(), {"entitlements": PUSH, "signed": False}, NONE),
        ("I41", source(), {"privacy": CAMERA, "signed": False}, MISSING),
        ("beside I41", source(), {"executable": make_macho(signing=Signing("x", PUSH, xml=False))}, NONE),
        ("I43", source(), {"executable": make_fat([
            ("armv7", make_macho(architecture="armv7")), ("arm64", make_macho(signing=Signing("x", PUSH))),
        ])}, MISSING),
        ("beside I49", source(version={"maxOSVersion": ""}), {}, (2, 2, 2)),
        ("I51", source(version={"minOSVersion": "iOS 18"}), {}, NONE),
        ("first", source(version={"version": "2"}), {"bundle_identifier": "com.ex.b"}, (1, 101, 4)),
        ("last", source(version={"version": "2"}), {"entitlements": PUSH}, (4, 104, 4)),
    ],
)  # fmt: skip
def test_install_vectors(row, document, given, expected):
    info = ipa(**given)
    assert numbers(document, info) == expected, row
    verdicts = build_verdicts(check_install(document, info, CLIENTS), CLIENTS)
    assert [verdicts[client] for client in CLIENTS] == ["reject" if e else "accept" for e in expected]
    assert not [p for p in check_install(document, info, OTHERS) if p.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("row", "form", "expected"),
    [
        ("beside I09", "{}", NONE),
        ("I11", "{} ", (3, 103, 3)),
        ("I11", "{}\n", (3, 103, 3)),
        ("beside I13", "{:upper}", NONE),
    ],
)
def test_the_hash_is_compared_in_lower_case_and_untrimmed(row, form, expected):
    info = ipa()
    digest = info.sha256.upper() if "upper" in form else form.format(info.sha256)
    assert numbers(source(version={"sha256": digest}), info) == expected, row


@pytest.mark.parametrize(
    ("row", "version", "lowest", "device", "expected"),
    [
        ("I45", {}, "18.0", "17.4", 2),
        ("beside I45", {"minOSVersion": "18.0"}, "18.0", "17.4", 2),
        ("I47", {"minOSVersion": "18.0"}, "18.0", "18.0", None),
        ("beside I47", {"maxOSVersion": "16"}, "14.0", "16.7.10", 2),
        ("beside I47", {"maxOSVersion": "16"}, "14.0", "16.0", None),
        ("I49", {"maxOSVersion": "16.99"}, "14.0", "16.7.10", None),
        ("beside I49", {"maxOSVersion": ""}, "14.0", "16.7.10", 2),
        ("I51", {"minOSVersion": "iOS 18"}, "14.0", "15.0", None),
        ("beside I51", {"minOSVersion": "15"}, "15.0", "15.0.0", None),
        ("limits", {"minOSVersion": "17", "maxOSVersion": "16"}, "14.0", None, 2),
    ],
)
def test_systems(row, version, lowest, device, expected):
    info = ipa(min_os_version=lowest)
    assert numbers(source(version=version), info, device) == (expected,) * 3, row


def test_older_systems_forgive_privacy_keys_but_no_entitlements():
    assert numbers(source(), ipa(privacy=CAMERA), "15.8") == NONE
    assert numbers(source(), ipa(entitlements=PUSH), "15.8") == MISSING


def test_what_to_add():
    info = ipa(entitlements=PUSH, extensions=APPEX)
    (problem,) = [p for p in check_install(source(), info, ["altstore"]) if p.severity is Severity.ERROR]
    assert (problem.code, problem.path) == ("undeclaredPermissions", "apps > 0 > appPermissions")
    assert problem.message == (
        "VerificationError 201: the app does not declare aps-environment, NSCameraUsageDescription."
    )
    assert problem.fix == (
        "add `aps-environment` to appPermissions.entitlements, "
        "and add `NSCameraUsageDescription` with a text each to appPermissions.privacy"
    )


def test_names_differ_between_the_clients():
    document, info = source(), ipa(bundle_identifier="com.ex.b")
    codes = {p.client: p.code for p in check_install(document, info, CLIENTS) if p.severity is Severity.ERROR}
    assert codes == {"altstore-2.0": "mismatchedBundleIdentifiers", "altstore": "mismatchedBundleID"}


def test_warnings_say_what_nobody_compares():
    found = check_install(source(), ipa(min_os_version="16.0"), ["altstore", "feather", "altstore-pal"])
    assert [(p.client, p.code, p.path) for p in found] == [
        ("altstore", "sizeMismatch", "apps > 0 > versions > 0 > size"),
        ("altstore", "lateMinOSVersion", "apps > 0 > versions > 0 > minOSVersion"),
        ("feather", "sizeMismatch", "apps > 0 > versions > 0 > size"),
        ("feather", "lateMinOSVersion", "apps > 0 > versions > 0 > minOSVersion"),
    ]
    assert {p.severity for p in found} == {Severity.WARNING}


VERSION = BASE["apps"][0]["versions"][0]
TWO_APPS = {**BASE, "apps": [*BASE["apps"], {**BASE["apps"][0], "bundleIdentifier": "com.ex.b"}]}


@pytest.mark.parametrize(
    ("document", "given", "path"),
    [
        (source(app={"versions": [{**VERSION, "version": "2"}, VERSION]}), {}, "apps > 0 > versions > 1"),
        (source(app={"versions": [{**VERSION, "version": "2"}, VERSION]}), {"version": "3"},
         "apps > 0 > versions > 0"),
        (source(app={"versions": [{**VERSION, "buildVersion": "7"}, {**VERSION, "buildVersion": "1"}]}), {},
         "apps > 0 > versions > 1"),
        (source(app={**VERSION, "versions": None}), {}, "apps > 0"),
        (TWO_APPS, {"bundle_identifier": "com.ex.b"}, "apps > 1 > versions > 0"),
        (TWO_APPS, {"bundle_identifier": "com.ex.B"}, "apps > 1 > versions > 0"),
        (TWO_APPS, {"bundle_identifier": "com.other"}, "apps"),
    ],
)  # fmt: skip
def test_which_entry_an_ipa_belongs_to(document, given, path):
    (problem, *_) = check_install(document, ipa(**given), ["feather"])
    assert problem.path.removesuffix(" > size") == path


def test_the_hash_finds_the_app_of_another_bundle_id():
    info = ipa(bundle_identifier="com.other")
    apps = [BASE["apps"][0], changed(version={"sha256": info.sha256})["apps"][0]]
    found = check_install({**BASE, "apps": apps}, info, ["altstore"])
    assert (found[0].code, found[0].path) == ("mismatchedBundleID", "apps > 1 > bundleIdentifier")


def test_sidestore_installs_from_its_stable_track():
    tracks = [
        {"track": "nightly", "releases": [{**VERSION, "version": "3"}]},
        {"track": "stable", "releases": [{**VERSION, "version": "2"}]},
    ]
    document = source(app={"releaseChannels": tracks})
    assert numbers(document, ipa()) == (None, None, 4)
    assert numbers(document, ipa(version="2")) == (4, 104, None)
    assert numbers(document, ipa(version="3")) == (4, 104, None)


@pytest.mark.parametrize(
    "document", [None, [], 5, {}, {"apps": 5}, {"apps": [5, None]}, {"apps": [{"versions": 5}]}]
)
def test_a_broken_document_is_left_to_the_check_of_the_document(document):
    assert {p.code for p in check_install(document, ipa(), CLIENTS)} <= {"notListed"}


def test_one_entry_alone():
    document = source(version={"version": "2"})
    app = document["apps"][0]
    at = ("apps", 4, "versions", 2)
    (first, *_) = check_entry("altstore", document, app, app["versions"][0], ipa(), at=at)
    assert (first.code, first.at) == ("mismatchedVersion", (*at, "version"))
    assert check_entry("altstore-pal", document, app, app["versions"][0], ipa(), at=at) == []


@pytest.mark.parametrize(
    ("row", "client", "number", "expected"),
    [
        ("I57", "altstore-2.0", 1, ["VerificationError 7"]),
        ("I57", "altstore", 1, ["VerificationError 202"]),
        ("I57", "sidestore", 2, ["VerificationError 7"]),
        ("beside I57", "sidestore", 1, []),
        ("beside I57", "feather", 2, []),
    ],
)
def test_an_update_in_the_background_cannot_ask(row, client, number, expected):
    document = source(number=number)
    app = document["apps"][0]
    found = check_update(client, document, app, app["versions"][0], ["aps-environment"])
    assert [p.message.split(":")[0] for p in found] == expected, row
    assert check_update(client, document, app, app["versions"][0], []) == []


def test_what_is_declared_in_vain():
    document = source(
        permissions={"entitlements": ["a", "aps-environment"], "privacy": {"Camera": "x", "B": "y"}}
    )
    notes = [p for p in check_install(document, ipa(entitlements=PUSH, privacy=CAMERA), CLIENTS)
             if p.code == "overDeclared"]  # fmt: skip
    assert {(p.client, p.severity, p.message) for p in notes} == {
        (client, Severity.INFO, "the IPA does not ask for a, B.") for client in CLIENTS
    }
    document["apps"][0]["versions"] *= 2
    assert "overDeclared" not in {p.code for p in check_install(document, ipa(), CLIENTS)}


def test_foreign_text_stays_on_one_short_line():
    document = source(version={"version": "1\n2" + "x" * 1000})
    (first, *_) = check_install(document, ipa(), ["altstore"])
    assert first.message.isprintable()
    assert len(first.message) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)
INFO = ipa(entitlements=PUSH, privacy=CAMERA)


@given(JSON, JSON, JSON)
def test_any_json_is_judged(app, version, permissions):
    document = source(app={"extra": app, "appPermissions": permissions})
    for one in (document, {"apps": [app]}, {"apps": app}, {"apps": [{"versions": version}]}, version):
        for problem in check_install(one, INFO, [*CLIENTS, *OTHERS], device="17.0"):
            assert problem.message


def test_an_unknown_client_is_an_error():
    with pytest.raises(KeyError):
        check_install(BASE, ipa(), ["alstore"])
