"""What `/status` answers, as Markdown. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.records import Proposal, Publication, Record
from bot.replies.text import bullets, code, count, inline, link
from bot.replies.watching import tell_live

MOST_REJECTED = 5  # of an app
MOST_IDS = 3  # deliveries of a publication
_NOT_KNOWN = "no publication is known here (the database may have been emptied: `altpress rebuild-state`)."
_UNITS = ((365 * 86_400, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


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
    failures: tuple[str, ...] = ()  # of work since the last publication
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
        parts.append("Failed since:\n\n" + bullets([inline(f, 500) for f in site.failures], "failure"))
    apps = ["\n".join(_render_app(app, now_ms)) for app in site.apps]
    parts.append(bullets(apps, "app") if apps else "No app is listed here yet.")
    return "\n\n".join(parts)


def render_age(moment_ms: int, now_ms: int) -> str:
    """`2026-11-22 21:48 UTC (3 hours ago)`: the age is that at the time of the answer."""
    date = datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{date} ({_ago(moment_ms, now_ms)})"


def _ago(moment_ms: int, now_ms: int) -> str:
    seconds = (now_ms - moment_ms) // 1000
    for length, noun in _UNITS:
        if seconds >= length:
            return f"{count(seconds // length, noun)} ago"
    return "just now" if seconds > -60 else "in the future"


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
    return f"{name}: {said}{due}"


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


def _render_app(app: AppStatus, now_ms: int) -> Iterable[str]:
    """The app's line, then one each for what waits and what was rejected."""
    bundle = f" ({code(app.bundle_identifier)})" if app.bundle_identifier else ""
    yield f"**{code(app.id)}**{bundle}: {_render_version(app, now_ms)}"
    if app.private:
        yield from _render_counts(app)
        return
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
    return f"{name}{reason} (first seen {_ago(waiting.since_ms, now_ms)})"


def _render_rejection(record: Record) -> str:
    reason = inline(record.verdict.reason or "it was refused")
    where = link(record.tag, record.release_url)
    return f"{code(record.asset_name)} of {where}: {reason} ({code(record.verdict.code or 'rejected')})"


def _render_counts(app: AppStatus) -> Sequence[str]:
    counts = [(app.waiting, "waits"), (app.rejected, "rejected")]
    hint = "its repository is private: ask there"
    return [f"  - {word}: {count(len(found), 'release')} ({hint})" for found, word in counts if found]
