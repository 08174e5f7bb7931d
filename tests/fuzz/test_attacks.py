"""Inputs made to cost far more than they weigh. Each is small; what it may cost is counted, not timed.

Memory is the peak that Python allocates while one is read. Those that would take time without end have no
assertion about it: they would never come back.
"""

import io
import itertools
import plistlib
import struct
import tracemalloc
from collections.abc import Callable

import pytest

from bot.errors import BadIpa
from bot.ipa import Limits, read_ipa
from bot.ipa.archive import Archive
from bot.ipa.der import BadDer, parse_der_entitlements
from bot.ipa.entitlements import parse_signature
from bot.ipa.limits import Budget
from bot.ipa.model import IpaInfo
from bot.ipa.openstep import parse_openstep
from bot.ipa.plist import BadPlist, parse_plist
from tests.builders import Entry, Extension, app_members, make_ipa, zip_bytes

MIB = 1 << 20
APP = "Payload/Acme.app"


def peak(run: Callable[[], object]) -> float:
    """The most memory that it takes, in MiB; its answer may be an error."""
    tracemalloc.start()
    try:
        run()
    except (BadIpa, BadDer, BadPlist):
        pass
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most / MIB


def read(data: bytes, limits: Limits | None = None) -> IpaInfo:
    return read_ipa(io.BytesIO(data), size=len(data), limits=limits or Limits())


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + struct.pack(">L", size)) + body


def deep_der() -> bytes:
    value = tlv(0x04, bytes(MIB))
    for _ in range(60):
        value = tlv(0x30, value)
    return tlv(0x31, tlv(0x30, tlv(0x0C, b"a") + value))


DER = {
    "deep": (deep_der, 4),
    "a million elements where two belong": (lambda: tlv(0x70, b"\x02\0" * MIB), 4),
    "a million elements in a pair": (lambda: tlv(0x31, tlv(0x30, b"\x02\0" * MIB)), 4),
    "a million values": (lambda: tlv(0x31, tlv(0x30, tlv(0x0C, b"a") + tlv(0x30, b"\x04\0" * MIB))), 32),
    "larger than a property list may be": (lambda: tlv(0x31, bytes(9 * MIB)), 1),
}


@pytest.mark.parametrize(("data", "bound"), DER.values(), ids=DER)
def test_der_takes_little_memory(data: Callable[[], bytes], bound: int) -> None:
    made = data()
    assert peak(lambda: parse_der_entitlements(made, Limits())) < bound


def test_a_slot_named_again_and_again_is_copied_once() -> None:
    count, blob = 1000, struct.pack(">2L", 0xFADE7171, 8 + 30 * MIB) + b" " * (30 * MIB)
    index = struct.pack(">2L", 5, 12 + 8 * count) * count
    data = struct.pack(">3L", 0xFADE0CC0, 12 + len(index) + len(blob), count) + index + blob
    assert peak(lambda: parse_signature(data, Limits())) < 100
    assert parse_signature(data, Limits()).xml == {}


