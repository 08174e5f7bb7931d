"""What `altpress doctor` looks at of webhooks: where they lead, what they send, what became of it."""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from bot.context import Context
from bot.errors import NotAllowed, NotFound
from bot.github.hooks import RepositoryHook
from bot.records import RepositoryFacts
from bot.setup.deliveries import check_deliveries
from bot.setup.findings import Finding, error, ok, warning
from bot.setup.rights import HOOK_PATH, check_events, hook_clicks

DELIVERIES = 30


def look_at_app_hook(ctx: Context, page: str) -> Iterator[Finding]:
    """An App has one webhook for all repositories."""
    subject, url = "webhook of the App", ctx.github.fetch_app_hook()
    yield check_address(subject, url, f"{page} (App settings, Webhook)", ctx.settings.public_url)
    if url:
        rows = ctx.github.fetch_app_deliveries(DELIVERIES)
        yield from check_deliveries(subject, rows, f"{page}: App settings, Advanced")


# ---- webhooks of repositories -----------------------------------------------------------------------


def look_at_hooks(ctx: Context, facts: RepositoryFacts) -> Iterator[Finding]:
    """With a token every repository has a webhook of its own."""
    subject, page = f"webhook of {facts.full_name}", f"{facts.html_url}/settings/hooks"
    try:
        hooks = ctx.github.list_hooks(facts.full_name)
    except (NotAllowed, NotFound):
        yield warning(
            "hook", subject, "the token has no right to look (Webhooks: read, as an admin of the repository)",
            f"look by hand: {page}",
        )  # fmt: skip
        return
    ours = [hook for hook in hooks if _split(hook.url).path == HOOK_PATH]
    if not ours:
        steps = "; ".join(hook_clicks(facts.html_url, f"https://YOUR-HOST{HOOK_PATH}"))
        told = "there is none: what happens is noticed late, by the sweep, and commands are not heard"
        yield error("hook", subject, told, f"run `altpress init … --hook URL`, or: {steps}")
    for hook in ours:
        yield from _hook(ctx, facts, hook, f"{page}/{hook.id}")


def _hook(ctx: Context, facts: RepositoryFacts, hook: RepositoryHook, page: str) -> Iterator[Finding]:
    subject = f"webhook of {facts.full_name}"
    if not hook.active:
        yield error("hook", subject, "it is switched off", f"open {page}, tick Active")
        return
    yield check_address(subject, hook.url, page, ctx.settings.public_url)
    yield from check_events(subject, hook.events, page)
    if not hook.checks_certificate:
        yield warning(
            "hook.certificate",
            subject,
            "it does not check certificates",
            f"open {page}, enable SSL verification",
        )
    rows = ctx.github.fetch_hook_deliveries(facts.full_name, hook.id, DELIVERIES)
    yield from check_deliveries(subject, rows, page)


def check_address(subject: str, url: str | None, page: str, public_url: str | None) -> Finding:
    """The address is not shown whole: its query may hold somebody's secret."""
    if not url:
        return error(
            "hook.address", subject, "it has no address: nothing is told to altpress", f"set it: {page}"
        )
    parts = _split(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if parts.path != HOOK_PATH:
        fix = f"altpress listens at {HOOK_PATH}; unless a proxy moves it, set that: {page}"
        return warning("hook.address", subject, f"leads to {shown}", fix)
    if public_url and parts.hostname != _split(public_url).hostname:
        fix = f"set the one or the other right: {page}"
        told = f"leads to {shown}, and ALTPRESS_PUBLIC_URL says {_split(public_url).hostname}"
        return warning("hook.address", subject, told, fix)
    return ok("hook.address", subject, f"leads to {shown}")


def _split(url: str) -> SplitResult:
    """The parts of whatever somebody typed at GitHub; none of what is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
