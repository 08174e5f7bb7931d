"""Whether each client would install what an IPA's source says about it. No I/O.

AltStore Classic and SideStore verify a file after its download (`bot/clients/verify.py`). PAL installs no
IPA but compares a package's manifest (`bot/clients/marketplace.py`); Feather and LiveContainer compare
nothing. A client that refuses the document itself has said so in `check_source`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.clients.altstore import VERIFY, VERIFY_20
from bot.clients.declared import declared_names, find_spare
from bot.clients.entries import Entry, find_entry
from bot.clients.model import Path, Problem
from bot.clients.sidestore import VERIFY as VERIFY_SIDESTORE
from bot.clients.system import NOTHING, parse_system
from bot.clients.text import shown
from bot.clients.verify import Verifier
from bot.ipa.model import IpaInfo, Severity

# every client is in it; None: it installs whatever it was given, or takes no IPAs
VERIFIERS: Mapping[str, Verifier | None] = {
    "altstore": VERIFY,
    "altstore-2.0": VERIFY_20,
    "altstore-pal": None,
    "sidestore": VERIFY_SIDESTORE,
    "feather": None,
    "livecontainer": None,
}
_OLDEST_SYSTEM = (12, 0, 0)  # that any of the clients runs on
_TAKES_NO_IPA = frozenset({"altstore-pal"})
_Json = Mapping[str, Any]


def check_install(
    document: object, info: IpaInfo, clients: Sequence[str], *, device: str | None = None, file_name: str = ""
) -> list[Problem]:
    """What each client would say when it installs this IPA from a decoded source document.

    A client refuses when it has a problem of severity error; the first of these is the one that it shows.
    `device` is its iOS (`16.7.10`); None is the newest. `file_name` helps to find the app.
    Raises KeyError for an unknown client.
    """
    problems: list[Problem] = []
    source: _Json = document if isinstance(document, Mapping) else {}
    for client in dict.fromkeys(clients):
        verifier = VERIFIERS[client]
        if client in _TAKES_NO_IPA:
            continue
        channels = verifier is not None and verifier.channels
        entry = find_entry(source, info, channels=channels, file_name=file_name)
        problems += (
            [_not_listed(client, info)] if entry is None else _check(client, source, entry, info, device)
        )
    return problems


def check_entry(
    client: str,
    source: _Json,
    app: _Json,
    version: _Json,
    info: IpaInfo,
    *,
    at: Path = ("apps", 0, "versions", 0),
    device: str | None = None,
) -> list[Problem]:
    """The same for one version of one app, which stands in the document at `at`."""
    return _check(client, source, Entry(app, version, at[:2], at), info, device)


def check_update(
    client: str, source: _Json, app: _Json, version: _Json, added: Sequence[str], *,
    at: Path = ("apps", 0, "versions", 0),
) -> list[Problem]:  # fmt: skip
    """What an update in the background says to entitlements that the installed copy has not.

    With somebody at the screen the same client asks instead: `added` comes from `changes_since`.
    """
    verifier = VERIFIERS[client]
    if verifier is None or not added or not verifier.verifies_permissions(source):
        return []
    return [verifier.added_permissions(Entry(app, version, at[:2], at), added)]


def _check(client: str, source: _Json, entry: Entry, info: IpaInfo, device: str | None) -> list[Problem]:
    verifier = VERIFIERS[client]
    if verifier is None and client in _TAKES_NO_IPA:
        return []
    system = None if device is None else parse_system(device)
    found = [*verifier.check(source, entry, info, system), *_spare(client, entry, info)] if verifier else []
    return [*found, *_warnings(client, entry, info)]


def _not_listed(client: str, info: IpaInfo) -> Problem:
    text = f"no app of the source has the bundle ID {shown(info.bundle_identifier)} of this IPA."
    fix = f"add an app with the bundleIdentifier `{shown(info.bundle_identifier)}`"
    return Problem(client, Severity.WARNING, "notListed", ("apps",), text, fix)


def _warnings(client: str, entry: Entry, info: IpaInfo) -> list[Problem]:
    """What no client compares, and its users trip over."""
    problems = []
    size = entry.version.get("size")
    if isinstance(size, int | float) and not isinstance(size, bool) and size != info.size:
        text = f"the source says {shown(size)} bytes, the file has {info.size}."
        at = (*entry.at, "size")
        problems.append(Problem(client, Severity.WARNING, "sizeMismatch", at, text, f"write `{info.size}`"))
    lowest, needed = entry.version.get("minOSVersion"), info.min_os_version
    given = parse_system(lowest) if isinstance(lowest, str) else NOTHING
    if needed and parse_system(needed) > max(given, _OLDEST_SYSTEM):
        text = f"the IPA asks for iOS {shown(needed)}; older devices download it first and fail then."
        at = (*entry.at, "minOSVersion")
        problems.append(
            Problem(client, Severity.WARNING, "lateMinOSVersion", at, text, f"write `{shown(needed)}`")
        )
    return problems


def _spare(client: str, entry: Entry, info: IpaInfo) -> list[Problem]:
    """What is declared and not asked for; another version may need it, so only where there is none."""
    versions = entry.app.get("versions")
    if isinstance(versions, list) and len(versions) > 1:
        return []
    declared = declared_names(entry.app.get("appPermissions"))
    spare = find_spare(declared, info)
    if not spare:
        return []
    text = f"the IPA does not ask for {', '.join(map(shown, spare))}."
    at = (*entry.app_at, "appPermissions")
    return [Problem(client, Severity.INFO, "overDeclared", at, text, "leave them out, unless it will")]
