"""GitHub's own description of its answers, as pydantic models (githubkit-schemas, generated from OpenAPI)."""

import importlib
import warnings
from typing import Any

import pydantic


def validate(name: str, payload: Any) -> pydantic.BaseModel:
    """The payload as the model of this name; raises pydantic.ValidationError.

    Imported on use: a broken installation of the package fails the tests that need it, not the collection.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the generated package is not ours to keep free of warnings
        models = importlib.import_module("githubkit_schemas.latest.models")
        model = getattr(models, name)
        assert issubclass(model, pydantic.BaseModel)
        return model.model_validate(payload)


def find_undescribed(model: pydantic.BaseModel, at: str = "") -> set[str]:
    """Keys that the description does not know, as `author.key`."""
    found = {at + key for key in model.model_extra or {}}
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, pydantic.BaseModel):
                found |= find_undescribed(part, f"{at}{name}.")
    return found
