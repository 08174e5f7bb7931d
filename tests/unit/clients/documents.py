"""The smallest document that everybody takes, and ways to change it."""

import copy
import json
from typing import Any

from bot.clients import build_verdicts, check_source
from bot.ipa.model import Severity

BASE = {
    "name": "S",
    "apps": [
        {
            "name": "A",
            "bundleIdentifier": "com.ex.a",
            "developerName": "D",
            "localizedDescription": "x",
            "iconURL": "https://e.x/i.png",
            "versions": [
                {"version": "1.0", "date": "2024-01-02", "downloadURL": "https://e.x/a.ipa", "size": 1000}
            ],
        }
    ],
}
CLIENTS = ("altstore-2.0", "altstore", "sidestore", "feather", "livecontainer")


def changed(*, source: Any = None, app: Any = None, version: Any = None, without: Any = ()) -> dict[str, Any]:
    """BASE with keys set; `without` names keys of app or version to take out."""
    document: dict[str, Any] = copy.deepcopy(BASE)
    document |= source or {}
    first = document["apps"][0] if app or version or without else {}
    one = first["versions"][0] if first else {}
    one |= version or {}
    for key in without:
        first.pop(key, None)
        one.pop(key, None)
    first |= app or {}
    return document


def verdicts(document: Any) -> str:
    """One letter a client, in the order of CLIENTS: `+` takes it, `-` refuses it."""
    found = build_verdicts(check_source(document, CLIENTS), CLIENTS)
    return "".join("+" if found[client] == "accept" else "-" for client in CLIENTS)


def first_error(document: Any, client: str = "altstore") -> tuple[str, str]:
    """Code and path of what the client would show."""
    found = next(p for p in check_source(document, [client]) if p.severity is Severity.ERROR)
    return found.code, found.path


def warnings(document: Any, client: str = "altstore") -> list[tuple[str, str]]:
    return [(p.code, p.path) for p in check_source(document, [client]) if p.severity is Severity.WARNING]


def text(document: Any = None) -> str:
    return json.dumps(document if document is not None else BASE)
