"""What a source document is, key by key. No I/O.

These are the JSON objects themselves, typed: unknown keys of a hand-made source stay where they are, and the
order of the keys here is the order in which they are written. docs/source.schema.json is generated from here.

Who reads what was read in the clients' code: AltStore Classic 2.0 and 2.2.1, AltStore PAL 2.2 (the
marketplace; its sources are files of their own), SideStore of July 2026, Feather and LiveContainer of 2026.
"Required" means that AltStore refuses the whole document without; to all of them a null is a missing key,
an unknown key is nothing, and a value of the wrong type is the end of the document.
"""

from typing import Annotated, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from bot.source.forms import REQUIRED_TEXTS, VERSIONS_OR_LEGACY, Colour, Date, Localized, Loose, Url
from bot.source.parts import (
    DeviceScreenshots,
    LegacyPermission,
    Patreon,
    Permissions,
    PlatformUrl,
    Screenshot,
)


class Version(TypedDict, total=False):
    """One version; the first of an app's list is the newest to every client, whatever its number or date."""

    version: Required[str]
    """CFBundleShortVersionString, exactly (errors 4, 104). With `buildVersion` unique in the app."""
    buildVersion: str
    """CFBundleVersion, exactly; AltStore compares it when it is there (5, 105). PAL needs it."""
    buildNumber: str
    """The same for LiveContainer."""
    marketingVersion: str
    """Shown instead of `version (build)`; AltStore 2.2."""
    date: Required[Date]
    """When it came out; one in the future disables the button and shows a countdown."""
    localizedDescription: str
    """What is new, as plain text; not localised despite its name."""
    localizedDescriptions: Localized
    """The same by language."""
    downloadURL: Required[Url]
    """The .ipa. In PAL: the folder of the ADP, or its `manifest.json`; unique in the source."""
    assetURLs: dict[str, Url]
    """PAL: where the ADP's files are, by name without extension, when they are not in its own folder."""
    size: Required[Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]]
    """Bytes of the .ipa; shown, never compared. Above 2,147,483,647 in the first SideStore crashes."""
    sha256: str
    """Hash of the .ipa in lower-case hex; AltStore and SideStore compare it when it is there (3, 103)."""
    minOSVersion: str
    """`15.0`: older systems are offered an older version."""
    maxOSVersion: str
    """The last system, included: `16` is 16.0.0 and excludes 16.1. Not read by PAL."""


class ReleaseTrack(TypedDict):
    """SideStore: a channel with versions of its own."""

    track: str
    """`stable` (its releases replace `versions`), `nightly`, `alpha`."""
    releases: Annotated[list[Version], Field(min_length=1)]
    """Its versions, the newest first."""


