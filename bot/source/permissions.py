"""`appPermissions`: everything that any listed version of an app needs declared. No I/O.

AltStore compares an IPA with its app's one declaration, so it must hold for all versions; declaring more is
never an error. Rules: AltStore's VerifyAppOperation and AppPermission.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.records import Facts
from bot.source.parts import Permissions
from bot.source.text import clean_text


def build_permissions(facts: Iterable[Facts], adopted: Any, app_name: str) -> Permissions:
    """The union over `facts` (newest first) and what a hand-made source declared.

    A usage description must not be empty in a source, though it may be in an IPA: then a sentence is made.
    """
    entitlements: set[str] = set(_adopted_entitlements(adopted))
    privacy: dict[str, str] = {}
    for one in facts:
        entitlements.update(one.entitlements)
        _fill(privacy, one.privacy)
    _fill(privacy, _adopted_privacy(adopted))
    texts = {name: privacy[name] or f"{app_name} asks for this." for name in sorted(privacy)}
    return Permissions(entitlements=sorted(entitlements), privacy=texts)


def _fill(privacy: dict[str, str], more: Mapping[str, Any]) -> None:
    """Add names, and texts where there is none yet: the newest version's words win."""
    for name, text in more.items():
        if not privacy.get(name):
            privacy[name] = clean_text(text, 1000) if isinstance(text, str) else ""


def _part(adopted: Any, key: str) -> Any:
    return adopted.get(key) if isinstance(adopted, dict) else None


def _adopted_entitlements(adopted: Any) -> list[str]:
    """Names out of the three forms: names, objects with `name`, an object by name."""
    value = _part(adopted, "entitlements")
    if isinstance(value, dict):
        return list(value)
    names = (
        [item.get("name") if isinstance(item, dict) else item for item in value]
        if isinstance(value, list)
        else []
    )
    return [name for name in names if isinstance(name, str)]


def _adopted_privacy(adopted: Any) -> dict[str, Any]:
    """Names and texts out of both forms; the list's names lack `NS` and `UsageDescription`."""
    value = _part(adopted, "privacy")
    if isinstance(value, dict):
        return value
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return {
        f"NS{item['name']}UsageDescription": item.get("usageDescription")
        for item in items
        if isinstance(item.get("name"), str)
    }
