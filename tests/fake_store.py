"""A store in memory, with the state machine of the real ledger (`bot/store/ledger.py`)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from bot.errors import Unavailable
from bot.records import DeliveryState, RepositoryFacts, Site, SiteState
from bot.store import Added, NewDelivery, PendingDelivery, ledger
from bot.store.ledger import Entry


@dataclass
class FakeDeliveries:
    """The ledger as its users see it; `down` makes it refuse everything."""

    entries: dict[str, Entry] = field(default_factory=dict)
    stored: dict[str, NewDelivery] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    down: bool = False
    on_write: Callable[[], None] | None = None

    def add(self, new: Sequence[NewDelivery]) -> list[Added]:
        self._reach()
        self.groups.append(len(new))
        return [self._add(delivery) for delivery in new]

    def add_ignored(  # noqa: PLR0917 - as the store has it
        self, guid: str, event: str, action: str | None, repository: str | None, reason: str, now_ms: int
    ) -> None:
        self._reach()
        self.entries.setdefault(guid, Entry(DeliveryState.IGNORED, reason=reason))
        self.ignored[guid] = reason

    def pending(self, limit: int) -> list[PendingDelivery]:
        self._reach()
        waiting = [g for g, entry in self.entries.items() if entry.state is DeliveryState.PENDING]
        return [PendingDelivery(g, self.stored[g].headers, self.stored[g].body) for g in waiting[:limit]]

    def queue(self, guid: str, tokens: Sequence[str]) -> None:
        self._change(guid, lambda entry: ledger.queue(entry, tokens))

    def ignore(self, guid: str, reason: str, now_ms: int) -> None:
        self._change(guid, lambda entry: ledger.ignore(entry, reason, now_ms))

    def settle(
        self, guid: str, token: str, now_ms: int, publication: str | None = None, *, note: str | None = None
    ) -> None:
        self._change(guid, lambda entry: ledger.settle(entry, token, now_ms, publication, note))

    def fail(self, guid: str, token: str, reason: str, now_ms: int) -> None:
        self._change(guid, lambda entry: ledger.fail(entry, token, reason, now_ms))

    def _add(self, new: NewDelivery) -> Added:
        known = self.entries.get(new.guid)
        if known is None:
            self.stored[new.guid] = new
            self.entries[new.guid] = Entry(DeliveryState.PENDING)
            return Added.NEW
        if known.state in (DeliveryState.FAILED, DeliveryState.IGNORED):
            self.stored[new.guid] = new
            self.entries[new.guid] = ledger.restart(known)
            return Added.RESTARTED
        return Added.DUPLICATE

    def _change(self, guid: str, decide: Callable[[Entry], Entry]) -> None:
        self._reach()
        self.entries[guid] = decide(self.entries[guid])

    def _reach(self) -> None:
        if self.on_write is not None:
            self.on_write()
        if self.down:
            raise Unavailable("The database does not answer.")


@dataclass
class FakeSites:
    states: list[SiteState] = field(default_factory=list)
    readings: int = 0

    def all(self) -> list[SiteState]:
        self.readings += 1
        return list(self.states)


@dataclass
class FakeRepositories:
    """Repositories as they were seen last, by full name in lower case."""

    seen: dict[str, RepositoryFacts] = field(default_factory=dict)

    def find(self, full_name: str) -> tuple[RepositoryFacts, int] | None:
        facts = self.seen.get(full_name.lower())
        return (facts, 0) if facts else None


@dataclass
class FakeHearings:
    """Where webhooks came from."""

    names: set[str] = field(default_factory=set)

    def heard(self, repositories: Collection[str], now_ms: int) -> None:
        self.names |= set(repositories)


@dataclass
class FakeStore:
    """`bot.store.Store`, as far as the web and the dispatcher use it."""

    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    sites: FakeSites = field(default_factory=FakeSites)
    repositories: FakeRepositories = field(default_factory=FakeRepositories)
    hearings: FakeHearings = field(default_factory=FakeHearings)

    def ping(self, *, timeout: float | None = None) -> None:
        if self.deliveries.down:
            raise Unavailable("The database does not answer.")


def site_state(
    repository: str = "acme/source",
    *apps: str,
    branch: str = "main",
    head: str | None = None,
    repository_id: int = 4002,
) -> SiteState:
    """A site and the app repositories that feed it."""
    owner = repository.partition("/")[0]
    facts = RepositoryFacts(
        id=repository_id, full_name=repository, owner=owner, private=False, default_branch=branch,
        html_url=f"https://github.com/{repository}",
    )  # fmt: skip
    return SiteState(
        site=Site(repository=repository, branch=branch),
        repository=facts,
        head=head,
        apps=apps or ("acme/app",),
    )
