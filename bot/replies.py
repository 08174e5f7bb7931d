"""Every sentence that altpress says in comments and issues, as Markdown. No I/O.

Text from outside (names, tags, reasons, what somebody typed) is defused: `inline` for running text, `code`
for names in code marks. Neither can open markup, mention anybody, or grow without bound.
"""

import re
from collections.abc import Iterable, Sequence

from bot.records import Record

MARKER = "altpress"
LONGEST_NAME = 120  # characters of a foreign text that are shown
FOLD_ABOVE = 12  # lines of a list before it is folded
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$])")


def inline(text: str, limit: int = 300) -> str:
    """Foreign text in a sentence: one line, its markup escaped, its mentions and references broken."""
    line = _one_line(text, limit)
    escaped = _MARKUP.sub(r"\\\1", line)
    # a zero-width space: GitHub neither notifies `@name` nor links `owner/repo#1` and bare addresses
    return (
        escaped.replace("@", "@\u200b")
        .replace("://", ":\u200b//")
        .replace("\\#", "\\#\u200b")
        .replace("www.", "www\u200b.")
    )


def code(text: str, limit: int = LONGEST_NAME) -> str:
    """Foreign text as code: nothing inside is interpreted, and a backtick cannot end it."""
    line = _one_line(text, limit).replace("`", "'")
    return f"`{line}`" if line else "` `"


def hidden(kind: str, key: str) -> str:
    """The mark by which altpress finds its own comment again; other signs than `/:@._` become `_`."""
    return f"<!-- {MARKER}:{kind}:{re.sub(r'[^A-Za-z0-9/:@._]|--', '_', key)} -->"


def _one_line(text: str, limit: int) -> str:
    line = re.sub(r"[\s\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+", " ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


# ---- chat commands ----------------------------------------------------------------------------------


def render_answers(answers: Iterable[tuple[str, str, bool]], marker: str) -> str:
    """One reply to a comment: each command quoted, then what became of it."""
    parts = [f"> {code(line)}\n\n{text}" for line, text, _ in answers]
    return "\n\n".join([*parts, marker])


def render_help(rows: Sequence[tuple[str, str, str]], apps: Sequence[str]) -> str:
    """`rows`: usage, summary, the role that is needed ("none": everybody)."""
    lines = ["| Command | What it does | Who may |", "|---|---|---|"]
    for usage, summary, role in rows:
        who = "everybody" if role == "none" else f"{role} or more"
        lines.append(f"| `{usage}` | {summary} | {who} |")
    known = f"Apps here: {', '.join(code(app) for app in apps)}." if apps else "No app is listed here yet."
    return "\n".join([*lines, "", known])


def render_reread(
    apps: Sequence[str], releases: int, changed: int, waiting: int, failed: Sequence[str]
) -> str:
    """What `/rebuild` did; the commit follows by itself when there is anything to change."""
    names = ", ".join(code(app) for app in apps)
    found = f"{_count(changed, 'change')} found" if changed else "nothing new found"
    text = f"Read {_count(releases, 'release')} of {names} again: {found}."
    text += " The source is built anew; a commit follows if that changes it."
    if waiting:
        text += f" {_count(waiting, 'release')} still waiting for files."
    return "\n".join([text, *(f"- {inline(reason)}" for reason in failed)])


def render_unknown_command(verb: str, nearest: str | None) -> str:
    hint = f"Did you mean `/{nearest}`? " if nearest else ""
    return f"There is no command {code('/' + verb)}. {hint}`/help` lists all of them."


def render_unknown_app(name: str, apps: Sequence[str]) -> str:
    known = ", ".join(code(app) for app in apps) if apps else "none"
    return f"No app is called {code(name)} here. Known: {known}."


def render_too_many(usage: str) -> str:
    return f"That is more than the command takes: `{usage}`."


def render_needs_role(verb: str, needed: str, repository: str, has: str) -> str:
    return f"`/{verb}` needs the role **{needed}** (or more) on {code(repository)}; yours is **{has}**."


# ---- releases that are not published ----------------------------------------------------------------


def render_rejected(record: Record, site: str, marker: str) -> str:
    """Told once, where the developer looks: why this file is not in the source."""
    reason = inline(record.verdict.reason or "it was refused")
    return "\n\n".join(
        (
            f"{code(record.asset_name)} of release {code(record.tag)} was **not** published to {code(site)}.",
            f"Reason: {reason} ({code(record.verdict.code or 'rejected')})",
            "The source keeps its last good entry. Replace the file, or publish a new release.",
            marker,
        )
    )


def render_rejected_title(record: Record) -> str:
    """The title of an issue about it, where a commit comment is not possible. Titles are plain text."""
    return f"{_one_line(record.repository, 100)} {_one_line(record.tag, 60)} was not published"


def render_refused_app(app: str, repository: str, reason: str, marker: str) -> str:
    """An app of the catalog whose repository may not feed it."""
    return f"The app {code(app)} ({code(repository)}) is not published: {inline(reason)}\n\n{marker}"


# ---- catalogs ---------------------------------------------------------------------------------------


def render_bad_catalog(path: str, problems: Sequence[str], marker: str) -> str:
    """On the commit that broke it; `problems` are one sentence each, with line and path."""
    head = f"altpress cannot read {code(path)} of this commit. The source stays as it was published last."
    return "\n\n".join((head, _list(problems, "problem"), "A push that mends it is read at once.", marker))


def render_bad_source(site: str, problems: Sequence[str], marker: str) -> str:
    """The built source would be refused by a client; nothing was committed."""
    head = f"altpress did not publish {code(site)}: AltStore would refuse the result."
    return "\n\n".join((head, _list(problems, "problem"), marker))


def render_blocked(site: str, reason: str, marker: str) -> str:
    """An issue in the site's repository: the branch cannot be written to."""
    what = f"altpress could not commit to {code(site)}: {inline(reason)}"
    help_text = "Let it write to the branch (contents: write, and no protection that asks for reviews of it)."
    return f"{what}\n\n{help_text}\n\n{marker}"


def render_adopted(lines: Sequence[str], marker: str) -> str:
    """What was taken over from a hand-made source, on the first commit."""
    head = "altpress found a source made by hand and took it over. What it held stays published:"
    return "\n\n".join((head, _list(lines, "entry"), marker))


def _list(lines: Sequence[str], noun: str) -> str:
    """A bullet list; a long one is folded."""
    bullets = "\n".join(f"- {inline(line, 500)}" for line in lines)
    if len(lines) <= FOLD_ABOVE:
        return bullets
    return f"<details><summary>{_count(len(lines), noun)}</summary>\n\n{bullets}\n\n</details>"


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
