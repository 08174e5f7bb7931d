"""A file of a release that is an IPA, or a zip around one."""

import contextlib
import hashlib
import io
import random
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadIpa
from bot.ipa.limits import Limits
from bot.ipa.wrapped import Contents, Wanted, Window, read_asset
from bot.sandbox.make_ipa import make_ipa

IPA = make_ipa(version="1.0", files={"movie.mp4": random.Random(1).randbytes(600_000)})
SHA = hashlib.sha256(IPA).hexdigest()
MOST = 1 << 30


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@dataclass
class Counted(io.BytesIO):
    """A file that knows how much of it was read, and what it was told to expect."""

    data: bytes
    taken: int = 0
    expected: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.data)

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece

    def expect(self, start: int, end: int) -> None:
        self.expected.append((start, end))


@dataclass
class Spools:
    """Makes temporary files, and keeps them for a look."""

    made: list[IO[bytes]] = field(default_factory=list)

    def __call__(self) -> IO[bytes]:
        self.made.append(tempfile.TemporaryFile())  # noqa: SIM115 -- the code under test closes it
        return self.made[-1]


def read(
    data: bytes | Counted,
    *,
    wrapped: bool = True,
    hashes: bool = False,
    sha256: str | None = None,
    most: int = MOST,
    limits: Limits | None = None,
    spool: Callable[[], IO[bytes]] | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> Contents:
    file = data if isinstance(data, Counted) else Counted(data)
    return read_asset(
        file,
        size=len(file.data),
        sha256=sha256,
        wanted=Wanted(most, wrapped=wrapped, hashes=hashes),
        spool=spool or Spools(),
        limits=limits or Limits(),
        clock=clock,
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", ["Acme.ipa", "Acme.TIPA", "build/ios/Acme Überall.ipa", "b\\Acme.ipa"])
def test_the_ipa_inside_is_what_is_read(name: str, method: int) -> None:
    contents = read(zipped({"README.md": b"hi", name: IPA, "__MACOSX/._Acme.ipa": b"x"}, method))
    assert contents.inner == name.replace("\\", "/").rpartition("/")[2]
    assert contents.info.size == len(IPA)
    assert contents.info.version == "1.0"
    assert contents.info.sha256 == (SHA if method == zipfile.ZIP_DEFLATED else None)


def test_a_stored_one_is_read_where_it_lies() -> None:
    spools, file = Spools(), Counted(zipped({"Acme.ipa": IPA}, zipfile.ZIP_STORED))
    contents = read(file, spool=spools)
    assert contents.info.icon is not None
    assert spools.made == []
    assert file.taken < len(IPA), "not everything is read"


def test_a_stored_one_is_copied_for_its_hash() -> None:
    spools = Spools()
    assert read(zipped({"A.ipa": IPA}, zipfile.ZIP_STORED), hashes=True, spool=spools).info.sha256 == SHA
    assert [file.closed for file in spools.made] == [True]


def test_the_hash_of_the_zip_is_not_that_of_the_ipa() -> None:
    stored = zipped({"A.ipa": IPA}, zipfile.ZIP_STORED)
    assert read(stored, sha256="ab" * 32).info.sha256 is None
    assert read(stored, sha256="ab" * 32, hashes=True).info.sha256 == SHA
    assert read(zipped({"A.ipa": IPA}), sha256="ab" * 32).info.sha256 == SHA


def test_a_deflated_one_is_read_once_and_announced() -> None:
    file, spools = Counted(zipped({"big.txt": b"x" * 9, "A.ipa": IPA})), Spools()
    read(file, spool=spools)
    assert [one.closed for one in spools.made] == [True]
    [(start, end)] = file.expected
    assert 0 < start < len(file.data) - len(IPA) / 2 < end
    assert file.taken < len(file.data) + (1 << 17), "its bytes, and the directory twice at most"


def test_what_is_an_ipa_itself_stays_one() -> None:
    contents = read(IPA, sha256="ab" * 32)
    assert (contents.inner, contents.info.size, contents.info.sha256) == (None, len(IPA), "ab" * 32)


@pytest.mark.parametrize(("hashes", "known", "expected"), [
    (False, None, None), (True, None, SHA), (True, "cd" * 32, "cd" * 32), (False, "cd" * 32, "cd" * 32),
])  # fmt: skip
def test_a_hash_is_computed_only_where_it_is_wanted_and_unknown(
    hashes: bool, known: str | None, expected: str | None
) -> None:
    file, spools = Counted(IPA), Spools()
    contents = read(file, wrapped=False, hashes=hashes, sha256=known, spool=spools)
    assert contents.info.sha256 == expected
    assert bool(spools.made) == (hashes and known is None)
    if spools.made:
        assert file.taken == len(IPA), "the file's own bytes are read exactly once"
        assert file.expected == [(0, len(IPA))]


def encrypted(data: bytes) -> bytes:
    """The archive with the flag of encryption on every member."""
    for magic, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        place = data.rfind(magic) + at
        data = data[:place] + struct.pack("<H", 1) + data[place + 2 :]
    return data


BOTH = {"A.ipa": IPA, "b/B.tipa": IPA}
BOMB = zipped({"A.ipa": bytes(2_000_000)})


@pytest.mark.parametrize(
    ("data", "options", "code", "said"),
    [
        (zipped(BOTH), {}, "wraps_several", "holds 2 IPAs, and only one may be there: A.ipa, b/B.tipa."),
        (zipped({"__MACOSX/A.ipa": IPA}), {}, "no_app", "there is no folder Payload"),
        (zipped({"x/._A.ipa": IPA}), {}, "no_app", "neither an app nor an IPA"),
        (zipped({"A.txt": IPA}), {}, "no_app", "there is no folder Payload"),
        (zipped({"A.ipa/x": IPA}), {}, "no_app", "there is no folder Payload"),
        (b"no zip", {}, "not_a_zip", ""),
        (zipped({"A.ipa": b"no zip"}), {}, "not_a_zip", "A.ipa, inside the zip: The file is no readable"),
        (zipped({"A.ipa": zipped({"B.ipa": IPA})}), {}, "wraps_ipa", "A.ipa, inside the zip: "),
        (zipped({"A.ipa": IPA}), {"wrapped": False}, "wraps_ipa", "wrapped: true and a download-url"),
        (zipped({"A.ipa": IPA}), {"most": len(IPA) - 1}, "too_large", "A.ipa is larger"),
        (zipped({"A.ipa": IPA}, zipfile.ZIP_STORED), {"most": len(IPA) - 1}, "too_large", "A.ipa is larger"),
        (zipped({"A.ipa": IPA}, zipfile.ZIP_BZIP2), {}, "unsupported_compression", "A.ipa is packed"),
        (encrypted(zipped({"A.ipa": IPA})), {}, "encrypted_member", "A.ipa is encrypted"),
        (BOMB, {"limits": Limits(spooled_bytes=1_000_000)}, "too_large", "A.ipa is packed more densely"),
        (BOMB, {"limits": Limits(inflated_bytes=1_000_000)}, "too_large", "more bytes than altpress allows"),
    ],
)  # fmt: skip
def test_what_is_refused(data: bytes, options: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(data, **options)  # type: ignore[arg-type]  # a table of different options
    assert caught.value.code == code
    assert said in caught.value.public


def lying(data: bytes, declared: int) -> bytes:
    """The directory's size of the last member is another one."""
    at = data.rfind(b"PK\1\2") + 24
    return data[:at] + struct.pack("<L", declared) + data[at + 4 :]


@pytest.mark.parametrize("declared", [10, len(IPA) + 1])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_size_that_is_not_the_declared_one_is_found(declared: int, method: int) -> None:
    with pytest.raises(BadIpa) as caught:
        read(lying(zipped({"A.ipa": IPA}, method), declared))
    assert caught.value.code == "damaged_member"


def test_a_damaged_one_is_found_while_it_is_copied() -> None:
    data = bytearray(zipped({"A.ipa": IPA}, zipfile.ZIP_STORED))
    data[len(data) // 2] ^= 1
    with pytest.raises(BadIpa) as caught:
        read(bytes(data), hashes=True)
    assert caught.value.code == "damaged_member"


@pytest.mark.parametrize("wrapped", [False, True])
def test_all_steps_share_the_time_of_one_ipa(wrapped: bool) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 1
        return now

    data = zipped({"A.ipa": IPA}) if wrapped else IPA
    assert read(data, hashes=True, clock=clock).info.sha256 == SHA
    needed, now = now, 0.0
    with pytest.raises(BadIpa) as caught:
        read(data, hashes=True, clock=clock, limits=Limits(seconds=needed - 4))
    assert caught.value.code == "too_slow"


def test_a_window_ends_where_it_ends() -> None:
    file = Counted(b"0123456789")
    window = Window(file, 3, 4)
    assert window.read(100) == b"3456"
    assert window.read(1) == b""
    assert window.seek(2) == 2
    assert (window.read(1), window.read(-1)) == (b"5", b"6")
    window.expect(1, 9)
    assert file.expected == [(4, 7)]


SMALL = {
    method: zipped({"r.txt": b"hi", "A.ipa": make_ipa(icon=False)}, method)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
}


@given(st.sampled_from(sorted(SMALL)), st.booleans(), st.data())
def test_whatever_the_bytes_nothing_but_bad_ipa_comes_out(
    method: int, hashes: bool, data: st.DataObject
) -> None:
    damaged = bytearray(SMALL[method])
    headers = [0, SMALL[method].rfind(b"PK\3\4"), SMALL[method].rfind(b"PK\1\2"), len(damaged) - 22]
    near = st.builds(
        lambda at, off: min(at + off, len(damaged) - 1), st.sampled_from(headers), st.integers(0, 60)
    )
    places = data.draw(st.lists(near | st.integers(0, len(damaged) - 1), min_size=1, max_size=6))
    for place in places:
        damaged[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    with contextlib.suppress(BadIpa):
        found = read(bytes(damaged), hashes=hashes)
        assert found.info.size <= len(damaged) * 1032
