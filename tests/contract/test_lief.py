"""Made executables, read by us and by LIEF: both must see the same, and neither reads the other's code."""

import itertools
from typing import Any

import lief
import pytest

from bot.ipa.entitlements import parse_signature
from bot.ipa.limits import Limits
from bot.ipa.macho import Slice, parse_macho
from bot.sandbox.make_macho import CPU, PLATFORMS
from tests.builders import Signing, make_fat, make_macho
from tests.unit.ipa.test_macho import Forward

ENTITLEMENTS = {"get-task-allow": False, "keychain-access-groups": ["a.*"], "deep": {"n": -1}, "Ü😀": "é"}
SIGNINGS = {
    "unsigned": None,
    "ad hoc": Signing("com.acme.app"),
    "XML and DER": Signing("com.acme.app", ENTITLEMENTS),
    "XML": Signing("com.acme.app", ENTITLEMENTS, der=False),
    "DER": Signing("com.acme.app", ENTITLEMENTS, xml=False),
    "old DER": Signing("com.acme.app", ENTITLEMENTS, xml=False, der_layout=0),
}
NAMED = [name for name in CPU if name != "arm64_32"]  # LIEF knows no such type


def compare_all(data: bytes) -> tuple[Slice, ...]:
    """Our slices, each compared with LIEF's (which live only as long as their file does)."""
    fat = lief.MachO.parse(list(data))
    assert fat is not None
    parts = parse_macho(Forward(data), Limits(), size=len(data))
    for part, binary in zip(parts, fat, strict=True):
        compare(part, binary, data)
    return parts


def compare(part: Slice, binary: lief.MachO.Binary, data: bytes) -> None:
    cputype, subtype, _ = CPU[part.architecture]
    assert binary.header.cpu_type.value & 0xFFFFFFFF == cputype
    assert binary.header.cpu_subtype & 0xFFFFFF == subtype & 0xFFFFFF
    assert (part.file_type, part.complaint) == (binary.header.file_type.value, None)
    encryption = binary.encryption_info
    assert part.encrypted == bool(encryption and encryption.crypt_id)
    version = binary.build_version
    assert version is not None
    assert PLATFORMS[part.platform or ""] == version.platform.value
    assert [*map(int, (part.min_os_version or "").split(".")), 0][:3] == list(version.minos)[:3]
    symbols = binary.symbol_command
    assert symbols is not None
    assert part.strings_end == symbols.strings_offset + symbols.strings_size
    signature = binary.code_signature
    if signature is None:
        assert part.signature == b""
        return
    at = binary.fat_offset + signature.data_offset
    assert part.signature == data[at : at + signature.data_size] == bytes(signature.content)


@pytest.mark.parametrize("architecture", NAMED)
@pytest.mark.parametrize("signing", SIGNINGS.values(), ids=SIGNINGS)
def test_a_thin_executable(architecture: str, signing: Signing | None) -> None:
    data = make_macho(architecture=architecture, signing=signing, min_os_version="14.3")
    (part,) = compare_all(data)
    signature = parse_signature(part.signature, Limits())
    assert signature.signed == (signing is not None)
    wanted: dict[str, Any] | None = ENTITLEMENTS if signing and signing.entitlements else None
    assert signature.xml == (wanted if signing and signing.xml else None)
    assert signature.der == (wanted if signing and signing.der else None)


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("cryptid", [None, 0, 1])
def test_what_the_load_commands_say(platform: str, cryptid: int | None) -> None:
    data = make_macho(platform=platform, cryptid=cryptid, min_os_version="9.2")
    (part,) = compare_all(data)
    assert (part.platform, part.encrypted) == (platform, cryptid == 1)


@pytest.mark.parametrize("pair", list(itertools.combinations(NAMED, 2)), ids="+".join)
def test_two_slices(pair: tuple[str, str]) -> None:
    signings = (Signing("x", ENTITLEMENTS), None)
    data = make_fat(
        [(name, make_macho(architecture=name, signing=s)) for name, s in zip(pair, signings, strict=True)]
    )
    assert [part.architecture for part in compare_all(data)] == list(pair)


def test_every_slice_at_once() -> None:
    slices = [(name, make_macho(architecture=name, signing=Signing(name), body=9000)) for name in NAMED]
    assert [part.architecture for part in compare_all(make_fat(slices))] == NAMED
