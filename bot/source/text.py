"""Text from outside, made fit for a source: one line, or release notes as plain text. No I/O.

Clients show plain text, so Markdown's marks are taken away where that is safe. Every pattern is linear, and
the input is bounded before the first one runs.
"""

import re
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
_MARKS = re.compile(r"[<`*_#~\[]|^ *[+-] ", re.MULTILINE)
_SAFE = "!#$%&'()*+,-./:;=?@[]_~"


def clean_line(text: str | None, limit: int = 200) -> str:
    """One line without control characters, at most `limit` characters."""
    line = " ".join(_UNWANTED.sub(" ", (text or "")[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_text(text: str | None, limit: int = 20_000) -> str:
    """Several lines without control characters."""
    lines = _UNWANTED.sub("", (text or "")[:limit].replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.rstrip() for line in lines.split("\n")).strip()


def clean_notes(markdown: str | None) -> str:
    """Release notes as plain text of at most 4,000 characters, cut at the end of a line."""
    text = clean_text(markdown, _MAX_INPUT)
    if _MARKS.search(text):  # most of fifty versions' notes are plain, and each pattern costs
        text = clean_text(_without_marks(text), _MAX_INPUT)
    text = re.sub(r"\n{3,}", "\n\n", text)
    if len(text) <= MAX_NOTES:
        return text
    cut = text[: MAX_NOTES - 2]
    return (cut[: cut.rfind("\n")] if "\n" in cut[MAX_NOTES // 2 :] else cut).rstrip() + "\n…"


def _without_marks(text: str) -> str:
    """Markdown's text without its marks."""
    text = _COMMENT.sub("", text)
    for pattern, replacement in (
        (_FENCE, ""), (_TAG, ""), (_IMAGE, ""), (_LINK, r"\1"), (_HEADING, ""), (_STRONG, r"\2"),
        (_CODE, r"\1"), (_BULLET, r"\1• "),
    ):  # fmt: skip
        text = pattern.sub(replacement, text)
    return text


def encode_url(url: str) -> str:
    """The address with everything percent-encoded that may not stand in one; escapes stay as they are."""
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(url.strip(), safe=_SAFE, errors="replace"))
