"""Small sources."""

import copy

VERSION = {"version": "1.0", "date": "2024-01-02", "downloadURL": "https://e.x/a.ipa", "size": 1000}
APP = {
    "name": "A",
    "bundleIdentifier": "com.ex.a",
    "developerName": "D",
    "localizedDescription": "x",
    "iconURL": "https://e.x/i.png",
    "versions": [VERSION],
}
BASE = {"name": "S", "apps": [APP]}


def source(app=None, version=None, **keys):
    """The base with other values; None removes a key."""
    made = copy.deepcopy(BASE) | keys
    made["apps"][0].update(app or {})
    made["apps"][0]["versions"][0].update(version or {}) if "versions" not in (app or {}) else None
    return made
