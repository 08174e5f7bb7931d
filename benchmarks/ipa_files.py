"""Made IPAs of any size: many bundles, and executables that pack like real ones."""

import functools
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.make_ipa import draw_icon
from tests.builders import Entry, Signing, app_members, make_macho, write_zip

MIB = 1 << 20
_BLOCK = 1 << 15  # bytes of program that are made and packed once
_WORDS = 3000  # different instructions; the n-th is n times rarer than the first
_HEAD = 1 << 14  # of a made executable, before its program


@dataclass(frozen=True)
class Shape:
    """What is made. Sizes are in bytes before packing."""

    executable: int
    total: int  # of the file, reached with a stored member that nobody reads
    signed: bool = True
    appexes: int = 4
    frameworks: int = 20
    sparse: bool = False  # the stored member is a hole in the file


def write_ipa(path: Path, shape: Shape) -> None:
    app = "Payload/Acme.app"
    entries = [
        *_bundle(app, shape.executable, shape.signed, {"CFBundleIconFiles": ["Icon"]}),
        Entry(f"{app}/Icon.png", draw_icon("com.acme.app")),
    ]
    for n in range(shape.appexes):
        entries += _bundle(f"{app}/PlugIns/Part{n}.appex", shape.executable // 40, shape.signed, {})
    for n in range(shape.frameworks):
        entries += _bundle(f"{app}/Frameworks/Part{n}.framework", shape.executable // 40, shape.signed, {})
    used = sum(len(entry.data if entry.packed is None else entry.packed) for entry in entries)
    rest = max(0, shape.total - used)
    pieces = [rest // 20] * 20  # between the others, as pictures and models are
    stuffing = [
        Entry(
            f"{app}/Model{n}.bin",
            b"" if shape.sparse else random.Random(n).randbytes(size),
            method=0,
            hole=size if shape.sparse else 0,
        )
        for n, size in enumerate(pieces)
    ]
    step = max(1, len(entries) // len(stuffing))
    for n, entry in enumerate(stuffing):
        entries.insert(n * (step + 1), entry)
    with path.open("wb") as file:
        write_zip(file, entries, zip64=shape.total >= 1 << 32)


def _bundle(folder: str, size: int, signed: bool, info: dict[str, object]) -> list[Entry]:
    body = max(1, size // _BLOCK) * _BLOCK
    signing = Signing("com.acme.app", {"get-task-allow": True}) if signed else None
    seal = [Entry(f"{folder}/_CodeSignature/CodeResources", b"<plist/>")] if signed else []
    return [
        Entry(f"{folder}/Info.plist", app_members(info=info)[0].data),
        _executable(f"{folder}/Acme", make_macho(signing=signing, body=body), body),
        *seal,
    ]


def _executable(name: str, made: bytes, body: int) -> Entry:
    """With a program that packs like arm64 code: one block again and again, each packed for itself."""
    head, tail = made[:_HEAD], made[_HEAD + body :]
    plain, packed = _program()
    first, last = zlib.compressobj(6, wbits=-15), zlib.compressobj(6, wbits=-15)
    start = first.compress(head) + first.flush(zlib.Z_FULL_FLUSH)
    end = last.compress(tail) + last.flush()
    count = body // _BLOCK
    return Entry(name, b"".join([head, plain * count, tail]), packed=b"".join([start, packed * count, end]))


@functools.cache
def _program() -> tuple[bytes, bytes]:
    """One block, and the same deflated, to be followed by more."""
    chance = random.Random(1)
    words = [chance.randbytes(4) for _ in range(_WORDS)]
    weights = [1 / (n + 1) for n in range(_WORDS)]
    plain = b"".join(chance.choices(words, weights, k=_BLOCK // 4))
    packer = zlib.compressobj(6, wbits=-15)
    return plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)
