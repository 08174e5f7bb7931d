"""What a source document is, key by key. No I/O.

These are the JSON objects themselves, typed: unknown keys of a hand-made source stay where they are, and
the order of the keys here is the order in which they are written. Which client reads what was read in the
clients' code (AltStore 2.0 and 2.2.1, SideStore 2026-07, Feather, LiveContainer):

- a URL is absolute, https, percent-encoded and never empty; an empty one makes AltStore refuse everything;
- a date is `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`; fractions of seconds lose the time of the day;
- a colour is `#RRGGBB`; eight digits mean different things to different clients;
- a localised text is an object language -> text, read by AltStore 2.2 and later only.

PAL means AltStore PAL, the marketplace; its sources are files of their own.
"""

from typing import Any

from typing_extensions import TypedDict

Localized = dict[str, str]


class Permissions(TypedDict, total=False):
    """What the IPAs may ask for: AltStore refuses to install what is not declared here (errors 6, 201)."""

    entitlements: Any  # list of names; older forms: objects with `name`, or an object by name
    privacy: Any  # object `NS…UsageDescription` -> text that is not empty; older form: a list of objects


class ScreenshotEntry(TypedDict, total=False):
    imageURL: str
    width: int  # at most 32,767; iPad screenshots need both
    height: int


class Patreon(TypedDict, total=False):
    """Its presence alone makes an app for patrons only (not in SideStore)."""

    pledge: Any  # amount, or "custom"
    currency: str  # USD when absent
    tiers: list[str]
    benefit: str
    hidden: bool  # not listed for others


class Version(TypedDict, total=False):
    """One version; the first of an app's list is the newest to every client, whatever its number."""

    version: str  # CFBundleShortVersionString, exactly
    buildVersion: str  # CFBundleVersion, exactly; AltStore compares it when it is there
    buildNumber: str  # the same for LiveContainer
    marketingVersion: str  # shown instead, AltStore 2.2
    date: str
    localizedDescription: str  # what is new
    localizedDescriptions: Localized
    downloadURL: str
    assetURLs: dict[str, str]  # PAL
    size: int  # bytes of the .ipa; shown, never compared; above 2,147,483,647 in the first SideStore crashes
    sha256: str  # lower-case hex of the .ipa; compared at install when it is there
    minOSVersion: str
    maxOSVersion: str  # `16` is 16.0.0 and excludes 16.1; not in PAL


class ReleaseTrack(TypedDict, total=False):
    """SideStore: a channel of its own versions."""

    track: str  # stable (replaces `versions`), nightly, alpha
    releases: list[Version]


class App(TypedDict, total=False):
    name: str
    bundleIdentifier: str  # exactly the IPA's; once in a source
    marketplaceID: str  # PAL: Apple's id in digits; must be absent for everybody else
    developerName: str
    subtitle: str
    localizedSubtitles: Localized
    localizedDescription: str  # the full description, not localised despite its name
    localizedDescriptions: Localized
    iconURL: str
    tintColor: str
    category: str  # lower case; unknown ones are listed under Other
    beta: bool
    screenshots: Any  # list of URLs or ScreenshotEntry, or an object with lists `iphone` and `ipad`
    screenshotURLs: list[str]  # the only ones that Feather and LiveContainer show
    appPermissions: Permissions
    permissions: Any  # AltStore 1.x and Feather: objects with `type` and `usageDescription`
    patreon: Patreon
    releaseChannels: list[ReleaseTrack]
    versions: list[Version]
    version: str  # from here on: the first version once more, for clients that know no `versions`
    versionDate: str
    versionDescription: str
    downloadURL: str
    size: int


class NewsItem(TypedDict, total=False):
    identifier: str  # unique; a new one with `notify` is told to users
    date: str
    title: str
    localizedTitles: Localized
    caption: str
    localizedCaptions: Localized
    tintColor: str
    imageURL: str
    url: str
    appID: str  # a bundle identifier of this source
    notify: bool


class Source(TypedDict, total=False):
    """The document."""

    name: str
    identifier: str  # AltStore 1.x, SideStore (group), Feather (key); others go by the document's address
    subtitle: str
    localizedSubtitles: Localized
    description: str
    localizedDescriptions: Localized
    iconURL: str
    headerURL: str
    website: str
    patreonURL: str
    fediUsername: str  # PAL's server
    nsfw: bool  # PAL's server
    tintColor: str
    version: int  # SideStore: 2 and above check permissions
    featuredApps: list[str]  # bundle identifiers; absent: the first apps; empty: none
    userInfo: dict[str, str]
    apps: list[App]
    news: list[NewsItem]
