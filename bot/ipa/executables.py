"""What is worth telling about the executable of a bundle, and about its signature. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.ipa.declare import SignedBundle
from bot.ipa.macho import Slice
from bot.ipa.model import BundleKind, IpaProblem, Severity
from bot.ipa.names import shorten

_STRINGS_GAP = 0x10  # bytes that ldid allows behind the string table (`ldid.cpp`, Allocate)
_NOT_LAST = "its string table is not the last part before the signature"
_PLATFORMS = {
    "macos": "macOS",
    "maccatalyst": "Mac Catalyst",
    "tvos": "Apple TV",
    "watchos": "Apple Watch",
    "visionos": "visionOS",
    "driverkit": "DriverKit",
    "iossimulator": "the iOS simulator",
    "tvossimulator": "the simulator of Apple TV",
    "watchossimulator": "the simulator of Apple Watch",
    "visionossimulator": "the visionOS simulator",
}


@dataclass(frozen=True, slots=True)
class Code:
    """What the executable of one bundle says. `complaint` tells why there are no slices."""

    bundle: SignedBundle
    slices: tuple[Slice, ...] = ()
    missing: bool = False
    complaint: str | None = None


def check_code(code: Code) -> list[IpaProblem]:
    """What is odd about one executable."""
    found = [*_check_presence(code), *_check_signatures(code), *_check_layout(code)]
    if code.bundle.found.kind is BundleKind.APP:
        found += _check_app(code)
    return found


def _check_presence(code: Code) -> Iterator[IpaProblem]:
    bundle, path = code.bundle.found, shorten(code.bundle.found.path)
    is_app = bundle.kind is BundleKind.APP
    if code.missing and is_app:
        yield IpaProblem("executable_missing", Severity.ERROR, f"There is no executable in {path}.")
    elif code.missing and bundle.kind is BundleKind.APPEX and bundle.info is not None:
        text = f"There is no executable in {path}."
        yield IpaProblem("extension_executable_missing", Severity.WARNING, text)
    if code.complaint:
        severity = Severity.ERROR if is_app else Severity.WARNING
        text = f"The executable of {path} is unusable: {code.complaint}."
        yield IpaProblem("executable_unreadable", severity, text)


def _check_signatures(code: Code) -> Iterator[IpaProblem]:
    path, signatures = shorten(code.bundle.found.path), code.bundle.signatures
    for complaint in dict.fromkeys(text for signature in signatures for text in signature.complaints):
        yield IpaProblem("bad_signature", Severity.WARNING, f"{complaint} ({path})")
    xml = {name for signature in signatures for name in signature.xml or ()}
    der = {name for signature in signatures for name in signature.der or ()}
    if der - xml:
        yield IpaProblem(
            "entitlements_differ",
            Severity.WARNING,
            f"{len(der - xml)} entitlements of {path} are in DER form only, which the clients do not read.",
        )


def _check_layout(code: Code) -> Iterator[IpaProblem]:
    """ldid, which signs in AltStore and SideStore, wants nothing between the strings and the signature."""
    for part in code.slices:
        end = part.signature_at[0] if part.signature_at else part.size
        if part.strings_end is None or end is None:
            continue
        if not end - _STRINGS_GAP <= part.strings_end <= end:
            place = f"{shorten(code.bundle.found.path)} ({part.architecture})"
            text = f"AltStore cannot sign the executable of {place}: {_NOT_LAST}."
            yield IpaProblem("unsignable", Severity.WARNING, text)


def _check_app(code: Code) -> Iterator[IpaProblem]:
    if any(part.encrypted for part in code.slices):
        yield IpaProblem("encrypted", Severity.WARNING, "The app is encrypted (App Store), and will not run.")
    platforms = {part.platform for part in code.slices}
    if platforms and not platforms & {"ios", None}:
        listed = ", ".join(sorted(_PLATFORMS.get(name or "", str(name)) for name in platforms))
        yield IpaProblem("wrong_platform", Severity.WARNING, f"The app is built for {listed}, not for iOS.")