QUARTER = MIB // 4
OPENSTEP = {
    "quoted": b'{a="' + b"x" * QUARTER + b'";}',
    "escapes": b"{a='" + b"\\x" * (QUARTER // 2) + b"';}",
    "spaces": b"{a=" + b" " * QUARTER + b"b;}",
    "comments": b"{a=" + b"/**/" * (QUARTER // 4) + b"b;}",
    "lines": b"{a=" + b"//\n" * (QUARTER // 4) + b"b;}",
}


@pytest.mark.parametrize("data", OPENSTEP.values(), ids=OPENSTEP)
def test_openstep_text_takes_little_memory(data: bytes) -> None:
    assert peak(lambda: parse_plist(data, Limits())) < 8


def test_keys_that_stand_alone_count_as_values() -> None:
    assert len(parse_openstep("a;b;c;", depth=5, values=3)) == 3
    with pytest.raises(ValueError, match="too many"):
        parse_openstep("a;b;c;", depth=5, values=2)


@pytest.mark.parametrize("size", [MIB, MIB + 5, MIB + 100, 2 * MIB + 258, 30 * MIB])
def test_a_run_that_ends_with_a_step_of_inflating_is_whole(size: int) -> None:
    """Found while an attack was built: the last bytes of it were held back, and the member called damaged."""
    packed = zip_bytes([Entry("a", bytes(size))])
    archive = Archive(io.BytesIO(packed), len(packed), Budget(Limits(), lambda: 0.0))
    member = archive.find("a")
    assert member is not None
    assert len(archive.open(member, size).read(size + 1)) == size


class Counting(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_what_lies_behind_the_end_of_a_packed_stream_is_not_read() -> None:
    plist, code = app_members(executable=b"\xcf\xfa\xed\xfe")
    tail = Entry("tail.bin", bytes(20 * MIB), method=0)
    data = bytearray(zip_bytes([plist, code, tail]))
    entry = data.rindex(b"PK\1\2", 0, data.rindex(b"tail.bin") - 46)
    struct.pack_into("<L", data, entry + 20, 18 * MIB)  # the executable, as packed
    file = Counting(data)
    read_ipa(file, size=len(data))
    assert file.taken < MIB


def nested_names() -> bytes:
    return zip_bytes(
        [*app_members(), *(Entry(f"Payload/Acme.app/{n}/" + "a.app/" * 650) for n in range(100))]
    )


def test_names_full_of_bundles_are_refused_before_they_are_unfolded() -> None:
    data = nested_names()
    assert peak(lambda: read(data)) < 16
    with pytest.raises(BadIpa, match="bundles"):
        read(data)


def test_a_privacy_key_of_a_megabyte() -> None:
    key = "UsageDescription" * (MIB // 16)
    info = read(
        make_ipa(info={key + "\n": "no line may end in it", f"{key}s": "text", "UsageDescription": "none"})
    )
    assert list(info.privacy) == [f"{key}s"]


def test_icon_names_longer_than_any_file_are_not_looked_for() -> None:
    names = [f"{number}" + "a" * 4_000 for number in range(100)]
    data = make_ipa(info={"CFBundleIconFiles": names}, icon=False)
    assert peak(lambda: read(data)) < 24


def code_with_signature(size: int) -> bytes:
    """An executable that is nearly nothing but a signature, which packs a thousand to one."""
    signature = struct.pack(">3L", 0xFADE0CC0, size, 0).ljust(size, b"\0")
    head = struct.pack("<7L", 0xFEEDFACF, 0x0100000C, 0, 2, 1, 16, 0) + bytes(4)
    return head + struct.pack("<4L", 0x1D, 16, 48, size) + signature


def test_signatures_are_not_kept_once_they_are_read() -> None:
    code = code_with_signature(4 * MIB)
    data = make_ipa(extensions=[Extension(f"E{n}", executable=code) for n in range(20)])
    assert len(data) < MIB
    assert peak(lambda: read(data)) < 24


def test_the_slices_of_one_executable_share_a_bound_on_signatures() -> None:
    part = code_with_signature(4 * MIB)
    table = b"".join(struct.pack(">5L", 0x0100000C, 0, 1024 + n * len(part), len(part), 0) for n in range(20))
    fat = (struct.pack(">2L", 0xCAFEBABE, 20) + table).ljust(1024, b"\0") + part * 20
    data = make_ipa(executable=fat)
    limits = Limits(signatures_bytes=8 * MIB)
    assert peak(lambda: read(data, limits)) < 32
    with pytest.raises(BadIpa) as caught:
        read(data, limits)
    assert caught.value.code == "too_large"


def entitled(text: bytes) -> bytes:
    """An executable whose XML entitlements are `text`."""
    blob = struct.pack(">2L", 0xFADE7171, 8 + len(text)) + text
    signature = struct.pack(">5L", 0xFADE0CC0, 20 + len(blob), 1, 5, 20) + blob
    head = struct.pack("<7L", 0xFEEDFACF, 0x0100000C, 0, 2, 1, 16, 0) + bytes(4)
    return head + struct.pack("<4L", 0x1D, 16, 48, len(signature)) + signature


@pytest.mark.parametrize("limits", [Limits(plists_bytes=4 * MIB), Limits(plists_values=100_000)])
def test_many_executables_cannot_each_have_all_the_entitlements_that_one_may(limits: Limits) -> None:
    text = (
        b"<plist><dict><key>a</key><array>"
        + b"<string>bbbbbbbb</string>" * 20_000
        + b"</array></dict></plist>"
    )
    few, many = (
        make_ipa(extensions=[Extension(f"E{n}", executable=entitled(text)) for n in range(count)])
        for count in (1, 12)
    )
    assert read(few, limits).bundles[1].entitlements
    with pytest.raises(BadIpa, match="entitlements") as caught:
        read(many, limits)
    assert caught.value.code == "too_large"


def test_names_with_heaps_of_marks_are_left_as_they_are() -> None:
    """To sort two thousand marks upon one letter takes four million steps, and there may be many names."""
    heap = "a" + "\u0301" * 1_000 + "\u0316" * 1_000
    names = [f"Payload/Acme.app/{number}{heap}" for number in range(500)]
    info = read(zip_bytes([*app_members(), *(Entry(name, method=0) for name in names)]))
    assert [problem.code for problem in info.problems] == ["name_too_long"]


@pytest.mark.parametrize("marks", [1, 30, 31, 500])
def test_a_name_is_found_however_many_marks_it_has(marks: int) -> None:
    name = "Payload/Acme.app/e" + "\u0301" * marks
    packed = zip_bytes([Entry(name, b"x")])
    archive = Archive(io.BytesIO(packed), len(packed), Budget(Limits(), lambda: 0.0))
    assert archive.find(name) is not None


def test_members_that_lie_over_each_other_are_read_as_what_they_are() -> None:
    """Two hundred names for the same bytes: no more is held than one of them, and each counts."""
    info = plistlib.dumps({"CFBundleIdentifier": "a.b", "pad": "x" * 100_000})
    data = bytearray(
        zip_bytes([*app_members(), *(Entry(f"{APP}/{n:03}.appex/Info.plist", info) for n in range(200))])
    )
    first = data.find(b"PK\3\4", data.find(b"Acme.app/Acme"))
    at = data.find(b"PK\1\2")
    while at >= 0:
        if b".appex" in data[at + 46 : at + 90]:
            struct.pack_into("<L", data, at + 42, first)
        at = data.find(b"PK\1\2", at + 46)
    assert len(read(bytes(data)).bundles) == 201
    with pytest.raises(BadIpa, match="plists of the app"):
        read(bytes(data), Limits(plists_bytes=5 * MIB))


def test_two_hundred_thousand_tiny_members_are_the_most() -> None:
    entries = [Entry(f"r/{n}", method=0) for n in range(1_999)]
    limits = Limits(members=2_000)
    with pytest.raises(BadIpa, match="Payload"):  # as many as may be
        read(zip_bytes([*entries, Entry("x")], zip64=True), limits)
    with pytest.raises(BadIpa, match="members"):
        read(zip_bytes([*entries, Entry("x"), Entry("y")], zip64=True), limits)


def test_time_ends_between_the_slices_of_one_executable() -> None:
    """Each slice has twenty thousand load commands; a clock that ticks with every look at it runs out."""
    commands = struct.pack("<4L", 0x25, 16, 0xC0100, 0) * 19_999
    thin = struct.pack("<7L", 0xFEEDFACF, 0x0100000C, 0, 2, 19_999, len(commands), 0) + bytes(4) + commands
    table = b"".join(struct.pack(">5L", 0x0100000C, 0, 1024 + n * len(thin), len(thin), 0) for n in range(32))
    fat = (struct.pack(">2L", 0xCAFEBABE, 32) + table).ljust(1024, b"\0") + thin * 32
    data = make_ipa(executable=fat, icon=False)
    ticks = itertools.count()
    with pytest.raises(BadIpa) as caught:
        read_ipa(io.BytesIO(data), size=len(data), limits=Limits(seconds=5), clock=lambda: float(next(ticks)))
    assert caught.value.code == "too_slow"
    assert next(ticks) < 10
