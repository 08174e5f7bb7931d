"""What `altpress doctor` looks at on GitHub: rights, sites, webhooks. It reads, and changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import SplitResult, urlsplit

from bot.catalog import CATALOG_PATHS, Catalog, parse_catalog
from bot.cli.doctor_machine import guarded
from bot.context import Context
from bot.errors import BadCatalog, NotAllowed, NotFound
from bot.github.clock import fetch_skew
from bot.github.hooks import RepositoryHook
from bot.github.repositories import FoundSite
from bot.records import RepositoryFacts
from bot.setup.checks import check_clock
from bot.setup.deliveries import check_deliveries
from bot.setup.findings import Finding, error, ok, warning
from bot.setup.rights import check_app, check_events, check_installation, check_teams, hook_clicks
from bot.source.allowed import check_app_allowed

HOOK_PATH = "/webhooks/github"
MOST_SITES = 100  # repositories that are looked at for a catalog
MOST_APPS = 100
DELIVERIES = 30
SOON = timedelta(days=14)


def look_at_github(ctx: Context) -> Iterator[Finding]:
    """Everything there; where GitHub cannot be reached at all, that alone."""
    try_skew = list(guarded("GitHub", lambda: _clock(ctx)))
    yield from try_skew
    if any(finding.subject == "GitHub" for finding in try_skew):
        return
    identity = list(guarded("GitHub", lambda: _app(ctx) if ctx.github.is_app else _token(ctx)))
    yield from identity
    if any(finding.subject == "GitHub" for finding in identity):
        return  # nobody is signed in: the rest would only say so again
    yield from guarded("sites", lambda: _sites(ctx))


def _clock(ctx: Context) -> Iterator[Finding]:
    yield check_clock(fetch_skew(ctx.settings.github_api_url, clock=ctx.clock))


# ---- who altpress is --------------------------------------------------------------------------------


def _app(ctx: Context) -> Iterator[Finding]:
    app = ctx.github.fetch_app()
    yield from check_app(app.page, app.permissions, app.events)
    installations = list(ctx.github.stream_installations())
    if not installations:
        yield error("GitHub App", "it is installed nowhere", f"open {app.page}/installations/new")
    for found in installations:
        if found.suspended:
            yield warning(
                f"installation at {found.account}", "it is suspended: altpress sees nothing there",
                f"open {found.page} and unsuspend it",
            )  # fmt: skip
            continue
        yield from check_installation(
            found.account, found.page, found.permissions, found.events, app.permissions
        )
        teams = [entry.partition("=")[0] for entry in ctx.settings.command_teams]
        yield from check_teams(found.account, found.page, found.permissions, teams)
    url = ctx.github.fetch_app_hook()
    yield _hook_address("webhook of the App", url, f"{app.page} (App settings, Webhook)")
    if url:
        rows = ctx.github.fetch_app_deliveries(DELIVERIES)
        yield from check_deliveries("webhook of the App", rows, f"{app.page}: App settings, Advanced")


def _token(ctx: Context) -> Iterator[Finding]:
    login, ends = ctx.github.login(), ctx.github.fetch_token_expiry()
    now = datetime.fromtimestamp(ctx.clock(), UTC)
    if ends is not None and ends - now < SOON:
        yield warning(
            "token", f"{login}'s token ends on {ends:%Y-%m-%d}",
            "make a new one at GitHub (Settings, Developer settings), set ALTPRESS_GITHUB_TOKEN, start again",
        )  # fmt: skip
    else:
        yield ok("token", f"signed in as {login}" + (f" until {ends:%Y-%m-%d}" if ends else ""))


def _hook_address(subject: str, url: str | None, page: str) -> Finding:
    """The address is not shown whole: its query may hold somebody's secret."""
    if not url:
        return error(subject, "it has no address: nothing is told to altpress", f"set it: {page}")
    parts = _split(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if parts.path != HOOK_PATH:
        fix = f"altpress listens at {HOOK_PATH}; unless a proxy moves it, set that: {page}"
        return warning(subject, f"leads to {shown}", fix)
    return ok(subject, f"leads to {shown}")


def _split(url: str) -> SplitResult:
    """The parts of whatever somebody typed at GitHub; none of what is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


# ---- sites and what feeds them ----------------------------------------------------------------------


def _sites(ctx: Context) -> Iterator[Finding]:
    count = 0
    fed: dict[str, RepositoryFacts] = {}
    for found in islice(ctx.github.discover_sites(), MOST_SITES):
        subject = f"site {found.site.key}"
        text = _catalog_text(ctx, found)
        if text is None:
            if not ctx.github.is_app:
                fix = "run `altpress init OWNER/REPO…` and commit what it writes"
                yield error(subject, "it holds no altpress.yml", fix)
            continue
        count += 1
        fed[found.repository.full_name.lower()] = found.repository
        yield from guarded(subject, lambda at=found: _rights(ctx, at))  # type: ignore[misc]  # a default binds it
        try:
            catalog = parse_catalog(text)
        except BadCatalog as problem:
            yield error(subject, problem.public, "correct altpress.yml (docs/catalog.md)")
            continue
        yield ok(subject, f"its catalog is valid: {len(catalog.apps)} app(s)")
        yield from _apps(ctx, found, catalog, fed)
    if not count:
        fix = (
            "run `altpress init OWNER/REPO…`, and commit what it writes to a repository that altpress reaches"
        )
        yield error("sites", "no repository with an altpress.yml was found", fix)
    if not ctx.github.is_app:
        for facts in fed.values():
            yield from guarded(f"webhook of {facts.full_name}", lambda at=facts: _hooks(ctx, at))  # type: ignore[misc]  # a default binds it


def _catalog_text(ctx: Context, found: FoundSite) -> str | None:
    places = (ctx.github.fetch_text(found.site.repository, path, found.site.branch) for path in CATALOG_PATHS)
    return next((text for text in places if text is not None), None)


def _rights(ctx: Context, found: FoundSite) -> Iterator[Finding]:
    """With a token: whether its user may write. An App's rights are those of its installation."""
    if not ctx.github.is_app and ctx.github.may_push(found.site.repository) is False:
        yield error(
            f"site {found.site.key}", "the token's user may not write there",
            "make the token for this repository with Contents: read and write, by somebody with write access",
        )  # fmt: skip


def _apps(
    ctx: Context, found: FoundSite, catalog: Catalog, fed: dict[str, RepositoryFacts]
) -> Iterator[Finding]:
    """Each app's repository: there, allowed, and heard of."""
    for app in catalog.apps[:MOST_APPS]:
        name, subject = app.repository, f"app {app.id} of {found.site.key}"
        if name.lower() in fed:
            continue
        try:
            facts = ctx.github.fetch_repository(name)
        except NotFound:
            yield error(
                subject, f"{name} is not there, or altpress may not see it", "correct its `repository`"
            )
            continue
        fed[name.lower()] = facts
        allow = ctx.github.fetch_allow_file(name) if facts.private else None
        if refusal := check_app_allowed(found.repository, facts, allow, app):
            yield error(subject, refusal, "see `download-url` in docs/catalog.md")
        elif ctx.github.is_app and ctx.github.find_installation(name) is None:
            every = ctx.settings.sweep_interval
            yield warning(
                subject, f"the App is not installed on {name}: releases are noticed within {every} s",
                f"install it there: {ctx.github.fetch_app().page}/installations/new",
            )  # fmt: skip
        else:
            yield ok(subject, f"fed by {name}")


# ---- webhooks of repositories -----------------------------------------------------------------------


def _hooks(ctx: Context, facts: RepositoryFacts) -> Iterator[Finding]:
    """With a token every repository has a webhook of its own."""
    subject, page = f"webhook of {facts.full_name}", f"{facts.html_url}/settings/hooks"
    try:
        hooks = ctx.github.list_hooks(facts.full_name)
    except (NotAllowed, NotFound):
        yield warning(
            subject, "the token has no right to look (Webhooks: read, as an admin of the repository)",
            f"look by hand: {page}",
        )  # fmt: skip
        return
    ours = [hook for hook in hooks if _split(hook.url).path == HOOK_PATH]
    if not ours:
        steps = "; ".join(hook_clicks(facts.html_url, f"https://YOUR-HOST{HOOK_PATH}"))
        told = "there is none: what happens is noticed late, by the sweep, and commands are not heard"
        yield error(subject, told, f"run `altpress init … --hook URL`, or: {steps}")
    for hook in ours:
        yield from _hook(ctx, facts, hook, f"{page}/{hook.id}")


def _hook(ctx: Context, facts: RepositoryFacts, hook: RepositoryHook, page: str) -> Iterator[Finding]:
    subject = f"webhook of {facts.full_name}"
    if not hook.active:
        yield error(subject, "it is switched off", f"open {page}, tick Active")
        return
    yield _hook_address(subject, hook.url, page)
    yield from check_events(subject, hook.events, page)
    if not hook.checks_certificate:
        yield warning(subject, "it does not check certificates", f"open {page}, enable SSL verification")
    rows = ctx.github.fetch_hook_deliveries(facts.full_name, hook.id, DELIVERIES)
    yield from check_deliveries(subject, rows, page)
