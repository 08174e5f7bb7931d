"""What is known about one asset: a record, with facts and verdict. No I/O."""

from typing import Literal

from pydantic import Field

from bot.records.base import Value


class IconFile(Value):
    """An icon that the site hosts: content-addressed, so that the same picture is the same file."""

    sha256: str  # of the PNG, lower-case hex
    width: int
    height: int

    @property
    def path(self) -> str:
        """Where it lies in the site, below the outputs' folder."""
        return f"icons/{self.sha256[:16]}.png"


class Facts(Value):
    """What a source says about the inside of an IPA; made from `bot.ipa.model.IpaInfo`."""

    bundle_identifier: str
    name: str
    version: str
    build_version: str
    min_os_version: str | None = None
    device_families: tuple[int, ...] = ()
    entitlements: tuple[str, ...] = ()
    privacy: dict[str, str] = Field(default_factory=dict)
    icon: IconFile | None = None


class InnerIpa(Value):
    """The IPA inside of an asset that is a zip around it: what clients are given."""

    name: str  # without the zip's folders
    size: int  # bytes
    sha256: str | None = None


class Verdict(Value):
    """Whether a record may be published; a rejected one names the reason."""

    accepted: bool
    code: str | None = None  # `bad_ipa.no_app`, `bundle_id_mismatch`, `client.altstore.duplicateVersion`, …
    reason: str | None = None  # one public sentence


ACCEPTED = Verdict(accepted=True)


class Record(Value):
    """The stored fact about one asset of one app of one site; a line of the lock.

    Keyed by `repository_id` and `asset_id` within its site. `facts` is None when the file could not be read;
    the verdict then says why.
    """

    kind: Literal["record"] = "record"
    repository_id: int
    asset_id: int
    app: str  # the app's `id` in the catalog
    repository: str  # "owner/name" at the time
    release_id: int
    tag: str
    release_name: str | None = None
    notes: str | None = None  # the release's body
    prerelease: bool = False
    published_at: str  # ISO 8601
    release_url: str
    asset_name: str
    size: int  # of the asset, as `sha256`
    sha256: str | None = None
    inner: InnerIpa | None = None  # None: the asset is the IPA
    download_url: str
    updated_at: str
    facts: Facts | None = None
    verdict: Verdict = ACCEPTED
    staged_at: str | None = None  # ISO 8601: since then only outputs with `stage: true` list it; None: all

    @property
    def key(self) -> str:
        return f"{self.repository_id}:{self.asset_id}"

    @property
    def ipa_size(self) -> int:
        """Bytes that a client downloads."""
        return self.inner.size if self.inner else self.size

    @property
    def ipa_sha256(self) -> str | None:
        """Of what a client downloads: never that of a zip around it."""
        return self.inner.sha256 if self.inner else self.sha256
