"""LiveContainer: every field is optional and typed; addresses and dates are plain strings to it. No I/O.

Apps without name or bundle identifier, and versions without version or address, are silently dropped: that
is told as a warning, since nobody would see them.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bot.clients.fields import check_fields, object_of, optional
from bot.clients.values import INT64, MOST_ERRORS, Fault, array, boolean, integer, mismatch, string
from bot.ipa.model import Severity

_VERSION = object_of((
    optional("version", string),
    optional("buildNumber", string),
    optional("date", string),
    optional("localizedDescription", string),
    optional("downloadURL", string),
    optional("size", integer(-INT64 - 1, INT64)),
))  # fmt: skip
_TEXTS = (
    "name", "bundleIdentifier", "developerName", "subtitle", "version", "versionDate", "versionDescription",
    "downloadURL", "localizedDescription", "iconURL", "tintColor",
)  # fmt: skip
_APP = object_of((
    optional("beta", boolean),
    *(optional(key, string) for key in _TEXTS),
    optional("screenshotURLs", array(string)),
    optional("versions", array(_VERSION)),
))  # fmt: skip
_SOURCE = tuple(
    optional(key, string)
    for key in (
        "name",
        "identifier",
        "subtitle",
        "description",
        "iconURL",
        "headerURL",
        "tintColor",
        "website",
    )
)


def check_livecontainer(document: Any) -> list[Fault]:
    if type(document) is not dict:
        return list(mismatch("an object", document))
    faults = check_fields(document, (*_SOURCE, optional("apps", array(_APP))))
    if document.get("name") is None:
        text = "the source has no name: LiveContainer calls it malformed."
        faults.append(Fault("malformed", text, "add `name`", at=("name",)))
    if any(fault.severity == "error" for fault in faults):
        return faults
    return faults + list(islice(_dropped(document), MOST_ERRORS))


def _dropped(document: dict[str, Any]) -> Iterator[Fault]:
    for index, app in enumerate(document.get("apps") or ()):
        if app.get("name") is None or app.get("bundleIdentifier") is None:
            text = "the app has no name or bundle identifier: LiveContainer does not show it."
            yield Fault("dropped", text, "add both", Severity.WARNING, ("apps", index))
            continue
        for number, version in enumerate(app.get("versions") or ()):
            if version.get("version") is None or not version.get("downloadURL"):
                text = "the version has no number or address: LiveContainer does not show it."
                at = ("apps", index, "versions", number)
                yield Fault("dropped", text, "add both", Severity.WARNING, at)
