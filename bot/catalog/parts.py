"""What the entries of a catalog are made of: names, texts, pictures, conditions, channels. No I/O."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.catalog.checks import Glob, HttpsUrl, Pledge

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
BundleId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=255)]
MarketplaceId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$")]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$", max_length=35)]
Texts = Annotated[dict[Language, Text], Field(min_length=1, max_length=200)]
Lines = Annotated[dict[Language, Name], Field(min_length=1, max_length=200)]
AppId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=100)]
STABLE = "stable"  # the channel of what belongs to no other
ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)]
Track = Literal["nightly", "alpha"]  # those that SideStore's users can choose


def _dashes(name: str) -> str:
    return name.replace("_", "-")


class Entry(BaseModel):
    """The base: frozen, no unknown keys, no conversions between types."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=_dashes,
        validate_by_name=True,
        validate_by_alias=True,
    )


def as_screenshot(value: Any) -> Any:
    """A plain address is a screenshot of which only the address is known."""
    return {"url": value} if isinstance(value, str) else value


class Screenshot(Entry):
    url: HttpsUrl = Field(description="Where the picture is.")
    width: int | None = Field(None, ge=1, le=32_767, description="Width; iPad screenshots need it.")
    height: int | None = Field(None, ge=1, le=32_767, description="Height; iPad screenshots need it.")
    device: Literal["iphone", "ipad"] = Field("iphone", description="For which device it is shown.")

    @model_validator(mode="after")
    def _ipad_has_a_size(self) -> Self:
        if self.device == "ipad" and not (self.width and self.height):
            raise ValueError("needs `width` and `height`: AltStore refuses iPad screenshots without")
        return self


class Patreon(Entry):
    """Who may install the app; several conditions are alternatives, none means any patron."""

    pledge: Pledge | None = Field(None, description="At least that much a month; or `custom`.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(
        None, description="Of the pledge, such as `EUR`; USD when left out."
    )
    tiers: tuple[Name, ...] = Field((), max_length=50, description="Or one of these tiers.")
    benefit: Name | None = Field(None, description="Or this benefit.")
    hidden: bool = Field(False, description="Whether others do not even see the app.")


class Channel(Entry):
    """Which releases of an app are a channel of their own; the first that fits counts."""

    model_config = ConfigDict(  # for editors; `bot/catalog/channels.py` says it with the reason
        json_schema_extra={"anyOf": [{"required": ["prereleases"]}, {"required": ["tags"]}]}
    )

    channel: ChannelName = Field(description="Its name, such as `beta`.")
    prereleases: bool | None = Field(
        None, description="Only prereleases (`true`), or only others (`false`); both when left out."
    )
    tags: Glob | None = Field(None, description="Which releases, by their tag; the app's `tags` if left out.")
