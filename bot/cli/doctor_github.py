"""What `altpress doctor` looks at on GitHub: rights, sites, webhooks. It reads, and changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from bot.catalog import CATALOG_PATHS, Catalog, parse_catalog
from bot.cli.doctor_hooks import look_at_app_hook, look_at_hooks
from bot.cli.doctor_look import guarded
from bot.context import Context
from bot.errors import BadCatalog, NotFound
from bot.github.addresses import PUBLIC_API
from bot.github.clock import fetch_skew
from bot.github.repositories import FoundSite
from bot.records import RepositoryFacts
from bot.setup.checks import check_clock
from bot.setup.findings import Finding, error, ok, warning
from bot.setup.rights import check_app, check_installation, check_teams, check_token
from bot.source.allowed import check_app_allowed

MOST_SITES = 100  # repositories that are looked at for a catalog
MOST_APPS = 100
SOON = timedelta(days=14)


def look_at_github(ctx: Context, site: str | None = None) -> Iterator[Finding]:
    """Everything there, of all sites or of one; where GitHub cannot be reached at all, that alone."""
    for look in (_clock, _app if ctx.github.is_app else _token):
        found = list(guarded("github", "GitHub", partial(look, ctx)))
        yield from found
        if any(finding.code == "github" for finding in found):
            return  # it is away, or nobody is signed in: the rest would only say so again
    yield from guarded("sites", "sites", lambda: _sites(ctx, site))


def _clock(ctx: Context) -> Iterator[Finding]:
    yield check_clock(fetch_skew(ctx.settings.github_api_url, clock=ctx.clock))


# ---- who altpress is --------------------------------------------------------------------------------


def _app(ctx: Context) -> Iterator[Finding]:
    app = ctx.github.fetch_app()
    yield from check_app(app.page, app.permissions, app.events)
    installations = list(ctx.github.stream_installations())
    if not installations:
        yield error(
            "app.installed", "GitHub App", "it is installed nowhere", f"open {app.page}/installations/new"
        )
    for found in installations:
        if found.suspended:
            yield warning(
                "app.installed", f"installation at {found.account}",
                "it is suspended: altpress sees nothing there",
                f"open {found.page} and unsuspend it",
            )  # fmt: skip
            continue
        yield from check_installation(
            found.account, found.page, found.permissions, found.events, app.permissions
        )
        teams = [entry.partition("=")[0] for entry in ctx.settings.command_teams]
        yield from check_teams(found.account, found.page, found.permissions, teams)
    yield from look_at_app_hook(ctx, app.page)


def _token(ctx: Context) -> Iterator[Finding]:
    login, ends = ctx.github.login(), ctx.github.fetch_token_expiry()
    now = datetime.fromtimestamp(ctx.clock(), UTC)
    if ends is not None and ends - now < SOON:
        yield warning(
            "token", "token", f"{login}'s token ends on {ends:%Y-%m-%d}",
            "make a new one at GitHub (Settings, Developer settings), set ALTPRESS_GITHUB_TOKEN, start again",
        )  # fmt: skip
    else:
        yield ok("token", "token", f"signed in as {login}" + (f" until {ends:%Y-%m-%d}" if ends else ""))


# ---- sites and what feeds them ----------------------------------------------------------------------


def _sites(ctx: Context, wanted: str | None) -> Iterator[Finding]:
    count = 0
    fed: dict[str, RepositoryFacts] = {}
    for found in islice(ctx.github.discover_sites(), MOST_SITES):
        if wanted is not None and wanted.lower() not in {
            found.site.key.lower(),
            found.site.repository.lower(),
        }:
            continue
        subject = f"site {found.site.key}"
        text = _catalog_text(ctx, found)
        if text is None:
            if not ctx.github.is_app:
                fix = "run `altpress init OWNER/REPO…` and commit what it writes"
                yield error("site", subject, "it holds no altpress.yml", fix)
            continue
        count += 1
        fed[found.repository.full_name.lower()] = found.repository
        yield from guarded("site", subject, partial(_rights, ctx, found))
        try:
            catalog = parse_catalog(text)
        except BadCatalog as problem:
            yield error("site", subject, problem.public, "correct altpress.yml (docs/catalog.md)")
            continue
        yield ok("site", subject, f"its catalog is valid: {len(catalog.apps)} app(s)")
        yield from _apps(ctx, found, catalog, fed)
    if not count:
        fix = (
            "run `altpress init OWNER/REPO…`, and commit what it writes to a repository that altpress reaches"
        )
        told = "no repository with an altpress.yml was found" + (f" that is {wanted}" if wanted else "")
        yield error("sites", "sites", told, fix)
    if not ctx.github.is_app:
        for facts in fed.values():
            yield from guarded("hook", f"webhook of {facts.full_name}", partial(look_at_hooks, ctx, facts))


def _catalog_text(ctx: Context, found: FoundSite) -> str | None:
    places = (ctx.github.fetch_text(found.site.repository, path, found.site.branch) for path in CATALOG_PATHS)
    return next((text for text in places if text is not None), None)


def _rights(ctx: Context, found: FoundSite) -> Iterator[Finding]:
    """What may be done there. An App's rights are those of its installation."""
    subject, name = f"site {found.site.key}", found.site.repository
    if not ctx.github.is_app:
        if ctx.github.may_push(name) is False:
            yield error(
                "token.rights", subject, "the token's user may not write there",
                "let somebody make it who has: for this repository, with Contents: read and write",
            )  # fmt: skip
        else:
            yield from check_token(subject, ctx.github.probe_rights(name), page_of_tokens(ctx))
    yield ok("site.branch", subject, explain_branch(ctx.github.is_protected(found.site)))


def explain_branch(protected: bool) -> str:
    if protected:
        return "its branch is protected: what it refuses is proposed as a pull request (docs/publishing.md)"
    return "its branch takes commits"


def page_of_tokens(ctx: Context) -> str:
    """Where a token is made, or changed."""
    api = ctx.settings.github_api_url
    html = "https://github.com" if api == PUBLIC_API else api.removesuffix("/api/v3")
    return f"{html}/settings/personal-access-tokens"


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
            told = f"{name} is not there, or altpress may not see it"
            yield error("app", subject, told, "correct its `repository`")
            continue
        fed[name.lower()] = facts
        allow = ctx.github.fetch_allow_file(name) if facts.private else None
        if refusal := check_app_allowed(found.repository, facts, allow, app):
            yield error("app", subject, refusal, "see `download-url` in docs/catalog.md")
        elif ctx.github.is_app and ctx.github.find_installation(name) is None:
            every = ctx.settings.sweep_interval
            yield warning(
                "app", subject, f"the App is not installed on {name}: releases are noticed within {every} s",
                f"install it there: {ctx.github.fetch_app().page}/installations/new",
            )  # fmt: skip
        else:
            yield ok("app", subject, f"fed by {name}")
