"""Feather: nearly everything is optional, but what is there must be of its type. No I/O.

Read in its ASRepository: it wants at least one app, an icon for each, and a version string for each
version; screenshots, hashes and duplicates are nothing to it, and a marketplace app refuses the whole.
"""

import re
from typing import Any

from bot.clients.fields import check_fields, object_of, optional, required
from bot.clients.values import (
    OK,
    Fault,
    Faults,
    anything,
    array,
    below,
    boolean,
    mismatch,
    string,
    url,
)

_DATES = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    r"|[A-Z][a-z]{2},? .{10,40}|[0-9]{1,13}(\.[0-9]+)?"
)


def _date(value: Any) -> Faults:
    """About ten formats, and seconds since 1970 as number or text."""
    if type(value) in (int, float) or (type(value) is str and _DATES.fullmatch(value)):
        return OK
    return (Fault("dataCorrupted", "Date is in invalid format.", "write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ"),)


def _optional_string(value: Any) -> Faults:
    return OK if value is None else string(value)


def _permissions(value: Any) -> Faults:
    """What is inside is tried in every form and dropped where none fits."""
    return OK if type(value) is dict else mismatch("an object", value)


_PERMISSION = object_of((required("type", string), required("usageDescription", string)))
_VERSION = object_of((
    required("version", string),
    optional("buildVersion", string),
    optional("date", anything),
    optional("localizedDescription", string),
    optional("downloadURL", url),
    optional("size", anything),
    optional("minOSVersion", string),
))  # fmt: skip
_APP = (
    optional("bundleIdentifier", string),
    optional("name", string),
    optional("subtitle", string),
    optional("description", string),
    optional("developerName", string),
    optional("versions", array(_VERSION)),
    optional("version", string),
    optional("versionDate", _date),
    optional("versionDescription", string),
    optional("downloadURL", url),
    optional("localizedDescription", string),
    required("iconURL", url),
    optional("tintColor", string),
    optional("category", string),
    optional("permissions", array(_PERMISSION)),
    optional("appPermissions", _permissions),
    optional("screenshotURLs", array(url)),
)
_NEWS = object_of((
    required("identifier", string),
    required("title", string),
    required("caption", string),
    optional("tintColor", string),
    optional("imageURL", url),
    optional("appID", string),
    optional("date", _date),
    optional("notify", boolean),
))  # fmt: skip
_SOURCE = (
    optional("identifier", string),
    optional("name", string),
    optional("subtitle", string),
    optional("description", string),
    optional("website", url),
    optional("iconURL", url),
    optional("headerURL", url),
    optional("tintColor", string),
    optional("userInfo", object_of((optional("patreonAccessToken", string),))),
)
_AFTER_APPS = (optional("featuredApps", array(_optional_string)), optional("news", array(_NEWS)))


def check_feather(document: Any) -> list[Fault]:
    """All faults, in the order of its reading."""
    if type(document) is not dict:
        return list(mismatch("an object", document))
    faults = check_fields(document, (*_SOURCE, optional("apps", array(_app))))
    if not document.get("apps"):
        text = "the source does not contain any apps."
        faults.append(Fault("noApps", text, "publish it once there is an app", at=("apps",)))
    return faults + check_fields(document, _AFTER_APPS)


def _app(value: Any) -> Faults:
    if type(value) is not dict:
        return mismatch("an object", value)
    faults = check_fields(value, _APP)
    marketplace = value.get("marketplaceID")
    if isinstance(marketplace, str) and marketplace.strip():
        fault = Fault("marketplaceNotSupported", "the app is for AltStore PAL only.", "use a file of its own")
        faults.append(below(fault, "marketplaceID"))
    return faults
