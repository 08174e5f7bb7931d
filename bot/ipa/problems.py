"""What is worth telling about an IPA that can be read. No I/O."""

import re
import stat
from collections.abc import Iterator, Sequence

from bot.ipa.archive import Archive
from bot.ipa.bundles import FoundBundle
from bot.ipa.directory import Member
from bot.ipa.model import BundleKind, IpaProblem, Severity
from bot.ipa.names import shorten

_SKIPPED = "__MACOSX"  # the clients' unzip code passes over all that begins so
_STRAY_APP = re.compile(r"Payload/[^/]+\.app", re.IGNORECASE)
_STRAY = "files beside the app are named like an app, and the clients may take one for it"
_UNREADABLE = "files may be read by nobody (zipped on Windows?), nor by the clients that unpack them"
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
        ("no_permissions", Severity.ERROR, _unreadable(members), _UNREADABLE),
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


def _unreadable(members: Sequence[Member]) -> list[str]:
    """Files whose mode AltStore sets as it is: `You don't have permission` (SideStore issue 447)."""
    return [m.name for m in members if not (m.mode & stat.S_IRUSR or m.is_folder)]


def _stray(members: Sequence[Member]) -> list[str]:
    """Files that the clients may take for the app: they do not ask whether it is a folder."""
    return [m.name for m in members if m.name.count("/") == 1 and _STRAY_APP.fullmatch(m.name)]


def _is_long(name: str) -> bool:
    return len(name.encode()) >= _NAME_BUFFER


_TEXTS = (  # what the clients use as text without asking whether it is (AltSign `ALTApplication.mm`)
    "CFBundleIdentifier",
    "CFBundleDisplayName",
    "CFBundleName",
    "CFBundleShortVersionString",
    "CFBundleVersion",
    "MinimumOSVersion",
    "CFBundleExecutable",
)


def check_plist(found: FoundBundle) -> Iterator[IpaProblem]:
    """What is odd about one bundle's Info.plist."""
    path, is_app = shorten(found.path), found.kind is BundleKind.APP
    if found.complaint:
        text = f"Info.plist of {path} is unusable: {found.complaint}."
        yield IpaProblem("bad_plist", Severity.WARNING, text)
    elif found.info is None and found.kind in (BundleKind.APPEX, BundleKind.WATCH):
        yield IpaProblem("no_info_plist", Severity.WARNING, f"There is no Info.plist in {path}.")
    if is_app and found.name == "":
        yield IpaProblem("empty_name", Severity.WARNING, "The app's name is empty.")
    info = found.info or {} if is_app or found.kind is BundleKind.APPEX else {}
    wrong = [key for key in _TEXTS if not isinstance(info.get(key, ""), str)]
    if wrong:
        severity = Severity.ERROR if is_app else Severity.WARNING
        text = f"{', '.join(wrong)} of {path} should be text; the clients fail on anything else."
        yield IpaProblem("not_text", severity, text)
