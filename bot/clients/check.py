"""A document, as each client would judge it. No I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clients.altstore import ALTSTORE, ALTSTORE_20, ALTSTORE_PAL
from bot.clients.feather import check_feather
from bot.clients.hints_source import build_hints
from bot.clients.json5 import Dialect, NotJson, Read, read_json
from bot.clients.livecontainer import check_livecontainer
from bot.clients.model import Problem
from bot.clients.sidestore import SIDESTORE
from bot.clients.values import Fault
from bot.ipa.model import Severity


@dataclass(frozen=True, slots=True)
class Client:
    check: Callable[[Any], list[Fault]]
    json5: bool  # whether it allows comments, single quotes and the like
    http: bool = False  # whether it loads plain http, too


CLIENTS: Mapping[str, Client] = {
    "altstore": Client(ALTSTORE.check, json5=True),
    "altstore-2.0": Client(ALTSTORE_20.check, json5=True),
    "altstore-pal": Client(ALTSTORE_PAL.check, json5=True),
    "sidestore": Client(SIDESTORE.check, json5=True, http=True),
    "feather": Client(check_feather, json5=False),
    "livecontainer": Client(check_livecontainer, json5=False),
}


def check_source(
    document: bytes | object, clients: Sequence[str], *, advice: bool = False, now: datetime | None = None
) -> list[Problem]:
    """Everything that each of the clients would object to, or trip over.

    `document` is the bytes as published, or an already decoded document. A client refuses the source when it
    has a problem of severity error; the first of these is the one that it would show. `advice` adds what is
    accepted and still goes wrong, as warnings and remarks for the clients that it concerns; `now` (with a
    time zone) finds dates in the future. Raises KeyError for an unknown client.
    """
    checked = {name: CLIENTS[name] for name in clients}
    try:
        read = read_json(document) if isinstance(document, bytes) else Read(document, Dialect.STRICT, ())
    except NotJson as error:
        fault = _not_json(f"{error}.")
        return [_problem(name, fault) for name in checked]
    hints = build_hints(read.value, now=now) if advice else []
    problems: list[Problem] = []
    for name, client in checked.items():
        faults = _check_read(read, client)
        faults += [fault for concerned, fault in hints if name in concerned]
        problems += [_problem(name, fault) for fault in faults]
    return problems


def build_verdicts(problems: Sequence[Problem], clients: Sequence[str]) -> dict[str, str]:
    """`accept` or `reject` for each client."""
    refused = {problem.client for problem in problems if problem.severity is Severity.ERROR}
    return {name: "reject" if name in refused else "accept" for name in clients}


def _problem(client: str, fault: Fault) -> Problem:
    at, spot = ((), fault.at) if fault.whole else (fault.at, ())
    return Problem(client, fault.severity, fault.code, at, fault.message, fault.fix, spot)


def _check_read(read: Read, client: Client) -> list[Fault]:
    """The dialect first, then the document."""
    if read.dialect is Dialect.JSON5 and not client.json5:
        return [_not_json("comments, quotes or names of JSON5 are not allowed.")]
    if read.odd_keys:
        return [_not_json(f"a key {read.odd_keys[0].why}.")]
    faults = [_repeated(key) for key in read.repeated]
    if read.dialect is not Dialect.STRICT:
        text = "the document is no strict JSON, which not every client reads."
        faults.append(Fault("looseJson", text, "write strict JSON in UTF-8", Severity.WARNING))
    found = client.check(read.value)
    if client.http:
        found = [fault for fault in found if fault.code != "insecureURL"]
    return found + faults


def _not_json(why: str) -> Fault:
    text = f"The given data was not valid JSON: {why}"
    return Fault("dataCorrupted", text, "write strict JSON in UTF-8")


def _repeated(key: str) -> Fault:
    text = f"the key `{key}` is given twice in one object; only the first counts."
    return Fault("duplicateKey", text, "remove one of the two", Severity.WARNING)
