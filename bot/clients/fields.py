"""Objects key by key, in the order in which a client asks for them. No I/O."""

from collections.abc import Sequence
from typing import Any

from bot.clients.values import Check, Fault, Faults, below, mismatch

_MISSING = object()
Field = tuple[str, Check, bool]  # key, what its value must be, whether it must be there


def required(key: str, check: Check) -> Field:
    return key, check, True


def optional(key: str, check: Check) -> Field:
    """`null` is the same as a missing key to Swift's decodeIfPresent."""
    return key, check, False


def check_fields(value: dict[str, Any], fields: Sequence[Field]) -> list[Fault]:
    """All faults of an object's known keys; unknown keys are never looked at."""
    faults: list[Fault] = []
    for key, check, must in fields:
        item = value.get(key, _MISSING)
        if item is _MISSING:
            if must:
                faults.append(key_not_found(key))
        elif item is None:
            if must:
                faults.append(
                    Fault(
                        "valueNotFound", f"`{key}` is null, but required.", f"give `{key}` a value", at=(key,)
                    )
                )
        elif found := check(item):
            faults += [below(fault, key) for fault in found]
    return faults


def key_not_found(key: str, message: str | None = None) -> Fault:
    return Fault("keyNotFound", message or f"`{key}` is missing, but required.", f"add `{key}`", at=(key,))


def object_of(fields: Sequence[Field]) -> Check:
    def check(value: Any) -> Faults:
        return check_fields(value, fields) if type(value) is dict else mismatch("an object", value)

    return check
