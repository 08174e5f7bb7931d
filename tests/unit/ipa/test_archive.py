import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import BadIpa
from bot.ipa import Limits, read_ipa
from bot.ipa.directory import decode_name
from bot.ipa.model import IpaInfo
from tests.builders import Entry, app_members, make_ipa, make_macho, write_zip, zip_bytes


def read(data: bytes, limits: Limits | None = None) -> IpaInfo:
    return read_ipa(io.BytesIO(data), size=len(data), limits=limits or Limits())


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(BadIpa) as caught:
        read(data, limits)
    return caught.value.code


def changed(entries: list[Entry], index: int, **fields: object) -> list[Entry]:
    new = list(entries)
    new[index] = Entry(**{**entries[index].__dict__, **fields})
    return new


GOOD: dict[str, Callable[[], bytes]] = {
    "deflated": lambda: zip_bytes(app_members()),
    "stored": lambda: zip_bytes([Entry(e.name, e.data, method=0) for e in app_members()]),
    "data descriptors": lambda: zip_bytes([Entry(e.name, e.data, descriptor=True) for e in app_members()]),
    "zip64": lambda: zip_bytes(app_members(), zip64=True),
    "zip64 after leading bytes": lambda: zip_bytes(app_members(), zip64=True, leading=b"#!" * 50),
    "leading bytes": lambda: zip_bytes(app_members(), leading=b"#!/bin/sh\n" * 20),
    "comment": lambda: zip_bytes(app_members(), comment=b"c" * 0xFFFF),
    "comment with an end record": lambda: zip_bytes(app_members(), comment=b"PK\5\6" + bytes(5)),
    "long local extra": lambda: zip_bytes(changed(app_members(), 0, extra=b"\xfe\xca" + bytes(60_000))),
    "folders": lambda: zip_bytes([Entry("Payload/"), Entry("Payload/Acme.app/"), *app_members()]),
    "upper case": lambda: zip_bytes(
        [Entry(str(e.name).replace(".app", ".APP"), e.data) for e in app_members()]
    ),
    "__MACOSX": lambda: zip_bytes([*app_members(), Entry("__MACOSX/Payload/._Other.app/x")]),
    "deeper app": lambda: zip_bytes([*app_members(), Entry("Payload/more/Other.app/Info.plist", b"x")]),
    "a file named .app": lambda: zip_bytes([*app_members(), Entry("Payload/Other.app", b"x")]),
    "the last of equal names": lambda: zip_bytes(
        [Entry("Payload/Acme.app/Info.plist", b"x"), *app_members()]
    ),
    "zipfile": make_ipa,
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_archives_that_are_read(data: Callable[[], bytes]) -> None:
    info = read(data())
    assert (info.bundle_identifier, info.architectures) == ("com.acme.app", ("arm64",))


def corrupt() -> bytes:
    data = bytearray(zip_bytes(app_members()))
    start = data.index(b"Info.plist") + len("Info.plist")
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


def shorten_wide_fields(size: int) -> bytes:
    """Entries whose extra field ends `size` bytes before the Zip64 field in it does."""
    data = bytearray(zip_bytes(app_members(), zip64=True))
    at = data.find(b"PK\1\2")
    while at >= 0:
        name, extra, comment = struct.unpack_from("<3H", data, at + 28)
        struct.pack_into("<3H", data, at + 28, name, extra - size, comment + size)
        at = data.find(b"PK\1\2", at + 4)
    return bytes(data)


BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("not_a_zip", lambda: b""),
    "text": ("not_a_zip", lambda: b"not a zip"),
    "cut": ("not_a_zip", lambda: zip_bytes(app_members())[:-30]),
    "cut in front": ("not_a_zip", lambda: zip_bytes(app_members())[500:]),
    "no members": ("no_app", lambda: zip_bytes([])),
    "other files": ("no_app", lambda: zip_bytes([Entry("a.txt")])),
    "app outside": ("no_app", lambda: zip_bytes([Entry("Acme.app/Info.plist")])),
    "two apps": ("several_apps", lambda: zip_bytes([*app_members("A"), *app_members("B")])),
    "wrapped": ("wraps_ipa", lambda: zip_bytes([Entry("build/Acme.ipa", make_ipa())])),
    "wrapped tipa": ("wraps_ipa", lambda: zip_bytes([Entry("Acme.TIPA", make_ipa())])),
    "no plist": ("no_info_plist", lambda: zip_bytes(app_members()[1:])),
    "plist of an extension only": (
        "no_info_plist",
        lambda: zip_bytes([Entry("Payload/A.app/PlugIns/B.appex/Info.plist")]),
    ),
    "plist is a link": ("no_info_plist", lambda: zip_bytes(changed(app_members(), 0, mode=0o120777))),
    "encrypted": ("encrypted_member", lambda: zip_bytes(changed(app_members(), 1, flags=1))),
    "method": ("unsupported_compression", lambda: zip_bytes(changed(app_members(), 0, method=12))),
    "crc": ("damaged_member", lambda: zip_bytes(changed(app_members(), 0, crc=1))),
    "declared too small": ("damaged_member", lambda: zip_bytes(changed(app_members(), 0, size=10))),
    "declared too large": ("damaged_member", lambda: zip_bytes(changed(app_members(), 0, size=5000))),
    "not deflate": ("damaged_member", corrupt),
    "zip64 cut": ("not_a_zip", lambda: shorten_wide_fields(4)),
    "zip64 without a number": ("not_a_zip", lambda: shorten_wide_fields(8)),
    "bomb": ("too_large", lambda: zip_bytes(changed(app_members(), 0, data=bytes(9 << 20)))),
}


