"""What is worth telling about an IPA that can be read. No I/O."""

from collections.abc import Iterator

from bot.ipa.archive import Archive, shorten
from bot.ipa.declare import SignedBundle
from bot.ipa.model import BundleKind, IpaProblem, Severity

_NAME_BUFFER = 512  # of the clients' unzip code (AltSign `NSFileManager+Zip.m`)


def check_archive(archive: Archive) -> Iterator[IpaProblem]:
    """Members that the clients cannot unpack, or unpack otherwise than expected."""
    for name in archive.unsafe[:1]:
        yield IpaProblem(
            "unsafe_name",
            Severity.WARNING,
            f"{len(archive.unsafe)} names leave the archive and were not read, {shorten(name)} first.",
        )
    long_names = [name for name in archive.names() if len(name) * 4 >= _NAME_BUFFER and _is_long(name)]
    for name in long_names[:1]:
        yield IpaProblem(
            "name_too_long",
            Severity.WARNING,
            f"{len(long_names)} names are longer than the clients can unpack, {shorten(name)} first.",
        )
    strange = [m for m in archive.members if m.method not in (0, 8) and not m.is_folder]
    for member in strange[:1]:
        yield IpaProblem(
            "unsupported_compression",
            Severity.ERROR,
            f"{len(strange)} members are packed in an unknown way, {shorten(member.name)} first.",
        )


def check_code(
    bundle: SignedBundle, *, missing: bool, complaint: str | None, encrypted: bool
) -> list[IpaProblem]:
    """What is odd about one bundle and its executable."""
    return [
        *_check_plist(bundle),
        *_check_executable(bundle, missing, complaint),
        *_check_signature(bundle, encrypted),
    ]


def _is_long(name: str) -> bool:
    return len(name.encode()) >= _NAME_BUFFER


def _check_plist(bundle: SignedBundle) -> Iterator[IpaProblem]:
    found = bundle.found
    path = shorten(found.path)
    if found.complaint:
        yield IpaProblem(
            "bad_plist", Severity.WARNING, f"Info.plist of {path} is unusable: {found.complaint}."
        )
    elif found.info is None and found.kind in (BundleKind.APPEX, BundleKind.WATCH):
        yield IpaProblem("no_info_plist", Severity.WARNING, f"There is no Info.plist in {path}.")
    if found.kind is BundleKind.APP and found.name == "":
        yield IpaProblem("empty_name", Severity.WARNING, "The app's name is empty.")


def _check_executable(bundle: SignedBundle, missing: bool, complaint: str | None) -> Iterator[IpaProblem]:
    found = bundle.found
    path = shorten(found.path)
    if missing and found.kind is BundleKind.APP:
        yield IpaProblem("executable_missing", Severity.ERROR, f"There is no executable in {path}.")
    elif missing and found.kind is BundleKind.APPEX and found.info is not None:
        yield IpaProblem(
            "extension_executable_missing", Severity.WARNING, f"There is no executable in {path}."
        )
    if complaint:
        severity = Severity.ERROR if found.kind is BundleKind.APP else Severity.WARNING
        yield IpaProblem(
            "executable_unreadable", severity, f"The executable of {path} is unusable: {complaint}."
        )


def _check_signature(bundle: SignedBundle, encrypted: bool) -> Iterator[IpaProblem]:
    path = shorten(bundle.found.path)
    for signature in bundle.signatures:
        for complaint in signature.complaints:
            yield IpaProblem("bad_signature", Severity.WARNING, f"{complaint} ({path})")
    xml = {name for signature in bundle.signatures for name in signature.xml or ()}
    der = {name for signature in bundle.signatures for name in signature.der or ()}
    if der - xml:
        yield IpaProblem(
            "entitlements_differ",
            Severity.WARNING,
            f"{len(der - xml)} entitlements of {path} are in DER form only, which the clients do not read.",
        )
    if encrypted and bundle.found.kind is BundleKind.APP:
        yield IpaProblem("encrypted", Severity.WARNING, "The app is encrypted (App Store), and will not run.")
