"""What altpress answers to chat commands, as Markdown. No I/O."""

from collections.abc import Iterable, Sequence

from bot.replies.length import LONGEST_REPLY, measure, share_out, shortened
from bot.replies.text import code, count, inline, link

MOST_CHOICES = 20


def render_answers(answers: Iterable[tuple[str, str, bool]], marker: str, whole: str | None = None) -> str:
    """One reply to a comment: each command quoted, then what became of it.

    All have their place. Where they are too long together, the longest are shortened; `whole` is the address
    of the dashboard, which such a one leads to.
    """
    listed = [(f"> {code(line)}", text) for line, text, _ in answers]
    frame = sum(measure(quote) + 4 for quote, _ in listed) + measure(marker)
    shares = share_out([measure(text) for _, text in listed], LONGEST_REPLY - frame)
    note = f"… (shortened{'; more is on ' + link('the dashboard', whole) if whole else ''})"
    parts = [
        f"{quote}\n\n{shortened(text, share, note)}"
        for (quote, text), share in zip(listed, shares, strict=True)
    ]
    return "\n\n".join([*parts, marker])


def render_help(rows: Sequence[tuple[str, str, str]], apps: Sequence[str]) -> str:
    """`rows`: usage, summary, the role that is needed ("none": everybody)."""
    known = f"Apps here: {_choices(apps)}." if apps else "No app is listed here yet."
    return "\n".join([render_table(rows), "", known])


def render_table(rows: Sequence[tuple[str, str, str]]) -> str:
    """The commands as a table: for replies and the documentation."""
    lines = ["| Command | What it does | Who may |", "|---|---|---|"]
    lines += [f"| `{usage}` | {summary} | {_who(role)} |" for usage, summary, role in rows]
    return "\n".join(lines)


def render_usage(usage: str, summary: str, role: str, examples: Sequence[tuple[str, str]] = ()) -> str:
    """One command, for `/help command`; of each example what it means."""
    head = f"`{usage}` {summary}. Who may: {_who(role)}."
    return "\n".join([head, "", *(f"- `{line}`: {meaning}" for line, meaning in examples)]).rstrip()


def _who(role: str) -> str:
    return "everybody" if role == "none" else f"{role} or more"


def render_reread(
    apps: Sequence[str], releases: int, changed: int, waiting: int, failed: Sequence[str]
) -> str:
    """What `/rebuild` did; the commit follows by itself when there is anything to change."""
    found = f"{count(changed, 'change')} found" if changed else "nothing new found"
    text = f"Read {count(releases, 'release')} of {_choices(apps)} again: {found}."
    text += " The source is built anew; a commit follows if that changes it."
    if waiting:
        text += f" {count(waiting, 'release')} still waiting for files."
    return "\n".join([text, *(f"- {inline(reason)}" for reason in failed)])


def render_reread_begun(apps: Sequence[str], started: int, failed: Sequence[str]) -> str:
    """What `/rebuild --from-scratch` began."""
    text = (
        f"Every file of {count(started, 'release')} of {_choices(apps)} is read again, from scratch. "
        "That takes its time: a commit follows where it changes anything, and `/status` tells what failed."
    )
    return "\n".join([text, *(f"- {inline(reason)}" for reason in failed)])


def render_unknown_command(verb: str, nearest: str | None, verbs: Sequence[str]) -> str:
    hint = f"Did you mean `/{nearest}`? " if nearest else ""
    known = ", ".join(f"`/{name}`" for name in verbs)
    return f"There is no command {code('/' + verb)}. {hint}Known: {known}; `/help` explains them."


def render_unknown_app(name: str, nearest: str | None, apps: Sequence[str]) -> str:
    hint = f"Did you mean {code(nearest)}? " if nearest else ""
    return f"No app is called {code(name)} here. {hint}Known: {_choices(apps)}."


def render_unknown_flag(name: str, nearest: str | None, flags: Sequence[str], usage: str) -> str:
    hint = f" Did you mean `--{nearest}`?" if nearest else ""
    takes = f"it takes {_choices([f'--{flag}' for flag in flags])}" if flags else "it takes none"
    return f"The command has no option {code('--' + name)}: {takes}.{hint} Usage: `{usage}`."


def render_flag_value(name: str, *, wanted: bool, usage: str) -> str:
    text = "needs a value" if wanted else "takes no value"
    return f"The option `--{name}` {text}. Usage: `{usage}`."


def render_too_many(usage: str) -> str:
    return f"That is more than the command takes: `{usage}`."


def render_too_many_commands(most: int) -> str:
    return (
        f"A comment may hold {most} commands: this one and all after it were **not** run. "
        "Write them in another comment."
    )


def render_too_often(minutes: int) -> str:
    """More commands of one person than altpress takes; said once."""
    return (
        "That is more than altpress takes from one person at a time: this command and all after it were "
        f"**not** run. The next one is taken in {count(minutes, 'minute')}; until then you get 😕 alone."
    )


def render_needs_role(verb: str, needed: str, repository: str, has: str) -> str:
    return f"`/{verb}` needs the role **{needed}** (or more) on {code(repository)}; yours is **{has}**."


def render_hidden_site() -> str:
    """A private site, spoken of in an app's repository."""
    return (
        "A source that lists this app cannot be read now: its own repository says why. Nothing changed there."
    )


def _choices(names: Sequence[str]) -> str:
    if not names:
        return "none"
    listed = ", ".join(code(name) for name in names[:MOST_CHOICES])
    more = len(names) - MOST_CHOICES
    return f"{listed} and {more} more" if more > 0 else listed