@pytest.mark.parametrize(("code", "data"), BAD.values(), ids=BAD)
def test_archives_that_are_refused(code: str, data: Callable[[], bytes]) -> None:
    assert refused(data()) == code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(members=1), "too_large"),
        (Limits(directory_bytes=50), "too_large"),
        (Limits(name_bytes=10), "too_large"),
        (Limits(plist_bytes=20), "too_large"),
        (Limits(executable_bytes=100), "too_large"),
        (Limits(inflated_bytes=1000), "too_large"),
        (Limits(bundles=0), "too_large"),
        (Limits(plist_values=2), "bad_plist"),
        (Limits(plist_depth=-1), "bad_plist"),
        (Limits(seconds=-1.0), "too_slow"),
    ],
)
def test_each_limit_holds(limits: Limits, code: str) -> None:
    assert refused(zip_bytes(app_members()), limits) == code


@pytest.mark.parametrize(
    ("raw", "flagged", "name"),
    [
        ("Ünï😀".encode(), True, "Ünï😀"),
        ("Ünï😀".encode(), False, "Ünï😀"),
        (b"\x81bc", False, "übc"),
        (b"\x81bc", True, "\ufffdbc"),
        (b"plain", False, "plain"),
    ],
)
def test_names_are_decoded_as_the_archive_means_them(raw: bytes, flagged: bool, name: str) -> None:
    assert decode_name(raw, flagged=flagged) == name


def test_names_that_zipfile_takes_for_cp437_are_found() -> None:
    data = zip_bytes(app_members("Grüße 😀", info={"CFBundleName": "Grüße 😀"}))
    assert zipfile.ZipFile(io.BytesIO(data)).namelist()[0] != "Payload/Grüße 😀.app/Info.plist"
    assert read(data).bundles[0].path == "Payload/Grüße 😀.app"


def test_accents_written_otherwise_are_the_same_name() -> None:
    entries = app_members(info={"CFBundleExecutable": "Café"})
    entries[1] = Entry("Payload/Acme.app/Cafe\u0301", make_macho())
    assert read(zip_bytes(entries)).architectures == ("arm64",)


@pytest.mark.parametrize("name", ["../evil", "Payload/Acme.app/../../evil", "/etc/evil", "Payload/a\0b"])
def test_names_that_leave_the_archive_are_told_and_not_read(name: str) -> None:
    info = read(zip_bytes([*app_members(), Entry(name)]))
    assert [problem.code for problem in info.problems] == ["unsafe_name"]


def test_names_longer_than_the_clients_buffer_are_told() -> None:
    info = read(zip_bytes([*app_members(), Entry("Payload/Acme.app/" + "x" * 500)]))
    assert [problem.code for problem in info.problems] == ["name_too_long"]


def test_a_hundred_thousand_members() -> None:
    entries = [Entry(f"Payload/Acme.app/r/{n}", method=0) for n in range(100_000)]
    data = zip_bytes([*entries[:50_000], *app_members(), *entries[50_000:]], zip64=True)
    assert read(data).bundle_identifier == "com.acme.app"


def test_more_than_four_gibibytes(tmp_path: Path) -> None:
    """A sparse file: what is behind the large member is only reached with Zip64's numbers."""
    path = tmp_path / "large.ipa"
    with path.open("wb") as file:
        hole = Entry("Payload/Acme.app/hole.bin", method=0, hole=(4 << 30) + 5)
        write_zip(file, [hole, *app_members()], zip64=True)
    with path.open("rb") as file:
        info = read_ipa(file, size=path.stat().st_size)
    assert info.size > 4 << 30
    assert info.architectures == ("arm64",)


class Counting(io.BytesIO):
    """A file that counts the bytes read from it."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("method", [0, 8])
def test_an_unsigned_executable_is_not_read_to_its_end(method: int) -> None:
    plist, executable = app_members(executable=make_macho(body=20 << 20))
    data = zip_bytes([plist, Entry(executable.name, executable.data, method=method)])
    file = Counting(data)
    assert read_ipa(file, size=len(data)).signed is False
    assert file.taken < 1 << 20
