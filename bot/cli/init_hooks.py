"""`altpress init --hook URL`: the webhook is set where rights suffice; elsewhere, what to click is told."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import click

from bot.errors import NotAllowed, NotFound, Rejected
from bot.github import GitHub
from bot.records import RepositoryFacts
from bot.setup.rights import HOOK_EVENTS, HOOK_PATH, hook_clicks, missing_events, name_all

Say = Callable[[str], None]


def parse_hook_url(text: str) -> str:
    """The webhook's address; one without a path gets altpress's own. Raises click.BadParameter."""
    try:
        parts = urlsplit(text.strip())
        _ = parts.port  # a bad one raises only when asked for
    except ValueError:
        raise _no_address() from None
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    plain = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if not plain or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise _no_address()
    return parts._replace(path=parts.path.rstrip("/") or HOOK_PATH).geturl()


def _no_address() -> click.BadParameter:
    return click.BadParameter("must be https://HOST, where altpress can be reached", param_hint="--hook")


def apply_hooks(
    github: GitHub, repositories: Sequence[RepositoryFacts], url: str, secret: str | None, say: Say
) -> None:
    """Create or update the webhooks; `secret` None, or a lack of rights, leads to what to click."""
    if secret is not None and github.is_app:
        _apply_app(github, repositories, url, secret, say)
        return
    for facts in repositories:
        problem = _apply_repository(github, facts, url, secret, say) if secret else "no credentials are set"
        if problem:
            say(f"webhook of {facts.full_name}: not set ({problem}). By hand:")
            for step in hook_clicks(facts.html_url, url):
                say(f"    {step}")


def _apply_app(
    github: GitHub, repositories: Sequence[RepositoryFacts], url: str, secret: str, say: Say
) -> None:
    """An App has one webhook for all its repositories; its events can only be ticked by hand."""
    app = github.fetch_app()
    github.update_app_hook(url, secret)
    say(f"webhook of the GitHub App {app.slug}: {url}")
    if missing := missing_events(app.events):
        say(
            f"  tick its events by hand ({app.page}, App settings, Permissions & events): {name_all(missing)}"
        )
    for facts in repositories:
        if github.find_installation(facts.full_name) is None:
            say(f"  {facts.full_name} sends nothing yet: install the App there ({app.page})")


def _apply_repository(github: GitHub, facts: RepositoryFacts, url: str, secret: str, say: Say) -> str | None:
    """Why it could not be set; None when it was."""
    name = facts.full_name
    try:
        known = next((hook for hook in github.list_hooks(name) if hook.url == url), None)
        if known is None:
            github.create_hook(name, url, secret, HOOK_EVENTS)
        else:
            github.update_hook(name, known.id, url, secret, HOOK_EVENTS)
    except (NotAllowed, NotFound):
        return "the token has no right to: Webhooks: write, as an admin of the repository"
    except Rejected as problem:
        return problem.public
    say(f"webhook of {name}: {'created' if known is None else 'updated'}")
    return None
