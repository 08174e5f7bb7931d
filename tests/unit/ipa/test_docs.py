"""docs/ipa.md names every code that reading an IPA may give, and no other."""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/ipa.md").read_text()
TREES = [ast.parse(path.read_text()) for path in sorted((ROOT / "bot/ipa").glob("*.py"))]
ALL = {"error", "warning", "info"}


def rows(heading: str) -> dict[str, set[str]]:
    """Code -> the words of the second column, of the table below a heading."""
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section, re.MULTILINE)
    assert len(found) == len(dict(found))
    return {code: set(re.findall(r"\w+", words)) for code, words in found}


def error_codes() -> set[str]:
    calls = (node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Call))
    keywords = (word.value for call in calls for word in call.keywords if word.arg == "code")
    return {str(value.value) for value in keywords if isinstance(value, ast.Constant)}


def severities(node: ast.AST) -> set[str]:
    """`Severity.X` gives one; a name stands for a choice made elsewhere."""
    if isinstance(node, ast.Attribute):
        return {node.attr.lower()}
    return {"error", "warning"} if isinstance(node, ast.Name) else set()


def problem_codes() -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node in (node for tree in TREES for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "IpaProblem":
            pair = node.args[:2]
        elif isinstance(node, ast.Tuple) and len(node.elts) == 4 and severities(node.elts[1]) & ALL:
            pair = node.elts[:2]
        else:
            continue
        if isinstance(pair[0], ast.Constant):
            found[str(pair[0].value)] |= severities(pair[1])
    return dict(found)


def test_every_error_is_explained() -> None:
    assert rows("Errors").keys() == error_codes()


def test_every_problem_is_explained_with_its_severity() -> None:
    assert rows("Problems") == problem_codes()
