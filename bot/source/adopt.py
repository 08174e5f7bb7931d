"""Take over a hand-made source, once, when a site has no lock yet. No I/O.

What cannot be made again from releases goes into the lock as adopted lines: the document's own keys, an
entry for each app, one for each version, in their order and with unknown keys. What AltStore would refuse
the whole document for is left out and reported, for nothing of it could be published.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog import PAL, App, Catalog
from bot.clients import Problem, check_source
from bot.clients.json5 import NotJson, read_json
from bot.errors import BadSource
from bot.ipa.model import Severity
from bot.lock import Adopted
from bot.source.entries import MIRRORS
from bot.source.pal import is_pal
from bot.source.text import clean_line

MAX_BYTES = 64 * 1024 * 1024
_RELEASE = re.compile(r"https?://[^/]+/([\w.-]+/[\w.-]+)/releases/", re.ASCII)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Adoption:
    lines: tuple[Adopted, ...]
    report: tuple[str, ...]  # one public sentence each: what was taken over, what was left out and why


def adopt_source(data: bytes, catalog: Catalog) -> Adoption:
    """What a hand-made document holds. Raises BadSource when it is no document at all."""
    document = _read(data)
    report: list[str] = []
    clients = _clients(catalog)
    entries = _merged([app for app in _list(document.get("apps")) if _usable(app, report)], report)
    top = {key: value for key, value in document.items() if key not in ("apps", "$schema")}
    lines = [Adopted(scope="source", entry=_without_refused(top, clients, report))]
    matched: dict[str, str] = {}  # app id -> bundle identifier
    for index, app in enumerate(entries):
        bundle = app["bundleIdentifier"]
        fed = _match(app, catalog, matched, alone=len(entries) == 1)
        if fed is not None:
            matched[fed.id] = bundle
        lines += _adopt_app(app, index, fed, clients, report)
    return Adoption(tuple(sorted(lines, key=lambda line: line.key)), tuple(report))


def _clients(catalog: Catalog) -> tuple[str, ...]:
    """Who must take what is taken over: the document is the first output's, for PAL or for all others."""
    pal = is_pal(catalog.outputs[0])
    outputs = [output for output in catalog.outputs if is_pal(output) == pal]
    return tuple(dict.fromkeys(client for output in outputs for client in output.clients))


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise BadSource("The existing source is larger than 64 MiB.")
    try:
        document = _clean(read_json(data).value)
    except NotJson as error:
        raise BadSource(f"The existing source is no JSON: {error}.") from None
    if not isinstance(document, dict):
        raise BadSource("The existing source is no JSON object.")
    return document


def _clean(value: Any) -> Any:
    """Without lone surrogates and numbers that JSON has no word for."""
    if isinstance(value, str):
        return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _usable(app: dict[str, Any], report: list[str]) -> bool:
    """An app without a bundle identifier cannot be told from others."""
    if isinstance(app.get("bundleIdentifier"), str) and app["bundleIdentifier"]:
        return True
    report.append(f"Left out the app {_quoted(app.get('name'))}: it has no bundle identifier.")
    return False


def _merged(apps: list[dict[str, Any]], report: list[str]) -> list[dict[str, Any]]:
    """Each bundle identifier once: some lists have an entry for every version, which AltStore refuses."""
    merged: dict[str, dict[str, Any]] = {}
    for app in apps:
        first = merged.setdefault(app["bundleIdentifier"], {**app, "versions": _versions(app)})
        if first["versions"] != _versions(app):
            first["versions"] = first["versions"] + _versions(app)
    if len(merged) < len(apps):
        report.append(f"Merged {len(apps) - len(merged)} entries into others of the same bundle identifier.")
    return list(merged.values())


# ---- which app of the catalog goes on with an entry ------------------------------------------------------


def _match(app: dict[str, Any], catalog: Catalog, matched: dict[str, str], *, alone: bool) -> App | None:
    """By bundle ID, else by where its files come from, else by its name; a lone app takes a lone entry."""
    free = [candidate for candidate in catalog.apps if candidate.id not in matched]
    bundle = app["bundleIdentifier"]
    open_ = [c for c in free if c.bundle_id in (None, bundle)]
    sources = {found.lower() for url in _addresses(app) for found in _RELEASE.findall(url)}
    name = str(app.get("name", "")).strip().lower()
    rules = (
        [c for c in free if c.bundle_id == bundle],
        [c for c in open_ if c.repository.lower() in sources],
        [
            c
            for c in open_
            if name in (str(c.name or "").lower(), c.id.lower(), c.repository.lower().rpartition("/")[2])
        ],
        open_ if alone and len(catalog.apps) == 1 else [],
    )
    return next((found[0] for found in rules if found), None)


def _addresses(app: dict[str, Any]) -> list[str]:
    found = [app.get("downloadURL"), *(version.get("downloadURL") for version in _list(app.get("versions")))]
    return [address for address in found if isinstance(address, str)]


