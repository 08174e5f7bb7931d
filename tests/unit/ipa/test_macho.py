import io
import plistlib
import struct

import pytest

from bot.errors import BadIpa
from bot.ipa.entitlements import parse_signature
from bot.ipa.limits import Limits
from bot.ipa.macho import BadMachO, Slice, parse_macho
from bot.sandbox.make_macho import CPU
from tests.builders import Signing, make_fat, make_macho

ENTITLEMENTS = {"get-task-allow": True, "groups": ["a", "b"], "n": -5, "deep": {"x": {"y": False}}}


class Forward(io.BytesIO):
    """A stream that only goes forward."""

    @property
    def position(self) -> int:
        return self.tell()

    def skip(self, size: int) -> bool:
        return len(self.read(size)) == size

    def expect_all(self) -> None:
        pass


def parse(data: bytes, limits: Limits | None = None) -> tuple[Slice, ...]:
    return parse_macho(Forward(data), limits or Limits())


@pytest.mark.parametrize("architecture", sorted(CPU))
def test_a_thin_file(architecture: str) -> None:
    data = make_macho(architecture=architecture, signing=Signing("x", ENTITLEMENTS), min_os_version="14.3.1")
    (part,) = parse(data)
    assert (part.architecture, part.file_type, part.encrypted) == (architecture, 2, False)
    assert (part.platform, part.min_os_version) == ("ios", "14.3.1")
    signature = parse_signature(part.signature, Limits())
    assert signature.signed
    assert signature.xml == signature.der == ENTITLEMENTS


@pytest.mark.parametrize("wide", [False, True])
def test_a_fat_file_keeps_its_order(wide: bool) -> None:
    slices = [
        ("x86_64", make_macho(architecture="x86_64", platform="iossimulator")),
        ("arm64", make_macho(signing=Signing("x", ENTITLEMENTS), cryptid=1)),
        ("armv7", make_macho(architecture="armv7", cryptid=0)),
    ]
    parts = parse(make_fat(slices, wide=wide))
    assert [part.architecture for part in parts] == ["x86_64", "arm64", "armv7"]
    assert [part.encrypted for part in parts] == [False, True, False]
    assert [bool(part.signature) for part in parts] == [False, True, False]
    assert parts[0].platform == "iossimulator"


@pytest.mark.parametrize("layout", [0, 1])
def test_der_alone_in_both_layouts(layout: int) -> None:
    (part,) = parse(make_macho(signing=Signing("x", ENTITLEMENTS, xml=False, der_layout=layout)))
    signature = parse_signature(part.signature, Limits())
    assert (signature.signed, signature.xml, signature.der) == (True, None, ENTITLEMENTS)


def test_an_unsigned_file_is_read_no_further_than_its_headers() -> None:
    stream = Forward(make_macho(body=100_000))
    assert parse_macho(stream, Limits())[0].signature == b""
    assert stream.tell() < 4096


def patched(data: bytes, at: int, form: str, *values: int) -> bytes:
    return data[:at] + struct.pack(form, *values) + data[at + struct.calcsize(form) :]


THIN = make_macho(signing=Signing("x", ENTITLEMENTS))
FAT = make_fat([("arm64", THIN), ("armv7", make_macho(architecture="armv7"))])
COMMANDS = struct.unpack_from("<2I", THIN, 16)  # how many, and their bytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xcf\xfa",
        b"#!/bin/sh\n",
        THIN[:40],
        patched(THIN, 16, "<I", 0xFFFFFFFF),
        patched(THIN, 20, "<I", 0xFFFFFFFF),
        patched(THIN, 16, "<I", 19_000),
        patched(THIN, 36, "<I", 0),
        patched(THIN, 36, "<I", 0x7FFFFFFF),
        patched(FAT, 4, ">I", 0),
        patched(FAT, 4, ">I", 0xFFFF),
        patched(FAT, 16, ">I", 10),
        patched(FAT, 16, ">I", 0xFFFFFFF0),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100),  # a Java class
    ],
)
def test_what_does_not_fit_is_one_error(data: bytes) -> None:
    with pytest.raises(BadMachO):
        parse(data)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(slices=1),
        Limits(load_commands=COMMANDS[0] - 1),
        Limits(load_command_bytes=COMMANDS[1] - 1),
    ],
)
def test_each_limit_holds(limits: Limits) -> None:
    with pytest.raises(BadMachO):
        parse(FAT, limits)


