"""AltStore Classic 2.0 and 2.2, and AltStore PAL 2.2. No I/O."""

import re
from typing import Any

from bot.clients.altstore_family import Family
from bot.clients.altstore_fields import VERSION_FIELDS
from bot.clients.fields import Field, optional
from bot.clients.values import mapping, string, url
from bot.clients.verify import Verifier

# 2.2: one tree for Classic and PAL
_VERSION_22: tuple[Field, ...] = (
    *VERSION_FIELDS,
    optional("marketingVersion", string),
    optional("assetURLs", mapping(url)),
)
_UINT64 = 18_446_744_073_709_551_615


def _is_given(app: dict[str, Any]) -> bool:
    """AltStore 2.0 and SideStore compare the raw string: `""` is one too."""
    return app.get("marketplaceID") is not None


def _is_number(app: dict[str, Any]) -> bool:
    """AltStore 2.2 reads a number; what is none counts as absent."""
    value = app.get("marketplaceID")
    return (
        isinstance(value, str)
        and re.fullmatch(r"\+?[0-9]{1,40}", value) is not None
        and int(value) <= _UINT64
    )


ALTSTORE_20 = Family(marketplace_id=_is_given)
ALTSTORE = Family(marketplace_id=_is_number, localized=True, version_fields=_VERSION_22)
ALTSTORE_PAL = Family(
    marketplace_id=_is_number,
    pal=True,
    localized=True,
    version_fields=tuple(field for field in _VERSION_22 if field[0] != "maxOSVersion"),
)

VERIFY_20 = Verifier(
    "altstore-2.0",
    {
        "iOSVersionNotSupported": 2,
        "mismatchedBundleIdentifiers": 1,
        "mismatchedHash": 3,
        "mismatchedVersion": 4,
        "mismatchedBuildVersion": 5,
        "undeclaredPermissions": 6,
        "addedPermissions": 7,
    },
    bundle_code="mismatchedBundleIdentifiers",
)
VERIFY = Verifier(
    "altstore",
    {
        "iOSVersionNotSupported": 2,
        "mismatchedBundleID": 101,
        "mismatchedHash": 103,
        "mismatchedVersion": 104,
        "mismatchedBuildVersion": 105,
        "undeclaredPermissions": 201,
        "addedPermissions": 202,
    },
    bundle_code="mismatchedBundleID",
)
