"""The words of the pull request in which a commit is proposed, and what is said there. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.records import Cause, Record
from bot.replies.length import LONGEST_REPLY, shortened
from bot.replies.text import bullets, code, inline, link
from bot.source.message import describe_cause

MOST_CAUSES = 100


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a pull request proposes, and why it is one."""

    base: str
    subject: str
    changes: Sequence[str]  # public sentences
    causes: Sequence[Cause]
    rejected: Sequence[Record]
    adopted: Sequence[str]  # what is taken over from a hand-made source
    accepted_by: Sequence[tuple[str, Sequence[str]]]  # output's path, the clients that take it
    protected: bool  # the branch refused the commit; else the catalog asks for pull requests
    lock_only: bool = False  # the outputs follow, on another branch


def render_proposal(proposed: Proposed, mark: str) -> str:
    """The pull request's text."""
    parts = [_why_a_pull(proposed)]
    parts += _section("What changes", [inline(change, 500) for change in proposed.changes], "change")
    parts += _section("Taken over", [inline(line, 500) for line in proposed.adopted], "entry")
    refused = [
        f"{code(record.asset_name)} of {link(record.tag, record.release_url)}: "
        f"{inline(record.verdict.reason or 'it was refused')}"
        for record in proposed.rejected
    ]
    parts += _section("Not published", refused, "file")
    causes = dict.fromkeys(map(_cause, proposed.causes[:MOST_CAUSES]))
    parts += _section("Because of", list(causes), "reason")
    checked = [f"{code(path)} is accepted by {', '.join(clients)}" for path, clients in proposed.accepted_by]
    parts += _section("Checked", checked, "document")
    # the mark must be there whatever the rest is: without it the text would be written again each time
    return "\n\n".join([shortened("\n\n".join(parts), LONGEST_REPLY), _how_it_goes_on(proposed), mark])


def render_superseded(why: str) -> str:
    """Said to a pull request that altpress closes."""
    return f"Closed by altpress: {why}"


def render_foreign(sha: str, marker: str) -> str:
    """Said once to a pull request on whose branch somebody else works."""
    return (
        f"There is something newer to publish, but this branch is at {code(sha[:12])}, which altpress did "
        "not write: it stays as it is. Merge it, and what is left is proposed anew; or delete the branch, "
        f"and altpress starts afresh.\n\n{marker}"
    )


def _why_a_pull(proposed: Proposed) -> str:
    branch = code(proposed.base)
    if proposed.protected:
        said = f"{branch} is protected, so altpress proposes this commit instead of making it."
    else:
        said = f"The catalog asks for pull requests (`mode: pull-request`), so this commit to {branch} waits."
    if proposed.lock_only:
        said += " It is the lock alone; once it is merged, the documents follow on their own branch."
    return said


def _how_it_goes_on(proposed: Proposed) -> str:
    return (
        "Merge it in any way you like: the versions are published by that. altpress keeps this one pull "
        "request up to date, and closes it when there is nothing left to merge. Closed by you, it is not "
        f"proposed again until something else changes in {code(proposed.base)}."
    )


def _section(title: str, lines: Sequence[str], noun: str) -> list[str]:
    return [f"### {title}\n\n{bullets(lines, noun)}"] if lines else []


def _cause(cause: Cause) -> str:
    """One line of Markdown: what happened, by whom."""
    by = f" by {inline(cause.actor)}" if cause.actor else ""
    return f"{link(describe_cause(cause), cause.url)}{by}"
