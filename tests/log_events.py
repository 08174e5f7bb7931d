"""What altpress can log, read from its source: each `log.<level>("event", extra={…})`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "jobs", "config")
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error",
          "critical": "critical"}  # fmt: skip
LOGGERS = ("log", "logger", "access_log")


@dataclass
class Logged:
    """An event with all that its calls say; `more`: fields are made elsewhere, too."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    more: bool = False
    places: list[str] = field(default_factory=list)


@cache
def read_events() -> dict[str, Logged]:
    """By name; a part of a name that is made at run time is `*`."""
    found: dict[str, Logged] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            for name, level, call, function in _calls(functions):
                event = found.setdefault(name, Logged())
                event.levels.add(level)
                event.places.append(f"{path.relative_to(ROOT)}:{call.lineno}")
                _add_fields(event, call, _read_dicts(function))
    return found


def _calls(functions: list[ast.FunctionDef]) -> Iterator[tuple[str, str, ast.Call, ast.FunctionDef]]:
    for function in functions:
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
                continue
            holder = call.func.value
            called = holder.id if isinstance(holder, ast.Name) else getattr(holder, "attr", "")
            if called in LOGGERS and call.func.attr in LEVELS:
                yield _name(call.args[0]), LEVELS[call.func.attr], call, function
            elif called in LOGGERS and call.func.attr == "log":
                yield _name(call.args[1]), "*", call, function


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr), ast.dump(node)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def _read_dicts(function: ast.FunctionDef) -> dict[str, set[str]]:
    """The keys of dictionaries that a function makes, by the name of the variable."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if not (isinstance(node, ast.Assign) and len(node.targets) == 1):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict):
            found[target.id] = {str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)}
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            found.setdefault(getattr(target.value, "id", ""), set()).add(str(target.slice.value))
    return found


def _add_fields(event: Logged, call: ast.Call, known: dict[str, set[str]]) -> None:
    given = next((word.value for word in call.keywords if word.arg == "extra"), None)
    parts: list[tuple[ast.expr | None, ast.expr]]
    parts = list(zip(given.keys, given.values, strict=True)) if isinstance(given, ast.Dict) else []
    if given is not None and not isinstance(given, ast.Dict):
        parts = [(None, given)]
    for key, value in parts:
        if isinstance(key, ast.Constant):
            event.fields.add(str(key.value))
        elif isinstance(value, ast.Name) and value.id in known:
            event.fields |= known[value.id]
        else:
            event.more = True
