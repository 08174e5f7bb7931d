"""Which lines of a comment are commands. No I/O.

`/verb argument …` at the start of a line, or `@bot verb argument …`; several in one comment, in their order.
What Markdown shows as code, quotes somebody, or hides as an HTML comment is not addressed to the bot: a
CommonMark parser decides that, not a guess over the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_COMMANDS = 10  # in one comment; more is a mistake or mischief
LONGEST_COMMENT = 65_536  # characters; GitHub's own bound
_VERB = r"(?P<verb>[a-zA-Z][a-zA-Z-]{0,30})(?:[ \t]+(?P<rest>.*))?"
_SLASH = re.compile(rf"/{_VERB}")
_OPAQUE = "\0"  # stands where the text came from code, HTML or an escape: no command starts with it
# Without `text_join`, what a backslash or an entity wrote stays apart from what was typed plainly.
_MARKDOWN = MarkdownIt("commonmark").disable("text_join")


@dataclass(frozen=True, slots=True)
class Request:
    """One command as somebody wrote it."""

    verb: str
    arguments: tuple[str, ...] = ()
    line: str = ""  # as written, to be quoted in the reply
    mention: bool = False  # `@bot verb`: surely meant for the bot


def parse_commands(body: str, login: str) -> tuple[Request, ...]:
    """The commands of a comment. `login` is the bot's own (`altpress[bot]` answers to `@altpress`)."""
    name = re.escape(login.removesuffix("[bot]"))
    mention = re.compile(rf"@{name}(?:\[bot\])?[,:]?[ \t]+/?{_VERB}", re.IGNORECASE)
    found = []
    for line in _spoken_lines(body[:LONGEST_COMMENT]):
        if match := _SLASH.fullmatch(line):
            found.append(_request(match, line, mention=False))
        elif match := mention.fullmatch(line):
            found.append(_request(match, line, mention=True))
    return tuple(found[:MOST_COMMANDS])


def _request(match: re.Match[str], line: str, *, mention: bool) -> Request:
    words = ((match["rest"] or "").replace(_OPAQUE, "")).split()
    return Request(match["verb"].lower(), tuple(words), line.replace(_OPAQUE, ""), mention)


def _spoken_lines(body: str) -> Iterator[str]:
    """The lines of paragraphs outside quotes and lists (and of headings made by a line of dashes below)."""
    depth = 0
    heading = False
    for token in _MARKDOWN.parse(body):
        if token.type in {"blockquote_open", "list_item_open"}:
            depth += 1
        elif token.type in {"blockquote_close", "list_item_close"}:
            depth -= 1
        elif token.type == "heading_open":
            heading = token.markup.startswith("#")
        elif token.type == "heading_close":
            heading = False
        elif token.type == "inline" and depth == 0 and not heading:
            yield from (line.strip() for line in _plain(token).split("\n"))


def _plain(token: Token) -> str:
    """The text of a paragraph; what was not typed plainly is marked."""
    parts = []
    for child in token.children or ():
        if child.type == "text":
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type in {"code_inline", "text_special"}:
            parts.append(_OPAQUE + child.content)
        else:
            parts.append(_OPAQUE)
    return "".join(parts)
