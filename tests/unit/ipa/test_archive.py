import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
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
    **{
        f"zip64 for {' and '.join(wide)} only": partial(
            lambda wide: zip_bytes([Entry(e.name, e.data, wide=wide) for e in app_members()]), wide
        )
        for wide in (["size"], ["compressed"], ["offset"], ["size", "offset"])
    },
    "zip64 behind another extra field": lambda: zip_bytes(
        [Entry(e.name, e.data, directory_extra=b"UT\5\0\3abcd") for e in app_members()], zip64=True
    ),
    "trailing bytes": lambda: zip_bytes(app_members()) + b"\r\n" + bytes(5000),
    "__MACOSX in any state": lambda: zip_bytes(
        [*app_members(), Entry("__MACOSX/a", b"x", method=12), Entry("__MACOSX/b", b"x", flags=1)]
    ),
    "a folder with contents, encrypted": lambda: zip_bytes(
        [*app_members(), Entry("Payload/Acme.app/x/", b"strange", method=0, flags=1)]
    ),
    "a wrong checksum elsewhere": lambda: zip_bytes(
        [*app_members(), Entry("Payload/Acme.app/x", b"x", crc=1)]
    ),
    "a lying size elsewhere": lambda: zip_bytes(
        [*app_members(), Entry("Payload/Acme.app/x", b"x", size=1 << 31)]
    ),
    ".DS_Store": lambda: zip_bytes([Entry(".DS_Store"), Entry("Payload/.DS_Store"), *app_members()]),
    "a folder with a dot and nothing before": lambda: zip_bytes([*app_members(), Entry("Payload/.app/x")]),
    "symbols beside the app": lambda: zip_bytes(
        [*app_members(), Entry("Payload/Acme.app.dSYM/Contents/Info.plist"), Entry("Symbols/A.symbols")]
    ),
    "folders without permissions": lambda: zip_bytes(
        [Entry("Payload/", mode=0), *app_members(), Entry("__MACOSX/x", mode=0)]
    ),
    "an IPA inside the app": lambda: zip_bytes([*app_members(), Entry("Payload/Acme.app/Other.ipa")]),
    "as many as the count can say": lambda: zip_bytes(
        [*app_members(), *(Entry(f"Payload/Acme.app/{n}", method=0) for n in range(0xFFFF - 2))]
    ),
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


def split(data: bytes) -> bytes:
    """The same, said to be the second of two parts."""
    at = data.rindex(b"PK\5\6")
    return data[: at + 4] + struct.pack("<2H", 1, 1) + data[at + 8 :]


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
    "members promised that are not there": ("not_a_zip", lambda: zip_bytes(app_members(), promised=3)),
    "one part of several": ("not_a_zip", lambda: split(zip_bytes(app_members()))),
    "the last end record is empty": (
        "no_app",  # as the clients' unzip code (minizip), which takes the last one that it meets
        lambda: zip_bytes(app_members(), comment=b"PK\5\6" + bytes(18) + b"more"),
    ),
    "a folder named like an IPA": ("no_app", lambda: zip_bytes([Entry("Acme.ipa/x")])),
    "bomb": ("too_large", lambda: zip_bytes(changed(app_members(), 0, data=bytes(9 << 20)))),
}


@pytest.mark.parametrize(("code", "data"), BAD.values(), ids=BAD)
def test_archives_that_are_refused(code: str, data: Callable[[], bytes]) -> None:
    assert refused(data()) == code


def unicode_path(raw: bytes, name: str, *, crc: int | None = None, version: int = 1) -> bytes:
    """Info-ZIP's extra field, after an unrelated one."""
    field = struct.pack("<BL", version, zlib.crc32(raw) if crc is None else crc) + name.encode()
    return b"UT\1\0\0" + struct.pack("<2H", 0x7075, len(field)) + field


SHIFT_JIS, GBK = "日本語".encode("shift-jis"), "中文".encode("gbk")


