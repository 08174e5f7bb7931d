"""What a catalog says, as values. No I/O.

The keys in `altpress.yml` are these names with dashes (`tint-color`). Descriptions of the fields are what
`docs/catalog.schema.json` shows in an editor; docs/catalog.md explains them with examples.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from bot.catalog.checks import (
    AdpTemplate,
    BranchName,
    Colour,
    Glob,
    HttpsUrl,
    IsoDate,
    OutputPath,
    RepositoryName,
    UrlTemplate,
)
from bot.catalog.durations import Duration
from bot.catalog.parts import (
    STABLE,
    AppId,
    BundleId,
    Channel,
    ChannelName,
    Entry,
    Language,
    Lines,
    MarketplaceId,
    Name,
    Patreon,
    Screenshot,
    Text,
    Texts,
    Track,
    as_screenshot,
)

Client = Literal["altstore", "altstore-2.0", "sidestore", "feather", "livecontainer", "altstore-pal"]
PAL: Client = "altstore-pal"
CLASSIC_CLIENTS: tuple[Client, ...] = ("altstore", "altstore-2.0", "sidestore", "feather", "livecontainer")
Prereleases = Literal["exclude", "include", "only"]
Approval = Literal["permissions", "always"]
Category = Literal[
    "developer", "entertainment", "games", "lifestyle", "other", "photo-video", "social", "utilities"
]


class App(Entry):
    """One app of the source, and which releases feed it."""

    model_config = ConfigDict(
        json_schema_extra={  # for editors; `bot/catalog/parse.py` says it with the reason
            "if": {"properties": {"wrapped": {"const": True}}, "required": ["wrapped"]},
            "then": {"required": ["download-url"]},
        }
    )

    id: AppId = Field("", description="Its short name in commands; the repository's name when left out.")
    repository: RepositoryName = Field(description="`owner/name` of the GitHub repository with the releases.")
    assets: tuple[Glob, ...] = Field(
        ("*.ipa",),
        min_length=1,
        max_length=50,
        description="Which files of a release; `!` in front excludes.",
    )
    tags: Glob = Field("*", description="Which releases, by their tag.")
    prereleases: Prereleases = Field("exclude", description="Whether prereleases count, or only they.")
    channel: ChannelName = Field(STABLE, description="The channel of what `channels` does not name.")
    channels: tuple[Channel, ...] = Field(
        (), max_length=20, description="Releases that count in any case, as channels of their own."
    )
    bundle_id: BundleId | None = Field(None, description="IPAs with another bundle ID are refused.")
    name: Name | None = Field(None, description="Shown name; the IPA's when left out.")
    developer: Name | None = Field(None, description="Shown developer; the repository's owner when left out.")
    subtitle: Name | None = Field(None, description="One line below the name.")
    description: Text | None = Field(
        None, description="Full text; the repository's description when left out."
    )
    subtitles: Lines | None = Field(None, description="The `subtitle` in other languages.")
    descriptions: Texts | None = Field(None, description="The `description` in other languages.")
    patreon: Patreon | None = Field(None, description="For patrons only; needs the catalog's `patreon-url`.")
    marketplace_id: MarketplaceId | None = Field(
        None, description="Apple's id of the app: it is listed for AltStore PAL."
    )
    adp_url: AdpTemplate | None = Field(
        None, description="Public address of a version's ADP, with {version} {build} {tag} {owner} {name}."
    )
    icon: HttpsUrl | None = Field(None, description="Address of the icon; the IPA's when left out.")
    tint_color: Colour | None = Field(None, description="`#RRGGBB`.")
    category: Category | None = Field(None, description="AltStore's category.")
    screenshots: tuple[
        Annotated[Screenshot, BeforeValidator(as_screenshot, json_schema_input_type=str | Screenshot)], ...
    ] = Field((), max_length=50, description="Addresses, or objects with url, width, height and device.")
    keep: int | None = Field(
        None, ge=1, le=1000, description="How many versions are listed, and the newest for each older iOS."
    )
    download_url: UrlTemplate | None = Field(
        None,
        description="Public address of a file, with {owner} {name} {tag} {asset} {file}; else GitHub's.",
    )
    changed_files: Literal["follow", "refuse"] = Field(
        "follow", description="What becomes of other bytes under a published version."
    )
    tell: Literal["commit", "issue", "none"] = Field(
        "commit", description="Where its developer reads why a file is not published."
    )
    downgrades: bool = Field(
        False, description="Whether the release that came last is first, even of a lower version."
    )
    approve: Approval | None = Field(
        None, description="Which new versions wait for a maintainer: those that ask for more, or all."
    )
    cooldown: Duration | None = Field(
        None, description="How long a new version waits by itself: `90m`, `6h`, `2d`."
    )
    wrapped: bool = Field(
        False, description="Take zips around one IPA, too; the IPA itself is at `download-url`."
    )

    @model_validator(mode="before")
    @classmethod
    def _id_from_repository(cls, data: Any) -> Any:
        if isinstance(data, dict) and "id" not in data and isinstance(data.get("repository"), str):
            return {**data, "id": data["repository"].rpartition("/")[2]}
        return data


class Output(Entry):
    """One published document, and the clients that must accept it."""

    path: OutputPath = Field("apps.json", description="Where the document lies in the repository.")
    clients: tuple[Client, ...] = Field(
        ("altstore", "sidestore"), min_length=1, description="Who must accept it before it is committed."
    )
    stage: bool = Field(
        default=False, description="New versions are in this output first, and in the others once promoted."
    )
    channels: tuple[ChannelName, ...] = Field(
        default=(STABLE,), min_length=1, max_length=20, description="The channels whose versions it lists."
    )
    apps: tuple[AppId, ...] | None = Field(
        default=None, min_length=1, max_length=2000, description="The `id`s of its apps; all when left out."
    )
    archive: bool = Field(
        default=False, description="It lists what `keep` leaves out, instead of what is kept."
    )
    release_channels: dict[Track, tuple[ChannelName, ...]] | None = Field(
        default=None, min_length=1, description="Channels that SideStore's users can choose, by its names."
    )


class News(Entry):
    identifier: Name = Field(description="Unique and lasting.")
    date: IsoDate = Field(description="`2026-11-22`, or with time and zone: `2026-11-22T21:48:16Z`.")
    title: Name
    caption: Text
    tint_color: Colour | None = Field(None, description="`#RRGGBB`.")
    image: HttpsUrl | None = Field(None, description="Address of a picture.")
    url: HttpsUrl | None = Field(None, description="Where a tap leads.")
    app: AppId | None = Field(None, description="The `id` of an app of this catalog.")
    notify: bool = Field(False, description="Whether clients notify their users.")


class Catalog(Entry):
    """`altpress.yml`."""

    name: Name = Field(description="The source's name.")
    identifier: Name | None = Field(
        None, description="For older clients: unique and lasting, `com.acme.source`."
    )
    subtitle: Name | None = Field(None, description="One line below the name.")
    description: Text | None = Field(None, description="What the source offers.")
    language: Language = Field("en", description="The language of `subtitle` and `description`s.")
    subtitles: Lines | None = Field(None, description="The `subtitle` in other languages.")
    descriptions: Texts | None = Field(None, description="The `description` in other languages.")
    icon: HttpsUrl | None = Field(None, description="Address of the icon; the first app's when left out.")
    header: HttpsUrl | None = Field(None, description="Address of a wide picture.")
    website: HttpsUrl | None = Field(None, description="The repository's homepage when left out.")
    tint_color: Colour | None = Field(None, description="`#RRGGBB`.")
    patreon_url: HttpsUrl | None = Field(None, description="The Patreon campaign.")
    featured_apps: tuple[AppId, ...] | None = Field(
        None, max_length=50, description="The `id`s of apps to show first."
    )
    base_url: HttpsUrl | None = Field(None, description="Public address of the folder with the first output.")
    mode: Literal["commit", "pull-request"] = Field(
        "commit", description="Whether altpress commits, or opens a pull request for each change."
    )
    publish_to: BranchName | None = Field(None, description="Another branch for the outputs.")
    outputs: tuple[Output, ...] = Field(
        (Output(path="apps.json", clients=("altstore", "sidestore")),),
        min_length=1,
        max_length=20,
        description="The documents.",
    )
    promote_after: Duration | None = Field(
        None, description="How long versions stay in the stage by themselves; until `/promote` if left out."
    )
    report: Literal["issue", "commit"] = Field(
        "issue", description="Where altpress says what is wrong: in one issue, or on the site's commits."
    )
    hand_edits: Literal["undo", "suggest"] = Field(
        "undo", description="Whether the notice about an edited output shows it as catalog keys."
    )
    hashes: bool = Field(
        False, description="Read whole files for their SHA-256 where GitHub does not tell it."
    )
    apps: tuple[App, ...] = Field(max_length=2000, description="What the source offers, in this order.")
    news: tuple[News, ...] = Field((), max_length=500, description="Shown by clients.")

    def app(self, app_id: str) -> App | None:
        """The app of that `id`, in any case of letters."""
        return next((app for app in self.apps if app.id.lower() == app_id.lower()), None)
