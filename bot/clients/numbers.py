"""The numbers that a client's user sees, where they come from a document or an update. No I/O.

AltStore's SourceError, MergeError and OperationError; the numbers of VerificationError differ by client and
stand with it. What each means and how it is mended: docs/clients.md.
"""

from collections.abc import Mapping

from bot.clients.model import Path
from bot.clients.values import Fault

# what a check of the document can lead to -> the domain and the number within it
NUMBERS: Mapping[str, tuple[str, int]] = {
    "noVersions": ("MergeError", 0),
    "duplicateBundleID": ("SourceError", 1),
    "duplicateVersion": ("SourceError", 2),
    "missingPermissionUsageDescription": ("SourceError", 6),
    "missingScreenshotSize": ("SourceError", 7),
    "marketplaceNotSupported": ("SourceError", 101),
    "marketplaceRequired": ("SourceError", 102),
}


def numbered(code: str, text: str, fix: str, at: Path) -> Fault:
    """The fault, with its number in front of the text."""
    domain, number = NUMBERS[code]
    return Fault(code, f"{domain} {number}: {text}", fix, at=at)
