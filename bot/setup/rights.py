"""Which rights and events altpress needs on GitHub, what is missing, and where to click. No I/O.

Rights: https://docs.github.com/rest/authentication/permissions-required-for-github-apps
"""

from collections.abc import Iterator, Mapping, Sequence

from bot.setup.findings import Finding, Level, error, ok, warning

# right -> (least level, what stops without it, whether altpress is of no use then)
PERMISSIONS: Mapping[str, tuple[str, str, bool]] = {
    "metadata": ("read", "finding the repositories", True),
    "contents": ("write", "reading the catalog and committing the source", True),
    "issues": ("write", "answering commands", True),
    "pull_requests": ("write", "proposing what a protected branch refuses", False),
    "checks": ("write", "check runs on pull requests of the catalog", False),
}
# event -> (what stops without it, whether releases are then found by the sweep alone)
EVENTS: Mapping[str, tuple[str, bool]] = {
    "release": ("releases are noticed minutes late, by the sweep", True),
    "issue_comment": ("commands in comments are not heard", True),
    "push": ("changes of the catalog are noticed minutes late", True),
    "repository": ("renamed and removed repositories are noticed late", False),
    "create": ("new branches are noticed late", False),
    "delete": ("deleted branches are noticed late", False),
    "pull_request": ("pull requests of the catalog get no answer, merges of its own are noticed late", False),
}  # `check_run` and `check_suite` come to every App that may write checks, and are no use to a token
# what a token needs at a site -> (its name on GitHub's page, what stops without it, whether all stops then)
TOKEN_RIGHTS: Mapping[str, tuple[str, str, bool]] = {
    "contents": ("Contents", "committing the source", True),
    "issues": ("Issues", "answering commands, telling of what is wrong", True),
    "pull_requests": ("Pull requests", "proposing what a protected branch refuses", False),
    "statuses": ("Commit statuses", "the verdict on pull requests of the catalog", False),
}
HOOK_EVENTS = tuple(EVENTS)
HOOK_PATH = "/webhooks/github"  # where altpress listens
_LEVELS = ("none", "read", "write", "admin")
_NAMES = {
    "metadata": "Metadata",
    "contents": "Contents",
    "issues": "Issues",
    "pull_requests": "Pull requests",
    "checks": "Checks",
    "release": "Release",
    "issue_comment": "Issue comment",
    "push": "Push",
    "repository": "Repository",
    "create": "Create",
    "delete": "Delete",
    "pull_request": "Pull request",
}


def missing_permissions(granted: Mapping[str, str]) -> list[str]:
    """The rights that are not there, or too small."""
    return [name for name, (least, _, _) in PERMISSIONS.items() if _rank(granted.get(name)) < _rank(least)]


def missing_events(subscribed: Sequence[str]) -> list[str]:
    return [event for event in EVENTS if event not in subscribed and "*" not in subscribed]


def check_app(page: str, permissions: Mapping[str, str], events: Sequence[str]) -> Iterator[Finding]:
    """What the App itself asks for. `page` is its public page; its owner sees the settings from there."""
    fix = f"open the App's settings (from {page}), Permissions & events: {{}}; then accept it where installed"
    yield from _check(
        "app.rights",
        "GitHub App",
        missing_permissions(permissions),
        missing_events(events),
        fix,
        "asks for all it needs",
    )


def check_installation(
    account: str, page: str, permissions: Mapping[str, str], events: Sequence[str], app: Mapping[str, str]
) -> Iterator[Finding]:
    """What was granted at one account; what the App asks for beyond that waits to be accepted."""
    lacking = [name for name in missing_permissions(permissions) if name not in missing_permissions(app)]
    fix = f"{account}'s owner opens {page}, Review request, Accept: {{}}"
    subject, well = f"installation at {account}", "grants all that the App asks for"
    yield from _check("installation.rights", subject, lacking, [], fix, well)
    if not lacking and missing_events(events) and not missing_permissions(permissions):
        names = name_all(missing_events(events))
        yield warning(
            "installation.rights", f"installation at {account}", f"does not get the events {names}",
            "tick them in the App's settings, Permissions & events",
        )  # fmt: skip


def _check(  # noqa: PLR0917 - in the order of a finding
    code: str, subject: str, permissions: Sequence[str], events: Sequence[str], fix: str, well: str
) -> Iterator[Finding]:
    for name in permissions:
        least, purpose, vital = PERMISSIONS[name]
        tell = error if vital else warning
        yield tell(
            code,
            subject,
            f"lacks {_NAMES[name]}: {least} ({purpose})",
            fix.format(f"{_NAMES[name]}: {least}"),
        )
    for event in events:
        lost, matters = EVENTS[event]
        tell = error if matters else warning
        yield tell(
            code, subject, f"lacks the event {_NAMES[event]}: {lost}", fix.format(f"tick {_NAMES[event]}")
        )
    if not permissions and not events:
        yield ok(code, subject, well)


def check_teams(
    account: str, page: str, permissions: Mapping[str, str], teams: Sequence[str]
) -> Iterator[Finding]:  # fmt: skip
    """Whether altpress may ask who is in the teams (`org/slug`) that stand in for roles at this account."""
    mine = [team for team in teams if team.partition("/")[0].lower() == account.lower()]
    if mine and _rank(permissions.get("members")) < _rank("read"):
        yield warning(
            "installation.teams", f"installation at {account}",
            f"lacks Members: read (who is in {', '.join(mine)})",
            f"App settings, Permissions & events, Members (organization): read; then accept it at {page}",
        )  # fmt: skip


def check_events(subject: str, events: Sequence[str], page: str) -> Iterator[Finding]:
    """What a repository's webhook is subscribed to."""
    missing = missing_events(events)
    if missing:
        level = Level.ERROR if any(EVENTS[event][1] for event in missing) else Level.WARNING
        yield Finding(
            level, "hook.events", subject, f"lacks the events {name_all(missing)}: {EVENTS[missing[0]][0]}",
            f"open {page}, tick them; or run `altpress init … --hook URL`",
        )  # fmt: skip


def check_token(subject: str, held: Mapping[str, bool], page: str) -> Iterator[Finding]:
    """Which of `TOKEN_RIGHTS` the token has at one site; `page` is where tokens are made."""
    for right, (name, purpose, vital) in TOKEN_RIGHTS.items():
        if not held.get(right, True):
            tell = error if vital else warning
            yield tell(
                "token.rights", subject, f"the token lacks {name}: read and write ({purpose})",
                f"open {page}, the token's Repository permissions, {name}: read and write; "
                "its owner needs write access there",
            )  # fmt: skip
    if all(held.values()):
        yield ok("token.rights", subject, "the token may do all that altpress does there")


def hook_clicks(page: str, url: str) -> tuple[str, ...]:
    """How to add the webhook of a repository by hand; `page` is the repository's."""
    return (
        f"open {page}/settings/hooks/new",
        f"Payload URL: {url}",
        "Content type: application/json",
        "Secret: the first value of ALTPRESS_WEBHOOK_SECRETS",
        f"Let me select individual events: {name_all(HOOK_EVENTS)}",
        "Add webhook",
    )


def name_all(names: Sequence[str]) -> str:
    """Events and rights as GitHub's pages call them."""
    return ", ".join(_NAMES.get(name, name) for name in names)


def _rank(level: str | None) -> int:
    return _LEVELS.index(level) if level in _LEVELS else 0
