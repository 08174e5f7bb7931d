"""The parts of an app: permissions, pictures, conditions. No I/O."""

from typing import Annotated, Any, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from bot.source.forms import Url


class LegacyEntitlement(TypedDict, total=False):
    """An entitlement in the form of 2023."""

    name: Required[str]


class LegacyPrivacy(TypedDict, total=False):
    """A usage description in the form of 2023; `name` is `Camera` for `NSCameraUsageDescription`."""

    name: Required[str]
    usageDescription: Required[str]


class Permissions(TypedDict, total=False):
    """What the IPAs may ask for; to declare more than they do is fine.

    AltStore installs nothing that asks for more (errors 6, 201); SideStore looks when the source's `version`
    is 2 or more; PAL, Feather and LiveContainer do not.
    """

    entitlements: list[str] | list[LegacyEntitlement] | dict[str, Any]
    """Entitlements of the app and its extensions, by name. Must not be null."""
    privacy: dict[str, Annotated[str, Field(min_length=1)]] | list[LegacyPrivacy]
    """`NS…UsageDescription` -> text, which must not be empty. Must not be null."""


class Screenshot(TypedDict, total=False):
    """A picture with its size in pixels (or points: only the ratio counts), at most 32,767."""

    imageURL: Required[Url]
    width: Annotated[int, Field(ge=0, le=32_767)]
    height: Annotated[int, Field(ge=0, le=32_767)]


class IpadScreenshot(TypedDict):
    """An iPad's picture: without its size AltStore refuses the document (SourceError 7)."""

    imageURL: Url
    width: Annotated[int, Field(ge=0, le=32_767)]
    height: Annotated[int, Field(ge=0, le=32_767)]


class DeviceScreenshots(TypedDict, total=False):
    """Pictures by device."""

    iphone: list[Url | Screenshot]
    ipad: list[IpadScreenshot]


class Patreon(TypedDict, total=False):
    """Its presence alone, even as `{}`, makes an app for patrons only (AltStore, PAL).

    The conditions are alternatives. They need the source's `patreonURL`.
    """

    pledge: float | Literal["custom"]
    """At least that much a month, in `currency`."""
    currency: str
    """ISO 4217; USD when absent."""
    tiers: list[str]
    """Or one of these tiers, by Patreon's ids."""
    benefit: str
    """Or this benefit, by Patreon's id."""
    hidden: bool
    """Whether others do not even see the app."""


class PlatformUrl(TypedDict):
    """SideStore: an address by platform (0 iOS, 1 tvOS, 2 macOS)."""

    platform: Annotated[int, Field(ge=0, le=2)]
    downloadURL: Url


class LegacyPermission(TypedDict, total=False):
    """AltStore 1.x and Feather: both texts or a refusal."""

    type: str
    usageDescription: str
