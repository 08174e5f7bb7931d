"""What `/status` answers, as Markdown. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.decisions import Decision
from bot.records import Proposal, Publication, Record
from bot.replies.ages import render_age, render_ago, render_moment
from bot.replies.in_force import render_decisions, render_kept_back
from bot.replies.text import bullets, code, count, inline, link
from bot.replies.watching import tell_live
from bot.source.preview import Waiting

MOST_REJECTED = 5  # of an app
MOST_IDS = 3  # deliveries of a publication
_NOT_KNOWN = "no publication is known here (the database may have been emptied: `altpress rebuild-state`)."


@dataclass(frozen=True, slots=True)
class WaitingRelease:
    """A release that is being read, or whose files are not all there."""

    app: str
    tag: str | None  # None: not known
    url: str | None
    reason: str | None  # a public sentence
    since_ms: int


@dataclass(frozen=True, slots=True)
class AppStatus:
    """One app of a site. A private one's releases are counted, not named, where others read."""

    id: str
    bundle_identifier: str | None
    version: str | None  # newest published; None: none is
    build: str | None
    date: str | None  # ISO 8601
    tag: str | None  # of the release that the version came from
    release_url: str | None
    waiting: tuple[WaitingRelease, ...] = ()
    rejected: tuple[Record, ...] = ()  # newest first
    private: bool = False
    kept: tuple[Waiting, ...] = ()  # at a gate, behind a hold, or in the stage; newest first
    decisions: tuple[Decision, ...] = ()  # in force


@dataclass(frozen=True, slots=True)
class Failure:
    """Work that failed, and by what it can be begun again."""

    reason: str
    guid: str
    at_ms: int
    more: int = 0  # deliveries that failed for the same reason


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site, as far as the asker may read of it."""

    name: str | None  # None: a private site, asked for elsewhere
    publication: Publication | None
    commit_url: str | None
    due: int  # triggers that no publication has taken in
    apps: tuple[AppStatus, ...]
    problems: tuple[str, ...] = ()  # of the catalog
    proposal: Proposal | None = None  # what waits in a pull request; None: nothing, or nothing to tell here
    failures: tuple[Failure, ...] = ()  # of work since the last publication
    holds: tuple[Decision, ...] | None = ()  # of the whole site; None: the decisions cannot be read
    put_off_ms: int | None = None  # when GitHub's limits let the next publication be made
    outputs: bool = False  # whether the branch holds any


def render_status(site: SiteStatus, now_ms: int) -> str:
    """The site in a few lines; lists that are long are folded."""
    parts = [_render_head(site, now_ms)]
    if site.proposal is not None:
        parts.append(_render_proposal(site.proposal))
    if site.problems:
        listed = bullets([inline(problem, 500) for problem in site.problems], "problem")
        parts.append(f"The catalog cannot be read; the last valid one is in force:\n\n{listed}")
    if site.failures:
        failures = [_render_failure(failure, now_ms) for failure in site.failures]
        parts.append("Failed since:\n\n" + bullets(failures, "failure"))
    if site.holds:
        lines = render_decisions(site.holds, now_ms, links=site.name is not None)
        parts.append("The whole site is held:\n\n" + bullets(list(lines), "decision"))
    elif site.holds is None:
        parts.append("The decisions cannot be read: nothing is published until they are mended.")
    apps = ["\n".join(_render_app(app, now_ms, links=site.name is not None)) for app in site.apps]
    parts.append(bullets(apps, "app") if apps else "No app is listed here yet.")
    return "\n\n".join(parts)


def _render_head(site: SiteStatus, now_ms: int) -> str:
    name = f"**{code(site.name)}**" if site.name else "**A private source**"
    last = site.publication
    if last is None:
        said = _NOT_KNOWN if site.outputs else "altpress has published nothing here yet."
    else:
        commit = f" {link(last.commit[:7], site.commit_url)}" if site.commit_url else ""
        subject = f": {inline(last.subject, 120)}" if site.name else ""
        live = f", {found}" if (found := tell_live(last)) else ""
        said = f"last published{commit} {render_age(last.at_ms, now_ms)}{live}{subject}{_render_ids(site)}."
    due = f" The next publication is due, for {count(site.due, 'reason')}." if site.due else ""
    waits = ""
    if site.put_off_ms is not None:
        waits = f" It waits for GitHub's limits of writes, until {render_moment(site.put_off_ms)}."
    return f"{name}: {said}{due}{waits}"


def _render_failure(failure: Failure, now_ms: int) -> str:
    more = f", and {failure.more} more like it" if failure.more else ""
    again = code(f"/retry {failure.guid[:8]}")
    return f"{inline(failure.reason, 500)} ({render_age(failure.at_ms, now_ms)}{more}; {again})"


def _render_proposal(waits: Proposal) -> str:
    where = link(f"pull request {waits.number}", waits.url)
    if waits.declined:
        return f"Somebody closed {where} without merging it; it is proposed again when something changes."
    return f"Waits in {where} for somebody to merge it: {inline(waits.subject, 120)}."


def _render_ids(site: SiteStatus) -> str:
    """The deliveries that the last publication was made for, as the log and the dashboard know them."""
    causes = site.publication.causes if site.publication and site.name else ()
    guids = list(dict.fromkeys(cause.delivery for cause in causes if cause.delivery))
    shown = ", ".join(code(guid[:8]) for guid in guids[:MOST_IDS])
    more = f" and {len(guids) - MOST_IDS} more" if len(guids) > MOST_IDS else ""
    return f" ({'delivery' if len(guids) == 1 else 'deliveries'} {shown}{more})" if guids else ""


def _render_app(app: AppStatus, now_ms: int, *, links: bool) -> Iterable[str]:
    """The app's line, then one each for what is decided, what waits and what was rejected."""
    bundle = f" ({code(app.bundle_identifier)})" if app.bundle_identifier else ""
    yield f"**{code(app.id)}**{bundle}: {_render_version(app, now_ms)}"
    yield from (f"  - {line}" for line in render_decisions(app.decisions, now_ms, links=links))
    if app.private:
        yield from _render_counts(app)
        return
    yield from (f"  - {line}" for line in render_kept_back(app.kept))
    yield from (f"  - waits: {_render_waiting(waiting, now_ms)}" for waiting in app.waiting)
    yield from (f"  - rejected: {_render_rejection(record)}" for record in app.rejected[:MOST_REJECTED])
    if len(app.rejected) > MOST_REJECTED:
        yield f"  - … and {len(app.rejected) - MOST_REJECTED} more rejected"


