import hashlib
import io
import plistlib
import struct
import zipfile

import lief
import pytest

from bot.sandbox.make_ipa import Extension, draw_icon, make_ipa
from bot.sandbox.make_macho import CPU, Signing, make_fat, make_macho

ENTITLEMENTS = {
    "get-task-allow": True,
    "keychain-access-groups": ["ABC.com.acme.app"],
    "com.acme.level": 3,
    "com.acme.nested": {"one": {"two": ["three", False]}},
}


def parse(data: bytes) -> lief.MachO.FatBinary:
    fat = lief.MachO.parse(list(data))
    assert fat is not None
    return fat


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert make_ipa(entitlements=ENTITLEMENTS) == make_ipa(entitlements=ENTITLEMENTS)
    assert make_ipa(version="1.0") != make_ipa(version="1.1")


def test_an_ipa_holds_info_executable_icon_and_extensions() -> None:
    data = make_ipa(extensions=[Extension("Share"), Extension("Intents", folder="Extensions")])
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    assert set(archive.namelist()) == {
        "Payload/Acme.app/Info.plist",
        "Payload/Acme.app/Acme",
        "Payload/Acme.app/AppIcon60x60@2x.png",
        "Payload/Acme.app/PlugIns/Share.appex/Info.plist",
        "Payload/Acme.app/PlugIns/Share.appex/Share",
        "Payload/Acme.app/Extensions/Intents.appex/Info.plist",
        "Payload/Acme.app/Extensions/Intents.appex/Intents",
    }
    info = plistlib.loads(archive.read("Payload/Acme.app/PlugIns/Share.appex/Info.plist"))
    assert info["CFBundleIdentifier"] == "com.acme.app.share"


def test_what_is_none_is_left_out() -> None:
    data = make_ipa(version=None, build_version=None, min_os_version=None, device_families=None, icon=False)
    info = plistlib.loads(zipfile.ZipFile(io.BytesIO(data)).read("Payload/Acme.app/Info.plist"))
    assert sorted(info) == [
        "CFBundleDisplayName",
        "CFBundleExecutable",
        "CFBundleIdentifier",
        "CFBundleInfoDictionaryVersion",
        "CFBundleName",
        "CFBundlePackageType",
        "CFBundleSupportedPlatforms",
    ]


def test_padding_does_not_compress() -> None:
    assert len(make_ipa(padding=1_000_000)) > 1_000_000


@pytest.mark.parametrize("architecture", sorted(CPU))
def test_lief_reads_what_was_made(architecture: str) -> None:
    signing = Signing("com.acme.app", ENTITLEMENTS, b"<plist/>")
    binary = parse(make_macho(architecture=architecture, signing=signing)).at(0)
    assert binary.has_code_signature
    assert binary.has_main_command
    assert [library.name for library in binary.libraries] == ["/usr/lib/libSystem.B.dylib"]
    assert lief.MachO.check_layout(binary)[0]


def test_the_code_directory_holds_the_hashes_of_pages_and_slots() -> None:
    signing = Signing("com.acme.app", ENTITLEMENTS, b"<plist/>")
    data = make_macho(signing=signing, body=50_000)
    start = parse(data).at(0).code_signature.data_offset
    magic, _, count = struct.unpack_from(">3I", data, start)
    index = dict(struct.unpack_from(">2I", data, start + 12 + 8 * n) for n in range(count))
    directory = start + index[0]
    fields = struct.unpack_from(">9I", data, directory)
    hashes, special, pages, limit = fields[4], fields[6], fields[7], fields[8]
    assert (magic, limit, special) == (0xFADE0CC0, start, 7)

    def stored(slot: int) -> bytes:
        at = directory + hashes + 32 * slot
        return data[at : at + 32]

    for page in range(pages):
        assert stored(page) == hashlib.sha256(data[page * 4096 : min((page + 1) * 4096, limit)]).digest()
    for slot in (5, 7):
        at = start + index[slot]
        size = struct.unpack_from(">I", data, at + 4)[0]
        assert stored(-slot) == hashlib.sha256(data[at : at + size]).digest()
    assert stored(-1) == hashlib.sha256(b"<plist/>").digest()


def test_a_fat_file_holds_its_slices() -> None:
    slices = [(name, make_macho(architecture=name, signing=Signing())) for name in ("armv7", "arm64")]
    data = make_fat(slices)
    fat = parse(data)
    assert [binary.header.cpu_type.name for binary in fat] == ["ARM", "ARM64"]
    for binary, (_, made) in zip(fat, slices, strict=True):
        assert data[binary.fat_offset :].startswith(made)


def test_a_fat_file_with_64_bit_offsets() -> None:
    """LIEF does not read these: the table is looked at by hand (`mach-o/fat.h`, fat_arch_64)."""
    made = make_macho(signing=Signing())
    data = make_fat([("armv7", b"other"), ("arm64", made)], wide=True)
    _, _, offset, size, align, reserved = struct.unpack_from(">IIQQII", data, 8 + 32)
    assert data[:8] == bytes.fromhex("cafebabf00000002")
    assert data[offset : offset + size] == made
    assert (align, reserved) == (14, 0)


def test_an_icon_is_a_png_of_the_size_asked_for() -> None:
    icon = draw_icon("com.acme.app", 64)
    assert icon.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack_from(">2I", icon, 16) == (64, 64)
    assert icon != draw_icon("com.acme.other", 64)
