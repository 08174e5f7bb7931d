"""What was taken over from a hand-made source, and which app it belongs to now. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog import Catalog
from bot.lock import Adopted, Lock
from bot.records import Record


def version_of(entry: Mapping[str, Any]) -> tuple[str, str | None]:
    """Version and build of an adopted entry; an empty build is none."""
    build = entry.get("buildVersion")
    return str(entry.get("version", "")), build if isinstance(build, str) and build else None


def keep_identifier(lock: Lock, identifier: str) -> Lock:
    """The lock of a site that was renamed: readers know its source by what followed from its first name.

    It stands where a hand-made source's identifier would, which counts before it, as the catalog's does: a
    lock has a line more only where a name has changed.
    """
    old = next((line for line in lock.adopted if line.scope == "source"), Adopted(scope="source"))
    if "identifier" in old.entry:
        return lock
    line = old.model_copy(update={"entry": {**old.entry, "identifier": identifier}})
    return lock.model_copy(update={"adopted": (line, *(a for a in lock.adopted if a is not old))})


def is_superseded(adopted: Adopted, records: Sequence[Record]) -> bool:
    """Whether a record says it better; an entry without a build goes by its version."""
    version, build = version_of(adopted.entry)
    facts = [record.facts for record in records if record.facts]
    return any(f.version == version and build in (None, f.build_version) for f in facts)


def group_adopted(
    catalog: Catalog, adopted: Sequence[Adopted], records: Mapping[str, Sequence[Record]]
) -> dict[str | None, list[Adopted]]:
    """The adopted apps and versions by the app of the catalog that goes on with them; None: by none.

    The id counts, else the bundle identifier: an app may be named otherwise, or be added to the catalog,
    later. What belonged to an app that the catalog no longer has is left out, as its releases are.
    """
    owners = _owners(catalog, adopted, records)
    grouped: dict[str | None, list[Adopted]] = {}
    for line in adopted:
        owner = owners.get((line.app, line.bundle_identifier))
        if line.scope != "source" and (owner is not None or line.app is None):
            grouped.setdefault(owner, []).append(line)
    return grouped


def _owners(
    catalog: Catalog, adopted: Sequence[Adopted], records: Mapping[str, Sequence[Record]]
) -> dict[tuple[str | None, str | None], str]:
    """The app for each pair of id and bundle identifier in the lock; an app takes one pair."""
    known = {app.id for app in catalog.apps}
    pairs = dict.fromkeys((line.app, line.bundle_identifier) for line in adopted if line.scope != "source")
    owners = {pair: pair[0] for pair in pairs if pair[0] in known and pair[0] is not None}
    free = [app for app in catalog.apps if app.id not in owners.values()]
    bundles = {app.bundle_id: app.id for app in reversed(free) if app.bundle_id}
    for app in reversed(free):
        facts = [record.facts for record in records.get(app.id, ()) if record.facts and app.bundle_id is None]
        bundles |= {one.bundle_identifier: app.id for one in facts}
    for pair in pairs:
        if pair not in owners and pair[1] in bundles and bundles[pair[1]] not in owners.values():
            owners[pair] = bundles[pair[1]]
    return owners
