"""What the clients say about a document, and about the IPAs that belong to it. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clients import CLIENTS, Problem, build_verdicts, check_install, check_source
from bot.clients.json5 import NotJson, read_json
from bot.clients.marketplace import check_package
from bot.clients.unreadable import check_contents, check_unreadable
from bot.errors import BadIpa
from bot.ipa.model import IpaInfo, Severity

PAL = "altstore-pal"
_LOOKS_AT_STATUS = frozenset({"livecontainer"})  # its SourcesView throws for anything but 2xx


@dataclass(frozen=True, slots=True)
class Ipa:
    """An IPA at hand, or why it is none."""

    name: str
    info: IpaInfo | BadIpa


@dataclass(frozen=True, slots=True)
class Package:
    """The `manifest.json` of an app's package for AltStore PAL."""

    name: str
    manifest: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Judgement:
    verdicts: Mapping[str, str]  # client -> "accept" or "reject"
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> bool:
        """Whether a named client rejects."""
        return "reject" in self.verdicts.values()


def judge_document(
    data: bytes,
    clients: Sequence[str],
    ipas: Sequence[Ipa] = (),
    status: int | None = None,
    *,
    now: datetime | None = None,
    device: str | None = None,
    packages: Sequence[Package] = (),
) -> Judgement:
    """The verdict of each client; `status` is what an HTTP server answered with; `now`, with a time
    zone, finds dates in the future; `device` is the iOS to install on, None the newest.

    A client that would refuse to install one of the IPAs, or packages, rejects, too. Raises
    KeyError for an unknown client.
    """
    clients = list(dict.fromkeys(clients))
    problems = [*_status_problems(status, clients), *check_source(data, clients, advice=True, now=now)]
    document = _decode(data) if ipas or packages else None
    for ipa in ipas:
        problems += _ipa_problems(document, ipa, clients, device)
    for package in packages if PAL in clients else ():
        found = check_package(document, package.manifest)
        problems += [replace(one, message=f"{package.name}: {one.message}") for one in found]
    return Judgement(build_verdicts(problems, clients), tuple(problems))


def _decode(data: bytes) -> object:
    try:
        return read_json(data).value
    except NotJson:
        return None  # which `check_source` has said


def choose_clients(data: bytes) -> tuple[str, ...]:
    """Whom a document is for: AltStore PAL and all the others exclude each other's apps."""
    document = _decode(data)
    apps = document.get("apps") if isinstance(document, dict) else None
    packages = [
        isinstance(app, dict) and app.get("marketplaceID") not in (None, "")
        for app in (apps if isinstance(apps, list) else ())
    ]
    is_pal = bool(packages) and all(packages)
    return tuple(name for name in CLIENTS if (name == PAL) == is_pal)


def has_hash(data: bytes) -> bool:
    """Whether anything in the document is called `sha256`, however it is spelled."""
    waiting = [_decode(data)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "sha256" in value:
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def _ipa_problems(document: object, ipa: Ipa, clients: Sequence[str], device: str | None) -> list[Problem]:
    if isinstance(ipa.info, BadIpa):
        found = check_unreadable(ipa.info, clients)
    else:
        found = check_install(document, ipa.info, clients, device=device, file_name=ipa.name)
        found += check_contents(ipa.info, clients)
    return [replace(one, message=f"{ipa.name}: {one.message}") for one in found]


def _status_problems(status: int | None, clients: Sequence[str]) -> list[Problem]:
    """AltStore reads whatever an error answer holds; LiveContainer does not."""
    if status is None or 200 <= status < 300:
        return []
    fix = "let the address answer 200"
    return [
        Problem(client, Severity.ERROR, "httpStatus", (), f"the server answers HTTP {status}.", fix)
        if client in _LOOKS_AT_STATUS
        else Problem(
            client,
            Severity.WARNING,
            "httpStatus",
            (),
            f"the server answers {status}; it is not looked at.",
            fix,
        )
        for client in clients
    ]
