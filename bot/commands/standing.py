"""What a site has decided, and which versions of an app there are to decide on. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.catalog import App, Catalog
from bot.decisions import LONGEST_NAME, Decision, Decisions, Kind, stamp
from bot.errors import Rejected
from bot.lock import Adopted
from bot.records import Record, SiteState
from bot.source.adopted import version_of
from bot.source.decided import is_named, is_taken_out, uploaded
from bot.source.listing import Version, list_versions, may_list, view_of
from bot.source.order import published
from bot.source.select import Available, select_apps
from bot.source.site import SiteContext
from bot.source.waiting import is_waiting


@dataclass(frozen=True, slots=True)
class Standing:
    """A site as it is once everything that was asked before is in git, and who asks now."""

    state: SiteState
    context: SiteContext
    catalog: Catalog
    decisions: Decisions  # in force
    records: Sequence[Record]
    adopted: Sequence[Adopted]
    now: float  # seconds since 1970
    actor: str
    link: str | None
    asked: float | None = None  # when, in seconds since 1970; None: now
    hidden: bool = False  # a private site that is spoken of elsewhere

    def decide(
        self, kind: Kind, app: str | None, version: str | None = None, *, reason: str | None = None,
        until: str | None = None,
    ) -> Decision:  # fmt: skip
        if version is not None and len(version) > LONGEST_NAME:
            raise Rejected("The version's name is longer than a decision may write.")
        at = self.seen if kind is Kind.APPROVE else self.now
        return Decision(
            kind=kind, app=app, version=version, reason=reason, actor=self.actor, at=stamp(at),
            link=self.link, until=until,
        )  # fmt: skip

    @property
    def seen(self) -> float:
        """Seconds since 1970: what came later, whoever asks has not seen."""
        return self.now if self.asked is None else min(self.asked, self.now)

    def of(self, kind: Kind, app: str | None) -> tuple[Decision, ...]:
        """What is decided for the app, or (None) for the site."""
        return tuple(d for d in self.decisions.of(kind) if (d.app or "").lower() == (app or "").lower())


@dataclass(frozen=True, slots=True)
class Known:
    """A version of an app, listed or not."""

    what: Version

    @property
    def version(self) -> str:
        if isinstance(self.what, Record):
            assert self.what.facts is not None
            return self.what.facts.version
        return version_of(self.what.entry)[0]

    @property
    def build(self) -> str | None:
        if isinstance(self.what, Record):
            assert self.what.facts is not None
            return self.what.facts.build_version
        return version_of(self.what.entry)[1]

    @property
    def tag(self) -> str | None:
        return self.what.tag if isinstance(self.what, Record) else None

    @property
    def whole(self) -> str:
        """With its build."""
        return f"{self.version} ({self.build})" if self.build else self.version

    @property
    def names(self) -> tuple[str, ...]:
        """All by which a decision may name it."""
        return tuple(dict.fromkeys(name for name in (self.version, self.whole, self.tag) if name))

    @property
    def refused(self) -> str | None:
        """Why it is not published, whatever is decided; None: it may be, now or once it waits no longer."""
        verdict = self.what.verdict if isinstance(self.what, Record) else None
        if verdict is None or verdict.accepted or self.waits:
            return None
        return verdict.reason or "it was rejected"

    @property
    def waits(self) -> bool:
        """At a gate."""
        verdict = self.what.verdict if isinstance(self.what, Record) else None
        return verdict is not None and is_waiting(verdict)

    @property
    def staged(self) -> bool:
        """Listed by outputs of the stage alone."""
        return isinstance(self.what, Record) and self.what.staged_at is not None and not self.refused

    def is_held(self, app: App, decisions: Decisions) -> bool:
        """Whether a hold keeps it back, which an approval would let it through."""
        holds = Decisions(decisions=(*decisions.of(Kind.HOLD), *decisions.of(Kind.APPROVE)))
        return isinstance(self.what, Record) and is_taken_out(app, self.what, holds)

    def is_later(self, moment: float) -> bool:
        """Whether its file was uploaded after that."""
        return isinstance(self.what, Record) and uploaded(self.what) > moment

    def named_by(self, decisions: Iterable[Decision], app: App) -> tuple[Decision, ...]:
        return tuple(decision for decision in decisions if is_named(decision, app, self.what))


def known_versions(standing: Standing, app: App) -> tuple[Known, ...]:
    """Everything that was read of the app or taken over for it, the newest release first."""
    records = [record for record in standing.records if record.app == app.id and record.facts]
    found = [Known(record) for record in sorted(records, key=published, reverse=True)]
    return (*found, *(Known(line) for line in _available(standing, app, Decisions()).adopted))


def listed_versions(standing: Standing, app: App, *, all_of_them: bool = False) -> tuple[Known, ...]:
    """What users are offered, first what they are offered first: by the first output with this app.

    With `all_of_them` also what decisions and `keep` leave out.
    """
    outputs = [o for o in standing.catalog.outputs if not o.stage and not o.archive]
    views = [view_of(output) for output in outputs or standing.catalog.outputs]
    view = next((view for view in views if may_list(view, app)), views[0])
    available = _available(standing, app, Decisions() if all_of_them else standing.decisions)
    if all_of_them:
        available = replace(available, app=app.model_copy(update={"keep": None}))
    return tuple(Known(version) for version in list_versions(available, view).versions)


def app_name(standing: Standing, app: App) -> str:
    """As people know it."""
    if app.name is not None:
        return str(app.name)
    known = known_versions(standing, app)
    newest = next((one.what for one in known if not one.refused), None)  # a refused file may be another app's
    return newest.facts.name if isinstance(newest, Record) and newest.facts else app.id


def place_of(standing: Standing) -> str | None:
    """The site's name; None where it is not for everybody's eyes."""
    return None if standing.hidden else standing.state.site.key


def _available(standing: Standing, app: App, decisions: Decisions) -> Available:
    found = select_apps(
        standing.catalog, standing.records, standing.adopted, standing.context, decisions=decisions
    )
    return next(one for one in found if one.app is not None and one.app.id == app.id)
