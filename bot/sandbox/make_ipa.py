"""Makes a small IPA that is real in all that the clients read. No I/O.

A signed arm64 executable, a binary Info.plist, an icon drawn by code, and any number of extensions. The
same arguments give the same bytes.
"""

import io
import plistlib
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.make_macho import Signing, make_macho

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_ICON_NAME = "AppIcon60x60"


@dataclass(frozen=True, slots=True)
class Extension:
    """One bundle inside the app: `<folder>/<name>.appex`, or another suffix (`.app` for a watch app)."""

    name: str = "Share"
    bundle_identifier: str | None = None  # the app's and `.<name>` in lower case when None
    entitlements: Mapping[str, Any] | None = None
    privacy: Mapping[str, str] | None = None
    folder: str = "PlugIns"
    suffix: str = ".appex"
    executable: bytes | None = None  # made and signed when None


def make_ipa(
    *,
    bundle_identifier: str = "com.acme.app",
    name: str = "Acme",
    version: str | None = "1.0",
    build_version: str | None = "1",
    min_os_version: str | None = "15.0",
    device_families: Sequence[int] | None = (1, 2),
    entitlements: Mapping[str, Any] | None = None,
    privacy: Mapping[str, str] | None = None,
    icon: bool | bytes = True,
    extensions: Sequence[Extension] = (),
    signed: bool = True,
    padding: int = 0,
    info: Mapping[str, Any] | None = None,
    executable: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """The bytes of an IPA.

    `version`, `build_version`, `min_os_version` and `device_families` are left out of Info.plist when None;
    `info` adds or replaces keys of it, and a key whose value is None is left out. `executable` replaces the
    made one; `files` adds files below the app's folder. `padding` adds so many bytes that do not compress.
    """
    plist = {
        **_info(bundle_identifier, name, version, build_version),
        "CFBundlePackageType": "APPL",
        "MinimumOSVersion": min_os_version,
        "UIDeviceFamily": None if device_families is None else list(device_families),
        **({"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": [_ICON_NAME]}}} if icon else {}),
        **(privacy or {}),
        **(info or {}),
    }
    members = _bundle(plist, entitlements, executable=executable, signed=signed, padding=padding)
    if icon:
        members[f"{_ICON_NAME}@2x.png"] = icon if isinstance(icon, bytes) else draw_icon(bundle_identifier)
    for extension in extensions:
        members |= _extension(extension, plist, signed=signed)
    members |= files or {}
    return zip_members({f"Payload/{name}.app/{path}": data for path, data in members.items()})


def zip_members(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members, in this order, all of them dated 1980; a name that ends in / is a folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for path, data in members.items():
            member = zipfile.ZipInfo(path, _EPOCH)
            member.compress_type = compression
            member.external_attr = (0o40755 if path.endswith("/") else 0o100755) << 16
            archive.writestr(member, data)
    return file.getvalue()


def draw_icon(seed: str, size: int = 120) -> bytes:
    """A square PNG (RGB) of `size` pixels: a gradient whose colours follow from `seed`."""
    red, green, blue = zlib.crc32(seed.encode()).to_bytes(4, "big")[:3]
    rows = []
    for y in range(size):
        shade = y * 96 // size
        pixel = bytes(max(0, min(255, channel // 2 + 32 + shade)) for channel in (red, green, blue))
        rows.append(b"\0" + pixel * size)
    return write_png(size, size, 2, b"".join(rows))


def write_png(width: int, height: int, colour_type: int, rows: bytes) -> bytes:
    """A PNG of 8 bits a channel from its filtered rows."""
    header = struct.pack(">2I5B", width, height, 8, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _info(
    bundle_identifier: str, name: str, version: str | None, build_version: str | None
) -> dict[str, Any]:
    return {
        "CFBundleIdentifier": bundle_identifier,
        "CFBundleName": name,
        "CFBundleDisplayName": name,
        "CFBundleExecutable": name,
        "CFBundleInfoDictionaryVersion": "6.0",
        "CFBundleShortVersionString": version,
        "CFBundleSupportedPlatforms": ["iPhoneOS"],
        "CFBundleVersion": build_version,
    }


def _bundle(
    info: Mapping[str, Any],
    entitlements: Mapping[str, Any] | None,
    *,
    executable: bytes | None,
    signed: bool,
    padding: int = 0,
) -> dict[str, bytes]:
    """Info.plist and the executable of one bundle, by name."""
    plist = plistlib.dumps({k: v for k, v in info.items() if v is not None}, fmt=plistlib.FMT_BINARY)
    if executable is None:
        signing = Signing(str(info.get("CFBundleIdentifier") or ""), entitlements, plist)
        executable = make_macho(signing=signing if signed else None, body=padding)
    members = {"Info.plist": plist}
    if info.get("CFBundleExecutable"):
        members[str(info["CFBundleExecutable"])] = executable
    return members


def _extension(extension: Extension, app: Mapping[str, Any], *, signed: bool) -> dict[str, bytes]:
    identifier = extension.bundle_identifier or f"{app['CFBundleIdentifier']}.{extension.name.lower()}"
    version, build = app.get("CFBundleShortVersionString"), app.get("CFBundleVersion")
    info = {
        **_info(identifier, extension.name, version, build),
        "CFBundlePackageType": "XPC!",
        "MinimumOSVersion": app.get("MinimumOSVersion"),
        **(extension.privacy or {}),
    }
    root = f"{extension.folder}/{extension.name}{extension.suffix}"
    members = _bundle(info, extension.entitlements, executable=extension.executable, signed=signed)
    return {f"{root}/{path}": data for path, data in members.items()}