def test_what_the_limits_just_allow() -> None:
    size = len(parse(THIN)[0].signature)
    parse(
        FAT, Limits(slices=2, load_commands=COMMANDS[0], load_command_bytes=COMMANDS[1], signature_bytes=size)
    )
    with pytest.raises(BadIpa) as caught:  # never guessed at: nobody would know what to declare
        parse(FAT, Limits(signature_bytes=size - 1))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("data", "size", "complaint"),
    [
        (THIN[:-100], None, "The code signature is cut off."),
        (THIN[:-100], len(THIN) - 100, "The code signature lies outside of its slice."),
        (THIN[:0x4000], None, "The code signature lies outside of the file."),
        (patched(FAT, 20, ">I", 5), None, "The code signature lies outside of its slice."),
        (
            patched(THIN, THIN.index(b"\x1d\0\0\0\x10\0\0\0") + 8, "<I", 40),
            None,
            "The code signature lies outside of its slice.",
        ),
    ],
)
def test_a_signature_that_is_not_there_leaves_the_rest(data: bytes, size: int | None, complaint: str) -> None:
    part, *others = parse_macho(Forward(data), Limits(), size=size)
    assert (part.architecture, part.signature, part.complaint) == ("arm64", b"", complaint)
    assert [other.architecture for other in others] == (["armv7"] if data[:1] == b"\xca" else [])


def header(cputype: int, subtype: int, commands: bytes = b"", count: int = 0, *, big: bool = False) -> bytes:
    """A bare 64-bit header, in either byte order."""
    order = ">" if big else "<"
    return struct.pack(f"{order}8I", 0xFEEDFACF, cputype, subtype, 2, count, len(commands), 0, 0) + commands


@pytest.mark.parametrize(
    ("cputype", "subtype", "name"),
    [
        (0x0100000C, 0, "arm64"),
        (0x0100000C, 0x80000002, "arm64e"),
        (0x0100000C, 0x81000002, "arm64e"),  # with a version of its pointer authentication
        (0x0100000C, 9, "unknown(16777228,9)"),
        (0x0200000C, 1, "arm64_32"),
        (0x01000007, 0x80000003, "x86_64"),
        (0x01000007, 8, "x86_64h"),
        (7, 3, "i386"),
        (12, 6, "armv6"),
        (12, 9, "armv7"),
        (12, 11, "armv7s"),
        (12, 12, "armv7k"),
        (12, 16, "armv7em"),
        (99, 1, "unknown(99,1)"),
    ],
)
@pytest.mark.parametrize("big", [False, True])
def test_architectures_have_the_names_of_apple(cputype: int, subtype: int, name: str, big: bool) -> None:
    assert parse(header(cputype, subtype, big=big))[0].architecture == name


VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}


@pytest.mark.parametrize(("command", "platform"), VERSION_MIN.items())
@pytest.mark.parametrize("big", [False, True])
def test_older_executables_say_their_platform_otherwise(command: int, platform: str, big: bool) -> None:
    body = struct.pack((">" if big else "<") + "4I", command, 16, 9 << 16 | 2 << 8, 0x100000)
    (part,) = parse(header(0x0100000C, 0, body, 1, big=big))
    assert (part.platform, part.min_os_version) == (platform, "9.2")


