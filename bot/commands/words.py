"""The words after a command's verb, and what they mean to it. No I/O.

- Words are parted by blanks (those that phones and word processors type count as well).
- Quotes hold words together: `"…"`, `'…'`, `` `…` `` and the curly ones. A quote opens at the start of a word
  (or after `--flag=`) and closes at the end of one; else it is a letter like any other (`doesn't`, `6"`).
- A backslash before a sign of punctuation stands for that sign, as in Markdown; not between backticks.
- Zero-width characters are dropped: they come along with copied text.
- `--flag value`, `--flag=value`, or `--flag` alone for one that takes no value; `—flag`, which phones make
  of `--flag`, is the same. `--` alone ends the flags. What was quoted is never a flag.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_CLOSING = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019"}
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FLAG = re.compile(r"(?:--|\u2014)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?:=(?P<value>.*))?", re.DOTALL)
_BEFORE_VALUE = re.compile(r"(?:--|\u2014)[A-Za-z][A-Za-z0-9-]*=")


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a command was given. `flags` without a value are None."""

    positional: tuple[str, ...]
    flags: Mapping[str, str | None]


class BadFlag(ValueError):
    """A flag that the command does not have (`known` False), or with too much or too little after it."""

    def __init__(self, name: str, *, known: bool, wanted: bool = False) -> None:
        super().__init__(name)
        self.name, self.known, self.wanted = name, known, wanted


def split_words(text: str) -> tuple[Word, ...]:
    """The words of a line. Any text has some reading; nothing raises."""
    words, at = [], 0
    text = ZERO_WIDTH.sub("", text)
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        word, at = _read_word(text, at)
        words.append(word)
    return tuple(words)


def read_arguments(words: Sequence[Word], takes: Mapping[str, bool]) -> Arguments:
    """`takes` has the command's flags, and whether each takes a value. Raises BadFlag."""
    positional: list[str] = []
    flags: dict[str, str | None] = {}
    queue = list(reversed(words))
    while queue:
        word = queue.pop()
        if word.text == "--" and not word.quoted:
            positional += [rest.text for rest in reversed(queue)]
            break
        match = None if word.quoted else _FLAG.fullmatch(word.text)
        if match is None:
            positional.append(word.text)
        else:
            name = match["name"].lower()
            flags[name] = _value(name, match["value"], queue, takes)
    return Arguments(tuple(positional), flags)


def _value(name: str, given: str | None, queue: list[Word], takes: Mapping[str, bool]) -> str | None:
    if name not in takes:
        raise BadFlag(name, known=False)
    if not takes[name]:
        if given is not None:
            raise BadFlag(name, known=True, wanted=False)
        return None
    if given is not None:
        return given
    if not queue or (not queue[-1].quoted and _FLAG.fullmatch(queue[-1].text)):
        raise BadFlag(name, known=True, wanted=True)
    return queue.pop().text


def _read_word(text: str, start: int) -> tuple[Word, int]:
    """The word at `start`, and where it ends."""
    flag = _BEFORE_VALUE.match(text, start)
    opening = flag.end() if flag else start
    end = _closing(text, opening)
    if end is not None:
        inner = text[opening + 1 : end]
        inner = inner if text[opening] == "`" else _ESCAPE.sub(r"\1", inner)
        return Word((flag[0] if flag else "") + inner, quoted=flag is None), end + 1
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return Word(_ESCAPE.sub(r"\1", text[start:end])), end


def _closing(text: str, opening: int) -> int | None:
    """Where the quote that opens here is closed: before a blank, or at the end."""
    sign = _CLOSING.get(text[opening : opening + 1])
    at = text.find(sign, opening + 1) if sign else -1
    while sign and at >= 0:
        escaped = sign != "`" and text[at - 1] == "\\"
        if not escaped and (at + 1 == len(text) or text[at + 1].isspace()):
            return at
        at = text.find(sign, at + 1)
    return None
