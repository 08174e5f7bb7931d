"""Valid inputs to begin from: small, and made by the builders of the tests."""

import io
import plistlib
import struct
import zlib
from collections.abc import Sequence

from PIL import Image

from bot.ipa import Limits
from bot.ipa.macho import parse_macho
from bot.sandbox.make_der import build_der_entitlements
from bot.sandbox.make_ipa import draw_icon, png_chunk
from tests.builders import (
    Entry,
    Extension,
    Signing,
    app_members,
    cgbi_png,
    make_fat,
    make_ipa,
    make_macho,
    zip_bytes,
    zip_members,
)

SEPARATOR = b"\n--member--\n"  # between the files of an input for the target `members`
_ENTITLEMENTS = {"get-task-allow": True, "groups": ["a", "b"], "n": -5, "deep": {"x": {"y": False}}}


class Forward(io.BytesIO):
    """A member's stream, as `parse_macho` reads it."""

    @property
    def position(self) -> int:
        return self.tell()

    def skip(self, size: int) -> bool:
        there = self.getbuffer().nbytes - self.position
        self.seek(min(size, there), io.SEEK_CUR)
        return size <= there

    def expect_all(self) -> None:
        pass


def archives() -> dict[str, bytes]:
    members = app_members()
    stored = [Entry(entry.name, entry.data, method=0) for entry in members]
    described = [Entry(entry.name, entry.data, descriptor=True) for entry in members]
    return {
        "whole": make_ipa(entitlements=_ENTITLEMENTS, extensions=[Extension("Share")]),
        "stored": zip_bytes(stored),
        "wide": zip_bytes(stored, zip64=True),
        "described": zip_bytes(described, leading=b"#!" * 5, comment=b"PK\5\6 comment"),
        "names": zip_bytes(
            [*members, Entry("Payload/Acme.app/Gr\xfc\xdfe \U0001f600/e\u0301"), Entry("../evil")]
        ),
        "watch": make_ipa(
            extensions=[Extension("W", folder="Watch", suffix=".app")], icon=pictures()["cgbi"]
        ),
        "folders": zip_members(
            {"Payload/": b"", "__MACOSX/x": b"", **{str(e.name): e.data for e in members}}
        ),
    }


def wrapped() -> dict[str, bytes]:
    inner = zip_bytes([Entry(entry.name, entry.data[:1024]) for entry in app_members()])
    return {
        "stored": zip_bytes([Entry("build/Acme.ipa", inner, method=0), Entry("notes.txt", b"x")]),
        "packed": zip_bytes([Entry("__MACOSX/._Acme.ipa"), Entry("Acme.tipa", inner)]),
        "bare": inner,
    }


def members() -> dict[str, bytes]:
    info = {"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconFiles": ["AppIcon60x60"]}}}
    app = app_members(info={**info, "NSCameraUsageDescription": "c", "UIDeviceFamily": [1, "2"]})
    extension = plistlib.dumps({"CFBundleIdentifier": "a.b", "CFBundleName": "A", "CFBundleExecutable": "A"})
    icons, code = pictures(), executables()
    rows: Sequence[Sequence[bytes]] = [
        (app[0].data, code["signed"], icons["cgbi"], extension, code["old"]),
        (app[0].data, code["plain"], icons["plain"]),
        (plists()["binary"], code["fat"], icons["opaque"], plists()["openstep"], code["big"]),
    ]
    return {str(number): SEPARATOR.join(row) for number, row in enumerate(rows)}


def plists() -> dict[str, bytes]:
    values = {
        "CFBundleIdentifier": "com.acme.app",
        "CFBundleName": "Gr\xfc\xdfe \U0001f600",
        "CFBundleExecutable": "Acme",
        "list": [1, -2, 1 << 63, 1.5, True, b"data", {"deep": [[]]}],
    }
    xml = plistlib.dumps(values)
    return {
        "xml": xml,
        "wide": b"\xff\xfe" + xml.decode().replace("UTF-8", "UTF-16").encode("utf-16-le"),
        "entity": b'<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
        "latin": b'<?xml version="1.0" encoding="latin1"?><plist><dict><key>\xe4</key><true/></dict></plist>',
        "binary": plistlib.dumps(values, fmt=plistlib.FMT_BINARY),
        "openstep": b'// c\n{ CFBundleIdentifier = com.acme; n = "A\\U00e4\\n\\101"; l = (a, <0f a0>, {}); }',
        "strings": b"/* c */ \"a b\" = 'c'; alone;",
    }


