"""Every limit: an input that just keeps it is read, and the same is refused or told one below."""

import io
import itertools
import plistlib
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from bot.errors import BadIpa
from bot.ipa import Limits, read_ipa
from bot.sandbox.make_ipa import draw_icon
from tests.builders import Entry, Extension, Signing, make_fat, make_ipa, make_macho, zip_bytes

ICON = draw_icon("limits", 60)
INFO: dict[str, Any] = {"CFBundleIdentifier": "a", "CFBundleName": "a", "CFBundleExecutable": "a"}
PLIST = plistlib.dumps(INFO)
SIGNED = make_macho(signing=Signing("x"))
WITH_ICON = make_ipa(icon=ICON)
SHARES = make_ipa(extensions=[Extension("A"), Extension("B")], signed=False, icon=False)


def outcome(data: bytes, limits: Limits, clock: Callable[[], float] = lambda: 0.0) -> str:
    """The code of the error or of the problem; "icon missing", or "" when all went well."""
    try:
        info = read_ipa(io.BytesIO(data), size=len(data), limits=limits, clock=clock)
    except BadIpa as error:
        return error.code
    if data is WITH_ICON and info.icon is None:
        return "icon missing"
    return next((problem.code for problem in info.problems), "")


def bare(info: bytes = PLIST, executable: bytes = SIGNED) -> bytes:
    return zip_bytes([Entry("Payload/A.app/Info.plist", info), Entry("Payload/A.app/a", executable)])


def directory_bytes(data: bytes) -> int:
    return int(struct.unpack_from("<L", data, data.rindex(b"PK\5\6") + 12)[0])


def commands(index: int) -> int:
    """Of the signed executable: 0 how many load commands, 1 their bytes, 2 the signature's bytes."""
    count, size = struct.unpack_from("<2I", SIGNED, 16)
    return int(
        (count, size, struct.unpack_from("<I", SIGNED, SIGNED.index(struct.pack("<2I", 29, 16)) + 12)[0])[
            index
        ]
    )


def plists(data: bytes) -> Iterator[bytes]:
    """The property lists of an archive that Python made."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    return (archive.read(name) for name in archive.namelist() if name.endswith("Info.plist"))


FAT = make_fat([("arm64", SIGNED), ("arm64e", SIGNED)])
TABLE: dict[str, tuple[bytes, int, str]] = {  # limit -> (input, the least that lets it pass, else)
    "members": (bare(), 2, "too_large"),
    "directory_bytes": (bare(), directory_bytes(bare()), "too_large"),
    "name_bytes": (bare(), len("Payload/A.app/Info.plist"), "too_large"),
    "bundles": (SHARES, 3, "too_large"),
    "plist_bytes": (bare(), len(PLIST), "too_large"),
    "plist_depth": (bare(plistlib.dumps(INFO | {"x": [[[1]]]})), 4, "bad_plist"),
    "plist_values": (bare(), 4, "bad_plist"),
    "plists_bytes": (SHARES, sum(map(len, plists(SHARES))), "too_large"),
    "plists_values": (bare(), 4, "too_large"),
    "executable_bytes": (bare(), len(SIGNED), "too_large"),
    "slices": (bare(executable=FAT), 2, "executable_unreadable"),
    "load_commands": (bare(), commands(0), "executable_unreadable"),
    "load_command_bytes": (bare(), commands(1), "executable_unreadable"),
    "signature_bytes": (bare(), commands(2), "too_large"),
    "signatures_bytes": (bare(executable=FAT), 2 * commands(2), "too_large"),
    "icon_bytes": (WITH_ICON, len(ICON), "icon missing"),
    "icon_pixels": (WITH_ICON, 60 * 60, "icon missing"),
    "inflated_bytes": (bare(), len(PLIST) + len(SIGNED), "too_large"),
}
ELSEWHERE = {"seconds", "spooled_bytes", "spooled_ratio"}


def test_every_limit_has_a_row() -> None:
    assert {field.name for field in fields(Limits)} == TABLE.keys() | ELSEWHERE


@pytest.mark.parametrize("name", TABLE)
def test_a_limit_holds_from_one_below(name: str) -> None:
    data, least, expected = TABLE[name]
    just, below = (dict[str, Any]({name: value}) for value in (least, least - 1))
    assert outcome(data, Limits(**just)) == ""
    assert outcome(data, Limits(**below)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(100.0, ""), (1.0, "too_slow")])
def test_the_time_for_one_file(seconds: float, expected: str) -> None:
    """Each question costs a second of this clock."""
    ticks = map(float, itertools.count())
    assert outcome(bare(), Limits(seconds=seconds), lambda: next(ticks)) == expected


@pytest.mark.parametrize("data", [bare(), WITH_ICON, SHARES, bare(executable=FAT), make_ipa()])
def test_the_limits_as_they_are_let_all_of_these_pass(data: bytes) -> None:
    assert outcome(data, Limits()) == ""


def test_a_small_archive_that_unfolds_is_stopped_early() -> None:
    """Of zeros without end in front of a signature, no more is inflated than the budget allows."""
    executable = bytearray(SIGNED[:0x4000] + bytes(64 << 20))
    struct.pack_into("<2I", executable, SIGNED.index(struct.pack("<2I", 29, 16)) + 8, 60 << 20, 100)
    bomb = bare(executable=bytes(executable))
    assert len(bomb) < 1 << 17
    assert outcome(bomb, Limits()) == "bad_signature"
    assert outcome(bomb, Limits(inflated_bytes=1 << 20)) == "too_large"