@pytest.mark.parametrize(
    ("raw", "flagged", "extra", "name", "plain"),
    [
        ("Ünï😀".encode(), True, b"", "Ünï😀", True),
        ("Ünï😀".encode(), False, b"", "Ünï😀", True),
        (b"\x81bc", False, b"", "übc", False),
        (b"\x81bc", True, b"", "\ufffdbc", False),
        (b"plain", False, b"", "plain", True),
        (b"\x81bc", False, unicode_path(b"\x81bc", "übc"), "übc", False),
        (SHIFT_JIS, False, unicode_path(SHIFT_JIS, "日本語"), "日本語", False),
        (b"Gr#U00fcn", False, unicode_path(b"Gr#U00fcn", "Grün"), "Grün", False),
        (b"plain", False, unicode_path(b"plain", "plain"), "plain", True),
        (b"renamed", False, unicode_path(b"plain", "übc"), "renamed", True),  # of an earlier name
        (b"plain", False, unicode_path(b"plain", "übc", version=2), "plain", True),
        (b"plain", False, b"\x75\x70\x02\x00\x01\x00", "plain", True),
        (GBK, False, b"", GBK.decode("cp437"), False),
    ],
)
def test_names_are_decoded_as_the_archive_means_them(
    raw: bytes, flagged: bool, extra: bytes, name: str, plain: bool
) -> None:
    assert decode_name(raw, flagged=flagged, extra=extra) == (name, plain)


@pytest.mark.parametrize(
    "prefix", ["./Payload", "/Payload", "//Payload", ".//Payload/.", "././Payload/", "/./Payload//."]
)
def test_what_means_nothing_in_a_path_is_left_out(prefix: str) -> None:
    """Tools of every kind write such names, and the clients' paths come out the same."""
    entries = [Entry(f"{prefix}/{str(e.name).removeprefix('Payload/')}", e.data) for e in app_members()]
    info = read(zip_bytes(entries))
    assert (info.bundles[0].path, info.architectures, info.problems) == ("Payload/Acme.app", ("arm64",), ())


@pytest.mark.parametrize("name", ["Cafe\u0301", "Caf\u00e9", "\u1112\u1161\u11ab", "😀"])
def test_accents_in_the_name_of_the_app(name: str) -> None:
    """Old disks of macOS take letters apart; paths are shown as the archive writes them."""
    entries = app_members(name)
    entries += [Entry(f"Payload/{name}.app/PlugIns/{name}.appex/Info.plist", entries[0].data)]
    info = read(zip_bytes(entries))
    app = f"Payload/{name}.app"
    assert [bundle.path for bundle in info.bundles] == [app, f"{app}/PlugIns/{name}.appex"]
    assert info.architectures == ("arm64",)


@pytest.mark.parametrize("raw", [SHIFT_JIS, GBK, b"Gr\x81n", "Grün".encode("latin-1")])
def test_the_app_is_found_under_a_name_in_any_encoding(raw: bytes) -> None:
    entries = [Entry(str(e.name).encode().replace(b"Acme.app", raw + b".app"), e.data) for e in app_members()]
    info = read(zip_bytes(entries))
    assert (info.bundle_identifier, info.architectures) == ("com.acme.app", ("arm64",))
    assert [problem.code for problem in info.problems] == ["name_not_utf8"]


def test_names_that_zipfile_takes_for_cp437_are_found() -> None:
    data = zip_bytes(app_members("Grüße 😀", info={"CFBundleName": "Grüße 😀"}))
    assert zipfile.ZipFile(io.BytesIO(data)).namelist()[0] != "Payload/Grüße 😀.app/Info.plist"
    assert read(data).bundles[0].path == "Payload/Grüße 😀.app"


def test_accents_written_otherwise_are_the_same_name() -> None:
    entries = app_members(info={"CFBundleExecutable": "Café"})
    entries[1] = Entry("Payload/Acme.app/Cafe\u0301", make_macho())
    assert read(zip_bytes(entries)).architectures == ("arm64",)