def executables() -> dict[str, bytes]:
    """Thin ones are cut down: their code is of no interest, and short inputs are mutated better."""
    signing = Signing("com.acme.app", _ENTITLEMENTS)
    old = make_macho(architecture="armv7", signing=Signing("x", {"a": 1}, xml=False, der_layout=0), cryptid=1)
    plain = make_macho()[:1024]
    return {
        "signed": _shorten(make_macho(signing=signing)),
        "old": _shorten(old),
        "plain": plain,
        "fat": _fat([plain, _shorten(make_macho(signing=signing))]),
        "wide": make_fat([("arm64", plain)], wide=True)[:20_000],
        "big": struct.pack(">7I", 0xFEEDFACE, 18, 0, 2, 1, 16, 0) + struct.pack(">4I", 0x25, 16, 0xC0100, 0),
    }


def _shorten(executable: bytes) -> bytes:
    """The same headers and signature with little between them."""
    (part,) = parse_macho(Forward(executable), Limits())
    assert part.signature_at is not None
    word = struct.pack("<4I", 0x1D, 16, *part.signature_at)
    head = executable[:1024].replace(word, struct.pack("<4I", 0x1D, 16, 1024, len(part.signature)))
    return head + part.signature


def _fat(slices: Sequence[bytes]) -> bytes:
    """A fat file without alignment."""
    at, table = 8 + 20 * len(slices), b""
    for data in slices:
        table += struct.pack(">5I", 0x0100000C, 0, at, len(data), 0)
        at += len(data)
    return struct.pack(">2I", 0xCAFEBABE, len(slices)) + table + b"".join(slices)


def signatures() -> dict[str, bytes]:
    (part,) = parse_macho(Forward(make_macho(signing=Signing("x", _ENTITLEMENTS))), Limits())
    blob = build_der_entitlements(_ENTITLEMENTS, layout=1)
    slot = struct.pack(">2I", 0xFADE7172, 8 + len(blob)) + blob
    return {
        "whole": part.signature,
        "small": struct.pack(">5I", 0xFADE0CC0, 20 + len(slot), 1, 7, 20) + slot,
        "new": blob,
        "old": build_der_entitlements(_ENTITLEMENTS, layout=0),
    }


def pictures() -> dict[str, bytes]:
    opaque = [(b"CgBI", bytes(4)), (b"IHDR", struct.pack(">2I5B", 2, 2, 8, 2, 0, 0, 0))]
    packed = zlib.compress(b"\1abcdef\4ghijkl", wbits=-15)
    chunks = [*opaque, (b"gAMA", bytes(4)), (b"IDAT", packed[:5]), (b"IDAT", packed[5:]), (b"IEND", b"")]
    return {
        "cgbi": cgbi_png(5, 5, bytes(range(100)), filters=(0, 1, 2, 3, 4)),
        "opaque": b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks),
        "plain": draw_icon("seed", 4),
        "jpeg": _jpeg(),
        "interlaced": _interlace(cgbi_png(5, 5, bytes(range(100)))),
    }


def _jpeg() -> bytes:
    file = io.BytesIO()
    with Image.new("RGB", (8, 8), (200, 30, 30)) as picture:
        picture.save(file, "JPEG", progressive=True)
    return file.getvalue()


def _interlace(picture: bytes) -> bytes:
    """Says that the rows are Adam7's; with enough of them to be read that way."""
    head = picture[:8] + picture[8:].partition(b"IHDR")[0]
    header = png_chunk(b"IHDR", struct.pack(">2I5B", 5, 5, 8, 6, 0, 0, 1))
    rows = png_chunk(b"IDAT", zlib.compress(bytes(200), wbits=-15))
    return head[:-4] + header + rows + png_chunk(b"IEND", b"")
