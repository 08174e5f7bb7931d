"""What was let through before, as the lock tells it: what the gates of the catalog's apps go by. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.catalog import App, Catalog
from bot.lock import Lock, Removed
from bot.records import Record
from bot.source.allowed import was_let_through


@dataclass(frozen=True, slots=True)
class Gates:
    """What the gates go by, beside the catalog and the decisions."""

    lines: Mapping[str, Record]  # of the lock at the head, by `Record.key`
    now: float  # seconds since 1970
    apps: frozenset[str] = frozenset()  # the ids in the catalog, lower case
    origins: Mapping[str, frozenset[int]] = field(default_factory=dict)  # of these, those that were published
    # before, as the lock knows, with the ids of the repositories that they came from
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)  # and with the names of these

    def accepted(self, app: App, record: Record) -> bool:
        """Whether the lock has let this file through, for this app: which one takes it follows from its name,
        which its developer may change. An id that the catalog has no longer is one that was renamed.
        """
        line = self.lines.get(record.key)
        if line is None or not was_let_through(line.verdict) or not is_same_file(line, record):
            return False
        before = line.app.lower()
        return before == app.id.lower() or before not in self.apps

    def is_taken_name(self, app: App, record: Record) -> bool:
        """Whether the app came from a repository of this name, which was another one.

        GitHub gives the name of a deleted or renamed repository to whoever asks. A catalog that names another
        repository is its maintainer's own word.
        """
        known, names = self.origins.get(app.id.lower()), self.names.get(app.id.lower(), frozenset())
        return known is not None and record.repository_id not in known and record.repository.lower() in names


def find_gates(catalog: Catalog, lock: Lock | None, now: float) -> Gates:
    """What the gates of the catalog's apps go by, with the lock at the head."""
    apps = frozenset(app.id.lower() for app in catalog.apps)
    if lock is None:
        return Gates({}, now, apps)
    ids: dict[str, set[int]] = {}
    names: dict[str, set[str]] = {}
    passed: list[Record | Removed] = [line for line in lock.records if was_let_through(line.verdict)]
    for line in (*lock.removed, *passed):
        if (app := line.app.lower()) in apps:
            ids.setdefault(app, set()).add(line.repository_id)
            names.setdefault(app, set()).add((line.repository or "").lower())
    return Gates(
        lines={line.key: line for line in lock.records}, now=now, apps=apps,
        origins={app: frozenset(found) for app, found in ids.items()},
        names={app: frozenset(found) for app, found in names.items()},
    )  # fmt: skip


def is_same_file(line: Record, record: Record) -> bool:
    """Whether a line of the lock is about these bytes; both have the same key."""
    known = {line.ipa_sha256, record.ipa_sha256} - {None}
    return line.ipa_size == record.ipa_size and len(known) < 2
