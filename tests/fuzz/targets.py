"""What is fuzzed: everything in `bot.ipa` that reads foreign bytes, one function each.

A target takes any bytes and returns; whatever else comes out of it is a finding. What its module documents
(`BadIpa`, `BadPlist`, `BadMachO`, `BadDer`, `BadPng`) is taken for an answer. Limits are small, so that slow
or large answers are findings, too: see `tests/fuzz/run.py` for time and memory.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.errors import BadIpa
from bot.ipa import Limits, read_ipa
from bot.ipa.der import BadDer, parse_der_entitlements
from bot.ipa.entitlements import parse_signature
from bot.ipa.macho import BadMachO, parse_macho
from bot.ipa.picture import build_picture
from bot.ipa.plist import BadPlist, parse_plist
from bot.ipa.png import BadPng, parse_png_header
from bot.ipa.tint import suggest_tint_color
from bot.ipa.wrapped import Wanted, read_asset
from tests.builders import Entry, zip_bytes
from tests.fuzz import seeds
from tests.fuzz.seeds import SEPARATOR, Forward

LIMITS = Limits(
    members=2_000,
    inflated_bytes=16 << 20,
    plist_values=20_000,
    plists_values=50_000,
    icon_pixels=1 << 16,
    seconds=10.0,
)
_APP = "Payload/Acme.app"
_PARTS = ("Info.plist", "Acme", "AppIcon60x60@2x.png", "PlugIns/A.appex/Info.plist", "PlugIns/A.appex/A")


@dataclass(frozen=True)
class Target:
    """`run` takes the input, `seeds` are valid ones, by name."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Mapping[str, bytes]]


def run_archive(data: bytes) -> None:
    """A whole file; what comes out must be fit for a record, and an error's text for a comment."""
    try:
        info = read_ipa(io.BytesIO(data), size=len(data), limits=LIMITS)
    except BadIpa as error:
        assert error.code.replace("_", "").isalpha()  # noqa: PT017 -- not raising is as good
        error.public.encode()
        return
    assert info.bundle_identifier
    for problem in info.problems:
        problem.message.encode()
    repr(info).encode()


def run_members(data: bytes) -> None:
    """A sound archive around files, which `SEPARATOR` divides: the parsers inside are always reached."""
    files = dict(zip(_PARTS, data.split(SEPARATOR), strict=False))
    run_archive(zip_bytes([Entry(f"{_APP}/{name}", body, method=0) for name, body in files.items()]))


def run_plist(data: bytes) -> None:
    try:
        parsed = parse_plist(data, LIMITS)
    except BadPlist as error:
        str(error).encode()
    else:
        repr(parsed).encode()


def run_macho(data: bytes) -> None:
    try:
        slices = parse_macho(Forward(data), LIMITS)
    except (BadMachO, BadIpa) as error:
        str(error).encode()
        return
    for part in slices:
        parse_signature(part.signature, LIMITS)


def run_signature(data: bytes) -> None:
    """A SuperBlob, or its contents bare: entitlements in DER."""
    parse_signature(data, LIMITS)
    try:
        parse_der_entitlements(data, LIMITS)
    except BadDer as error:
        str(error).encode()


def run_picture(data: bytes) -> None:
    """An icon of any form, and the colour that is suggested from it."""
    try:
        plain = build_picture(data, pixels=LIMITS.icon_pixels)
    except BadPng as error:
        str(error).encode()
        return
    assert parse_png_header(plain).cgbi is None
    assert build_picture(plain, pixels=LIMITS.icon_pixels) == plain  # plain already: nothing is left to do
    suggest_tint_color(plain)


def run_wrapped(data: bytes) -> None:
    """A zip around an IPA, hashed and not."""
    for hashes in (False, True):
        wanted = Wanted(max_bytes=1 << 22, wrapped=True, hashes=hashes)
        try:
            read_asset(
                io.BytesIO(data), size=len(data), sha256=None, wanted=wanted, spool=io.BytesIO, limits=LIMITS
            )
        except BadIpa as error:
            error.public.encode()


TARGETS: Mapping[str, Target] = {
    "archive": Target(run_archive, seeds.archives),
    "members": Target(run_members, seeds.members),
    "wrapped": Target(run_wrapped, seeds.wrapped),
    "plist": Target(run_plist, seeds.plists),
    "macho": Target(run_macho, seeds.executables),
    "signature": Target(run_signature, seeds.signatures),
    "picture": Target(run_picture, seeds.pictures),
}
