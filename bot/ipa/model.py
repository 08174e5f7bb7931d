"""What an IPA says about itself, as values. No I/O.

The names are those of `altpress inspect --json`; the rules behind them are the clients' own (AltStore's
`ALTApplication` and `VerifyAppOperation`), see the modules that fill these in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class BundleKind(StrEnum):
    APP = "app"
    APPEX = "appex"
    WATCH = "watch"
    FRAMEWORK = "framework"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IpaProblem:
    """Something worth telling that does not make the file unreadable. `code` is stable."""

    code: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """One bundle inside the IPA: the app itself, an extension, a watch app, a framework."""

    path: str  # inside the archive, without a slash at the end: `Payload/Acme.app/PlugIns/Share.appex`
    kind: BundleKind
    bundle_identifier: str | None
    version: str  # CFBundleShortVersionString, "1.0" when absent, as the client assumes
    build_version: str  # CFBundleVersion, "1" when absent
    entitlements: Mapping[str, Any] = field(default_factory=dict)  # of the first slice that has any
    privacy: Mapping[str, str] = field(default_factory=dict)  # `…UsageDescription…` key -> its text
    architectures: tuple[str, ...] = ()  # Apple's names, in file order


@dataclass(frozen=True, slots=True)
class Icon:
    """The best icon found, as an ordinary PNG (Apple's CgBI form already undone)."""

    path: str  # inside the archive
    width: int  # pixels
    height: int
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class IpaInfo:
    """Everything that a source needs to know about one IPA."""

    bundle_identifier: str
    name: str  # CFBundleDisplayName, else CFBundleName
    version: str
    build_version: str
    min_os_version: str | None  # None when MinimumOSVersion is absent
    device_families: tuple[int, ...]  # UIDeviceFamily: 1 iPhone, 2 iPad, 3 Apple TV; empty when absent
    size: int  # bytes of the .ipa file
    sha256: str | None  # lower-case hex of the .ipa file; None when not known without reading everything
    architectures: tuple[str, ...]
    signed: bool | None  # a slice carries a SuperBlob, ad hoc included; None without an executable
    encrypted: bool  # a slice has cryptid != 0
    entitlements: tuple[str, ...]  # names that the source must declare, sorted
    privacy: Mapping[str, str]  # keys that the source must declare, with the IPA's texts (may be "")
    entitlements_wider: tuple[str, ...] = ()  # what a superset over all bundles and both slots would declare
    privacy_wider: Mapping[str, str] = field(default_factory=dict)
    bundles: tuple[Bundle, ...] = ()  # the app first
    icon: Icon | None = None
    problems: tuple[IpaProblem, ...] = ()
