"""Write docs/commands.md from the table of commands; `tests/unit/commands/test_docs.py` holds it to that."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.commands import COMMANDS, MOST_COMMANDS, grammar
from bot.commands.examples import EXAMPLES
from bot.commands.help import row_of
from bot.replies import render_table
from config.settings import Settings
from jobs.thread import MOST_OF_STRANGERS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
TEXT = """\
# Chat commands

<!-- written by scripts/render_commands.py -->

Write them in any issue or pull request of the site, or of an app's own repository, where they reach that app
alone.

{table}

`[app]` is the app's `id` in the catalog; where there is only one, it may be left out. A version is `1.2.0`,
`1.2.0 (57)` with its build, or the release's tag. An unknown command, app or version is answered with the
nearest one and the choices. In an app's own repository, unknown commands that resemble none of these are left
to other bots. What is decided (yank, pin, hold, approve, promote) is committed: [decisions](decisions.md).

## Examples

{examples}

## What altpress answers

| Reaction | Means |
|---|---|
| 👀 | altpress has seen the comment |
| 🚀 | everything was done, or told |
| ❤️ | nothing had to be done: it was decided so already, or nothing had failed |
| 😕 | one command at least was refused, or failed; the others were done |

One reply quotes each command and says what became of it; what was decided is answered with the commit. Long
parts are folded. A reply that would be longer than GitHub takes is shortened, the longest parts first, and
says so (with the dashboard's address, where `ALTPRESS_PUBLIC_URL` and its password are set).

## Who may

Your role on the repository of the comment is looked up on GitHub for every command: *read*, *triage*,
*write*, *maintain* or *admin*, where each includes those before it. A refusal names the role that is needed.

In an app's own repository whose owner is not the site's, that is enough for a `/yank`, a `/hold` and the
like, and for undoing what was decided by comments there. What was decided elsewhere (the site's yank, hold or
pin), and `/approve` and `/promote`, need the role on the site's repository: its gates are not the developer's
to open.

Teams may stand in for roles: `ALTPRESS_COMMAND_TEAMS=acme/release-team=write,acme/leads=maintain` gives the
active members of a team that role for commands, in every repository whose owner is that organisation. GitHub
is asked each time, as well; altpress's App needs the organisation permission *members: read* for it (a token:
the scope `read:org`). Where GitHub does not answer for a team, the repository's role alone counts.

A person may give {limit} commands in ten minutes (`ALTPRESS_COMMANDS_PER_USER`; 0 is no bound). What is
beyond is refused, which is said once; the next few comments get 😕 alone, and others nothing, until the time
is over. Of people below *triage*, altpress answers {strangers} comments an hour all together:
its answers count against the same limits of GitHub's as what it publishes.

## How they are written

    /rebuild acme
    @altpress rebuild acme
    /command "two words" --flag value

Several in one comment are fine, up to {most}. Comments of bots, edited ones and those with a hidden mark of
altpress's (`<!-- altpress:…`) are not read. What
Markdown shows as said to everybody counts, and nothing else:

| | |
|---|---|
{rules}
"""


def render_page() -> str:
    rows = [row_of(command) for command in COMMANDS.values()]
    rules = "\n".join(f"| {name} | {rule} |" for name, rule in read_rules(grammar.__doc__ or ""))
    examples = "\n".join(_render_examples(verb) for verb in COMMANDS)
    limit = Settings.model_fields["commands_per_user"].default
    return TEXT.format(
        table=render_table(rows), most=MOST_COMMANDS, rules=rules, examples=examples, limit=limit,
        strangers=MOST_OF_STRANGERS,
    )  # fmt: skip


def _render_examples(verb: str) -> str:
    return "\n".join(f"- `{line}`: {meaning}" for line, meaning in EXAMPLES[verb])


def read_rules(docstring: str) -> list[tuple[str, str]]:
    """The indented table of the grammar's own description: name, rule."""
    rules: list[tuple[str, str]] = []
    for line in docstring.splitlines():
        name, text = line[4:29].strip(), line[29:].strip()
        if not line.startswith("    "):
            continue
        if name:
            rules.append((name, text))
        else:
            rules[-1] = (rules[-1][0], f"{rules[-1][1]} {text}")
    return [(name, rule.replace("|", "\\|").replace("<", "&lt;")) for name, rule in rules]


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
