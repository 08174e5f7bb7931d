"""The JSON of `altpress inspect`: its keys are a contract with programs. No I/O."""

import json
from dataclasses import asdict
from typing import Any

from bot.errors import BotError
from bot.github.body import Transfer
from bot.ipa.model import IpaInfo


def render_info(info: IpaInfo, transfer: Transfer | None = None) -> dict[str, Any]:
    """Ready for `json.dumps`; `transfer` is what reading from an address has cost."""
    icon = info.icon
    rendered: dict[str, Any] = {
        "ok": True,
        "bundle_identifier": info.bundle_identifier,
        "name": info.name,
        "version": info.version,
        "build_version": info.build_version,
        "min_os_version": info.min_os_version,
        "device_families": list(info.device_families),
        "size": info.size,
        "sha256": info.sha256,
        "architectures": list(info.architectures),
        "signed": info.signed,
        "encrypted": info.encrypted,
        "entitlements": list(info.entitlements),
        "privacy": dict(info.privacy),
        "entitlements_wider": list(info.entitlements_wider),
        "privacy_wider": dict(info.privacy_wider),
        "bundles": [_plain(asdict(bundle)) for bundle in info.bundles],
        "icon": {"path": icon.path, "width": icon.width, "height": icon.height} if icon else None,
        "problems": [asdict(problem) for problem in info.problems],
    }
    if transfer is not None:
        rendered["transfer"] = {"requests": transfer.requests, "bytes": transfer.bytes}
    return rendered


def render_permissions(info: IpaInfo) -> str:
    """The member `appPermissions` for an app of a source, on lines; what does not print is escaped."""
    declared = {"entitlements": list(info.entitlements), "privacy": dict(info.privacy)}
    text = json.dumps(declared, indent=2, ensure_ascii=False)
    shown = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
    return f'"appPermissions": {shown}'


def render_error(error: BotError) -> dict[str, Any]:
    return {"ok": False, "error": {"code": error.code, "message": error.public}}


def _plain(value: Any) -> Any:
    """What JSON has no word for (bytes, dates, endless numbers) as text."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case bytes():
            return value.hex()
        case float() if value - value != 0:  # not a number, or infinite
            return str(value)
        case str() | int() | float() | None:
            return value
    return str(value)
