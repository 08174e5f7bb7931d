"""What commands may ask of the world, and do to it. No I/O: `jobs/world.py` is the real one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.catalog import Catalog
from bot.commands.intent import Intent
from bot.commands.place import Place
from bot.commands.standing import Standing
from bot.decisions import Decisions
from bot.records import Delivery, Publication, Record, SiteState
from bot.replies import WaitingRelease
from bot.replies.retry import Retried
from bot.source.model import Source
from bot.source.preview import Preview, Scope
from bot.source.select import NO_DECISIONS


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading an app's releases again found."""

    releases: int
    changed: int  # records that are new, other than before, or gone
    waiting: int = 0  # releases whose files are not all there yet
    failed: tuple[str, ...] = ()  # public sentences
    started: int = 0  # releases that are read by jobs of their own


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
    decisions: Decisions | None = NO_DECISIONS  # in force; None: they cannot be read
    put_off_ms: int | None = None  # when the next publish may write, where GitHub's limits hold it up


class Looks(Protocol):
    """What is known."""

    def look(self, site: str, apps: Sequence[str]) -> SiteFacts:
        """The site; of what waits, only these apps'."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""

    def name(self, site: str, asked_in: str) -> str | None:
        """The site's name; None where it is private and spoken of in another repository."""

    def published(self, site: str) -> Mapping[str, bytes | str | None]:
        """The outputs as they lie on the branch, by path; a text says why one cannot be read."""

    def scope(self, site: str, apps: Sequence[str]) -> Scope:
        """By what the published documents know these apps."""

    def preview(self, site: str, apps: Sequence[str] | None) -> Preview:
        """What a publish would do now, of these apps or of everything; without a trace."""


class Rereads(Protocol):
    """The effect of `/rebuild`."""

    def reread(self, site: str, apps: tuple[str, ...], line: str, *, scratch: bool) -> Reread:
        """Read all releases of these apps again and have the site published; `line` is told as the cause.

        With `scratch` every file is read, whatever is known of it: by jobs, which the answer does not await.
        """


class Retries(Protocol):
    """The effect of `/retry`."""

    def retry(self, site: str, apps: Sequence[str], line: str, *, whole: bool) -> Retried:
        """Begin again what failed of these apps, and (`whole`) of the site itself."""

    def find_deliveries(self, prefix: str, place: Place) -> Sequence[Delivery]:
        """Those of the repositories in reach whose ids begin so."""

    def replay(self, guid: str) -> bool:
        """Begin a delivery again; False when what GitHub sent is no longer kept."""


class Decides(Protocol):
    """The effect of the commands that decide; of the command that is answered now."""

    def standing(self, site: str) -> Standing:
        """The site now, with what was asked before. Raises BadCatalog for decisions that cannot be read."""

    def role(self, site: str) -> str:
        """That of whoever asks on the site's own repository; looked up now."""

    def recorded(self, site: str) -> str | None:
        """What was said when this command was recorded for the site; None: it was not yet."""

    def decide(self, site: str, intent: Intent) -> None:
        """Record it, and have the site published."""


class World(Looks, Rereads, Retries, Decides, Protocol):
    """All of it."""
