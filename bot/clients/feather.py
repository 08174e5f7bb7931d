"""Feather: nearly everything is optional, but what is there must be of its type. No I/O.

Read in its ASRepository: it wants at least one app, an icon for each, and a version string for each
version; screenshots, hashes and duplicates are nothing to it, and a marketplace app refuses the whole.
"""

import re
from typing import Any

from bot.clients.dates import read_day
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

_DAYS = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{2}"
    r"(T[0-9]{1,2}:[0-9]{2}(:[0-9]{2}((\.[0-9]+)?\s?([Zz]|[+-][0-9]{2}:?[0-9]{2}).*)?)?"
    r"| [0-9]{1,2}:[0-9]{2}:[0-9]{2})?",
    re.DOTALL,
)
_OTHER_DATES = re.compile(
    r"[A-Z][a-z]{2},? .{10,40}|[+-]?([0-9]{1,20}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?"
)


def _date(value: Any) -> Faults:
    """About ten formats, and seconds since 1970 as number or text."""
    if type(value) in (int, float):
        return OK
    text = value.strip() if type(value) is str else ""
    if _OTHER_DATES.fullmatch(text) or (_DAYS.fullmatch(text) and read_day(text) is not None):
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
    optional("date", _date),
    optional("versionDescription", string),
    optional("downloadURL", url),
    optional("localizedDescription", string),
    required("iconURL", url),
    optional("tintColor", string),
    optional("category", string),
    optional("permissions", array(_PERMISSION)),
    optional("appPermissions", _permissions),
    optional("screenshotURLs", array(url)),
    optional("marketplaceID", string),
)
_NEWS = object_of((
    required("identifier", string),
    required("title", string),
    required("caption", string),
    optional("tintColor", string),
    optional("imageURL", url),
    optional("url", url),
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
    optional("patreonURL", string),  # an empty one is none
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
