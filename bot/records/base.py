"""The base of the values that travel. No I/O."""

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """The base of all values here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)