def _adopt_app(
    app: dict[str, Any], index: int, fed: App | None, clients: Sequence[str], report: list[str]
) -> list[Adopted]:
    """The app's line and its versions' lines."""
    bundle, name = app["bundleIdentifier"], _quoted(app.get("name") or app["bundleIdentifier"])
    own = {key: value for key, value in app.items() if key not in {"versions", *MIRRORS}}
    key = {"app": fed.id if fed else None, "bundle_identifier": bundle}
    kept, dropped = _good_versions(_versions(app), clients)
    entry = _app_entry(own, clients, report, name)
    lines = [Adopted(scope="app", index=index, entry=entry, **key)]
    lines += [Adopted(scope="version", index=i, entry=version, **key) for i, version in enumerate(kept)]
    waits = f"stays as it is until a release with its bundle ID {clean_line(bundle, 100)} joins it"
    fate = f"is continued by `{fed.id}`" if fed else f"is fed by no app of the catalog yet and {waits}"
    report.append(f"Took over {name} with {len(kept)} version{'' if len(kept) == 1 else 's'}; it {fate}.")
    report += [f"Left out a version of {name}: {reason}" for reason in dropped]
    return lines


def _versions(app: dict[str, Any]) -> list[dict[str, Any]]:
    """The list, or the one version of the old form."""
    if isinstance(app.get("versions"), list):
        return _list(app["versions"])
    old = {new: app[key] for key, new in MIRRORS.items() if app.get(key) is not None}
    return [old] if "version" in old else []


def _good_versions(
    versions: list[dict[str, Any]], clients: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The versions that every client takes, each once, and why the others are not among them."""
    kept: list[dict[str, Any]] = []
    dropped: list[str] = []
    seen: set[tuple[Any, Any]] = set()
    for version in versions:
        problems = _errors(_probe({}, [_without_none(version)], clients), clients)
        key = (version.get("version"), version.get("buildVersion") or None)
        if problems:
            dropped.append(f"{problems[0].client} refuses `{_last(problems[0])}`: {problems[0].message}")
        elif key in seen:
            dropped.append(f"{clean_line(str(key[0]), 40)} is listed twice.")
        else:
            seen.add(key)
            kept.append(_without_none(version))
    return kept, dropped


def _app_entry(own: dict[str, Any], clients: Sequence[str], report: list[str], name: str) -> dict[str, Any]:
    """The app's own keys that every client takes."""
    entry = _without_none(own)
    for problem in _errors(_probe(entry, None, clients), clients):
        key = problem.at[2] if len(problem.at) > 2 else None
        if key in entry:
            del entry[str(key)]
            report.append(f"Left out `{_last(problem)}` of {name}: {problem.client}: {problem.message}")
    return entry


def _without_refused(top: dict[str, Any], clients: Sequence[str], report: list[str]) -> dict[str, Any]:
    """The document's own keys that every client takes; of the news, the items."""
    entry = _without_none(top)
    if isinstance(entry.get("news"), list):
        entry["news"] = [
            item
            for item in entry["news"]
            if not _errors({**_probe({}, None, clients), "news": [item]}, clients)
        ]
        left = len(top["news"]) - len(entry["news"])
        report += (
            [f"Left out {left} news item{'' if left == 1 else 's'} that a client refuses."] if left else []
        )
    probe = _probe({}, None, clients)
    for problem in _errors({**probe, **entry, "apps": probe["apps"]}, clients):
        if problem.at and problem.at[0] in entry:
            del entry[str(problem.at[0])]
            report.append(f"Left out `{problem.path}` of the source: {problem.client}: {problem.message}")
    return entry


_VERSION = {
    "version": "1",
    "buildVersion": "1",
    "date": "2024-01-01",
    "downloadURL": "https://e.x/a.ipa",
    "size": 1,
}
_APP = {
    "name": "x",
    "bundleIdentifier": "x",
    "developerName": "x",
    "localizedDescription": "x",
    "iconURL": "https://e.x/i.png",
    "versions": [_VERSION],
}


def _probe(
    app: dict[str, Any], versions: list[dict[str, Any]] | None, clients: Sequence[str]
) -> dict[str, Any]:
    """A document that is fine but for what is being tried."""
    marketplace = {"marketplaceID": "1"} if PAL in clients else {}
    return {"name": "x", "apps": [{**_APP, **marketplace, **app, "versions": versions or [_VERSION]}]}


def _errors(document: dict[str, Any], clients: Sequence[str]) -> list[Problem]:
    return [p for p in check_source(document, clients) if p.severity is Severity.ERROR]


def _without_none(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None and value != ""}


def _last(problem: Problem) -> str:
    return clean_line(" > ".join(str(part) for part in problem.at[2:] if part != "versions"), 80)


def _quoted(name: Any) -> str:
    return f"“{clean_line(str(name), 60)}”"
