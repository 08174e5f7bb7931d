"""Whether what altpress wrote is harmless: as a browser shows it, and as GitHub and bots read it."""

import re

from markdown_it import MarkdownIt

from bot.commands import parse_commands

_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_MARK = re.compile(r"<!-- altpress:[^>]*-->")


def check_harmless(text: str) -> None:
    """Nothing leaves its fold or its block of code, nobody is mentioned, nothing is a command."""
    shown = _MARK.sub("", text)
    tokens = MarkdownIt("commonmark").enable("table").parse(shown)
    outside = "\n".join(t.content for t in tokens if t.type in {"inline", "html_block"})
    html = "\n".join(t.content for t in tokens if t.type == "html_block")
    tags = {name for _, name in _TAG.findall(html)}
    assert tags <= {"details", "summary"}, "no markup but its own"
    assert html.count("<details>") == html.count("</details>")
    assert "<!--" not in html
    assert not [c for t in tokens for c in t.children or () if c.type in {"html_inline", "image"}]
    spoken = re.sub(r"`[^`]*`|\[[^\]]*\]\([^)]*\)", "", outside)
    assert not re.search(r"@\w", spoken), "nobody is mentioned"
    assert not re.search(r"(?<![&\\])#\d|\bGH-\d", spoken), "no issue is referred to"
    assert parse_commands(shown, "altpress[bot]") == ()
    for line in _lines_outside_code(shown):
        assert not line.lstrip().startswith(("/", "@")), "other bots read lines"


def unfolded(text: str) -> str:
    """What is seen without a click."""
    kept, depth, last = [], 0, 0
    for found in re.finditer(r"^<details>|^</details>", text, re.MULTILINE):
        if depth == 0:
            kept.append(text[last : found.start()])
        depth += -1 if found[0].startswith("</") else 1
        last = found.end()
    assert depth == 0
    return "".join([*kept, text[last:]])


def _lines_outside_code(text: str) -> list[str]:
    fence, lines = "", []
    for line in text.split("\n"):
        opening = re.match(r"`{3,}", line.strip())
        if fence:
            fence = "" if line.strip() == fence else fence
        elif opening:
            fence = opening[0]
        else:
            lines.append(line)
    return lines
