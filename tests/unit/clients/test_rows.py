"""The rows of the vectors about raw text (J01, …) and about other clients (F01, …), by their ids."""

import json

import pytest

from tests.unit.clients.documents import BASE, changed, first_error, text, verdicts

# altstore-2.0, altstore, sidestore, feather, livecontainer


@pytest.mark.parametrize(
    ("row", "data", "expected"),
    [
        ("J01", b"// c\n" + text().replace('"name"', "name").encode(), "+++--"),
        ("J02", text().replace("]}]}", "],},],}").encode(), "+++++"),
        ("J03", text().replace(", ", " ", 1).encode(), "-----"),
        ("J04", b"\xef\xbb\xbf" + text().encode(), "+++++"),
        ("J04", text().encode("utf-16"), "+++++"),
        ("J05", text().replace('"name": "S"', '"name": "S", "name": 5').encode(), "+++++"),
        ("J06", json.dumps(BASE["apps"]).encode(), "-----"),
        ("J07", b"<!DOCTYPE html><title>404</title>", "-----"),
    ],
)
def test_raw_text(row, data, expected):
    assert verdicts(data) == expected, row


@pytest.mark.parametrize(
    ("row", "document", "error"),
    [
        ("J06", BASE["apps"], ("typeMismatch", "")),
        ("J09", changed(app={"bundleID": "x"}, without=["bundleIdentifier"]),
         ("keyNotFound", "apps > 0 > bundleIdentifier")),
        ("J10", changed(app={"Versions": []}, without=["versions"]), ("keyNotFound", "apps > 0 > version")),
    ],
)  # fmt: skip
def test_what_is_shown(row, document, error):
    assert {first_error(document, client) for client in ("altstore", "altstore-2.0")} == {error}, row


@pytest.mark.parametrize(
    ("row", "document", "expected"),
    [
        ("F01", changed(source={"apps": []}), "+++-+"),
        ("F02", changed(version={"size": "123"}), "---+-"),
        ("F04", changed(source={"patreonURL": ""}), "---++"),
        ("F05", changed(source={"website": ""}), "----+"),
        ("F07", changed(app={"permissions": ["photos"]}), "+++-+"),
        ("F08", changed(without=["downloadURL"]), "---++"),
        ("F10", changed(version={"date": "2024-01-02T03:04"}), "+++++"),
        ("F11", changed(version={"date": "garbage"}), "---++"),
        ("F11", changed(app={"versionDate": "garbage"}), "+++-+"),
        ("F13", changed(app={"beta": "true"}), "--++-"),
        ("F14", changed(app={"tintColor": ""}), "---++"),
        ("F16", changed(without=["bundleIdentifier"]), "---++"),
        ("F17", changed(app={"appPermissions": []}), "----+"),
        ("F19", changed(version={"minOSVersion": 14}), "----+"),
        ("F20", changed(app={"iconURL": "icon.png"}, version={"downloadURL": "a.ipa"}), "+++++"),
    ],
)
def test_other_clients(row, document, expected):
    assert verdicts(document) == expected, row
