"""The parts of a source that come in several forms: permissions, screenshots, patreon. No I/O.

As AltStore's AppPermission, AppScreenshot and StoreApp try them, one form after the other.
"""

from typing import Any

from bot.clients.fields import check_fields, object_of, optional, required
from bot.clients.values import OK, Fault, Faults, array, below, boolean, integer, mismatch, string, url

_SCREENSHOT = (
    required("imageURL", url),
    optional("width", integer(0, 32_767)),
    optional("height", integer(0, 32_767)),
)


def app_permissions(value: Any) -> Faults:
    """Only a missing key means "none": null is not taken, because presence is asked with `contains`."""
    if type(value) is not dict:
        return mismatch("an object", value)
    faults: list[Fault] = []
    if "entitlements" in value:
        faults += _entitlements(value["entitlements"])
    if "privacy" in value:
        faults += _privacy(value["privacy"])
    return faults


def _entitlements(value: Any) -> Faults:
    if type(value) is dict or (type(value) is list and all(type(item) is str for item in value)):
        return OK
    if _legacy(value):
        named = all("name" in item for item in value)
        return (
            OK
            if named
            else (Fault("dataCorrupted", "Legacy entitlements must have name.", "write names only"),)
        )
    return _refused(value, "entitlements", "an array of entitlement names")


def _privacy(value: Any) -> Faults:
    wanted = "an object of usage descriptions by key"
    if type(value) is dict:
        wrong = next(
            (name for name, text in value.items() if text is not None and type(text) is not str), None
        )
        return OK if wrong is None else mismatch("a string", value[wrong], ("privacy", wrong))
    if _legacy(value):
        if all({"name", "usageDescription"} <= item.keys() for item in value):
            return OK
        text = "Legacy privacy permissions must have name and usageDescription."
        return (Fault("dataCorrupted", text, f"write {wanted}"),)
    return _refused(value, "privacy", wanted)


def _legacy(value: Any) -> bool:
    """An array of objects with strings only; the first form that is tried, so that `[]` is one."""
    return type(value) is list and all(
        type(item) is dict and all(type(part) is str for part in item.values()) for item in value
    )


def _refused(value: Any, key: str, wanted: str) -> Faults:
    """A null stops the search at once; any other type lets the next form be tried, until none is left."""
    if value is None or (type(value) is list and _has_null(value)):
        return (Fault("valueNotFound", f"`{key}` holds null.", f"write {wanted}", at=(key,)),)
    return mismatch(wanted, value, (key,))


def _has_null(value: list[Any]) -> bool:
    """A null inside an object, before anything of a wrong type, in the order of reading."""
    for item in value:
        if type(item) is not dict:
            return False
        for part in item.values():
            if type(part) is not str:
                return part is None
    return False


def screenshots(value: Any) -> Faults:
    if type(value) is dict:
        devices = [device for device in ("iphone", "ipad") if value.get(device) is not None]
        return [below(fault, d) for d in devices for fault in array(_screenshot)(value[d])]
    return array(_screenshot)(value)


def _screenshot(value: Any) -> Faults:
    if type(value) is str:
        return url(value)
    return check_fields(value, _SCREENSHOT) if type(value) is dict else mismatch("an object", value)


def _pledge(value: Any) -> Faults:
    return OK if value == "custom" or type(value) in (int, float) else mismatch("a number", value)


def _tiers(value: Any) -> Faults:
    """A set of strings; the client shows no index."""
    if type(value) is not list:
        return mismatch("an array", value)
    return next((mismatch("a string", tier) for tier in value if type(tier) is not str), OK)


patreon = object_of((
    optional("pledge", _pledge),
    optional("currency", string),
    optional("tiers", _tiers),
    optional("benefit", string),
    optional("hidden", boolean),
))  # fmt: skip
