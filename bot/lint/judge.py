"""What the clients say about a document, and about the IPAs that belong to it. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.clients import Problem, build_verdicts, check_install, check_source
from bot.clients.json5 import NotJson, read_json
from bot.errors import BadIpa
from bot.ipa.model import IpaInfo, Severity

_LOOKS_AT_STATUS = frozenset({"livecontainer"})  # its SourcesView throws for anything but 2xx
_TAKES_NO_IPA = frozenset({"altstore-pal"})


@dataclass(frozen=True, slots=True)
class Ipa:
    """An IPA at hand, or why it is none."""

    name: str
    info: IpaInfo | BadIpa


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
) -> Judgement:
    """The verdict of each client; `status` is what an HTTP server answered with; `now`, with a time
    zone, finds dates in the future.

    A client that would refuse to install one of the IPAs rejects, too. Raises KeyError for an unknown client.
    """
    clients = list(dict.fromkeys(clients))
    problems = [*_status_problems(status, clients), *check_source(data, clients, advice=True, now=now)]
    document = _decode(data) if ipas else None
    for ipa in ipas:
        problems += _ipa_problems(document, ipa, clients)
    return Judgement(build_verdicts(problems, clients), tuple(problems))


def _decode(data: bytes) -> object:
    try:
        return read_json(data).value
    except NotJson:
        return None  # which `check_source` has said


def _ipa_problems(document: object, ipa: Ipa, clients: Sequence[str]) -> list[Problem]:
    if isinstance(ipa.info, BadIpa):
        text = f"{ipa.name}: {ipa.info.public}"
        takers = [client for client in clients if client not in _TAKES_NO_IPA]
        return [Problem(client, Severity.ERROR, ipa.info.code, (), text) for client in takers]
    found = check_install(document, ipa.info, clients)
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
