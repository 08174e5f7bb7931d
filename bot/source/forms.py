"""How the document's scalar values look, and which keys need each other; for the JSON Schema. No I/O."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

_DATE = r"^[0-9]{4}-(?:0?[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"

Url = Annotated[str, Field(min_length=1, json_schema_extra={"format": "uri"})]
"""Absolute, https and percent-encoded; an empty one makes AltStore refuse the whole document."""

Date = Annotated[str, Field(pattern=_DATE)]
"""`YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM:SSZ`; fractions of seconds lose the time of the day."""

Localized = dict[str, str]
"""Language (`de`, `zh-Hant`) -> text; AltStore 2.2 and later. The plain key's language must be there, too: a
user's second language is tried before the plain key."""

Colour = Annotated[
    str, Field(pattern=r"^[^0-9A-Za-z]*(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})[^0-9A-Za-z]*$")
]
"""`#RRGGBB`; eight digits mean AARRGGBB to AltStore and RRGGBBAA to others."""

Loose = WithJsonSchema({})  # not read by most clients while there are `versions`

_INT32 = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
_LEGACY = {
    "required": ["version", "versionDate", "downloadURL", "size"],
    "properties": {
        "version": {"type": "string"},
        "versionDate": {"type": "string", "pattern": _DATE},
        "versionDescription": {"type": ["string", "null"]},
        "downloadURL": {"type": "string", "minLength": 1, "format": "uri"},
        "size": _INT32,
    },
}


def _given(*keys: str) -> dict[str, Any]:
    """One of the keys is there and not null."""
    present = [{"required": [key], "properties": {key: {"not": {"type": "null"}}}} for key in keys]
    return {"anyOf": present}


REQUIRED_TEXTS: dict[str, Any] = {
    "allOf": [_given("title", "localizedTitles"), _given("caption", "localizedCaptions")]
}
VERSIONS_OR_LEGACY: dict[str, Any] = {
    **_given("localizedDescription", "localizedDescriptions", "_localizedDescriptions"),
    "if": _given("versions"),
    "else": _LEGACY,
}
