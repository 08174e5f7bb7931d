"""YAML text -> plain values that remember their lines. No I/O.

PyYAML's events are read instead of its objects, for four reasons: every value keeps its line; a scalar
means what people expect (`no` is text, a date is text, as in YAML 1.2); explicit tags can be refused; and
nesting, size and aliases are bounded before anything is built (an alias counts as all that it stands for).
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.errors import FileProblem

MAX_DEPTH = 20
MAX_NODES = 20_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,2})?")


@dataclass(slots=True)
class Node:
    """A YAML value: `value` is a scalar, a list of nodes, or a dict of nodes by key."""

    value: Any
    line: int  # counted from 1
    size: int = 1  # nodes below and including this one, aliases expanded
    key_lines: dict[str, int] = field(default_factory=dict)


class BadYaml(Exception):
    """A finding on its way to BadCatalog; never seen outside this package."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.problem = FileProblem(line, "", message)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: Node
    anchor: str | None
    key: str | None = None


class _Tree:
    """Takes events one by one; `root` is the finished tree."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[FileProblem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event.anchor or "", line))
        elif isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event.tag, line)
            value = _plain(event.value) if event.implicit[0] else event.value
            self._add(self._name(event.anchor, Node(value, line)))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_tag(event.tag, line)
            if len(self._stack) >= MAX_DEPTH:
                raise BadYaml(line, f"is nested deeper than {MAX_DEPTH} levels")
            empty: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._stack.append(_Open(Node(empty, line), event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._stack.pop()
            self._add(self._name(done.anchor, done.node))
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise BadYaml(line, "holds a second YAML document (`---`); one is allowed")

    def _add(self, node: Node) -> None:
        """Put a finished value where it belongs."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            top.key = self._key(node)
            if top.key not in top.node.value:
                top.node.key_lines[top.key] = node.line
            return
        else:
            self._member(top, top.key, node)
        top.node.size += node.size
        if top.node.size > MAX_NODES:
            raise BadYaml(
                node.line, f"holds more than {MAX_NODES:,} values (aliases count as what they stand for)"
            )

    def _member(self, top: _Open, key: str, node: Node) -> None:
        if key in top.node.value:
            first = top.node.key_lines[key]
            self.problems.append(
                FileProblem(node.line, self._path(), f"is given twice; the first is in line {first}")
            )
        else:
            top.node.value[key] = node
        top.key = None

    def _path(self) -> str:
        """Where the reader is: `apps > 0 > name`."""
        parts = [
            len(o.node.value) if isinstance(o.node.value, list) else show(o.key or "") for o in self._stack
        ]
        return " > ".join(str(part) for part in parts)

    def _key(self, node: Node) -> str:
        if isinstance(node.value, list | dict):
            raise BadYaml(node.line, "a key must be plain text")
        return node.value if isinstance(node.value, str) else str(node.value)

    def _alias(self, anchor: str, line: int) -> Node:
        if anchor not in self._anchors:
            raise BadYaml(line, f"`*{show(anchor)}` stands for nothing that is complete before it")
        return self._anchors[anchor]

    def _name(self, anchor: str | None, node: Node) -> Node:
        if anchor:
            self._anchors[anchor] = node
        return node

    def _refuse_tag(self, tag: str | None, line: int) -> None:
        if tag is not None:
            raise BadYaml(line, f"the tag `{show(tag)}` is not allowed; write plain values")


def parse_tree(text: str) -> tuple[Node, list[FileProblem]]:
    """The tree of one YAML document, and the duplicate keys in it. Raises BadYaml for what cannot be read."""
    tree = _Tree()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadYaml(line, f"is no YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeError):
        raise BadYaml(None, "is no YAML: it holds characters that YAML forbids") from None
    if tree.root is None or tree.root.value is None:
        raise BadYaml(None, "is empty")
    return tree.root, tree.problems


def plain_value(node: Node) -> Any:
    """The tree as dicts, tuples and scalars."""
    if isinstance(node.value, dict):
        return {key: plain_value(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return tuple(plain_value(child) for child in node.value)
    return node.value


def line_of(root: Node, path: tuple[str | int, ...]) -> int:
    """The line of the value at `path`, or of the nearest thing around it."""
    node, line = root, root.line
    for part in path:
        if isinstance(node.value, dict) and part in node.value:
            line, node = node.key_lines[str(part)], node.value[part]
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.line
        else:
            break
    return line


def path_of(root: Node, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Pydantic's location without the names of its own wrappers, such as `function-after[check(), str]`.

    They have brackets, as a key of the document may have, too.
    """
    path: tuple[str | int, ...] = ()
    for part in loc:
        if not (isinstance(part, str) and "[" in part) or _has_key(root, path, part):
            path += (part,)
    return path


def _has_key(root: Node, path: tuple[str | int, ...], key: str) -> bool:
    """Whether there is a mapping at `path`, with that key."""
    node = root
    for part in path:
        inside = node.value
        if isinstance(inside, dict) and part in inside:
            node = inside[str(part)]
        elif isinstance(inside, list) and isinstance(part, int) and part < len(inside):
            node = inside[part]
        else:
            return False
    return isinstance(node.value, dict) and key in node.value


def show(text: str, limit: int = 60) -> str:
    """Foreign text for a message: one line, bounded."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1])
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _plain(text: str) -> Any:
    """What an unquoted scalar means."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