class App(TypedDict, total=False):
    """One app; AltStore wants each `bundleIdentifier` once in a source (SourceError 1)."""

    __pydantic_config__ = ConfigDict(  # type: ignore[misc]  # pydantic's own way
        use_attribute_docstrings=True, json_schema_extra=VERSIONS_OR_LEGACY
    )

    name: Required[str]
    """Shown name."""
    bundleIdentifier: Required[str]
    """CFBundleIdentifier, exactly and in the same case of letters (errors 1, 101)."""
    marketplaceID: str
    """Apple's id of the app, in digits without leading zero. Required in PAL (SourceError 102), refused
    by all others (101)."""
    developerName: Required[str]
    """Shown developer."""
    subtitle: str
    """One line below the name."""
    localizedSubtitles: Localized
    """The same by language."""
    localizedDescription: str
    """The full description; required unless `localizedDescriptions` has one for the device."""
    localizedDescriptions: Localized
    """The same by language."""
    _localizedDescriptions: Localized
    """The older name of `localizedDescriptions`."""
    iconURL: Required[Url]
    """A square PNG or JPEG."""
    tintColor: Colour
    """Colour of the app's page."""
    category: str
    """developer, entertainment, games, lifestyle, other, photo-video, social, utilities; all
    else counts as other."""
    beta: bool
    """Cosmetic; SideStore reads it for apps without `versions`."""
    screenshots: list[Url | Screenshot] | DeviceScreenshots
    """A list is for iPhones. AltStore and SideStore."""
    screenshotURLs: list[Url]
    """The only ones that Feather and LiveContainer show; AltStore reads them without `screenshots`."""
    appPermissions: Permissions
    """What its versions ask for, all together."""
    permissions: list[LegacyPermission]
    """AltStore 1.x and Feather."""
    patreon: Patreon
    """Who may install it; AltStore and PAL."""
    releaseChannels: list[ReleaseTrack]
    """Channels, SideStore."""
    platformURLs: Annotated[list[PlatformUrl], Field(min_length=1)]
    """Never to be written: SideStore has no place for it in its database."""
    versions: Annotated[list[Version], Field(min_length=1)]
    """All versions, the newest first."""
    version: Annotated[str, Loose]
    """From here on the first version once more, for clients that know no `versions` (AltStore 1.5, ESign);
    where `versions` is missing, these make the app's only version."""
    versionDate: Annotated[str, Loose]
    """Its date."""
    versionDescription: Annotated[str, Loose]
    """What is new."""
    downloadURL: Annotated[str, Loose]
    """The .ipa; SideStore reads it even beside `versions`."""
    size: Annotated[int, Loose]
    """Bytes, at most 2,147,483,647."""


class NewsItem(TypedDict, total=False):
    """A piece of news; shown by date."""

    __pydantic_config__ = ConfigDict(  # type: ignore[misc]  # pydantic's own way
        use_attribute_docstrings=True, json_schema_extra=REQUIRED_TEXTS
    )

    identifier: Required[str]
    """Unique in the source and lasting; what was told once is not told again."""
    date: Required[Date]
    """When it happened."""
    title: str
    """Required unless `localizedTitles` has one for the device."""
    localizedTitles: Localized
    """The same by language."""
    caption: str
    """Required unless `localizedCaptions` has one for the device."""
    localizedCaptions: Localized
    """The same by language."""
    tintColor: Colour
    """Colour of its card."""
    imageURL: Url
    """A picture on its card."""
    url: Url
    """Where a tap leads."""
    appID: str
    """Bundle identifier of an app of this source; of others it is ignored."""
    notify: bool
    """Whether users are notified."""


class Source(TypedDict, total=False):
    """The document. Its address is its identity to AltStore: moving it makes another source."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # type: ignore[misc]  # pydantic's own way

    name: Required[str]
    """Shown name."""
    identifier: str
    """AltStore 1.x, SideStore (group), Feather (key); newer AltStores go by the document's address."""
    subtitle: str
    """One line below the name."""
    localizedSubtitles: Localized
    """The same by language."""
    description: str
    """What the source offers."""
    localizedDescriptions: Localized
    """The same by language."""
    _localizedDescriptions: Localized
    """The older name of `localizedDescriptions`."""
    iconURL: Url
    """A square picture; the first app's when absent."""
    headerURL: Url
    """A wide picture; the icon when absent."""
    website: Url
    """Where to read more."""
    patreonURL: Url
    """The Patreon campaign; apps with `patreon` need it."""
    fediUsername: str
    """PAL's server: the account on explore.alt.store, which can never be changed."""
    nsfw: bool
    """PAL's server: whether the content is for adults."""
    tintColor: Colour
    """Colour of the source's page; the first app's when absent."""
    version: int
    """SideStore: from 2 on it compares permissions at install."""
    featuredApps: list[str]
    """Bundle identifiers, of which five are shown. Absent: the first apps; empty: none."""
    userInfo: dict[str, str]
    """AltStore's own source keeps its settings here."""
    apps: list[App]
    """In the order in which clients show them; Feather refuses a source without."""
    news: list[NewsItem]
    """Shown by AltStore, PAL, SideStore and Feather."""
