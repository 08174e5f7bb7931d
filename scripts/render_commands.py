"""Write docs/commands.md from the table of commands; `tests/unit/commands/test_docs.py` holds it to that."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bot.commands import COMMANDS, MOST_COMMANDS, grammar
from bot.commands.help import row_of
from bot.replies import render_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
TEXT = """\
# Chat commands

<!-- written by scripts/render_commands.py -->

Write them in any issue or pull request of the site, or of an app's own repository, where they reach that app
alone. 👀 says that altpress has seen them, 🚀 that all were done, 😕 that one was refused; one reply quotes
each of them and says what became of it. Your role on the repository is looked up for every command.

{table}

`[app]` is the app's `id` in the catalog. An unknown command or app is answered with the nearest one and the
choices. In an app's own repository, unknown commands that resemble none of these are left to other bots.

## How they are written

    /rebuild acme
    @altpress rebuild acme
    /command "two words" --flag value

Several in one comment are fine, up to {most}. Comments of bots and edited comments are not read. What
Markdown shows as said to everybody counts, and nothing else:

| | |
|---|---|
{rules}
"""


def render_page() -> str:
    rows = [row_of(command) for command in COMMANDS.values()]
    rules = "\n".join(f"| {name} | {rule} |" for name, rule in read_rules(grammar.__doc__ or ""))
    return TEXT.format(table=render_table(rows), most=MOST_COMMANDS, rules=rules)


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
