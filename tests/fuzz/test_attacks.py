"""Inputs made to cost far more than they weigh. Each is small; what it may cost is counted, not timed.

Memory is the peak that Python allocates while one is read. Those that would take time without end have no
assertion about it: they would never come back.
"""

import io
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


OPENSTEP = {
    "quoted": b'{a="' + b"x" * MIB + b'";}',
    "escapes": b"{a='" + b"\\x" * (MIB // 4) + b"';}",
    "spaces": b"{a=" + b" " * MIB + b"b;}",
    "comments": b"{a=" + b"/**/" * (MIB // 4) + b"b;}",
    "lines": b"{a=" + b"//\n" * (MIB // 4) + b"b;}",
}


@pytest.mark.parametrize("data", OPENSTEP.values(), ids=OPENSTEP)
def test_openstep_text_takes_little_memory(data: bytes) -> None:
    assert peak(lambda: parse_plist(data, Limits())) < 24


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
