"""Real IPAs packed again by hand, in every way that archives allow: they must say the same.

Where the folder of real IPAs is absent, the tests are skipped and say so.
"""

import io
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from bot.ipa import read_ipa
from bot.ipa.model import IpaInfo
from tests.builders import Entry, zip_bytes

FOLDER = Path(__file__).resolve().parents[2] / "../shared/ipas"
NAMES = [
    "icyleaf__app_info__embedded.ipa",  # an extension and a framework
    "isignpy__isign__isignTestWatchApp.ipa",  # a watch app with its extension
    "getsentry__sentry-cli__unexpected.ipa",  # a second app further below
    "fastlane__fastlane__very capable app@2259d665.ipa",
    "fastlane__fastlane__Example1.ipa",  # no executable
]
Pack = Callable[[Sequence[Entry]], bytes]
WAYS: dict[str, Pack] = {
    "stored": lambda entries: zip_bytes([replace(e, method=0) for e in entries]),
    "descriptors": lambda entries: zip_bytes([replace(e, descriptor=True) for e in entries]),
    "zip64": lambda entries: zip_bytes(entries, zip64=True),
    "leading": lambda entries: zip_bytes(entries, leading=b"MZ" + bytes(3000), comment=b"sfx"),
    "dot slash": lambda entries: zip_bytes([replace(e, name=f"./{e.name}") for e in entries]),
    "backwards": lambda entries: zip_bytes(entries[::-1]),
    "no folders": lambda entries: zip_bytes(
        [e for e in entries if not str(e.name).endswith("/") or str(e.name).endswith(".framework/")]
    ),  # but the one that is all that there is of a bundle
    "wrapped count": lambda entries: zip_bytes(entries, promised=1),
    "flagged": lambda entries: zip_bytes([replace(e, flags=0x800) for e in entries]),
    "long extra": lambda entries: zip_bytes(
        [replace(e, extra=b"\xfe\xca\x64\0" + bytes(100)) for e in entries]
    ),
}

pytestmark = pytest.mark.skipif(
    not all((FOLDER / name).is_file() for name in NAMES), reason="no real IPAs (../shared/ipas)"
)


def read(data: bytes) -> IpaInfo:
    info = read_ipa(io.BytesIO(data), size=len(data))
    return replace(info, size=0, problems=tuple(p for p in info.problems if p.code != "members_hidden"))


def entries(data: bytes) -> list[Entry]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [
            Entry(member.filename, archive.read(member), mode=member.external_attr >> 16)
            for member in archive.infolist()
        ]


@pytest.mark.parametrize("name", NAMES)
def test_however_it_is_packed_it_says_the_same(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    members, expected = entries(data), read(data)
    for way, pack in WAYS.items():
        assert (way, read(pack(members))) == (way, expected)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_app_is_called(name: str, form: Literal["NFC", "NFD"]) -> None:
    data = (FOLDER / name).read_bytes()
    members, expected = entries(data), read(data)
    old, new = expected.bundles[0].path, f"Payload/{unicodedata.normalize(form, 'Käse 한국 😀')}.app"
    renamed = [replace(e, name=str(e.name).replace(f"{old}/", f"{new}/", 1)) for e in members]
    info = read(zip_bytes(renamed))
    assert [b.path for b in info.bundles] == [b.path.replace(old, new, 1) for b in expected.bundles]
    assert [p.code for p in info.problems] == [p.code for p in expected.problems]
    assert replace(info, bundles=(), icon=None, problems=()) == replace(
        expected, bundles=(), icon=None, problems=()
    )
    assert (info.icon and info.icon.png) == (expected.icon and expected.icon.png)
