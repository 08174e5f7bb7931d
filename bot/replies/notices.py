"""What altpress tells by itself: rejected releases, catalogs that cannot be read, as Markdown. No I/O."""

from collections.abc import Sequence

from bot.catalog import CATALOG_PATHS
from bot.records import Record
from bot.replies.text import bullets, code, inline, one_line
from bot.source.changed import CODE


def render_rejected(record: Record, site: str, marker: str) -> str:
    """Told once, where the developer looks: why this file is not in the source."""
    reason = inline(record.verdict.reason or "it was refused")
    return "\n\n".join(
        (
            f"{code(record.asset_name)} of release {code(record.tag)} was **not** published to {code(site)}.",
            f"Reason: {reason} ({code(record.verdict.code or 'rejected')})",
            _consequence(record),
            marker,
        )
    )


def _consequence(record: Record) -> str:
    """What is listed now, and what helps (docs/life.md)."""
    if record.verdict.code == CODE:
        return (
            "If this file replaced the published one, that version is listed no longer: its address serves "
            "the new bytes. All other versions stay listed. Publish a higher version or build."
        )
    return "Versions from other files stay listed. Replace the file, or publish a new release."


def render_rejected_title(record: Record) -> str:
    """The title of an issue about it, where a commit comment is not possible. Titles are plain text."""
    return f"{one_line(record.repository, 100)} {one_line(record.tag, 60)} was not published"


def render_over(site: str, marker: str) -> str:
    """An issue about a file that was refused is closed."""
    said = (
        f"This is over: nothing of it keeps {code(site)} from publishing any more. The file was replaced or "
        "taken away, a later release came, or the catalog was changed."
    )
    return f"{said}\n\n{marker}"


def render_bad_catalog(path: str, problems: Sequence[str], marker: str) -> str:
    """On the commit that broke it; `problems` are one sentence each, with line and path."""
    head = f"altpress cannot read {code(path)} of this commit."
    if path in CATALOG_PATHS:
        head += " The last catalog that it could read, if any, stays in force: releases are published by it."
    else:
        head += " The source stays as it was published last."
    return "\n\n".join((head, _list(problems, "problem"), "A push that mends it is read at once.", marker))


def render_adopted(lines: Sequence[str], marker: str) -> str:
    """What was taken over from a hand-made source, on the first commit."""
    head = "altpress found a source made by hand and took it over. What it held stays published:"
    return "\n\n".join((head, _list(lines, "entry"), marker))


def _list(lines: Sequence[str], noun: str) -> str:
    """A bullet list of foreign text; a long one is folded."""
    return bullets([inline(line, 500) for line in lines], noun)
