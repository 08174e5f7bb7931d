"""What each client says about a file that is no IPA, or not one that it can use. No I/O.

AltStore and SideStore unpack with AltSign (`NSFileManager+Zip.m`) and then read the app's Info.plist
(`ALTApplication.mm`:36-61, `DownloadAppOperation`). Feather and LiveContainer verify nothing, but can no more
unpack what is no archive, nor start what has no identifier; a missing name is shown as an empty one.
"""

from collections.abc import Iterable, Mapping

from bot.clients.model import Problem
from bot.errors import BadIpa
from bot.ipa.model import IpaInfo, Severity

WITH_ALTSIGN = frozenset({"altstore", "altstore-2.0", "sidestore"})
_INVALID = "OperationError 1007: the app is in an invalid format. "
_NO_APP = "AltSign: the archive holds no app in its folder Payload. "
_REASONS: Mapping[str, tuple[str, str, str]] = {  # our code -> the client's, its words, what to do
    "no_name": ("invalidApp", _INVALID, "give Info.plist a CFBundleName, and build the IPA again"),
    "no_bundle_identifier": (
        "invalidApp",
        _INVALID,
        "give Info.plist a CFBundleIdentifier, and build the IPA again",
    ),
    "no_info_plist": ("invalidApp", _INVALID, "put the app's Info.plist into `Payload/NAME.app`"),
    "bad_plist": ("invalidApp", _INVALID, "build the IPA again, with a readable Info.plist"),
    "no_app": ("missingAppBundle", _NO_APP, "zip a folder `Payload` that holds `NAME.app`"),
    "wraps_ipa": ("missingAppBundle", _NO_APP, "unpack the zip, and publish the IPA in it"),
    "not_a_zip": ("not_a_zip", "AltSign: the archive cannot be unpacked. ", "publish the IPA itself"),
}
_ONLY_A_NAME = "no_name"


def check_unreadable(error: BadIpa, clients: Iterable[str]) -> list[Problem]:
    """One problem for each client that takes IPAs."""
    return [_problem(client, error) for client in clients if client != "altstore-pal"]


def check_contents(info: IpaInfo, clients: Iterable[str]) -> list[Problem]:
    """What in a readable IPA makes clients crash or fail; a warning, as no vector proves it."""
    grave = [problem for problem in info.problems if problem.severity is Severity.ERROR]
    return [
        Problem(client, Severity.WARNING, problem.code, (), problem.message)
        for client in clients
        if client != "altstore-pal"
        for problem in grave
    ]


def _problem(client: str, error: BadIpa) -> Problem:
    code, words, fix = _REASONS.get(error.code, (error.code, "", None))
    if client in WITH_ALTSIGN:
        return Problem(client, Severity.ERROR, code, (), f"{words}{error.public}", fix)
    severity = Severity.WARNING if error.code == _ONLY_A_NAME else Severity.ERROR
    return Problem(client, severity, error.code, (), error.public, fix)
