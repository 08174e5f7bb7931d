"""The one issue of a site that says what is wrong there now, as Markdown. No I/O."""

import hashlib
import json
from collections.abc import Sequence

from bot.replies.length import LONGEST_REPLY, shortened
from bot.replies.standing import Entry, Section
from bot.replies.text import bullets, code, hidden, one_line

FORM = 1  # of the text: another one is written again
KIND = "site-issue"


def mark_issue(repository_id: int, branch: str) -> str:
    """How the issue is found again: a repository keeps its id under any name."""
    return hidden(KIND, f"{repository_id}@{branch}")


def digest_entries(entries: Sequence[Entry], site: str, report: str) -> str:
    """What is to be told and where, without a time: the same digest, nothing to write."""
    rows = [[entry.section, entry.key, *entry.fields] for entry in entries]
    return hashlib.sha256(json.dumps([FORM, site, report, rows]).encode()).hexdigest()[:20]


def mark_digest(digest: str) -> str:
    return hidden("state", digest)


def render_issue_title(branch: str, default_branch: str) -> str:
    """Plain text."""
    which = "" if branch == default_branch else f" ({one_line(branch, 60)})"
    return f"altpress: state of this source{which}"


def render_site_issue(entries: Sequence[Entry], site: str, digest: str, mark: str) -> str:
    """The whole text. The marks come last, whatever the rest is."""
    if not entries:
        state = f"Nothing is wrong with {code(site)} now, and nothing waits."
    else:
        state = "\n\n".join(_render_section(section, entries) for section in Section if _of(section, entries))
    how = (
        f"altpress keeps this one issue for {code(site)} up to date by itself: closed when nothing is wrong, "
        "open again when something is. Comments here may hold commands, such as `/status`."
    )
    return "\n\n".join([shortened(state, LONGEST_REPLY), f"---\n{how}", f"{mark_digest(digest)}\n{mark}"])


def render_left_issue(why: str, mark: str) -> str:
    """The text of the issue while altpress does not use it."""
    return f"altpress does not say here what is wrong with this source now. {why}\n\n{mark}"


def _render_section(section: Section, entries: Sequence[Entry]) -> str:
    return f"### {section}\n\n{bullets([entry.line for entry in _of(section, entries)], 'entry')}"


def _of(section: Section, entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.section is section]


def render_entry(entry: Entry, mark: str) -> str:
    """An entry alone, where there can be no issue: a comment on a commit."""
    return f"{entry.section}: {entry.line}\n\n{mark}"
