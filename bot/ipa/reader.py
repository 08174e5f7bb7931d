"""One IPA, read as the clients read it. No I/O of its own: it works over a file that the caller opened."""

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.errors import BadIpa
from bot.ipa.archive import Archive
from bot.ipa.bundles import FoundBundle, find_app, find_bundles
from bot.ipa.declare import SignedBundle, build_declaration, build_wider_declaration
from bot.ipa.directory import SeekableFile
from bot.ipa.entitlements import Signature, parse_signature
from bot.ipa.executables import Code, check_code
from bot.ipa.icon import check_icon, find_icon
from bot.ipa.limits import Budget, Limits, check_size
from bot.ipa.macho import BadMachO, Slice, parse_macho
from bot.ipa.model import Bundle, BundleKind, Icon, IpaInfo, IpaProblem
from bot.ipa.names import shorten
from bot.ipa.plist import count_values
from bot.ipa.problems import check_archive, check_plist

_DEFAULT_LIMITS = Limits()


def read_ipa(
    file: SeekableFile,
    *,
    size: int,
    sha256: str | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    frameworks: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> IpaInfo:
    """Read the IPA of `size` bytes in `file` (seekable, binary).

    `sha256` is passed on as it is known. `frameworks` False leaves the frameworks' executables unread: their
    architectures are then empty. Raises BadIpa with a stable code and a public sentence, and nothing else for
    whatever bytes; errors of `file` itself pass through.
    """
    archive = Archive(file, size, Budget(limits, clock))
    _refuse_encrypted(archive)
    bundles = find_bundles(archive, find_app(archive), limits)
    _identity(bundles[0])  # refused before anything large is read
    codes = _read_codes(archive, bundles, limits, frameworks=frameworks)
    icon = find_icon(archive, bundles[0], limits)
    problems = (
        *check_archive(archive),
        *(p for code in codes for p in (*check_plist(code.bundle.found), *check_code(code))),
        *check_icon(archive, bundles[0], icon),
    )
    return _build_info(codes, icon, problems, size, sha256)


def _build_info(
    codes: Sequence[Code], icon: Icon | None, problems: tuple[IpaProblem, ...], size: int, sha256: str | None
) -> IpaInfo:
    app, others = codes[0].bundle, [code.bundle for code in codes[1:]]
    identifier, name = _identity(app.found)
    declared, wider = build_declaration(app, others), build_wider_declaration(app, others)
    return IpaInfo(
        bundle_identifier=identifier,
        name=name,
        version=app.found.version,
        build_version=app.found.build_version,
        min_os_version=app.found.text("MinimumOSVersion"),
        device_families=_device_families((app.found.info or {}).get("UIDeviceFamily")),
        size=size,
        sha256=sha256,
        architectures=tuple(part.architecture for part in codes[0].slices),
        signed=any(part.signed for part in app.signatures) if codes[0].slices else None,
        encrypted=any(part.encrypted for part in codes[0].slices),
        entitlements=declared.entitlements,
        privacy=declared.privacy,
        entitlements_wider=wider.entitlements,
        privacy_wider=wider.privacy,
        bundles=tuple(_bundle(code) for code in codes),
        icon=icon,
        problems=problems,
    )


def hash_file(file: SeekableFile, size: int, progress: Callable[[int], object] | None = None) -> str:
    """The SHA-256 of the whole file, lower-case hex; `progress` is told the bytes of each step."""
    file.seek(0)
    expect = getattr(file, "expect", None)
    if expect is not None:
        expect(0, size)
    digest = hashlib.sha256()
    while piece := file.read(1 << 18):
        digest.update(piece)
        if progress:
            progress(len(piece))
    return digest.hexdigest()


def _refuse_encrypted(archive: Archive) -> None:
    """The clients unpack every member, so one that is encrypted makes the whole file useless to them."""
    for member in archive.members:
        if member.encrypted and not (member.is_folder or member.name.startswith("__MACOSX")):
            raise BadIpa(f"{shorten(member.name)} is encrypted inside the archive.", code="encrypted_member")


def _identity(app: FoundBundle) -> tuple[str, str]:
    """(identifier, name); a bundle without one of them is no app to the clients."""
    identifier, name = app.text("CFBundleIdentifier"), app.name
    if not identifier:
        raise BadIpa("The app's Info.plist has no CFBundleIdentifier.", code="no_bundle_identifier")
    if name is None:
        raise BadIpa("The app's Info.plist has neither CFBundleDisplayName nor CFBundleName.", code="no_name")
    return identifier, name


def _device_families(value: object) -> tuple[int, ...]:
    """UIDeviceFamily: a number or several, also written as text."""
    listed = value if isinstance(value, list) else [value]
    numbers = [
        int(item)
        for item in listed
        if isinstance(item, int) or (isinstance(item, str) and item.isdecimal() and len(item) < 5)
    ]
    return tuple(dict.fromkeys(numbers))


def _read_codes(
    archive: Archive, bundles: Iterable[FoundBundle], limits: Limits, *, frameworks: bool
) -> list[Code]:
    """The executables, read in the order in which they lie in the file."""
    bundles = list(bundles)
    places = {
        bundle.path: member.offset
        for bundle in bundles
        if bundle.executable and (member := archive.find(bundle.executable))
    }
    read, kept = {}, _Kept(limits)
    for bundle in sorted(bundles, key=lambda bundle: places.get(bundle.path, -1)):
        if bundle.kind is BundleKind.FRAMEWORK and not frameworks:
            read[bundle.path] = Code(SignedBundle(bundle))
        else:
            read[bundle.path] = _read_code(archive, bundle, limits)
            kept.add(read[bundle.path].bundle.signatures)
    return [read[bundle.path] for bundle in bundles]


class _Kept:
    """All entitlements are kept at once, like all Info.plists, and so are bounded like them."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._size, self._values = limits, 0, 0

    def add(self, signatures: Iterable[Signature]) -> None:
        for signature in signatures:
            self._size += signature.size
            self._values += count_values(signature.xml) + count_values(signature.der)
        check_size("The entitlements of all executables", self._size, self._limits.plists_bytes)
        if self._values > self._limits.plists_values:
            raise BadIpa("The entitlements hold more values than altpress reads.", code="too_large")


def _read_code(archive: Archive, bundle: FoundBundle, limits: Limits) -> Code:
    member = archive.find(bundle.executable) if bundle.executable else None
    if member is None and bundle.executable in archive.links:
        return Code(SignedBundle(bundle), complaint="it is a link")
    if member is None:
        return Code(SignedBundle(bundle), missing=True)
    stream = archive.open(member, limits.executable_bytes)
    signatures = bundle.kind is not BundleKind.FRAMEWORK
    if signatures and member.method and archive.find(f"{bundle.path}/_CodeSignature/CodeResources"):
        stream.expect_all()  # it is signed, most likely, and its signature lies at its end
    try:
        slices = parse_macho(stream, limits, signatures=signatures, size=member.size)
    except BadMachO as error:
        return Code(SignedBundle(bundle), complaint=str(error))
    read = tuple(_read_signature(part, limits) for part in slices)
    return Code(SignedBundle(bundle, read), tuple(replace(part, signature=b"") for part in slices))


def _read_signature(part: Slice, limits: Limits) -> Signature:
    if part.complaint:
        return Signature(complaints=(part.complaint,))
    return parse_signature(part.signature, limits)


def _bundle(code: Code) -> Bundle:
    found = code.bundle.found
    return Bundle(
        path=found.spelled,
        kind=found.kind,
        bundle_identifier=found.text("CFBundleIdentifier"),
        version=found.version,
        build_version=found.build_version,
        entitlements=code.bundle.entitlements,
        privacy=found.privacy,
        architectures=tuple(part.architecture for part in code.slices),
    )
