"""What a PromQL expression asks for, as far as tests need it: a reader of selectors, no parser."""

import re
from dataclasses import dataclass

from bot.metrics.table import METRICS, Metric

TARGETS = frozenset({"job", "instance", "namespace"})  # labels that Prometheus gives to what it scrapes
FOREIGN = {"up": frozenset[str](), "ALERTS": frozenset({"alertname", "alertstate", "severity"})}
SELECTOR = re.compile(r"\b(altpress[a-z0-9_:]+|up|ALERTS)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Selector:
    """`name{label="value"}`"""

    name: str
    matchers: tuple[tuple[str, str, str], ...]


def find_selectors(expression: str) -> list[Selector]:
    return [Selector(name, tuple(MATCHER.findall(inner))) for name, inner in SELECTOR.findall(expression)]


def find_grouping(expression: str) -> set[str]:
    """The labels that it groups and joins by."""
    found = GROUPING.findall(expression)
    return {label.strip() for labels in found for label in labels.split(",") if label.strip()}


def find_metric(name: str) -> Metric | None:
    """The metric that a sample of this name belongs to."""
    for metric in METRICS:
        suffixes = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        if name in {f"{metric.full_name}{suffix}" for suffix in suffixes}:
            return metric
    return None


def find_faults(expression: str, recorded: frozenset[str] = frozenset()) -> list[str]:
    """Metrics, labels and values that altpress does not have, a sentence each. `recorded`: by rules."""
    faults, known = [], set(TARGETS)
    for selector in find_selectors(expression):
        if selector.name in recorded:
            known |= {label for metric in METRICS for label in metric.labels} | {"le"}
            continue
        if selector.name in FOREIGN:
            known |= FOREIGN[selector.name]
            continue
        metric = find_metric(selector.name)
        if metric is None:
            faults.append(f"there is no metric {selector.name}")
            continue
        labels = {*metric.labels, *TARGETS, *(["le"] if metric.kind == "histogram" else [])}
        known |= labels
        for label, operator, value in selector.matchers:
            if label not in labels:
                faults.append(f"{selector.name} has no label {label}")
            elif label in metric.values and "$" not in value:
                wanted = value.split("|") if "~" in operator else [value]
                faults += [f"{label} is never {v}" for v in wanted if v not in metric.values[label]]
    return faults + [f"nothing has the label {label}" for label in find_grouping(expression) - known]
