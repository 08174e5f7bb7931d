"""Every real IPA beside the checkout against what is known about it (`truth.json`).

The expectations were made by other tools. Where the folder is absent, the tests are skipped and say so.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import lief
import pytest

from bot.errors import BadIpa
from bot.github.ranges import open_url
from bot.ipa import read_ipa
from bot.ipa.archive import Archive
from bot.ipa.entitlements import parse_signature
from bot.ipa.limits import Budget, Limits
from bot.ipa.macho import BadMachO, parse_macho
from bot.ipa.model import IpaInfo
from bot.sandbox.make_macho import CPU
from tests.range_server import serve_file

FOLDER = Path(__file__).resolve().parents[2] / "../shared/ipas"
TRUTH: dict[str, Any] = {}
if (FOLDER / "truth.json").is_file():
    TRUTH = json.loads((FOLDER / "truth.json").read_text())
GOOD = [name for name, truth in TRUTH.items() if truth["expected"]["outcome"] == "ok"]
BAD = [name for name, truth in TRUTH.items() if truth["expected"]["outcome"] == "error"]
EQUAL = [
    "bundle_identifier",
    "name",
    "version",
    "build_version",
    "min_os_version",
    "signed",
    "size",
    "sha256",
]

pytestmark = pytest.mark.skipif(not TRUTH, reason="no real IPAs beside the checkout (../shared/ipas)")


def read(path: Path) -> IpaInfo:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open("rb") as file:
        return read_ipa(file, size=path.stat().st_size, sha256=sha256)


def test_all_of_them_are_here() -> None:
    assert (len(GOOD), len(BAD)) == (27, 12)


@pytest.mark.parametrize("name", GOOD)
def test_a_readable_one_says_what_is_known(name: str) -> None:
    truth, info = TRUTH[name]["expected"], read(FOLDER / name)
    assert {key: getattr(info, key) for key in EQUAL} == {key: truth[key] for key in EQUAL}
    assert list(info.architectures) == [{"x86": "i386"}.get(a, a) for a in truth["architectures"]]
    assert list(info.device_families) == (truth["device_families"] or [])
    assert list(info.entitlements) == sorted(truth["declare_entitlements"])
    assert info.privacy == truth["declare_privacy"]
    assert set(info.entitlements) <= set(info.entitlements_wider)
    assert set(info.privacy) <= set(info.privacy_wider)
    assert info.bundles[0].path == truth["app_path"]
    assert set(truth["plugins"]) <= {bundle.path for bundle in info.bundles}
    assert any(p.code == "executable_missing" for p in info.problems) == truth["executable_missing"]
    assert (info.icon.path.rpartition("/")[2] in truth["icons"]) if info.icon else not truth["icons"]


@pytest.mark.parametrize("name", BAD)
def test_one_that_no_client_could_install_is_refused(name: str) -> None:
    with pytest.raises(BadIpa) as caught:
        read(FOLDER / name)
    assert caught.value.code in {"not_a_zip", "no_app", "no_info_plist"}


@pytest.mark.parametrize("name", GOOD)
def test_over_http_it_says_the_same_for_few_requests(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    with serve_file(data) as server, open_url(server.url(), hosts=("127.0.0.1",), max_bytes=1 << 30) as file:
        assert read_ipa(file, size=file.size, sha256=sha256) == read(FOLDER / name)
        assert file.transfer.requests <= 4


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_every_executable_reads_as_lief_reads_it(name: str) -> None:
    path, limits = FOLDER / name, Limits()
    with path.open("rb") as file:
        try:
            archive = Archive(file, path.stat().st_size, Budget(limits, lambda: 0.0))
        except BadIpa:
            return
        for member in {m.name: m for m in archive.members if not m.is_folder}.values():
            data = archive.open(member, 1 << 30).read(1 << 30)
            try:
                slices = parse_macho(archive.open(member, 1 << 30), limits)
            except BadMachO:
                assert not lief.is_macho(list(data[:4096]))
                continue
            fat = lief.MachO.parse(list(data))
            assert fat is not None
            for part, binary in zip(slices, fat, strict=True):
                compare(part, binary, data)


def compare(part: Any, binary: lief.MachO.Binary, data: bytes) -> None:
    if part.architecture != "arm64_32":  # LIEF knows no such type and fails to say what it is
        cputype, subtype, _ = CPU[part.architecture]
        header = binary.header
        assert header.cpu_type.value & 0xFFFFFFFF == cputype
        assert header.cpu_subtype & 0xFFFFFF == subtype & 0xFFFFFF
    encryption = binary.encryption_info
    assert part.encrypted == bool(encryption and encryption.crypt_id)
    if binary.has_code_signature:
        at = binary.fat_offset + binary.code_signature.data_offset
        assert part.signature == data[at : at + binary.code_signature.data_size]
        assert parse_signature(part.signature, Limits()).signed
    else:
        assert part.signature == b""
    if binary.has_build_version:
        minos = list(binary.build_version.minos)
    elif binary.has_version_min:
        minos = list(binary.version_min.version)
    else:
        return
    dotted = ".".join(map(str, minos if minos[2] else minos[:2]))
    assert part.min_os_version == dotted
