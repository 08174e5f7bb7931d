"""What is worth telling about an IPA that can be read. No I/O."""

import re
from collections.abc import Iterator, Sequence

from bot.ipa.archive import Archive, shorten
from bot.ipa.declare import SignedBundle
from bot.ipa.directory import Member
from bot.ipa.model import BundleKind, IpaProblem, Severity

_SKIPPED = "__MACOSX"  # the clients' unzip code passes over all that begins so
_STRAY_APP = re.compile(r"Payload/[^/]+\.app", re.IGNORECASE)
_STRAY = "files beside the app are named like an app, and the clients may take one for it"
_NOT_UTF8 = "names are not written in UTF-8, on which the clients fail"
_NAME_BUFFER = 512  # of the clients' unzip code (AltSign `NSFileManager+Zip.m`)


def check_archive(archive: Archive) -> Iterator[IpaProblem]:
    """Members that the clients cannot unpack, or unpack otherwise than expected."""
    members = [m for m in archive.members if not m.name.startswith(_SKIPPED)]
    for code, severity, found, told in (
        ("unsafe_name", Severity.WARNING, archive.unsafe, "names leave the archive and were not read"),
        (
            "name_too_long",
            Severity.WARNING,
            _long_names(archive),
            "names are longer than the clients can unpack",
        ),
        ("name_not_utf8", Severity.ERROR, [m.name for m in members if not m.plain], _NOT_UTF8),
        (
            "unsupported_compression",
            Severity.ERROR,
            _unpackable(members),
            "members are packed in an unknown way",
        ),
        ("stray_app", Severity.WARNING, _stray(members), _STRAY),
    ):
        if found:
            yield IpaProblem(code, severity, f"{len(found)} {told}, {shorten(found[0])} first.")
    if len(archive.members) > archive.promised:
        told = f"It holds {len(archive.members)} members and promises {archive.promised}"
        yield IpaProblem("members_hidden", Severity.ERROR, f"{told}; the clients unpack no more than these.")


def _long_names(archive: Archive) -> list[str]:
    return [name for name in archive.names() if len(name) * 4 >= _NAME_BUFFER and _is_long(name)]


def _unpackable(members: Sequence[Member]) -> list[str]:
    return [m.name for m in members if m.method not in (0, 8) and not m.is_folder]


def _stray(members: Sequence[Member]) -> list[str]:
    """Files that the clients may take for the app: they do not ask whether it is a folder."""
    return [m.name for m in members if m.name.count("/") == 1 and _STRAY_APP.fullmatch(m.name)]


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