def _render_version(app: AppStatus, now_ms: int) -> str:
    if app.version is None:
        return "nothing published yet."
    build = f" ({inline(app.build, 40)})" if app.build and app.build != app.version else ""
    age = f", {_render_date(app.date, now_ms)}" if app.date else ""
    release = f", release {link(app.tag, app.release_url)}" if app.tag and not app.private else ""
    return f"{inline(app.version, 60)}{build}{release}{age}."


def _render_date(date: str, now_ms: int) -> str:
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return inline(date, 40)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return render_age(int(aware.timestamp() * 1000), now_ms)


def _render_waiting(waiting: WaitingRelease, now_ms: int) -> str:
    name = link(waiting.tag, waiting.url) if waiting.tag else "a release"
    reason = f": {inline(waiting.reason)}" if waiting.reason else ", which is being read"
    return f"{name}{reason} (first seen {render_ago(waiting.since_ms, now_ms)})"


def _render_rejection(record: Record) -> str:
    reason = inline(record.verdict.reason or "it was refused")
    where = link(record.tag, record.release_url)
    return f"{code(record.asset_name)} of {where}: {reason} ({code(record.verdict.code or 'rejected')})"


def _render_counts(app: AppStatus) -> Sequence[str]:
    counts = [(app.waiting, "waits"), (app.kept, "kept back"), (app.rejected, "rejected")]
    hint = "its repository is private: ask there"
    return [f"  - {word}: {count(len(found), 'release')} ({hint})" for found, word in counts if found]
