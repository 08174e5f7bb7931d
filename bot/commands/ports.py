"""What commands may ask of the world, and do to it. No I/O: `jobs/world.py` is the real one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.catalog import Catalog
from bot.commands.intent import Intent
from bot.commands.standing import Standing
from bot.records import Delivery, Publication, Record, SiteState
from bot.replies import WaitingRelease
from bot.source.model import Source


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading an app's releases again found."""

    releases: int
    changed: int  # records that are new, other than before, or gone
    waiting: int = 0  # releases whose files are not all there yet
    failed: tuple[str, ...] = ()  # public sentences


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """All that is known of one site, as it is now."""

    state: SiteState
    catalog: Catalog
    records: Sequence[Record]
    published: Source | None  # the document of the first output; None: there is none yet
    publication: Publication | None  # the latest
    waiting: Sequence[WaitingRelease]
    failed: Sequence[Delivery]  # deliveries whose work failed, newest first
    private: frozenset[str]  # app repositories that are (or may be) private; full names, lower case


class Looks(Protocol):
    """What is known."""

    def look(self, site: str, apps: Sequence[str]) -> SiteFacts:
        """The site; of what waits, only these apps'."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""


class Rereads(Protocol):
    """The effect of `/rebuild`."""

    def reread(self, site: str, apps: tuple[str, ...], line: str) -> Reread:
        """Read all releases of these apps again and have the site published; `line` is told as the cause."""


class Decides(Protocol):
    """The effect of the commands that decide; of the command that is answered now."""

    def standing(self, site: str) -> Standing:
        """The site now, with what was asked before. Raises BadCatalog for decisions that cannot be read."""

    def recorded(self, site: str) -> str | None:
        """What was said when this command was recorded for the site; None: it was not yet."""

    def decide(self, site: str, intent: Intent) -> None:
        """Record it, and have the site published."""


class World(Looks, Rereads, Decides, Protocol):
    """All of it."""