@pytest.mark.parametrize("name", ["../evil", "Payload/Acme.app/../../evil", "./../evil", "Payload/a\0b"])
def test_names_that_leave_the_archive_are_told_and_not_read(name: str) -> None:
    info = read(zip_bytes([*app_members(), Entry(name)]))
    assert [problem.code for problem in info.problems] == ["unsafe_name"]


def test_names_longer_than_the_clients_buffer_are_told() -> None:
    info = read(zip_bytes([*app_members(), Entry("Payload/Acme.app/" + "x" * 500)]))
    assert [problem.code for problem in info.problems] == ["name_too_long"]


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("payload/Acme.app", "must be written Payload"),
        ("Payload\\Acme.app", "with backslashes"),
        ("Acme/Payload/Acme.app", "at the top"),
        ("Acme.app", "the app itself is at the top"),
        ("Payload/Acme", "no folder Payload/<name>.app."),
    ],
)
def test_near_misses_are_told(app: str, told: str) -> None:
    slash = "\\" if "\\" in app else "/"
    entries = [Entry(f"{app}{slash}Info.plist", app_members()[0].data), Entry("__MACOSX/x.app/y")]
    with pytest.raises(BadIpa) as caught:
        read(zip_bytes(entries))
    assert caught.value.code == "no_app"
    assert told in caught.value.public


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "pointer of Git LFS"),
        (b"Rar!\x1a\7\1\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7-Zip"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (bytes(257) + b"ustar\0" + bytes(300), "tar archive"),
        (b"!<arch>\ndebian-binary", "Debian"),
        (b"\n <!DOCTYPE HTML><title>Not found</title>", "web page"),
        (b'{"message": "Not Found"}', "text"),
        (zip_bytes(app_members())[:-30], "cut off"),
        (b"PK\7\x08PK\3\4" + bytes(50), "one part of several"),
        (bytes(70_000), "it has no directory"),
    ],
)
def test_what_it_is_instead_of_a_zip_is_told(data: bytes, told: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(data)
    assert caught.value.code == "not_a_zip"
    assert told in caught.value.public


@pytest.mark.parametrize(
    ("path", "told"),
    [("Contents/Info.plist", "macOS"), ("info.plist", "written otherwise"), ("x", "no Info.plist")],
)
def test_why_there_is_no_plist_is_told(path: str, told: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(zip_bytes([Entry(f"Payload/Acme.app/{path}", app_members()[0].data)]))
    assert caught.value.code == "no_info_plist"
    assert told in caught.value.public


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (Entry("Payload/Acme.app/x", b"x", method=9), "unsupported_compression"),
        (Entry("Payload/Acme.app/x", b"x", method=12), "unsupported_compression"),
        (Entry("Payload/Acme.app/x", b"x", method=14), "unsupported_compression"),
        (Entry("Payload/._Acme.app", b"x"), "stray_app"),
        (Entry("Payload/Other.APP", b"x"), "stray_app"),
        (Entry("Payload/Acme.app/" + "é" * 248), "name_too_long"),
        (Entry(b"readme-\x81.txt"), "name_not_utf8"),
        (Entry("Payload/Acme.app/x", mode=0), "no_permissions"),
        (Entry("Payload/Acme.app/x", mode=0o100044), "no_permissions"),
    ],
)
def test_what_the_clients_stumble_over_is_told(extra: Entry, code: str) -> None:
    info = read(zip_bytes([*app_members(), extra]))
    assert [problem.code for problem in info.problems] == [code]
    assert read(zip_bytes([*app_members(), Entry("Payload/Acme.app/" + "é" * 247)])).problems == ()


@pytest.mark.parametrize("promised", [0, 1])
def test_members_past_the_promised_count_are_read_and_told(promised: int) -> None:
    """Archive Utility counts modulo 65536; minizip, in the clients, believes the count."""
    info = read(zip_bytes(app_members(), promised=promised))
    assert info.bundle_identifier == "com.acme.app"
    assert [problem.code for problem in info.problems] == ["members_hidden"]


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
