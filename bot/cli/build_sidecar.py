"""`NAME.ipa.json` beside an IPA: what the file cannot say about its release. No I/O."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.catalog.checks import check_url
from bot.cli.output import plain
from bot.decisions import seconds
from bot.source.text import encode_url

_TYPES = {
    "string_type": "must be text, in quotes",
    "bool_type": "must be true or false, without quotes",
    "string_too_short": "must not be empty",
    "model_type": "must be an object, in braces",
}


class BadSidecar(ValueError):
    """The file beside an IPA is wrong, or the IPA fits no app; the message is public."""


def _check_date(value: str) -> str:
    try:
        seconds(value)
    except ValueError:
        raise ValueError("must be a date, such as 2026-11-22 or 2026-11-22T21:48:16Z") from None
    return value


def _encode(value: object) -> object:
    """Blanks and letters as they stand in file names are percent-encoded."""
    return encode_url(value) if isinstance(value, str) else value


class Sidecar(BaseModel):
    """What a sidecar may say; all of it may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tag: Annotated[str, Field(min_length=1, max_length=250)] | None = None
    date: Annotated[str, AfterValidator(_check_date)] | None = None
    notes: Annotated[str, Field(max_length=200_000)] | None = None
    url: (
        Annotated[str, BeforeValidator(_encode), AfterValidator(check_url), Field(max_length=2000)] | None
    ) = None
    prerelease: bool | None = None


def parse_sidecar(data: bytes) -> Sidecar:
    """Raises BadSidecar."""
    try:
        return Sidecar.model_validate(json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once))
    except ValidationError as error:
        raise BadSidecar(f"its .json: {_explain(error.errors(include_url=False)[0])}") from None
    except _Twice as error:
        raise BadSidecar(f"its .json: {plain(error.args[0], 60)}: is given twice") from None
    except (ValueError, RecursionError):
        raise BadSidecar("its .json is no JSON object in UTF-8") from None


class _Twice(Exception):
    """A key is given twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found


def _explain(error: Any) -> str:
    """Pydantic's finding in words of ours, with the key."""
    kind, context = error["type"], error.get("ctx", {})
    where = " > ".join(plain(str(part), 60) for part in error["loc"])
    if kind == "extra_forbidden":
        said = f"is no key here; allowed: {', '.join(Sidecar.model_fields)}"
    elif kind == "string_too_long":
        said = f"is too long: at most {context['max_length']:,} characters"
    elif kind == "value_error":
        said = str(context["error"])
    else:
        said = _TYPES.get(kind, str(error["msg"]))
    return f"{where}: {said}" if where else said
