r"""Which lines of a comment are commands. No I/O.

A command is `/verb words…` at the start of a line, or `@bot verb words…` (also `@bot /verb`, `@bot, verb`,
`@bot: verb`); several in one comment, in their order. A CommonMark parser with GitHub's tables decides which
lines are said at all; what is parsed is then the raw line, since rendered text has lost its `_` and `*`.

    what counts              paragraphs outside of everything below: their first line and every later one,
                             however far indented; one that a line of `---` below makes a heading, since that
                             how signatures begin, too
    code                     never: fences (of ``` or ~~~, indented, never closed), four blanks, backticks
                             over several lines
    quotes                   never, lazy lines included: what follows `> …` without an empty line is quoted
    lists, tables, headings  never: they explain, lazy lines included
    struck out               never: `~~` over several lines
    HTML                     never: blocks of it, comments, and Markdown that stands in a <details>,
                             <blockquote>, <pre>, list or table of HTML that is not closed yet
    defused                  never: `\/verb`, `&#47;verb`, other slashes (`/` of full width), a zero-width
                             character before or in the verb, letters that only look like ASCII
    the verb                 a letter, then letters and dashes, at most 31, in any case; `.,:;!?` after it say
                             nothing; anything else (`/usr/bin`, `/50`, `/verb(x)`) is no command
    words                    parted by blanks of any kind, held together by quotes: `"two words"`; `--flag
                             value` or `--flag=value`; `\_` is `_`; the whole of it is in `words.py`
    the same again           one and the same command right behind itself is one
    bounds                   65,536 characters of a comment, 1,000 of a line (a longer one is no command),
                             20,000 of a paragraph (one with markup that is longer ends what is read),
                             and the first 100 commands; `answer.py` says how many of them are run
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.commands.words import Word, split_words

MOST_READ = 100  # commands of one comment that are looked at
LONGEST_COMMENT = 65_536  # characters; GitHub's own bound
LONGEST_LINE = 1_000  # characters
LONGEST_PARAGRAPH = 20_000  # characters: some cost a parser the square of their length
_VERB = r"(?P<verb>[a-zA-Z][a-zA-Z-]{0,30})[.,:;!?]*(?:\s+(?P<rest>.*))?"
_SLASH = re.compile(rf"/{_VERB}", re.DOTALL)
_MARK = "\ue000"  # of private use: put before a line that may be a command, to find it again when parsed
_MARKED = re.compile(rf"{_MARK}(\d+)")
_FOLDING = "details|blockquote|pre|table|ul|ol|dl|code|q|del|s|template"
_COMMENT = r"<!--(?:-?>|.*?-->|.*\Z)"
_REMARK = re.compile(_COMMENT, re.DOTALL)
_TAG = re.compile(rf"{_COMMENT}|<(?P<end>/?)(?:{_FOLDING})(?=[\s>/])", re.IGNORECASE | re.DOTALL)
_REACHES_ON = re.compile(r"[`<\[~]")  # what begins with these may go on over lines
_NEVER_CLOSED = 1_000_000  # an HTML comment that outlasts its block hides the rest
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")


@dataclass(frozen=True, slots=True)
class Request:
    """One command as somebody wrote it."""

    verb: str
    words: tuple[Word, ...] = ()
    line: str = field(default="", compare=False)  # as written, to be quoted in the reply
    mention: bool = field(default=False, compare=False)  # `@bot verb`: surely meant for the bot


def parse_commands(body: str, login: str | None) -> tuple[Request, ...]:
    """The commands of a comment, at most `MOST_READ`.

    `login` is the bot's own (`altpress[bot]` answers to `@altpress`); with None, mentions are left out.
    """
    patterns = [_SLASH] if login is None else [_SLASH, _mention(login)]
    found: list[Request] = []
    for line in _said_lines(body[:LONGEST_COMMENT].replace(_MARK, "\ufffd"), patterns):
        match = _match(line, patterns)
        if match is not None:
            words = split_words(_REMARK.sub(" ", match["rest"] or ""))
            mention = match.re is not _SLASH
            request = Request(match["verb"].lower(), words, line, mention)
            if found[-1:] != [request]:
                found.append(request)
        if len(found) == MOST_READ:
            break
    return tuple(found)


def may_mention(body: str) -> bool:
    """Whether a line may begin with a mention: only then the bot must know its own login."""
    return any(line.lstrip().startswith("@") for line in body[:LONGEST_COMMENT].splitlines())


def _mention(login: str) -> re.Pattern[str]:
    name = re.escape(login.removesuffix("[bot]"))
    # (?a:…): without it, letters such as the long s would count as their ASCII look-alikes
    return re.compile(rf"(?a:@{name}(?:\[bot\])?)[,:]?\s+/?{_VERB}", re.IGNORECASE | re.DOTALL)


def _match(line: str, patterns: list[re.Pattern[str]]) -> re.Match[str] | None:
    if len(line) > LONGEST_LINE:
        return None
    return next((match for pattern in patterns if (match := pattern.fullmatch(line))), None)


def _said_lines(body: str, patterns: list[re.Pattern[str]]) -> Iterator[str]:
    """The lines that look like commands and are said."""
    if not any(_match(line.strip(), patterns) for line in body.splitlines()):
        return
    environment: dict[str, Any] = {}
    nesting = folds = 0
    heading = False
    for token in _BLOCKS.parse(body, environment):
        if token.type == "html_block":
            folds = _count_folds(token.content, folds)
        elif token.type == "inline":
            marked, lines = _mark_lines(token.content, patterns)
            said, folds = _walk(marked, folds, environment)
            if nesting == 0 and not heading:
                yield from (lines[number] for number in said)
        elif token.type == "heading_open":
            heading = token.markup.startswith("#")
        elif token.type == "heading_close":
            heading = False
        elif token.type not in {"paragraph_open", "paragraph_close"}:
            nesting += token.nesting  # quotes, lists, tables


def _mark_lines(content: str, patterns: list[re.Pattern[str]]) -> tuple[str, list[str]]:
    """The paragraph with its candidates marked by their numbers, and its lines.

    Nothing in Markdown begins with a slash, an `@` or the mark: it is read as it would be without.
    """
    lines = [line.strip() for line in content.split("\n")]
    marked = (
        f"{_MARK}{number}{line}" if _match(line, patterns) else line for number, line in enumerate(lines)
    )
    return "\n".join(marked), lines


def _walk(marked: str, folds: int, environment: dict[str, Any]) -> tuple[list[int], int]:
    """The numbers of the marked lines that are plain text outside of folds; the folds open at the end."""
    if _MARK not in marked and "<" not in marked:
        return [], folds
    if len(marked) > LONGEST_PARAGRAPH:
        if _REACHES_ON.search(marked):
            return [], _NEVER_CLOSED
        marked = marked[: marked.rfind("\n", 0, LONGEST_PARAGRAPH)]
    said, struck = [], 0
    for child in _children(marked, environment):
        if child.type == "html_inline":
            folds = _count_folds(child.content, folds)
        elif child.tag == "s":
            struck += child.nesting
        elif child.type == "text" and folds == struck == 0 and (match := _MARKED.match(child.content)):
            said.append(int(match[1]))
    return said, folds


def _children(paragraph: str, environment: dict[str, Any]) -> list[Token]:
    return _MARKDOWN.parseInline(paragraph, environment)[0].children or []


def _count_folds(html: str, folds: int) -> int:
    """How many elements that fold or quote are open after this HTML."""
    for match in _TAG.finditer(html):
        if match["end"] is None:
            folds += 0 if match[0].endswith("-->") else _NEVER_CLOSED
        else:
            folds = max(folds - 1, 0) if match["end"] else folds + 1
    return folds
