"""What only the database knew, known again from git and GitHub: publications, and what people were told."""

import re
from collections.abc import Iterable

from bot.context import Context
from bot.github.history import PastCommit
from bot.records import Cause, CauseKind, Publication, Site
from bot.replies.text import MARK
from bot.source.history import parse_message
from jobs.branch import Branch

MOST_PUBLICATIONS = 100  # of a site
MOST_SAID = 1_000  # comments and issues of a site's repository that are looked through
_MARK = re.compile(MARK)


def remember_publications(ctx: Context, main: Branch, outputs: Branch) -> list[Publication]:
    """The newest, newest first, as their commits tell them; with `publish-to` a pair of commits is one."""
    commits = _commits(ctx, outputs)
    if outputs.site.branch != main.site.branch:
        known = {commit.message for commit in commits}
        commits += [commit for commit in _commits(ctx, main) if commit.message not in known]
    told = (_publication(main.site, commit) for commit in commits)
    found = [publication for publication in told if publication is not None]
    found.sort(key=lambda publication: -publication.at_ms)
    for publication in found[:MOST_PUBLICATIONS]:
        ctx.store.publications.add(publication)
    return found[:MOST_PUBLICATIONS]


def remember_said(ctx: Context, repository: str, login: str) -> int:
    """Everything that altpress wrote on the commits and in the issues of a site's repository was told."""
    bodies = ctx.github.stream_said(repository, by=login, limit=MOST_SAID)
    return ctx.store.notices.claim_all(_marks(bodies), ctx.now_ms())


def _commits(ctx: Context, branch: Branch) -> list[PastCommit]:
    return ctx.github.fetch_commits(branch.site, branch.tree.commit, limit=MOST_PUBLICATIONS)


def _publication(site: Site, commit: PastCommit) -> Publication | None:
    told = parse_message(commit.message)
    if told is None:
        return None
    return Publication(
        site=site.key, commit=commit.sha, parent=commit.parent, subject=told.subject,
        causes=tuple(_cause(site, cause) for cause in told.causes), changes=told.changes, at_ms=commit.at_ms,
    )  # fmt: skip


def _cause(site: Site, cause: Cause) -> Cause:
    """The catalog is the site's own."""
    own = cause.kind is CauseKind.CATALOG
    return cause.model_copy(update={"repository": site.repository}) if own else cause


def _marks(bodies: Iterable[str]) -> Iterable[str]:
    return (mark for body in bodies for mark in _MARK.findall(body))
