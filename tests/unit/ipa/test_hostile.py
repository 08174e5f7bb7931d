"""Whatever the bytes, nothing but BadIpa comes out."""

import io
import plistlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import BadIpa
from bot.ipa import Limits, read_ipa
from bot.ipa.entitlements import parse_signature
from bot.ipa.macho import BadMachO, parse_macho
from bot.ipa.plist import BadPlist, parse_plist
from bot.ipa.png import BadPng, build_plain_png
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
)
from tests.unit.ipa.test_macho import Forward

SIGNED = make_macho(signing=Signing("com.acme.app", {"a": {"b": ["c", 1, True]}}))
FAT = make_fat([("arm64", SIGNED), ("armv7", make_macho(architecture="armv7"))])
PNG = cgbi_png(4, 4, bytes(range(64)), filters=(0, 1, 2, 3, 4))
SEEDS = [
    make_ipa(entitlements={"a": 1}, extensions=[Extension("Share")], executable=FAT),
    zip_bytes([Entry(e.name, e.data, method=0) for e in app_members(executable=FAT)], zip64=True),
    zip_bytes([Entry(e.name, e.data, descriptor=True) for e in app_members()], leading=b"x" * 10),
]
LIMITS = Limits(inflated_bytes=1 << 24, seconds=20.0)
QUICK = settings(max_examples=150, deadline=None, derandomize=True)


def mutations(seed: bytes) -> st.SearchStrategy[bytes]:
    """The seed with some bytes replaced, a piece cut out, or a piece doubled."""
    place = st.integers(0, len(seed) - 1)
    number = st.sampled_from([b"\0", b"\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x01"])
    patches = st.lists(st.tuples(place, number | st.binary(min_size=1, max_size=8)), min_size=1, max_size=6)

    def patch(changes: list[tuple[int, bytes]]) -> bytes:
        data = bytearray(seed)
        for at, new in changes:
            data[at : at + len(new)] = new
        return bytes(data)

    cuts = st.tuples(place, place).map(lambda ends: seed[: min(ends)] + seed[max(ends) :])
    doubled = st.tuples(place, place).map(lambda ends: seed[: max(ends)] + seed[min(ends) :])
    return patches.map(patch) | cuts | doubled


def try_ipa(data: bytes) -> None:
    try:
        info = read_ipa(io.BytesIO(data), size=len(data), limits=LIMITS)
    except BadIpa as error:
        assert error.code.replace("_", "").isalpha()  # noqa: PT017 -- not raising is as good
        error.public.encode()
    else:
        assert info.bundle_identifier


@QUICK
@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    try_ipa(data)
    try_ipa(SEEDS[1] + data)


@QUICK
@given(st.sampled_from(SEEDS).flatmap(mutations))
def test_changed_archives(data: bytes) -> None:
    try_ipa(data)


@QUICK
@given(
    mutations(app_members()[0].data) | st.binary(max_size=500),
    mutations(SIGNED) | mutations(FAT),
    mutations(PNG),
)
def test_sound_archives_of_changed_files(plist: bytes, executable: bytes, png: bytes) -> None:
    app = "Payload/Acme.app"
    extension = make_ipa(files={"PlugIns/A.appex/Info.plist": plist, "Acme": executable}, icon=png)
    try_ipa(extension)
    try_ipa(zip_bytes([Entry(f"{app}/Info.plist", plist), Entry(f"{app}/Acme", executable)]))


@QUICK
@given(st.binary(max_size=500) | mutations(SIGNED) | mutations(FAT))
def test_executables(data: bytes) -> None:
    try:
        slices = parse_macho(Forward(data), LIMITS)
    except BadMachO:
        return
    for part in slices:
        parse_signature(part.signature, LIMITS)


@QUICK
@given(st.binary(max_size=300).map(lambda data: b"\xfa\xde\x0c\xc0" + data))
def test_signatures(data: bytes) -> None:
    parse_signature(data, LIMITS)


@QUICK
@given(
    st.binary(max_size=300)
    | st.binary(max_size=300).map(lambda data: b"bplist00" + data)
    | st.text(alphabet="{}()<>;=,\"'\\/*ab0 \n", max_size=200).map(str.encode)
    | st.text(alphabet="<>/plistdcarystngke ", max_size=200).map(lambda text: b"<plist>" + text.encode())
)
def test_property_lists(data: bytes) -> None:
    try:
        parse_plist(data, LIMITS)
    except BadPlist:
        return


@QUICK
@given(mutations(PNG) | st.binary(max_size=200).map(lambda data: PNG[:8] + data))
def test_pictures(data: bytes) -> None:
    try:
        build_plain_png(data, pixels=10_000)
    except BadPng:
        return


@pytest.mark.parametrize("limits", [Limits(plists_bytes=100_000), Limits(plists_values=20_000)])
def test_many_bundles_cannot_each_take_all_that_one_may(limits: Limits) -> None:
    info = plistlib.dumps({f"key{number}": number for number in range(2_000)}, fmt=plistlib.FMT_BINARY)
    members = app_members()
    app = members[0].name.partition(".app/")[0] + ".app"
    few, many = (
        [Entry(f"{app}/PlugIns/{n}.appex/Info.plist", info) for n in range(count)] for count in (2, 12)
    )
    packed = zip_bytes([*members, *few])
    assert len(read_ipa(io.BytesIO(packed), size=len(packed), limits=limits).bundles) == 3
    packed = zip_bytes([*members, *many])
    with pytest.raises(BadIpa) as caught:
        read_ipa(io.BytesIO(packed), size=len(packed), limits=limits)
    assert caught.value.code == "too_large"