def test_of_several_signatures_the_last_counts() -> None:
    """As in ldid's loop over the load commands (AltSign `alt_ldid.cpp`)."""
    at = THIN.index(b"\x1d\0\0\0\x10\0\0\0")
    symbols = THIN.index(b"\x02\0\0\0\x18\0\0\0")
    earlier = patched(THIN, symbols, "<6I", 0x1D, 24, 0, 16, 0, 0)
    assert earlier[at:] == THIN[at:]
    assert parse(earlier)[0].signature == parse(THIN)[0].signature


@pytest.mark.parametrize("command", [0x21, 0x2C])
def test_both_commands_of_encryption(command: int) -> None:
    body = struct.pack("<5I", command, 20, 4096, 4096, 1)
    assert parse(header(0x0100000C, 0, body, 1))[0].encrypted


def super_blob(*blobs: tuple[int, bytes], length: int | None = None, count: int | None = None) -> bytes:
    index, body, at = b"", b"", 12 + 8 * len(blobs)
    for slot, blob in blobs:
        index += struct.pack(">2I", slot, at + len(body))
        body += blob
    size = at + len(body) if length is None else length
    return struct.pack(">3I", 0xFADE0CC0, size, len(blobs) if count is None else count) + index + body


def blob(data: bytes, size: int | None = None) -> bytes:
    return struct.pack(">2I", 0xFADE7171, 8 + len(data) if size is None else size) + data


XML = b"<plist><dict><key>a</key><true/></dict></plist>"


@pytest.mark.parametrize(
    ("data", "signed", "xml"),
    [
        (b"", False, None),
        (bytes(100), False, None),
        (super_blob(), True, None),
        (super_blob((5, blob(XML))), True, {"a": True}),
        (super_blob((5, blob(XML)), (5, blob(b"{b=c;}"))), True, {"a": True}),  # the first of equal slots
        (super_blob((5, blob(b"")), (5, blob(XML))), True, {"a": True}),  # ldid passes over an empty one
        (
            super_blob((0, blob(b"\0" * 44)), (2, blob(b"")), (0x1000, blob(b"")), (0x10000, blob(b""))),
            True,
            None,
        ),
        (
            super_blob((0x1000, blob(b"x")), (0x10002, blob(b"")), (99, blob(b"x")), (5, blob(XML))),
            True,
            {"a": True},
        ),
        (super_blob((5, blob(plistlib.dumps({"a": True}, fmt=plistlib.FMT_BINARY)))), True, {"a": True}),
        (super_blob((5, blob(XML + b"\0\0"))), True, {"a": True}),
        (super_blob((5, blob(b""))), True, None),  # empty: the next slice is asked
        (super_blob((5, blob(b"nonsense <"))), True, {}),  # not parseable: the client takes it as empty
        (super_blob((5, blob(XML, 4))), True, None),
        (super_blob((5, blob(XML, 9999))), True, None),
        (super_blob((5, blob(XML)), count=0xFFFFFFFF), True, {"a": True}),
        (super_blob((5, blob(XML)), length=15), True, None),
        (super_blob((7, blob(XML))), True, None),
    ],
)
def test_signatures(data: bytes, signed: bool, xml: dict[str, object] | None) -> None:
    signature = parse_signature(data, Limits())
    assert (signature.signed, signature.xml) == (signed, xml)


@pytest.mark.parametrize(
    "der",
    [
        b"\x70",
        b"\x70\x80\x00\x00",  # indefinite length
        b"\x31\x81\x01\x00",  # a length that is not the shortest
        b"\x31\x84\xff\xff\xff\xff",
        b"\x31\x85\x01\x00\x00\x00\x00",
        b"\x0c\x01a",
        b"\x31\x02\x0c\x00",
        b"\x31\x06\x30\x04\x0c\x02\xff\xff",
        b"\x31\x08\x30\x06\x0c\x01a\x05\x00\x00",
        b"\x70\x03\x02\x01\x01",
        b"\x31\x80" * 500,
    ],
)
def test_bad_der_is_empty_with_a_complaint(der: bytes) -> None:
    signature = parse_signature(super_blob((7, blob(der))), Limits())
    assert signature.der == {}
    assert len(signature.complaints) == 1
