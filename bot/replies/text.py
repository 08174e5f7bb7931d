"""Text from outside, made harmless for a comment. No I/O.

`inline` is for running text, `code` for names in code marks, `cell` for those in tables, `plain` for the line
of a fold, `fenced` for whole files, `link` for a place to go. None can open or end markup, mention anybody,
refer to an issue, or (but for `fenced`) grow without bound; and none stands at the start of a line, where
another bot would take it for a command.
"""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import quote

MARKER = "altpress"
MARK = rf"<!-- {MARKER}:[a-z_-]+:[A-Za-z0-9/:@._]* -->"  # a regular expression: what `hidden` makes
LONGEST_NAME = 120  # characters of a foreign text that are shown
FOLD_ABOVE = 12  # lines of a list before it is folded
MOST_TRACED = 20  # deliveries that a comment names
MOST_LISTED = 100  # lines of a list that are shown at all
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$])")
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_REFERENCE = re.compile(r"\b(GH-)(?=\d)", re.IGNORECASE)  # GitHub links `GH-1` as it does `#1`
_IN_URL = "/:?#!$&'*+,;=~-._%"
_WEB = re.compile(r"https?://[A-Za-z0-9.:-]+(?:[/?#].*)?")
_GUID = re.compile(r"[0-9a-f]+(?:-[0-9a-f]+)*", re.IGNORECASE)  # no `--`, which would end the mark
_TICKS = re.compile(r"`+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def inline(text: str, limit: int = 300) -> str:
    """Foreign text in a sentence: one line, its markup escaped, its mentions and references broken."""
    escaped = _MARKUP.sub(r"\\\1", one_line(text, limit))
    # a zero-width space: GitHub neither notifies `@name` nor links `owner/repo#1` and bare addresses
    broken = (
        escaped.replace("@", "@\u200b")
        .replace("://", ":\u200b//")
        .replace("\\#", "\\#\u200b")
        .replace("www.", "www\u200b.")
    )
    return _REFERENCE.sub("\\1\u200b", broken)


def code(text: str, limit: int = LONGEST_NAME) -> str:
    """Foreign text as code: nothing inside is interpreted, and a backtick cannot end it."""
    line = _no_comment(one_line(text, limit)).replace("`", "'")
    return f"`{line}`" if line else "` `"


def cell(text: str) -> str:
    """`code` for the cell of a table."""
    return code(text).replace("|", "\\|")


def plain(text: str, limit: int = LONGEST_NAME) -> str:
    """Foreign text inside of HTML, such as the line of a fold, which Markdown does not look into."""
    line = escape(_no_comment(one_line(text, limit)))
    broken = line.replace("@", "@\u200b").replace("#", "#\u200b").replace("://", ":\u200b//")
    return _REFERENCE.sub("\\1\u200b", broken.replace("www.", "www\u200b."))


def fenced(text: str, language: str = "") -> str:
    """Foreign lines as a block of code, whose fence is longer than any in them; they end neither it nor a
    comment, and mention nobody.
    """
    lines = _no_comment(_CONTROL.sub("\ufffd", text).encode("utf-8", "replace").decode())
    fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(lines)), default=0))
    return f"{fence}{language}\n{lines}\n{fence}"


def link(text: str, url: str | None) -> str:
    """Foreign text that leads to an address of the web; the text alone for any other address."""
    if url is None or not _WEB.fullmatch(url):
        return inline(text)
    return f"[{inline(text)}]({quote(url, safe=_IN_URL)})"


def hidden(kind: str, key: str) -> str:
    """The mark by which altpress finds its own comment again; other signs than `/:@._` become `_`."""
    return f"<!-- {MARKER}:{kind}:{re.sub(r'[^A-Za-z0-9/:@._]|--', '_', key)} -->"


def render_trace(guids: Sequence[str]) -> str:
    """The deliveries that a comment was written for, as a mark that nobody sees; "" for none."""
    named = [guid for guid in guids[:MOST_TRACED] if _GUID.fullmatch(guid)]
    return f"<!-- {MARKER}:delivery {' '.join(named)} -->" if named else ""


def is_own(body: str) -> bool:
    """Whether altpress wrote this comment: each of its own carries a mark."""
    return f"<!-- {MARKER}:" in body


def one_line(text: str, limit: int) -> str:
    """As a line of at most `limit` characters, which can be sent: half a surrogate pair cannot."""
    known = text[: 4 * limit].encode("utf-8", "replace").decode()
    line = _UNSEEN.sub(" ", known).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def bullets(lines: Sequence[str], noun: str) -> str:
    """A list of lines that are Markdown already; a long one is folded, a very long one cut."""
    shown = [f"- {line}" for line in lines[:MOST_LISTED]]
    if len(lines) > MOST_LISTED:
        shown.append(f"- … and {len(lines) - MOST_LISTED} more")
    listed = "\n".join(shown)
    return listed if len(lines) <= FOLD_ABOVE else folded(count(len(lines), noun), listed)


def folded(summary: str, text: str) -> str:
    """Shown after a click. `summary` is HTML: `plain` for foreign text."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _no_comment(text: str) -> str:
    """No mark of altpress's own can stand in what it quotes: marks are looked for in the raw text."""
    return text.replace("<!--", "<\u200b!--")


def count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
