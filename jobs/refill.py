"""Fill an empty or damaged database again, from the sites and their locks alone: `altpress rebuild-state`.

One site after the other (`jobs/refill_site.py`): one that cannot be read stops no other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from bot.context import Context
from bot.errors import BotError
from bot.github.repositories import FoundSite
from bot.records import RepositoryFacts, Site
from jobs.refill_site import Filled, SiteRefill
from jobs.sync import branch_of

Say = Callable[[str], None]


@dataclass(frozen=True)
class Refilled:
    """What became of all."""

    sites: tuple[Filled, ...]
    requests: dict[str, int]  # sent to GitHub, by kind

    def as_json(self) -> dict[str, Any]:
        ok = not any(site.error for site in self.sites)
        return {"ok": ok, "sites": [asdict(site) for site in self.sites], "requests": self.requests}


def refill(ctx: Context, names: Sequence[str], *, replace: bool, say: Say) -> Refilled:
    """Every site, or those named (`owner/name[@branch]`). One that cannot be read stops no other."""
    ctx.store.ensure_indexes()
    login = ctx.settings.bot_login or ctx.github.login()
    filled: list[Filled] = []
    listed = list(ctx.github.discover_sites()) if not names else []
    today = {found.repository.full_name.lower(): found.repository for found in listed}
    for name, find in _places(ctx, names, listed):
        try:
            found = find()
            done = SiteRefill(ctx, *found, login, replace=replace, today=today).run()
        except BotError as error:
            done = Filled(name, error=error.public)
        if done is not None:
            say(tell(done))
            filled.append(done)
    return Refilled(tuple(filled), {kind: ctx.github.requests[kind] for kind in ("api", "token", "asset")})


def tell(site: Filled) -> str:
    """One line for people."""
    if site.error:
        return f"{site.site}: not filled: {site.error}"
    found = f"{site.records} records in the lock, {site.added} of them new here"
    found += f", {site.removed} other rows removed" if site.removed else ""
    more = f"{site.publications} publications, {site.notices} notices known again"
    return "; ".join([f"{site.site}: {found}, {more}", *site.problems])


Found = tuple[Site, RepositoryFacts]
Place = tuple[str, Callable[[], Found]]


def _places(ctx: Context, names: Sequence[str], listed: Sequence[FoundSite]) -> Iterator[Place]:
    """Each place that may be a site, and how it is found: as the sweep does, or by name."""
    for name in names:
        yield name, partial(_named, ctx, name)
    for candidate in listed:
        yield candidate.site.key, lambda one=candidate: (one.site, one.repository)  # type: ignore[misc]  # bound


def _named(ctx: Context, name: str) -> Found:
    repository, _, branch = name.partition("@")
    facts = ctx.github.fetch_repository(repository)
    installation = ctx.github.find_installation(facts.full_name)
    branch = branch or branch_of(ctx, facts)
    return Site(repository=facts.full_name, branch=branch, installation=installation), facts
