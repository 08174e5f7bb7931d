"""Text from outside, made fit for a source: one line, or release notes as plain text. No I/O.

Clients show plain text, so Markdown's marks are taken away where that is safe. Every pattern is linear, and
the input is bounded before the first one runs.
"""

import re
import string
from collections.abc import Callable
from operator import itemgetter
from urllib.parse import quote

MAX_NOTES = 4_000  # characters; a screen of a phone shows some 1,500
_MAX_INPUT = 32_000
# controls, bidirectional overrides, lone surrogates and what no font shows
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*(?:-->|\Z)")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()\s]{0,1000}\)")
_LINK = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{0,1000}\)")
_HEADING = re.compile(r"^ {0,3}#{1,6} +", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,500})(?<=\S)\1")
_CODE = re.compile(r"`{1,3}([^`\n]{1,500})`{1,3}")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~).{0,100}$\n?", re.MULTILINE)
_BULLET = re.compile(r"^( *)[*+-] +", re.MULTILINE)
# a mark of which each match has one, in the order in which they are taken away
# functions, because the interpreter expands a replacement such as "\\1" by code that is slow
_Replacement = str | Callable[[re.Match[str]], str]
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Replacement], ...] = (
    (("<!--",), _COMMENT, ""),
    (("```", "~~~"), _FENCE, ""),
    (("<",), _TAG, ""),
    (("![",), _IMAGE, ""),
    (("](",), _LINK, itemgetter(1)),
    (("#",), _HEADING, ""),
    (("**", "__"), _STRONG, itemgetter(2)),
    (("`",), _CODE, itemgetter(1)),
    (("* ", "+ ", "- "), _BULLET, lambda found: f"{found[1]}• "),
)
_SAFE = "!#$%&'()*+,-./:;=?@[]_~"
_PLAIN = _SAFE.replace("%", "") + string.ascii_letters + string.digits


def clean_line(text: str | None, limit: int = 200) -> str:
    """One line without control characters, at most `limit` characters."""
    line = " ".join(_UNWANTED.sub(" ", (text or "")[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_text(text: str | None, limit: int = 20_000) -> str:
    """Several lines without control characters."""
    text = (text or "")[:limit]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.replace("\n", "").isprintable():  # no control among it, and no white space but blanks
        return (_strip_ends(text) if " \n" in text else text).strip()
    return _strip_ends(_UNWANTED.sub("", text)).strip()


def clean_notes(markdown: str | None) -> str:
    """Release notes as plain text of at most 4,000 characters, cut at the end of a line."""
    text = clean_text(markdown, _MAX_INPUT)
    text = clean_text(_without_marks(text), _MAX_INPUT)
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    if len(text) <= MAX_NOTES:
        return text
    cut = text[: MAX_NOTES - 2]
    return (cut[: cut.rfind("\n")] if "\n" in cut[MAX_NOTES // 2 :] else cut).rstrip() + "\n…"


def _without_marks(text: str) -> str:
    """Markdown's text without its marks. A pattern costs more than a look whether its mark is there."""
    for marks, pattern, replacement in _PATTERNS:
        for mark in marks:
            if mark in text:
                text = pattern.sub(replacement, text)
                break
    return text


def _strip_ends(text: str) -> str:
    return "\n".join([line.rstrip() for line in text.split("\n")])


def encode_url(url: str) -> str:
    """The address with everything percent-encoded that may not stand in one; escapes stay as they are."""
    if not url.strip(_PLAIN):
        return url
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(url.strip(), safe=_SAFE, errors="replace"))
